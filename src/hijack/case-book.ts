import type { GroupConfig, NotifyConfig, WatchConfig } from '../config/tree.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { Case, FoundKind, Witness } from './case.ts';
import { caseIds } from './case-id.ts';
import { evidenceOf } from './evidence.ts';
import type { Judged, RegistryView } from './judged.ts';
import { foundAs, isStillWrong, kindOf } from './kinds.ts';
import { type LifeEvent, type Notice, step } from './life-cycle.ts';
import { note, type OpenCase, reopen, snapshotOf, tally } from './open-case.ts';
import { recipientsOf } from './recipients.ts';
import { commonUpstream } from './upstream.ts';

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
  /** All cases ever stored; those that are not over are taken up again. */
  readonly stored: readonly Case[];
  /** Cases that may be open at once. Default 10,000. */
  readonly maxOpen?: number;
}

/** A case changed: to be stored and, when there is a notice, told, in one transaction. */
export interface CaseChange {
  readonly case: Case;
  /** `end` without `begin` in `case.told`: it was over before anybody was told (a blip); one notice tells both. */
  readonly notice: Notice;
  readonly why: string;
}

/** Every method returns the changes it caused, in their order; there may be several of one case. */
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
  /** Cases that are not over. */
  open(): readonly Case[];
  /** How many routes opened no case because `maxOpen` was reached. */
  readonly refused: number;
}

/** How long ends are not believed after a restart, where the tables of witnesses are not whole before. */
export const PATIENCE = 5 * 60_000;
/** A case held without change for so long is dormant. */
export const QUIET = 24 * 3_600_000;
const HOLD_DOWN = 5 * 60_000;

/** For how long the timers of a book run, milliseconds: each begins with a change that the book was told of, or tells. */
export const timersOf = ({ watches }: Pick<CaseSettings, 'watches'>): readonly number[] =>
  [...new Set([QUIET, HOLD_DOWN, ...watches.flatMap(({ holdUp, holdDown }) => [holdUp, holdDown])])].filter(
    length => length > 0,
  );

/** Why a peer no longer holds a route: as a collector says, or as the case book finds. */
type GoneWhy = Judged['why'] | 'absent' | 'removed';

const GONE: Readonly<Record<GoneWhy, string>> = {
  update: 'announces another route',
  withdraw: 'withdrew it',
  replaced: 'replaced it',
  registry: 'may hold it: the registry or the watches changed',
  session: 'ended its session',
  absent: 'did not announce it again',
  removed: 'is no longer configured',
};

/** The book of open cases: one per (prefix, offender, what is wrong). No clock but the given one, no input or output. */
export function createCaseBook(options: CaseBookOptions): CaseBook {
  const { clock, registry, settings, stored, maxOpen = 10_000 } = options;
  const newId = caseIds(stored.map(({ id }) => id));
  const cases = new Map<string, OpenCase>();
  const byPrefix = new Map<string, Set<OpenCase>>();
  /** Peers whose session is up and whose table is whole. */
  const wholePeers = new Set<string>();
  let refused = 0;

  /** What one call changed and has not reported: the last word about each case. */
  let touched = new Map<OpenCase, string>();
  let changes: CaseChange[] = [];

  function report(): readonly CaseChange[] {
    for (const [open, why] of touched) changes.push({ case: snapshotOf(open), notice: null, why });
    const reported = changes;
    touched = new Map();
    changes = [];
    return reported;
  }

  const keyOf = (prefix: string, offender: number | null, kind: FoundKind) => `${prefix} ${offender ?? 'NONE'} ${kind}`;
  const keyOfCase = (open: OpenCase) => keyOf(open.prefix, open.offender, foundAs(open));

  function enter(open: OpenCase): void {
    cases.set(keyOfCase(open), open);
    const others = byPrefix.get(open.prefix);
    if (others === undefined) byPrefix.set(open.prefix, new Set([open]));
    else others.add(open);
  }

  function leave(open: OpenCase): void {
    cases.delete(keyOfCase(open));
    const others = byPrefix.get(open.prefix)!;
    others.delete(open);
    if (others.size === 0) byPrefix.delete(open.prefix);
  }

  /** Takes one step of the life cycle and does what it says. */
  function live(open: OpenCase, event: LifeEvent, time: number, why: string): void {
    const { state, notice } = step(open.state, event);
    if (state === open.state && notice === null) return;
    open.state = state;
    if (state === 'resolved') {
      open.ended = open.goneAt ?? time;
      leave(open);
    }
    note(open, time, why);
    const due = notice !== null && !open.told.includes(notice);
    if (!due) {
      touched.set(open, why);
      return;
    }
    open.told.push(notice);
    touched.delete(open);
    changes.push({ case: snapshotOf(open), notice, why });
  }

  function holdOf(open: OpenCase): { up: number; down: number } {
    const watches = settings().watches.filter(({ name }) => open.watches.includes(name));
    if (watches.length === 0) return { up: 0, down: HOLD_DOWN };
    return {
      up: Math.min(...watches.map(({ holdUp }) => holdUp)),
      down: Math.max(...watches.map(({ holdDown }) => holdDown)),
    };
  }

  /**
   * A stranger's route that covers watched space is told only where it draws traffic: where a peer that has it has none for
   * what it covers. Aggregates of providers are of this kind.
   */
  const tells = (open: OpenCase) =>
    open.kind !== 'super-prefix' || [...open.witnesses.values()].some(({ drawing }) => drawing === true);

  /** True when nobody can say what the registry would: a source that the case rests on is configured but not there. */
  const blind = (open: OpenCase) => open.objects.some(({ source }) => registry.lacks(source));

  /** Judges the case by who holds the route at `now`; `news` says that this has changed, and by whose doing last. */
  function settle(open: OpenCase, now: number, news: 'peer' | 'registry' | null): void {
    if (open.state === 'resolved') return;
    const { holds, unseen } = tally(open);
    if (holds > 0) {
      open.heldSince ??= now;
      open.goneAt = null;
      if (news !== null) {
        open.peakWitnesses = Math.max(open.peakWitnesses, holds);
        const holders = [...open.witnesses.values()].filter(({ state }) => state === 'holds');
        open.upstream = commonUpstream(
          holders.map(({ path }) => path),
          open.offender,
        );
        live(open, 'held', now, 'seen again');
      }
      if (open.state === 'suspected' && tells(open) && now - open.heldSince >= holdOf(open).up)
        live(open, 'held-up', now, 'ongoing');
      if (now - open.changed >= QUIET) live(open, 'quiet', now, 'unchanged for a day');
      return;
    }
    open.heldSince = null;
    if (unseen > 0) {
      open.goneAt = null;
      if (news !== null) live(open, 'out-of-sight', now, 'out of sight: no session that carried it is up');
      return;
    }
    open.goneAt ??= now;
    if (news === 'registry') live(open, 'cleared', now, 'the registry or the watches no longer object');
    else if (news !== null) live(open, 'let-go', now, 'no peer holds it any more');
    const sure = !blind(open) && (open.awaited.size === 0 || now >= open.awaitUntil);
    if (sure && now - open.goneAt >= holdOf(open).down)
      live(open, tells(open) ? 'stayed-away' : 'cleared', now, 'no peer has held it for the hold-down');
  }

  /** Watches that a case falls under: by its place, by what it covers, or by the AS that announces it. */
  function watchesOver(prefix: Prefix, registered: Prefix, { kind, offender }: Judged): readonly WatchConfig[] {
    if (kind === 'super-prefix') return registry.watchesFor(registered);
    const byPlace = registry.watchesFor(prefix);
    if (kind !== 'new-prefix' || offender === null) return byPlace;
    return [...new Set([...byPlace, ...registry.watchesOf(offender)])];
  }

  function openCase(prefix: Prefix, change: Judged): OpenCase | null {
    const registered = parsePrefix(change.decidedBy);
    if (registered === null) return null;
    if (cases.size >= maxOpen) {
      refused++;
      return null;
    }
    const { groups, notify } = settings();
    const objects = registry.objectsFor(registered).filter(object => formatPrefix(object.prefix) === change.decidedBy);
    const guarded = objects.filter(object => registry.guards(object).length > 0);
    const watches = watchesOver(prefix, registered, change);
    const kind = kindOf(change.kind, registered, registry);
    const open: OpenCase = {
      id: newId(change.time),
      kind,
      state: 'suspected',
      prefix: change.prefix,
      origin: change.origin,
      offender: change.offender,
      ground: change.ground,
      expected: kind === change.kind ? [...new Set(objects.map(({ origin }) => origin))].sort((a, b) => a - b) : [],
      decidedBy: change.decidedBy,
      watches: watches.map(({ name }) => name),
      critical: watches.some(({ critical }) => critical),
      opened: change.time,
      changed: change.time,
      ended: null,
      witnesses: new Map(),
      peakWitnesses: 0,
      upstream: null,
      objects: evidenceOf(objects),
      recipients: recipientsOf(guarded, watches, groups, notify),
      timeline: [],
      told: [],
      heldSince: null,
      goneAt: null,
      leftOut: 0,
      awaited: new Set(),
      awaitUntil: 0,
    };
    enter(open);
    return open;
  }

  function lineOf({ peer, as }: Witness, what: string): string {
    return `${peer} (AS${as}) ${what}`;
  }

  function hold(change: Judged): void {
    const prefix = parsePrefix(change.prefix);
    if (prefix === null) return;
    const key = keyOf(change.prefix, change.offender, change.kind);
    // A peer holds one route for a prefix, unless it sends several: by announcing this one it has replaced any other.
    if (!change.beside)
      for (const other of [...(byPrefix.get(change.prefix) ?? [])])
        if (other !== cases.get(key)) letGo(other, change.peer, change.time, 'replaced');
    const open = cases.get(key) ?? openCase(prefix, change);
    if (open === null) return;
    const before = open.witnesses.get(change.peer);
    const held = before?.state === 'holds';
    const witness: Witness = {
      peer: change.peer,
      as: change.peerAs,
      address: change.peerAddress,
      path: change.path,
      since: held ? before.since : change.time,
      until: null,
      state: 'holds',
      ...(change.drawing !== undefined && { drawing: change.drawing }),
    };
    open.witnesses.set(change.peer, witness);
    open.changed = Math.max(open.changed, change.time);
    touched.set(open, lineOf(witness, 'holds it'));
    if (!held) note(open, change.time, lineOf(witness, 'holds it'));
  }

  /** The peer no longer holds the case's route. Its neighbours in the book are settled by the caller. */
  function letGo(open: OpenCase, peer: string, time: number, why: GoneWhy): void {
    const witness = open.witnesses.get(peer);
    if (witness === undefined || witness.state === 'gone') return;
    // What this batch has brought so far is judged first, so that a route seen for a moment is not overlooked.
    settle(open, time, 'peer');
    open.witnesses.set(peer, { ...witness, state: 'gone', until: time });
    const line = lineOf(witness, GONE[why]);
    note(open, time, line);
    touched.set(open, line);
    settle(open, time, why === 'registry' ? 'registry' : 'peer');
  }

  function loseSight(open: OpenCase, peer: string, time: number): void {
    const witness = open.witnesses.get(peer);
    if (witness?.state !== 'holds') return;
    settle(open, time, 'peer');
    open.witnesses.set(peer, { ...witness, state: 'unseen', until: time });
    const line = lineOf(witness, 'is out of sight: session lost');
    note(open, time, line);
    touched.set(open, line);
    settle(open, time, 'peer');
  }

  /** The peer's table is whole: what was out of sight and has not come back is gone. */
  function whole(peer: string, time: number): void {
    for (const open of [...cases.values()]) {
      if (blind(open)) continue;
      open.awaited.delete(peer);
      if (open.witnesses.get(peer)?.state === 'unseen') letGo(open, peer, time, 'absent');
    }
  }

  for (const old of stored)
    if (old.state !== 'resolved') {
      const open = reopen(old, clock(), PATIENCE);
      enter(open);
      note(open, clock(), 'taken up again after a restart');
      touched.set(open, 'taken up again after a restart');
      if (tally(open).unseen > 0) live(open, 'out-of-sight', clock(), 'out of sight until the sessions are back');
    }

  return {
    judged(batch) {
      const last = new Map<OpenCase, number>();
      for (const change of batch) {
        if (change.what === 'held') hold(change);
        else {
          const open = cases.get(keyOf(change.prefix, change.offender, change.kind));
          if (open && change.what === 'gone') letGo(open, change.peer, change.time, change.why);
          else if (open) loseSight(open, change.peer, change.time);
        }
        if (change.what === 'unseen') wholePeers.delete(change.peer);
        for (const open of byPrefix.get(change.prefix) ?? []) last.set(open, change.time);
      }
      for (const [open, time] of last) if (tally(open).holds > 0) settle(open, time, touched.has(open) ? 'peer' : null);
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
      for (const open of [...cases.values()]) {
        open.awaited.delete(peer);
        letGo(open, peer, time, 'removed');
      }
      return report();
    },
    registryChanged() {
      const now = clock();
      for (const open of [...cases.values()]) {
        const prefix = parsePrefix(open.prefix);
        // Where a peer holds the route its collector has judged it anew and says so itself.
        if (prefix === null || blind(open) || tally(open).holds > 0 || isStillWrong(open, prefix, registry)) continue;
        for (const witness of open.witnesses.values())
          if (witness.state === 'unseen') open.witnesses.set(witness.peer, { ...witness, state: 'gone', until: now });
        settle(open, now, 'registry');
      }
      for (const peer of wholePeers) whole(peer, now);
      return report();
    },
    tick(now) {
      for (const open of [...cases.values()]) settle(open, now, null);
      return report();
    },
    open: () => [...cases.values()].map(snapshotOf),
    get refused() {
      return refused;
    },
  };
}
