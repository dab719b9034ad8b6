/**
 * Which partitions of the cases this machine has: by leases in the database, lengthened while it lives, shared out among
 * the machines that have the role. A partition whose machine is silent is taken by another within seconds.
 */
import type { Database, Lease } from '../store/postgresql/database.ts';
import { openScope, type ScopeStore } from '../store/postgresql/scope.ts';
import { inTurn } from './in-turn.ts';
import type { Log } from './log.ts';

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
  /** What is shared out instead of the partitions of the cases: the scope of each, and how it is called in the log. */
  readonly of?: (partition: number) => { readonly scope: string; readonly name: string };
  /** Machines that share the cases now, this one included; at least 1. */
  readonly machines: () => number;
  /** Opens what runs on a partition. */
  readonly open: (partition: number, store: ScopeStore, mine: Tenure) => Promise<T>;
  readonly log: Log;
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
  problems(): readonly string[];
  /** How many were taken since the start. */
  taken(): number;
  close(): Promise<void>;
}

interface Held<T> {
  readonly lease: Lease;
  readonly store: ScopeStore;
  tenant: T | null;
  /** When it was lengthened last; monotonic ms. */
  renewed: number;
}

export const scopeOf = (partition: number): string => `cases/${partition}`;
const ofCases = (partition: number) => ({ scope: scopeOf(partition), name: `partition ${partition} of the cases` });

export async function openPartitions<T extends Tenant>(options: PartitionsOptions<T>): Promise<Partitions<T>> {
  const { database, count, machines, open, log, of = ofCases } = options;
  const held = new Map<number, Held<T>>();
  /** Looks in a row that found a partition free, though it is not our share. */
  const free = new Map<number, number>();
  let trouble = '';
  let taken = 0;
  let closed = false;

  async function drop(partition: number, why: string): Promise<void> {
    const one = held.get(partition);
    if (one === undefined) return;
    held.delete(partition);
    log('warn', `${of(partition).name}: ${why}`);
    await one.tenant?.close().catch((e: Error) => log('warn', `${of(partition).name}: while closing: ${e.message}`));
    await one.store.close();
  }

  async function take(partition: number): Promise<boolean> {
    const { scope, name } = of(partition);
    const asked = performance.now();
    const lease = await database.take(scope, LEASE);
    if (lease === null) return false;
    const store = openScope(database, scope, lease);
    const one: Held<T> = { lease, store, tenant: null, renewed: asked };
    held.set(partition, one);
    try {
      const sure = () => !store.lost && held.get(partition) === one && performance.now() - one.renewed < LEASE;
      one.tenant = await open(partition, store, { sure, lease });
      taken++;
      log('info', `${name} is taken`, { fence: lease.fence });
    } catch (error) {
      await drop(partition, `it cannot be opened: ${(error as Error).message}`);
      await database.release(lease);
    }
    return true;
  }

  async function giveBack(partition: number): Promise<void> {
    const { lease } = held.get(partition)!;
    await drop(partition, 'given to another machine');
    await database.release(lease);
  }

  async function renew(): Promise<void> {
    if (held.size === 0) return;
    const asked = performance.now();
    // One that is taken meanwhile is not among those that are lengthened, and not lost for that.
    const mine = [...held];
    const still = await database.renew(
      mine.map(([, { lease }]) => lease),
      LEASE,
    );
    const scopes = new Set(still.map(({ scope }) => scope));
    for (const [partition, one] of mine)
      if (held.get(partition) !== one) continue;
      // A database that was put back to an older state knows the lease, but not what was written since.
      else if (scopes.has(one.lease.scope) && !one.store.lost) one.renewed = asked;
      else await drop(partition, 'another machine has it now');
  }

  /** Takes what is free up to this machine's share, and what nobody else takes; gives back what is beyond it. */
  async function share(): Promise<void> {
    const fair = Math.ceil(count / Math.max(1, machines()));
    for (const partition of [...held.keys()]) {
      if (held.size <= fair) break;
      await giveBack(partition);
      free.set(partition, -3); // to others first
    }
    // Each machine begins elsewhere, so that they do not ask for the same.
    const first = Math.floor(Math.random() * count);
    for (let i = 0; i < count; i++) {
      const partition = (first + i) % count;
      if (held.has(partition)) continue;
      const waited = free.get(partition) ?? 0;
      if (held.size >= fair && waited < 3) {
        free.set(partition, waited + 1);
        continue;
      }
      if (await take(partition)) free.delete(partition);
    }
  }

  async function tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (trouble !== '') log('info', 'the database of the cases is there again');
      trouble = '';
    } catch (error) {
      const words = (error as Error).message;
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
  }, RENEW);
  await sharing();

  return {
    running: () =>
      new Map([...held].flatMap(([partition, { tenant }]) => (tenant === null ? [] : [[partition, tenant] as const]))),
    taken: () => taken,
    problems: () => (trouble === '' ? [] : [`leases of the cases: ${trouble}`]),
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all([renewing(), sharing()]);
      for (const partition of [...held.keys()]) await giveBack(partition).catch(() => {});
    },
  };
}
