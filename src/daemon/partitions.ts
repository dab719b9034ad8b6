/**
 * Which partitions of the cases this machine has: by leases in the database, lengthened while it lives, shared out among
 * the machines that have the role. A partition whose machine is silent is taken by another within seconds. Who shares is
 * known by leases too: a machine that is heard on the bus and cannot reach the database is left nothing.
 */
import type { Database, Holding, Lease } from '../store/postgresql/database.ts';
import { openScope, type ScopeStore } from '../store/postgresql/scope.ts';
import { inTurn } from './in-turn.ts';
import type { Log } from './log.ts';
import { sharesOf } from './shares.ts';

/** How long a lease lasts, and how often it is lengthened and others are looked for. Milliseconds. */
export const LEASE = 6_000;
export const RENEW = 1_500;

/** What runs on a partition's store while it is ours. */
export interface Tenant {
  close(): Promise<void>;
}

export interface PartitionsOptions<T extends Tenant> {
  readonly database: Database;
  readonly count: number;
  /** Opens what runs on a partition. */
  readonly open: (partition: number, store: ScopeStore, mine: Tenure) => Promise<T>;
  /** A partition runs here from now on. */
  readonly onOpen?: (partition: number) => void;
  readonly log: Log;
  /** Another daemon of this one's name shares the cases, and goes on doing so. */
  readonly onTwin?: () => void;
  /** How long it may have had that lease before that is believed, ms; left out: longer than what is left by one that died. */
  readonly patience?: number;
  /** How often leases are lengthened and others looked for, ms; left out: RENEW. */
  readonly every?: number;
}

/** Whether a partition is still ours, by all that is known here. */
export interface Tenure {
  /** False once the lease may be over: it was not lengthened in time, or another machine has it. */
  readonly sure: () => boolean;
  readonly lease: Lease;
}

export interface Partitions<T extends Tenant> {
  /** Those that run here, by number. */
  running(): ReadonlyMap<number, T>;
  /** Those whose lease is here, or was when the database was there last; when each was taken, ms since the epoch. */
  held(): ReadonlyMap<number, number>;
  problems(): readonly string[];
  /** How many were taken since the start. */
  taken(): number;
  close(): Promise<void>;
}

interface Held<T> {
  readonly lease: Lease;
  readonly store: ScopeStore;
  tenant: T | null;
  renewed: Moment;
  /** Taken beyond our share, because nobody else took it. */
  readonly beyond: boolean;
  readonly taken: Moment;
}

/**
 * A time by both clocks, ms: the one that nobody sets stands still while the machine is suspended, and the other can be set
 * back. What is too long ago by one of them is too long ago.
 */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}
export const moment = (): Moment => ({ steady: performance.now(), wall: Date.now() });
export const since = ({ steady, wall }: Moment): number => Math.max(performance.now() - steady, Date.now() - wall);

/** A lease of another machine that ends before the next look is looked for so long after its end, ms: by the database's clock. */
const AFTER = 20;
/** Partitions that are opened at a time. */
const OPENING = 4;
/** Looks in a row that found a partition free whose machine does not take it, until another one does. */
const PATIENCE = 3;
/** How long what was taken beyond the share is kept, whoever wants it. Milliseconds. */
const BEYOND = 30_000;

const CASES = 'cases/';
/** Who shares the cases holds this, with its own name behind it. */
const SHARER = 'sharer/';
export const scopeOf = (partition: number): string => `${CASES}${partition}`;

const instant = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;

export async function openPartitions<T extends Tenant>(options: PartitionsOptions<T>): Promise<Partitions<T>> {
  const { database, count, open, onOpen, log, onTwin = () => {}, patience = 2 * LEASE, every = RENEW } = options;
  const { holder } = database;
  /** Says that this machine shares the cases. */
  let sharer: Lease | null = null;
  /** Since when another life of this name says so; monotonic ms. */
  let other: number | null = null;
  const held = new Map<number, Held<T>>();
  /** Looks in a row that found a partition free, though it is not our share. */
  const free = new Map<number, number>();
  /** The look at the end of another machine's lease. */
  let atEnd: NodeJS.Timeout | undefined;
  let trouble = '';
  /** Since when there is trouble, ms since the epoch. */
  let troubled = 0;
  let taken = 0;
  let closed = false;

  async function drop(partition: number, why: string, level: 'info' | 'warn' = 'warn'): Promise<void> {
    const one = held.get(partition);
    if (one === undefined) return;
    held.delete(partition);
    log(level, `partition ${partition} of the cases: ${why}`);
    await one.tenant?.close().catch((e: Error) => log('warn', `partition ${partition}: while closing: ${e.message}`));
    await one.store.close();
  }

  /** Null: another machine was quicker. */
  async function take(partition: number, beyond: boolean): Promise<Held<T> | null> {
    const asked = moment();
    const lease = await database.take(scopeOf(partition), LEASE);
    if (lease === null) return null;
    const store = openScope(database, scopeOf(partition), lease);
    const one: Held<T> = { lease, store, tenant: null, renewed: asked, beyond, taken: asked };
    held.set(partition, one);
    return one;
  }

  async function openTaken(partition: number, one: Held<T>): Promise<void> {
    const { lease, store } = one;
    try {
      const sure = () => !store.lost && held.get(partition) === one && since(one.renewed) < LEASE;
      const tenant = await open(partition, store, { sure, lease });
      if (held.get(partition) !== one) {
        // Another machine has it by now. What was just opened is known to nobody else.
        await tenant.close().catch(() => {});
        return;
      }
      one.tenant = tenant;
      taken++;
      log('info', `partition ${partition} of the cases is taken`, { fence: lease.fence });
      onOpen?.(partition);
    } catch (error) {
      await drop(partition, `it cannot be opened: ${(error as Error).message}`);
      await database.release(lease);
    }
  }

  async function giveBack(partition: number): Promise<void> {
    const { lease } = held.get(partition)!;
    await drop(partition, 'given to another machine', 'info');
    await database.release(lease);
  }

  async function renew(): Promise<void> {
    const asked = moment();
    sharer ??= await database.take(`${SHARER}${holder}`, LEASE);
    other = sharer === null ? (other ?? asked.steady) : null;
    if (other !== null && asked.steady - other > patience) {
      other = Number.POSITIVE_INFINITY; // said once
      onTwin();
    }
    // One that is taken meanwhile is not among those that are lengthened, and not lost for that.
    const mine = [...held];
    const leases = mine.map(([, { lease }]) => lease);
    const still = await database.renew(sharer === null ? leases : [...leases, sharer], LEASE);
    const scopes = new Set(still.map(({ scope }) => scope));
    if (sharer !== null && !scopes.has(sharer.scope)) sharer = null;
    for (const [partition, one] of mine)
      if (held.get(partition) !== one) continue;
      // A database that was put back to an older state knows the lease, but not what was written since.
      else if (scopes.has(one.lease.scope) && !one.store.lost) one.renewed = asked;
      else {
        await drop(partition, 'another machine has it now');
        // So that it need not be waited for where it is ours all the same.
        await database.release(one.lease).catch(() => {});
      }
  }

  /** Takes what is free up to this machine's share, and what nobody else takes; gives back what is beyond it. */
  async function share(): Promise<void> {
    const leases = (await database.holdings()).filter(({ left }) => left > 0);
    lookAtEnd(leases);
    const numbers = new Map(leases.map(one => [one.scope, one.holder]));
    const has = new Map<string, number>();
    for (const { scope, holder: of } of leases) if (scope.startsWith(CASES)) has.set(of, (has.get(of) ?? 0) + 1);
    has.set(holder, held.size);
    // A program of before says only by what it has that it shares.
    const sharers = new Set([
      ...leases.filter(({ scope }) => scope.startsWith(SHARER)).map(one => one.holder),
      ...has.keys(),
    ]);
    const mine = sharesOf(count, [...sharers], has).get(holder)!;

    const isKept = ({ beyond, taken: at }: Held<T>) => beyond && performance.now() - at.steady < BEYOND;
    const kept = [...held.values()].filter(isKept).length;
    for (const [partition, one] of [...held]) {
      if (held.size - kept <= mine) break;
      if (!isKept(one)) await giveBack(partition);
    }
    const opening = new Set<Promise<void>>();
    let failed: unknown = null;
    const fail = (error: unknown): null => {
      failed ??= error;
      return null;
    };
    // Each machine begins elsewhere, so that they do not ask for the same.
    const first = Math.floor(Math.random() * count);
    for (let i = 0; i < count; i++) {
      const partition = (first + i) % count;
      if (held.has(partition) || numbers.has(scopeOf(partition))) {
        free.delete(partition);
        continue;
      }
      const waited = free.get(partition) ?? 0;
      const beyond = held.size >= mine;
      if (beyond && waited < PATIENCE) {
        free.set(partition, waited + 1);
        continue;
      }
      // What was taken before is opened first all the same, so that no two share out at once.
      if (failed !== null) break;
      const one = await take(partition, beyond).catch(fail);
      if (one === null) continue;
      free.delete(partition);
      // Opening is mostly waiting for the database.
      const open = openTaken(partition, one)
        .catch(error => void fail(error))
        .finally(() => opening.delete(open));
      opening.add(open);
      if (opening.size >= OPENING) await Promise.race(opening);
    }
    await Promise.all(opening);
    if (failed !== null) throw failed;
  }

  /** Looks again as soon as a lease of another machine ends, where that is before the next look. */
  function lookAtEnd(leases: readonly Holding[]): void {
    const others = leases.filter(({ scope, holder: of }) => scope.startsWith(CASES) && of !== holder);
    const soonest = Math.min(...others.map(({ left }) => left)) + AFTER;
    clearTimeout(atEnd);
    if (soonest < every && !closed) atEnd = setTimeout(() => void sharing(), soonest);
  }

  async function tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (trouble !== '') log('info', 'the database of the cases is there again');
      trouble = '';
    } catch (error) {
      const words = (error as Error).message;
      if (trouble === '') troubled = Date.now();
      if (words !== trouble) log('error', `leases of the cases: ${words}`);
      trouble = words;
    }
  }

  // Two that share out at once would take a partition twice, and this machine's own leases let them. But what is held is
  // lengthened while another is being opened, which may take longer than a lease lasts.
  const renewing = inTurn(() => tried(renew));
  const sharing = inTurn(() => tried(async () => void (closed || (await share()))));
  const timer = setInterval(() => {
    void renewing();
    void sharing();
  }, every);
  await renewing(); // by which the others know of this one
  await sharing();

  return {
    running: () =>
      new Map([...held].flatMap(([partition, { tenant }]) => (tenant === null ? [] : [[partition, tenant] as const]))),
    held: () => new Map([...held].map(([partition, { taken: at }]) => [partition, at.wall])),
    taken: () => taken,
    problems: () =>
      trouble === ''
        ? []
        : [
            `leases of the cases: ${trouble}: since ${instant(troubled)} no case is opened, changed, ended or told here`,
          ],
    async close() {
      closed = true;
      clearInterval(timer);
      clearTimeout(atEnd);
      await Promise.all([renewing(), sharing()]);
      for (const partition of [...held.keys()]) await giveBack(partition).catch(() => {});
      if (sharer !== null) await database.release(sharer).catch(() => {});
    },
  };
}
