/**
 * Judging of routes as one piece: the registry in force, what is remembered of its verdicts, the checks of paths, and the
 * book of those routes with which something is wrong. What the route path and questions need of it is handed to them.
 */
import { flattenPath } from '../bgp/as-path.ts';
import { BLACKHOLE } from '../net/community.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { JudgedChange } from '../registry/judged-change.ts';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import { openSnapshot } from '../registry/snapshot.ts';
import { type HeldRoute, type Rib, routesOf } from '../rib/adj-rib-in.ts';
import { ORIGIN_NONE } from '../rib/attribute-store.ts';
import { prefixById } from '../rib/query.ts';
import { afiOf, Contradictions, type Held, type Place, prefixIdOf } from './contradictions.ts';
import type { RegistryMessage, Rejudged } from './messages.ts';
import { createNlriIds } from './nlri-ids.ts';
import { createPathCheck, type PathCheck } from './path-check.ts';
import { createRejudge } from './rejudge.ts';
import { decodeSet, type RowPeer } from './rows.ts';
import { VerdictMemo } from './verdict-memo.ts';
import { createVisibility } from './visibility.ts';

export interface JudgingSurroundings {
  readonly rib: Rib;
  /** The peer of this number, which has a table. */
  readonly rowOf: (number: number) => RowPeer | undefined;
  readonly tell: (change: JudgedChange) => void;
  /** The table of the peer is whole in a family: what is not in it, the peer does not have. */
  readonly isWhole: (number: number, afi: 1 | 2) => boolean;
  /**
   * Goes on with long work when others have been served. Left out: at the next turn of the event loop. A replay has nobody
   * else to serve, and must find the same each time: it goes on at once.
   */
  readonly later?: (work: () => void) => void;
  /** All that a registry generation touches has been judged by it. */
  readonly done: (done: Rejudged) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a route is shown to. */
export interface Judges {
  readonly memo: VerdictMemo;
  readonly book: Contradictions;
  readonly paths: PathCheck;
}

export interface Judging extends Judges {
  /**
   * Looks whether routes that cover watched space draw its traffic, and who has lost prefixes that are to be seen: to be called
   * when tables have changed, now and then.
   */
  look(): void;
  /** The table of a peer has become whole in a family: to be called before that is told. */
  whole(number: number, afi: 1 | 2): void;
  /** The session of a peer is lost: what it held, nobody knows. */
  lose(number: number): void;
  /** The peer is no more. */
  forget(number: number): void;
  /** Another generation of the registry is in force: what it touches is judged anew, in slices. */
  registry(message: Omit<RegistryMessage, 'type'>): void;
  /** Other ASPAs are in force, or (null) none: paths are looked at anew, in slices. */
  attest(aspas: AspaTable | null): void;
}

export function createJudging(surroundings: JudgingSurroundings): Judging {
  const { rib, rowOf, isWhole, tell, done, now, later = setImmediate } = surroundings;
  const memo = new VerdictMemo(rib);
  const nlriIds = createNlriIds(rib);
  const paths = createPathCheck(rib, number => rowOf(number)?.role);
  const book = new Contradictions({ now, mark, tell, describe });
  const rejudge = createRejudge(rib, memo, book, paths, done, later);
  const visibility = createVisibility({ rib, rowOf, isWhole, tell, now, later });
  let generation = 0;

  function mark(place: Place, on: boolean): void {
    const [afi, id] = [afiOf(place), prefixIdOf(place)];
    // Where paths are looked at it stays marked: a route whose path becomes wrong may keep its origin.
    memo.mark(afi, id, on || paths.concerns(memo.lastOf(afi, id), null));
  }

  /** The watched prefix that a route covers. */
  function coveredBy(place: Place, { origin }: Held): Prefix | null {
    const prefix = prefixById(rib, afiOf(place), prefixIdOf(place));
    return memo.snapshot?.decide(prefix, origin === ORIGIN_NONE ? -1 : origin).covers ?? null;
  }

  function describe(place: Place, number: number, held: Held) {
    const { origin: as, finding, attribute } = held;
    const row = rowOf(number)!;
    const prefix = prefixById(rib, afiOf(place), prefixIdOf(place));
    const origin = as === ORIGIN_NONE ? null : as;
    const decided = memo.snapshot?.decide(prefix, origin ?? -1);
    const { kind, offender, ground } = finding;
    const set = attribute === 0 ? null : decodeSet(rib, attribute).set;
    const covered = kind === 'super-prefix' ? (decided?.covers ?? null) : null;
    const drawing = covered !== null && draws(number, covered, as);
    told.set(held, { drawing, covered, generation });
    return {
      peer: row.name,
      peerAs: row.as,
      peerAddress: row.address,
      prefix: formatPrefix(prefix),
      origin,
      kind,
      offender: offender === ORIGIN_NONE ? null : offender,
      ground,
      ...(covered !== null && { drawing }),
      ...((kind === 'origin' || kind === 'more-specific') &&
        decided?.decidedBy && {
          rightly: holdersOf(decided.decidedBy, decided.origins, kind === 'origin' ? number : -1),
        }),
      ...(set?.communities.includes(BLACKHOLE) && { blackhole: true }),
      path: set === null ? [] : flattenPath(set.path),
      state: decided?.state ?? 'unknown',
      decidedBy: formatPrefix(covered ?? decided?.decidedBy ?? prefix),
    };
  }

  /**
   * True when the peer has no route for the very prefix, while another one has, to another AS than whoever covers it: what is
   * sent to it there goes astray. Of what nobody has nothing is known but that it is registered.
   */
  function draws(number: number, prefix: Prefix, coverer: number): boolean {
    const id = nlriIds.of(prefix);
    if (id < 0 || !isWhole(number, prefix.afi) || routesAt(number, prefix.afi, id).length > 0) return false;
    const isOther = ({ attribute }: HeldRoute) => rib.attributes.originOf(attribute) !== coverer;
    return rib.tables.some((_, other) => routesAt(other, prefix.afi, id).some(isOther));
  }

  /** How many peers, but for one that is about to hold another route, hold the very prefix from one of these origins. */
  function holdersOf(prefix: Prefix, origins: readonly number[], but: number): number {
    const id = nlriIds.of(prefix);
    if (id < 0) return 0;
    const isOne = ({ attribute }: HeldRoute) => origins.includes(rib.attributes.originOf(attribute));
    let count = 0;
    for (let other = 0; other < rib.tables.length; other++)
      if (other !== but && routesAt(other, prefix.afi, id).some(isOne)) count++;
    return count;
  }

  function routesAt(number: number, afi: 1 | 2, id: number): readonly HeldRoute[] {
    const table = rib.tables[number];
    return table ? routesOf(table, afi, id) : [];
  }

  /** What was told last of routes that cover, and by which generation. */
  const told = new WeakMap<
    Held,
    { readonly drawing: boolean; readonly covered: Prefix | null; readonly generation: number }
  >();

  return {
    memo,
    book,
    paths,
    look() {
      const changed: [Place, number, Held][] = [];
      book.forEachCovering((place, peer, held) => {
        const before = told.get(held);
        const covered = before?.generation === generation ? before.covered : coveredBy(place, held);
        if (covered !== null && draws(peer, covered, held.origin) !== before?.drawing)
          changed.push([place, peer, held]);
      });
      for (const one of changed) book.retell(...one);
      visibility.look();
    },
    whole: visibility.lookAt,
    lose(number) {
      book.lose(number);
      visibility.lose(number);
    },
    forget: visibility.forget,
    registry({ base, overlay, rules, ases, visible, touched, generation: next }) {
      const opened = openSnapshot(base, overlay);
      generation = next;
      paths.demand(rules);
      memo.ases = ases;
      visibility.watch(visible);
      memo.snapshot = opened.prefixes4 + opened.prefixes6 + opened.overlaid === 0 ? null : opened;
      rejudge(touched?.map(text => parsePrefix(text)!) ?? null, generation);
    },
    attest(aspas) {
      // Before there were any, no path was looked at for their sake, and so no prefix marked.
      const scope = paths.attested ? 'marked' : null;
      paths.attest(aspas);
      if (memo.snapshot !== null) rejudge(scope, generation);
    },
  };
}
