/**
 * Standing traces: while a case lasts, packets that come to its prefix are traced as sources of packets bring them, so
 * many a minute and one of each flow. A case has one because its watch says so, or because a person has opened it.
 */
import type { Config } from '../config/tree.ts';
import type { StandingRow } from '../control/standing-rows.ts';
import type { Case } from '../hijack/case.ts';
import { isOver } from '../hijack/life-cycle.ts';
import { covers, formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import { type Bucket, takeToken } from '../net/rate.ts';
import { flowKeysOf } from '../probe/flows/flow-key-of.ts';
import type { Store } from '../store/records.ts';
import type { PacketToTrace } from './asked-packets.ts';
import { inTurn } from './in-turn.ts';
import type { Log } from './log.ts';
import type { Traces } from './traces.ts';

/** Traces that one case may cause in a minute, and how long no second one is made of a flow, ms. */
const A_MINUTE = 6;
const SAME_FLOW = 60_000;
/** Flows that are remembered of one case. */
const MOST_FLOWS = 4096;
/** How often the cases of other machines are looked at, and how long until one that could not be is tried again, ms. */
const LOOK = 10_000;
const RETRY = 5_000;
/** Cases that may have one at a time. */
const MOST_STANDING = 256;

/** What is kept of one that a person has opened. */
export interface Standing {
  readonly caseId: string;
  readonly since: number;
  /** Null: as long as the case lasts. */
  readonly until: number | null;
  readonly by: string;
}

interface Watching extends Standing {
  readonly prefix: Prefix;
  bucket: Bucket | null;
  readonly flows: Map<string, number>;
  seen: number;
  traced: number;
  leftOut: number;
  lastError: string;
}

export interface StandingTraces {
  /** A packet came to a source. Cheap where no case waits for it; never throws. */
  offer(packet: PacketToTrace, source: string): void;
  /** A case is another one than before. */
  changed(of: Case): void;
  /** Opens one, or changes until when. Rejects, in words, when there is no such case or it is over. */
  open(order: Omit<Standing, 'since'>): Promise<StandingRow>;
  /** Ends one; rejects, in words, when there is none. */
  stop(caseId: string, by: string): Promise<StandingRow>;
  /** The latest first. */
  list(): StandingRow[];
  close(): void;
}

export interface StandingParts {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly traces: Pick<Traces, 'startTrace'>;
  /** Cases that are not over, and any case by its number. */
  readonly cases: { open(): readonly Case[]; get(id: string): Promise<Case | null> };
  /** True when one of these watches wants its cases traced. */
  readonly wanted: (watches: readonly string[]) => boolean;
  /** Writes a line into the timeline of a case. */
  readonly note: (caseId: string, words: string, by: string) => void;
  /**
   * The cases of all machines that are not over; left out: all of them are here, and `changed` tells of each. Null: no packet
   * comes for any, and so it need not be known; never, while one stands.
   */
  readonly everywhere?: (stands: boolean) => Promise<readonly Case[]> | null;
  readonly log: Log;
  readonly clock?: () => number;
  /** How often the cases of other machines are looked at, ms. */
  readonly look?: number;
  /** How long until a case that could not be looked at is tried again, ms. */
  readonly retry?: number;
}

/** True of watches of which one has `trace`. */
export const tracedBy = (config: () => Pick<Config, 'watches'>) => (names: readonly string[]) =>
  config().watches.some(({ name, trace }) => trace === true && names.includes(name));

/** Takes up those that were there when the daemon ended. */
export async function openStandingTraces(parts: StandingParts): Promise<StandingTraces> {
  const { store, traces, cases, wanted, note, log, clock = Date.now, retry = RETRY } = parts;
  const { everywhere, look = LOOK } = parts;
  const standing = new Map<string, Watching>();
  /** Cases that a person wants traced no more, whatever their watch says. */
  const stopped = new Set<string>();

  const rowOf = (one: Watching): StandingRow => {
    const { caseId, since, until, by, seen, traced, leftOut, lastError } = one;
    return { caseId, since, until, by, prefix: formatPrefix(one.prefix), seen, traced, leftOut, lastError };
  };
  const begin = (what: Standing, prefix: string): Watching | null => {
    const parsed = parsePrefix(prefix);
    if (parsed === null) return null;
    const before = standing.get(what.caseId);
    const counts = { bucket: null, flows: new Map<string, number>(), seen: 0, traced: 0, leftOut: 0, lastError: '' };
    const one: Watching = { ...counts, ...before, ...what, prefix: parsed };
    standing.set(what.caseId, one);
    return one;
  };
  const forget = (caseId: string) => {
    standing.delete(caseId);
    store
      .write([{ op: 'standing.forget', caseId }])
      .catch((e: Error) => log('error', `the standing trace of case ${caseId} cannot be forgotten: ${e.message}`));
  };
  const ofWatch = ({ id, watches, prefix, opened }: Case) => {
    if (standing.has(id) || stopped.has(id) || standing.size >= MOST_STANDING || !wanted(watches)) return;
    begin({ caseId: id, since: opened, until: null, by: `watch ${watches.join(', ')}` }, prefix);
  };

  /** Takes one up; true when its case could not be looked at, and it is to be tried again. */
  async function takeUp({ caseId, body }: { readonly caseId: string; readonly body: string }): Promise<boolean> {
    try {
      const of = await cases.get(caseId);
      const what = JSON.parse(body) as Standing;
      if (of === null || isOver(of) || (what.until !== null && what.until <= clock())) forget(caseId);
      else begin(what, of.prefix);
      return false;
    } catch (error) {
      log('warn', `the standing trace of case ${caseId} waits: ${(error as Error).message}`);
      return true;
    }
  }
  async function takeUpAll(rows: readonly { readonly caseId: string; readonly body: string }[]): Promise<void> {
    const left: (typeof rows)[number][] = [];
    for (const one of rows) if (await takeUp(one)) left.push(one);
    // A machine that shares its cases may have started before the database.
    if (left.length > 0) setTimeout(() => void takeUpAll(left), retry).unref();
  }
  await takeUpAll(await store.read('standing.all', {}));
  for (const of of cases.open()) if (!isOver(of)) ofWatch(of);

  function changed(of: Case): void {
    if (!isOver(of)) ofWatch(of);
    else {
      stopped.delete(of.id);
      if (standing.has(of.id)) forget(of.id);
    }
  }

  /** Nobody tells of the cases that other machines have. */
  let unseen = '';
  async function lookAround(): Promise<void> {
    // What a person opens meanwhile may be of a case that is newer than the answer.
    const [stood, ended] = [[...standing.keys()], [...stopped]];
    try {
      const known = await everywhere?.(standing.size > 0);
      if (!known) return;
      for (const of of known) changed(of);
      const ids = new Set(known.map(({ id }) => id));
      for (const id of stood) if (!ids.has(id) && standing.has(id)) forget(id);
      for (const id of ended) if (!ids.has(id)) stopped.delete(id);
      unseen = '';
    } catch (error) {
      const words = (error as Error).message;
      if (words !== unseen) log('warn', `whose packets are to be traced is not known: ${words}`);
      unseen = words;
    }
  }
  const looking = inTurn(lookAround);
  const timer = everywhere && setInterval(() => void looking(), look).unref();

  async function trace(one: Watching, packet: PacketToTrace, source: string): Promise<void> {
    try {
      const { id } = await traces.startTrace([packet], () => {}, { caseId: one.caseId, source });
      if (++one.traced === 1)
        note(one.caseId, `the first packet to ${formatPrefix(one.prefix)} is traced: ${id}`, 'intertrackd');
    } catch (error) {
      one.lastError = (error as Error).message;
      one.leftOut++;
    }
  }

  return {
    offer(packet, source) {
      if (standing.size === 0) return;
      const now = clock();
      const inner = flowKeysOf(packet.frame, packet.linkType, packet.wire).at(-1);
      if (inner === undefined) return;
      const { destination: bytes } = inner;
      const address: Prefix = { afi: bytes.length === 4 ? 1 : 2, bytes, length: bytes.length * 8 };
      for (const one of standing.values()) {
        if (!covers(one.prefix, address)) continue;
        if (one.until !== null && one.until <= now) {
          forget(one.caseId);
          note(one.caseId, 'its time for tracing is over', 'intertrackd');
          continue;
        }
        one.seen++;
        const flow = JSON.stringify([
          inner.protocol,
          inner.sourcePort,
          inner.destinationPort,
          ...inner.source,
          ...bytes,
        ]);
        const last = one.flows.get(flow);
        if (last !== undefined && now - last < SAME_FLOW && now >= last) continue;
        const { bucket, taken } = takeToken(one.bucket, A_MINUTE / 60, now, A_MINUTE);
        one.bucket = bucket;
        if (!taken) {
          one.leftOut++;
          continue;
        }
        one.flows.delete(flow);
        one.flows.set(flow, now);
        if (one.flows.size > MOST_FLOWS) one.flows.delete(one.flows.keys().next().value!);
        void trace(one, packet, source);
      }
    },
    changed,
    async open({ caseId, until, by }) {
      const of = await cases.get(caseId);
      if (of === null) throw new Error(`there is no case ${caseId}`);
      if (isOver(of)) throw new Error(`case ${caseId} is ${of.state}: nothing comes for it any more`);
      if (standing.size >= MOST_STANDING && !standing.has(caseId))
        throw new Error(`${MOST_STANDING} cases have a standing trace already`);
      const what: Standing = { caseId, since: clock(), until, by };
      await store.write([{ op: 'standing.put', caseId, body: JSON.stringify(what) }]);
      stopped.delete(caseId);
      const one = begin(what, of.prefix);
      if (one === null) throw new Error(`${of.prefix} is no prefix that packets come to`);
      note(
        caseId,
        `packets to ${of.prefix} are traced${until === null ? '' : `, until ${new Date(until).toISOString()}`}`,
        by,
      );
      return rowOf(one);
    },
    async stop(caseId, by) {
      const one = standing.get(caseId);
      if (one === undefined) throw new Error(`case ${caseId} has no standing trace`);
      forget(caseId);
      stopped.add(caseId);
      note(caseId, 'its packets are traced no more', by);
      return rowOf(one);
    },
    close: () => void (timer && clearInterval(timer)),
    list: () => [...standing.values()].map(rowOf).sort((a, b) => b.since - a.since || (a.caseId < b.caseId ? 1 : -1)),
  };
}
