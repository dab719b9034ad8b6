import type { GroupConfig, NotifyConfig, WatchConfig } from '../config/tree.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';
import type { FoundKind } from '../registry/judged-change.ts';
import type { IncidentAsk } from '../store/records.ts';
import type { GroundOf } from './assessment.ts';
import { createAssessor } from './assessor.ts';
import type { Case, Dismissal, Mark, Witness } from './case.ts';
import { caseIds } from './case-id.ts';
import { createCaseLife } from './case-life.ts';
import { type CaseChange, caseReports } from './case-reports.ts';
import { createIncidents } from './incident.ts';
import type { Judged, RegistryView } from './judged.ts';
import { foundAs, isStillWrong } from './kinds.ts';
import { newCase } from './new-case.ts';
import { beginBy, note, type OpenCase, reopen, snapshotOf } from './open-case.ts';
import { pastCases } from './past-cases.ts';
import { isFollowed, quietCases } from './quiet-cases.ts';
import { isSaid } from './told-anew.ts';
import { witnessIndex } from './witness-index.ts';
import { FEW } from './witness-ledger.ts';
import { witnessOf } from './witness-of.ts';
import { type WitnessRoom, witnessRoom } from './witness-room.ts';
import { GONE, type GoneWhy, lineOf } from './witness-words.ts';

/** The parts of the configuration in force that concern cases. */
export interface CaseSettings {
  readonly watches: readonly WatchConfig[];
  readonly groups: readonly GroupConfig[];
  readonly notify: readonly NotifyConfig[];
}

export interface CaseBookOptions {
  /** Now, ms since the epoch. */
  readonly clock: () => number;
  readonly registry: RegistryView;
  /** Asked anew each time: a reload needs no word to the case book. */
  readonly settings: () => CaseSettings;
  /** What the registry says of a route; left out: cases have no severity and no hints. */
  readonly ground?: GroundOf;
  /** Stored cases; those that are not over are taken up again. */
  readonly stored: readonly Case[];
  /** Gives ids (case-id.ts); left out: those that are free behind the stored ones. */
  readonly newId?: (time: number) => string;
  /** Other books share the cases: what `incidentAsks` has is to be asked of all. Default: there is no other. */
  readonly shared?: boolean;
  /** Collectors are other machines: what they tell may come when its case is over, and then begins nothing anew. */
  readonly skewed?: boolean;
  /** Cases that may be open at once. Default 10,000. */
  readonly maxOpen?: number;
  /** Room for witnesses; left out: that of witness-room.ts. */
  readonly room?: WitnessRoom;
}

/** What the routes of a case are known by. */
export type WitnessedCase = Pick<Case, 'kind' | 'prefix' | 'origin' | 'offender' | 'ground' | 'decidedBy'>;

/**
 * Every method returns the changes it caused, in their order; there may be several of one case. What is told of a peer later is
 * taken for later, whatever time is said of it: a clock may have been set, and two machines differ. Of a case of many witnesses
 * those that nothing but a witness has made may come later, with others of their kind (case-reports.ts).
 */
export interface CaseBook {
  judged(changes: readonly Judged[]): readonly CaseChange[];
  /** A peer's session was established, or lost (the `unseen` changes of its routes come by `judged`). */
  session(peer: string): void;
  /**
   * The peer's table is whole, by End-of-RIB or as far as its collector can tell: routes that it has not announced since the
   * session came up are gone.
   */
  endOfRib(peer: string, time: number): readonly CaseChange[];
  /** The peer is no longer configured: what it held will never be known, and counts as gone. */
  peerRemoved(peer: string, time: number): readonly CaseChange[];
  /** A new registry generation is in force and every collector has judged its routes by it. */
  registryChanged(): readonly CaseChange[];
  /** Hold-up, hold-down, silence: to be called about once a second. */
  tick(now: number): readonly CaseChange[];
  /** A person knows of the case. Null, here and below: no case of this id is open. */
  acknowledge(id: string, mark: Mark): readonly CaseChange[] | null;
  /** A person sets the case aside. */
  dismiss(id: string, as: Dismissal): readonly CaseChange[] | null;
  /** A person takes it up again. Null too when it is not set aside. */
  takeUp(id: string, mark: Mark): readonly CaseChange[] | null;
  /** A person's words for the timeline. */
  remark(id: string, mark: Mark): readonly CaseChange[] | null;
  /** Which incidents of cases that were opened all books are to be asked for; each is returned once. */
  incidentAsks(): readonly IncidentAsk[];
  /** The answers: what an incident was called until then, and its name. */
  incidentsAre(names: ReadonlyMap<string, string>): void;
  /** Cases that are not over. */
  open(): readonly Case[];
  /** All witnesses of these, or of a machine's peers, each with its case; and those without room, of whom no path is known. */
  witnesses(machine?: string): Iterable<readonly [of: WitnessedCase, witness: Witness]>;
  /** Changes of witnesses that wait to be told with others (case-reports.ts). */
  flush(): readonly CaseChange[];
  /** How many routes opened no case because `maxOpen` was reached. */
  readonly refused: number;
  /** Witnesses that found no room. */
  readonly room: Pick<WitnessRoom, 'leftOut' | 'owed'>;
}

/** How long ends are not believed after a restart, where the tables of witnesses are not whole before. */
export const PATIENCE = 5 * 60_000;
/** The peer of a drill: no peer of the configuration has such a name. */
export const DRILL_PEER = '(drill)';
/** How often witnesses are looked at for whether they are stale. */
const LOOK = 60_000;
/** Cases that are judged anew at one tick, for another registry. */
const AT_ONCE = 50;

/** The book of open cases: one per (prefix, offender, what is wrong). No clock but the given one, no input or output. */
export function createCaseBook(options: CaseBookOptions): CaseBook {
  const { clock, registry, settings, stored, skewed = false, maxOpen = 10_000, room = witnessRoom() } = options;
  const newId = options.newId ?? caseIds(stored.map(({ id }) => id));
  const incidents = createIncidents(options.shared);
  const cases = new Map<string, OpenCase>();
  const byPrefix = new Map<string, Set<OpenCase>>();
  /** Peers whose session is up and whose table is whole. */
  const wholePeers = new Set<string>();
  const past = pastCases();
  const quiet = quietCases();
  const index = witnessIndex();
  let refused = 0;
  let looked = 0;

  const keyOf = (prefix: string, offender: number | null, kind: FoundKind, drill: boolean) =>
    `${prefix} ${offender ?? 'NONE'} ${kind}${drill ? ' drill' : ''}`;
  const keyIn = (open: OpenCase) => keyOf(open.prefix, open.offender, foundAs(open), open.drill === true);
  const keyFor = ({ prefix, offender, kind, peer }: Judged) => keyOf(prefix, offender, kind, peer === DRILL_PEER);

  function enter(open: OpenCase): void {
    quiet.enter(open);
    room.add(open.witnesses.size);
    for (const peer of open.witnesses.peers()) index.add(open, peer);
    cases.set(keyIn(open), open);
    const others = byPrefix.get(open.prefix);
    if (others === undefined) byPrefix.set(open.prefix, new Set([open]));
    else others.add(open);
  }

  function leave(open: OpenCase, now: number): void {
    const key = keyIn(open);
    cases.delete(key);
    quiet.leave(open);
    index.leave(open);
    room.free(open.witnesses.size);
    open.roomless.clear();
    const time = open.ended ?? open.changed;
    past.over(key, open.comebacks, time, now);
    incidents.leave(open.incident, open.offender, time);
    const others = byPrefix.get(open.prefix)!;
    others.delete(open);
    if (others.size === 0) byPrefix.delete(open.prefix);
  }

  /** True when nobody can say what the registry would: a source that the case rests on is configured but not there. */
  const blind = (open: OpenCase) => open.objects.some(({ source }) => registry.lacks(source));

  const assess = createAssessor(options.ground ?? null, settings, () => wholePeers.size);
  const reports = caseReports(clock, open => {
    if (open.state !== 'resolved') assess(open, open.changed);
  });
  const report = () => reports.take();
  const { settle, live, dismiss, tells, takeUp } = createCaseLife({
    watches: () => settings().watches,
    blind,
    leave,
    assess,
    stepped: reports.stepped,
  });

  function openCase(prefix: Prefix, change: Judged): OpenCase | null {
    const registered = parsePrefix(change.decidedBy);
    if (registered === null) return null;
    if (cases.size >= maxOpen && (isFollowed(change.kind) || !makeRoom(change.time))) {
      refused++;
      return null;
    }
    const ground = { registry, ...settings(), drill: change.peer === DRILL_PEER, room };
    const open = newCase(newId(change.time), prefix, registered, change, ground);
    open.comebacks = past.comebacks(keyIn(open), change.time);
    enter(open);
    return open;
  }

  /** Ends a case that nobody would be told of, so that there is room for another one; false: there is none. */
  function makeRoom(time: number): boolean {
    const open = quiet.next(tells);
    if (open === null) return false;
    live(open, 'cleared', time, 'gives way to others: too many cases are open');
    past.forget(keyIn(open));
    return true;
  }

  function hold(change: Judged): void {
    const prefix = parsePrefix(change.prefix);
    if (prefix === null) return;
    const key = keyFor(change);
    // A peer holds one route for a prefix, unless it sends several: by announcing this one it has replaced any other.
    if (!change.beside)
      for (const other of [...(byPrefix.get(change.prefix) ?? [])])
        if (other !== cases.get(key)) letGo(other, change.peer, change.time, 'replaced');
    const open = cases.get(key) ?? openCase(prefix, change);
    if (open === null) return;
    const before = open.witnesses.get(change.peer);
    const held = before?.state === 'holds';
    if (before === undefined) index.add(open, change.peer);
    if (before === undefined && !room.take(open.witnesses.size < FEW)) {
      open.roomless.hold(change);
      return;
    }
    open.roomless.drop(change.peer);
    if (held && isSaid(open, before, change)) return;
    const witness = witnessOf(change, held ? before.since : change.time);
    open.witnesses.set(witness);
    if (change.hadBy !== undefined) open.hadBy = change.hadBy;
    if (change.rightly !== undefined) open.rightly = change.rightly;
    open.ground = change.ground;
    open.incident ??= open.drill ? `I${open.id}` : incidents.place({ ...open, witnesses: [witness] });
    open.changed = Math.max(open.changed, change.time);
    reports.witnessed(open, lineOf(witness, 'holds it'));
    if (!held) note(open, change.time, lineOf(witness, 'holds it'));
  }

  function holdKept(change: Judged, time: number): void {
    hold(change);
    const open = cases.get(keyFor(change));
    if (open) settle(open, time, 'peer');
  }

  /** The peer no longer holds the case's route. Its neighbours in the book are settled by the caller. */
  function letGo(open: OpenCase, peer: string, time: number, why: GoneWhy): void {
    const by = why === 'registry' ? 'registry' : 'peer';
    if (open.roomless.drop(peer)) settle(open, time, by);
    const witness = open.witnesses.get(peer);
    if (witness === undefined || witness.state === 'gone') return;
    // What this batch has brought so far is judged first, so that a route seen for a moment is not overlooked.
    settle(open, time, 'peer');
    open.witnesses.set({ ...witness, state: 'gone', until: time });
    const line = lineOf(witness, GONE[why]);
    note(open, time, line);
    reports.witnessed(open, line);
    settle(open, time, by);
  }

  function loseSight(open: OpenCase, peer: string, time: number): void {
    open.roomless.lose(peer);
    const witness = open.witnesses.get(peer);
    if (witness?.state !== 'holds') return;
    settle(open, time, 'peer');
    open.witnesses.set({ ...witness, state: 'unseen', until: time });
    const line = lineOf(witness, 'is out of sight: session lost');
    note(open, time, line);
    reports.witnessed(open, line);
    settle(open, time, 'peer');
  }

  /** The peer's table is whole: what was out of sight and has not come back is gone. */
  function whole(peer: string, time: number): void {
    for (const open of index.casesOf(peer)) {
      if (blind(open)) continue;
      open.awaited.delete(peer);
      if ((open.witnesses.get(peer) ?? open.roomless.get(peer))?.state === 'unseen') letGo(open, peer, time, 'absent');
    }
  }

  function remark(open: OpenCase, { time, by, reason }: Mark, what: string): void {
    const line = reason === '' ? what : `${what}: ${reason}`;
    note(open, time, line, by);
    reports.touched(open, line);
  }

  /** Does something to an open case; null when there is none, or when it could not be done. */
  function withCase(id: string, act: (open: OpenCase) => unknown): readonly CaseChange[] | null {
    const open = [...cases.values()].find(one => one.id === id);
    return open === undefined || act(open) === false ? null : report();
  }

  for (const old of stored)
    if (old.state !== 'resolved') {
      const open = reopen(old, clock(), PATIENCE, room);
      if (!old.drill) incidents.restore(old);
      enter(open);
      const why = options.shared
        ? 'taken up by the machine that has its partition now'
        : 'taken up again after a restart';
      note(open, clock(), why);
      reports.touched(open, why);
      if (open.witnesses.counts.unseen > 0)
        live(open, 'out-of-sight', clock(), 'out of sight until the sessions are back');
    }

  return {
    judged(batch) {
      const last = new Map<OpenCase, number>();
      for (const change of batch) {
        const key = keyFor(change);
        if (change.what === 'held') {
          if (!skewed || cases.has(key) || !past.keeps(key, change, clock())) hold(change);
        } else {
          const kept = past.took(key, change);
          if (kept !== null) holdKept(kept, kept.time);
          const open = cases.get(key);
          if (open && change.what === 'gone') letGo(open, change.peer, change.time, change.why);
          else if (open) loseSight(open, change.peer, change.time);
        }
        if (change.what === 'unseen') wholePeers.delete(change.peer);
        for (const open of byPrefix.get(change.prefix) ?? []) last.set(open, change.time);
      }
      for (const [open, time] of last)
        if (open.witnesses.counts.holds > 0) settle(open, time, reports.isTouched(open) ? 'peer' : null);
      return report();
    },
    session(peer) {
      wholePeers.delete(peer);
    },
    endOfRib(peer, time) {
      wholePeers.add(peer);
      whole(peer, time);
      return report();
    },
    peerRemoved(peer, time) {
      wholePeers.delete(peer);
      for (const open of index.casesOf(peer)) {
        open.awaited.delete(peer);
        letGo(open, peer, time, 'removed');
      }
      return report();
    },
    registryChanged() {
      const now = clock();
      for (const open of [...cases.values()]) {
        open.assessedFrom = '';
        const prefix = parsePrefix(open.prefix);
        // Where a peer holds the route its collector has judged it anew and says so itself.
        const held = open.witnesses.counts.holds + open.roomless.holding > 0;
        if (prefix === null || blind(open) || held || isStillWrong(open, prefix, registry)) continue;
        for (const witness of open.witnesses.values())
          if (witness.state === 'unseen') open.witnesses.set({ ...witness, state: 'gone', until: now });
        open.roomless.clear();
        settle(open, now, 'registry');
      }
      for (const peer of wholePeers) whole(peer, now);
      return report();
    },
    tick(now) {
      const look = now - looked >= LOOK;
      if (look) looked = now;
      for (const change of past.due(now)) holdKept(change, now);
      let due = AT_ONCE;
      for (const open of [...cases.values()]) {
        beginBy(open, now, PATIENCE);
        settle(open, now, null);
        if (open.state === 'resolved' || (open.assessedFrom === '' ? due-- <= 0 : !look)) continue;
        if (assess(open, now, open.assessedFrom !== '')) reports.touched(open, 'judged anew');
      }
      return report();
    },
    acknowledge: (id, mark) =>
      withCase(id, open => {
        open.acknowledged = mark;
        remark(open, mark, 'acknowledged');
      }),
    dismiss: (id, as) => withCase(id, open => dismiss(open, as)),
    takeUp: (id, { time, by, reason }) =>
      withCase(id, open => open.dismissed !== undefined && takeUp(open, time, reason, by)),
    remark: (id, mark) => withCase(id, open => remark(open, mark, 'note')),
    incidentAsks: incidents.asks,
    incidentsAre(names) {
      incidents.agreed(names);
      for (const open of cases.values()) open.incident = names.get(open.incident ?? '') ?? open.incident;
    },
    open: () => [...cases.values()].map(snapshotOf),
    witnesses: index.witnesses,
    flush: () => reports.take(true),
    get refused() {
      return refused;
    },
    room,
  };
}
