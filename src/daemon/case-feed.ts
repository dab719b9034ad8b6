/**
 * What the collectors tell over the bus, taken into one book of cases: of each collector in its order and each message once,
 * with how far it has come written in the same transaction. A peer is known here as `PEER@ROUTER-ID`.
 */
import type { CaseEvent, CaseMessage } from '../bus/case-event.ts';
import type { Incoming } from '../bus/stream.ts';
import { routerIdOf } from '../bus/subjects.ts';
import type { Witness } from '../hijack/case.ts';
import { DRILL_PEER, type WitnessedCase } from '../hijack/case-book.ts';
import type { Judged } from '../hijack/judged.ts';
import { foundAs } from '../hijack/kinds.ts';
import { RPKI_PEER } from '../hijack/witness-words.ts';
import type { CursorRecord, StoreWrite } from '../store/records.ts';
import type { CasesOfStore } from './cases.ts';
import type { Log } from './log.ts';

export interface CaseFeedOptions {
  readonly cases: Pick<
    CasesOfStore,
    | 'judged'
    | 'session'
    | 'endOfRib'
    | 'peersAre'
    | 'peerForgotten'
    | 'registryChanged'
    | 'witnesses'
    | 'roomAgain'
    | 'together'
  >;
  /** How far the book has come, from the store. */
  readonly cursors: readonly CursorRecord[];
  /** True for names of peers that come and go by themselves. */
  readonly mayBe: (peer: string) => boolean;
  /** A collector is to tell all that it holds; true: it says that it will. Else it is asked until it has begun to. */
  readonly askResync: (collector: string) => Promise<boolean>;
  /** When the collector started that is heard now, ms by its clock; null: none is, or two of one name. */
  readonly lifeOf: (collector: string) => number | null;
  /** True for prefixes whose cases are in this book. */
  readonly isHere: (prefix: string) => boolean;
  /** Counts what is not believed. */
  readonly refuse: (collector: string, why: string) => void;
  readonly log: Log;
  readonly now?: () => number;
}

export interface CaseFeed {
  /** Resolves when it is on disk. */
  take(messages: readonly Incoming[]): Promise<void>;
  /** Nothing is heard of a collector any more: what its peers hold is out of sight. */
  missed(collector: string): void;
  /**
   * A machine is heard, again or for the first time: what it holds is not known here, and is to be told. One that does not collect
   * has nothing to tell, but where it did before.
   */
  back(collector: string, collects: boolean): void;
  /** What was under way from all collectors is lost. */
  lost(): void;
  /** A collector was removed for good: what its peers hold is gone. Resolves to what that was, when it is on disk. */
  forget(collector: string): Promise<{ readonly cases: number; readonly witnesses: number }>;
  /** Asks those once more that have not told it. */
  askAgain(): void;
  /** Messages that came twice, and gaps, since the start. */
  counts(): { readonly twice: number; readonly gaps: number };
}

/** The peers that belong to no session are the same at every machine. */
const isOfNoSession = (peer: string): boolean => peer === DRILL_PEER || peer === RPKI_PEER;
const nameOf = (collector: string, peer: string): string =>
  isOfNoSession(peer) ? peer : `${peer}@${routerIdOf(collector)}`;

/** What a witness holds. */
const keyOf = (peer: string, prefix: string, offender: number | null, kind: Judged['kind']): string =>
  `${peer} ${prefix} ${offender ?? 'NONE'} ${kind}`;

const gapOf = (at: CursorRecord | undefined, life: number, sequence: number): string =>
  `message ${sequence} follows ${at?.life === life ? at.sequence : 'nothing'}`;

/** Collectors that are known, and peers that one may name. */
const MOST_COLLECTORS = 1_000;
const MOST_PEERS = 20_000;
/** Milliseconds between two lines about gaps of one collector. */
const QUIET = 60_000;

/** A collector that is to tell all that it holds. */
interface Wanted {
  /** How often it was looked whether it has begun to. */
  times: number;
  /** It has said that it will. */
  heard: boolean;
}

const wantedNow = (): Wanted => ({ times: 0, heard: false });

/**
 * Whether who was wanted so many times is asked once more. What it tells stands behind all that waits to be taken in: asked
 * each time, all would tell anew for as long as it takes, and make it longer. Who has heard it is asked after minutes alone.
 */
const isTurn = ({ times, heard }: Wanted): boolean =>
  heard ? times % 128 === 0 : (times & (times - 1)) === 0 || times % 16 === 0;

export function createCaseFeed(options: CaseFeedOptions): CaseFeed {
  const { cases, mayBe, askResync, lifeOf, isHere, refuse, log, now = Date.now } = options;
  const cursors = new Map(options.cursors.map(one => [one.collector, one]));
  /** Of collectors that are telling all that they hold: what they have told so far. */
  const telling = new Map<string, Set<string>>();
  /** Collectors that are to tell all that they hold and have not begun to. */
  const wanted = new Map(options.cursors.map(({ collector }) => [collector, wantedNow()]));
  /** Peers of each collector whose table is whole. */
  const whole = new Map<string, Set<string>>();
  /** Names of each collector's peers of which something was heard. */
  const peers = new Map<string, Set<string>>();
  /** When a gap of each was said last; monotonic ms. */
  const said = new Map<string, number>();
  let twice = 0;
  let gaps = 0;

  /** False where a collector names more peers than one can have: each may be a witness of any case. */
  function mayName(collector: string, peer: string): boolean {
    const known = peers.get(collector) ?? new Set();
    if (known.has(peer)) return true;
    if (known.size >= MOST_PEERS) {
      refuse(collector, `it names more than ${MOST_PEERS} peers`);
      return false;
    }
    peers.set(collector, known.add(peer));
    return true;
  }

  /** What of a change is believed: nothing of another partition's prefix, for it would have a case in two books. */
  function believed(collector: string, change: Judged): Judged | null {
    if (!isHere(change.prefix)) {
      refuse(collector, `${change.prefix} belongs to another partition`);
      return null;
    }
    if (!mayName(collector, change.peer)) return null;
    // Whose clock is ahead must not have the end of a case wait for it.
    return { ...change, peer: nameOf(collector, change.peer), time: Math.min(change.time, now()) };
  }

  /** The witnesses of a collector's peers, with their cases. */
  const witnessesOf = (collector: string) => cases.witnesses(routerIdOf(collector));

  const leaves = (of: WitnessedCase, { peer, as, address }: Witness, what: 'gone' | 'unseen'): Judged => ({
    peer,
    peerAs: as,
    peerAddress: address,
    prefix: of.prefix,
    origin: of.origin,
    kind: foundAs(of),
    offender: of.offender,
    ground: of.ground,
    what,
    why: what === 'gone' ? 'withdraw' : 'session',
    time: now(),
    path: [],
    state: 'unknown',
    decidedBy: of.decidedBy,
    beside: true,
  });

  /** What the peers of a collector hold is out of sight. */
  function lose(collector: string): void {
    telling.delete(collector);
    const held = [...witnessesOf(collector)].filter(([, { state }]) => state === 'holds');
    void cases.judged(held.map(([of, witness]) => leaves(of, witness, 'unseen')));
    for (const peer of whole.get(collector) ?? []) cases.session(peer);
    whole.delete(collector);
  }

  function ends(collector: string, peer: string, time: number): void {
    whole.set(collector, (whole.get(collector) ?? new Set()).add(peer));
    cases.endOfRib(peer, time);
  }

  function hear(collector: string, event: CaseEvent): void {
    const name = (peer: string) => nameOf(collector, peer);
    switch (event.what) {
      case 'hello':
        peers.delete(collector);
        lose(collector);
        // The life before has heard what it is asked for; this one has not.
        if (wanted.has(collector)) wanted.set(collector, wantedNow());
        break;
      case 'judged': {
        const changes = event.changes.map(change => believed(collector, change)).filter(one => one !== null);
        const held = telling.get(collector);
        if (held !== undefined)
          for (const { peer, prefix, offender, kind, what } of changes)
            if (what === 'held') held.add(keyOf(peer, prefix, offender, kind));
        void cases.judged(changes);
        break;
      }
      case 'session':
        if (!mayName(collector, event.peer)) break;
        whole.get(collector)?.delete(name(event.peer));
        cases.session(name(event.peer));
        break;
      case 'end-of-rib':
        if (mayName(collector, event.peer)) ends(collector, name(event.peer), Math.min(event.time, now()));
        break;
      case 'forgotten':
        whole.get(collector)?.delete(name(event.peer));
        peers.get(collector)?.delete(event.peer);
        cases.peerForgotten(name(event.peer));
        break;
      case 'peers': {
        const end = `@${routerIdOf(collector)}`;
        const comes = (peer: string) => mayBe(peer.slice(0, -end.length));
        cases.peersAre(event.names.map(name), comes, routerIdOf(collector));
        break;
      }
      case 'registry':
        cases.registryChanged();
        break;
      case 'resync':
        wanted.delete(collector);
        telling.set(collector, new Set());
        break;
      case 'resynced':
        told(collector, event);
        break;
    }
  }

  /** A collector has told all that it holds: what it has not told is gone, or out of sight where the session is down. */
  function told(collector: string, { up, whole: tables }: Extract<CaseEvent, { what: 'resynced' }>): void {
    const held = telling.get(collector);
    telling.delete(collector);
    if (held === undefined) {
      want(collector); // it began in another life of this engine, or before it was lost
      return;
    }
    const name = (peer: string) => nameOf(collector, peer);
    const sessions = new Set(up.map(name));
    const missing = [...witnessesOf(collector)].filter(
      ([of, { peer, state }]) => state === 'holds' && !held.has(keyOf(peer, of.prefix, of.offender, foundAs(of))),
    );
    void cases.judged(
      missing.map(([of, witness]) => leaves(of, witness, sessions.has(witness.peer) ? 'gone' : 'unseen')),
    );
    for (const peer of tables) ends(collector, name(peer), now());
  }

  function want(collector: string): void {
    const one = wantedNow();
    wanted.set(collector, one);
    ask(collector, one);
  }

  function ask(collector: string, one: Wanted): void {
    void askResync(collector).then(heard => {
      one.heard ||= heard;
    });
  }

  /**
   * A life that began before the one that is known, and is that of the daemon which is heard now: its clock, or that of the
   * daemon before it, was wrong at the start. Neither is asked which: what is heard now is what holds routes now.
   */
  const isSetBack = (collector: string, life: number, at: CursorRecord): boolean =>
    life < at.life && lifeOf(collector) === life;

  /** True when the message is to be taken in, and then the cursor stands behind it. */
  function isNext(collector: string, { life, sequence, events }: CaseMessage): boolean {
    const at = cursors.get(collector);
    if (at === undefined && cursors.size >= MOST_COLLECTORS) {
      refuse(collector, `there are more than ${MOST_COLLECTORS} collectors`);
      return false;
    }
    const back = at !== undefined && isSetBack(collector, life, at);
    if (at !== undefined && !back && (life < at.life || (life === at.life && sequence <= at.sequence))) {
      twice++;
      // Of a daemon that is not heard yet it is not known whether its clock was set back: it is asked to tell all later.
      // So it is of one that was there before another of its name was heard: what it says until that has ended is not believed.
      const asked = wanted.get(collector);
      const unsure = lifeOf(collector) !== at.life && (asked === undefined || asked.heard);
      if (life < at.life && (unsure || events[0]?.what === 'hello')) want(collector);
      return false;
    }
    const follows = at?.life === life ? sequence === at.sequence + 1 : !back && events[0]?.what === 'hello';
    if (!follows) {
      gaps++;
      sayGap(
        collector,
        back ? 'its life began before the one known so far, so a clock was wrong' : gapOf(at, life, sequence),
      );
      if (at?.life !== life && events[0]?.what !== 'hello') lose(collector);
      want(collector);
    }
    cursors.set(collector, { collector, life, sequence });
    return true;
  }

  function sayGap(collector: string, what: string): void {
    const time = performance.now();
    if (time - (said.get(collector) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
    said.set(collector, time);
    log('warn', `collector ${routerIdOf(collector)}: ${what}: it is asked for all it holds`);
  }

  return {
    take(messages) {
      const touched = new Set<string>();
      const writes: StoreWrite[] = [];
      const taken = cases.together(() => {
        for (const { collector, message } of messages) {
          if (!isNext(collector, message)) continue;
          touched.add(collector);
          for (const event of message.events) hear(collector, event);
        }
        for (const collector of touched) writes.push({ op: 'cursor.put', record: cursors.get(collector)! });
      }, writes);
      // Whoever did not get them written is given the same messages once more, and they are behind the cursor by then: what
      // they said comes with all that is held.
      return taken.catch(error => {
        for (const collector of touched) want(collector);
        throw error;
      });
    },
    missed: lose,
    back(collector, collects) {
      if (collects || cursors.has(collector)) want(collector);
    },
    lost() {
      for (const collector of cursors.keys()) want(collector);
    },
    async forget(collector) {
      const found = [...witnessesOf(collector)].filter(([, { state }]) => state !== 'gone');
      for (const known of [cursors, telling, whole, peers, said]) known.delete(collector);
      wanted.delete(collector);
      await cases.together(() => {
        for (const peer of new Set(found.map(([, witness]) => witness.peer))) cases.peerForgotten(peer);
      }, [{ op: 'cursor.forget', collector }]);
      return { cases: new Set(found.map(([of]) => of)).size, witnesses: found.length };
    },
    askAgain() {
      if (cases.roomAgain()) for (const collector of cursors.keys()) wanted.set(collector, wantedNow());
      for (const [collector, one] of wanted) {
        one.times++;
        if (isTurn(one)) ask(collector, one);
      }
    },
    counts: () => ({ twice, gaps }),
  };
}
