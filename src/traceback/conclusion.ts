/** The entry AS of a trace: chosen of all that say yes, with who attests it and what speaks against it. */
import { chanceOf, type DeniedLink, deniedLinks, isSighting, type Weighed, weigh } from './certainty.ts';
import { claimsOf } from './claims.ts';
import { type Credit, NOT_MEASURED } from './credit.ts';
import type { Trace, TraceNode } from './trace.ts';
import { isRuledOut } from './tree.ts';

export interface Conclusion {
  readonly entry: Trace['entry'];
  readonly ambiguity: Trace['ambiguity'];
  readonly attested: NonNullable<Trace['attested']> | null;
  readonly doubts: NonNullable<Trace['doubts']>;
  /** The tree with its chances, from which that follows. */
  readonly weighed: Weighed;
}

/** An AS that is not attested by the one before it is no entry below this chance: the one before it is. */
const EVEN = 0.5;
/** Another that saw it is told of from this share of the entry's chance on. */
const RIVAL = 0.05;
const MAX_DOUBTS = 8;

/**
 * True when an AS had the packets from ASes before it in the tree alone, which saw them: it stands on their way on, not on
 * their way here. Whoever traces what it has itself sent meets such.
 */
function isLater({ node }: Weighed, above: readonly Weighed[]): boolean {
  const before = (as: number) => above.some(one => one.node.as === as && isSighting(one));
  return node.ingress.length > 0 && node.ingress.every(before);
}

/**
 * The entry AS: of the nodes that saw the packet, and under which none did, the likeliest; of equals the one that has the
 * source, then the one with most sightings before it, then the one surest of its yes. An AS that stands in the tree twice,
 * and saw it pass on in one place, is no entry in the other. One that stands by its own word alone and is less likely than
 * not is none either, but the last one before it is. The ASes that remain possible beyond the entry are its ingress
 * neighbours and all below it that are not ruled out; without an entry, all in the tree that are not.
 */
export function conclude(tree: TraceNode, credit: Credit = NOT_MEASURED): Conclusion {
  const ends: { readonly at: Weighed; readonly way: readonly Weighed[]; readonly depth: number }[] = [];
  const through = new Set<number>();
  /** True when something at or under the node saw the packet. */
  const walk = (at: Weighed, above: readonly Weighed[]): boolean => {
    const way = [...above, at];
    const below = at.children.map(child => walk(child, way)).includes(true);
    const saw = isSighting(at) && !isLater(at, above);
    if (saw && below) through.add(at.node.as);
    else if (saw) ends.push({ at, way, depth: way.filter(isSighting).length });
    return below || saw;
  };
  const weighed = weigh(tree, undefined, credit);
  walk(weighed, []);
  ends.sort(
    (a, b) =>
      Number(through.has(a.at.node.as)) - Number(through.has(b.at.node.as)) ||
      order(b.at.chance, a.at.chance) ||
      Number(b.at.node.source) - Number(a.at.node.source) ||
      b.depth - a.depth ||
      (a.at.node.falsePositive ?? 1) - (b.at.node.falsePositive ?? 1),
  );
  const [first] = ends;
  const claims = claimsOf(weighed.node);
  let way = first?.way ?? [];
  let attested = attestedBy(way, claims);
  while (way.length > 1 && attested === 'own' && chanceOf(weighed, way.at(-1)!.node.as) < EVEN) {
    way = way.slice(0, way.slice(0, -1).findLastIndex(isSighting) + 1);
    attested = attestedBy(way, claims);
  }
  const end = way.at(-1) ?? null;
  const entry = end?.node;

  const denied = way.flatMap(({ node }, i) => deniedLinks(node, way[i - 1]?.node ?? null, claims));
  const refuted = way.flatMap(({ node }) =>
    node.children
      .filter(child => child.verdict === 'conflict' && node.ingress.includes(child.as))
      .map(child => ({ from: child.as, to: node.as, by: child.as })),
  );
  const round =
    end !== null && end.node.ingress.length > 0 && end.node.ingress.every(as => way.some(({ node }) => node.as === as))
      ? [`AS ${end.node.as} names only AS ${end.node.ingress[0]}, which had it from there`]
      : [];
  const rivals = ends.filter(
    ({ at }) =>
      end !== null &&
      !through.has(at.node.as) &&
      !way.some(({ node }) => node.as === at.node.as) &&
      at.chance > 0 &&
      at.chance >= end.chance * RIVAL,
  );
  const doubts = [
    ...rivals.map(({ at, way: to }) => `AS ${at.node.as} saw it as well${behind(to)}`),
    ...[...denied, ...refuted].map(deniedWords),
    ...round,
  ];
  const found = {
    ...{ weighed, attested: entry === undefined ? null : attested },
    doubts: [...new Set(doubts)].slice(0, MAX_DOUBTS),
  };
  if (entry?.source) return { entry: { as: entry.as, via: null, source: true }, ambiguity: [], ...found };

  const possible = new Set<number>(entry?.ingress);
  const cleared = new Set<number>();
  const collect = (node: TraceNode) => {
    if (isRuledOut(node)) cleared.add(node.as);
    else if (node !== entry) possible.add(node.as);
    node.children.forEach(collect);
  };
  collect(entry ?? tree);
  if (entry !== undefined) possible.delete(entry.as);
  return {
    entry: entry === undefined ? null : { as: entry.as, via: entry.ingress[0] ?? null, source: false },
    ambiguity: [...possible].filter(as => !cleared.has(as)),
    ...found,
  };
}

/** Chances nearer to each other than this are alike: they are sums of many. */
const ALIKE = 1e-9;
const order = (a: number, b: number) => (Math.abs(a - b) < ALIKE ? 0 : a - b);

/** Who says that the last AS of a way saw the packet; null for the AS that traces, whose own probes do. */
function attestedBy(way: readonly Weighed[], claims: ReturnType<typeof claimsOf>): Conclusion['attested'] {
  if (way.length < 2) return null;
  const { as } = way.at(-1)!.node;
  const before = way.slice(0, -1).findLast(isSighting)?.node;
  if (before === undefined || claims.ingress(as, before.as) !== 'yes') return 'own';
  return claims.egress(as, before.as) === 'yes' ? 'both' : 'downstream';
}

function behind(way: readonly Weighed[]): string {
  const before = way.at(-2);
  return before === undefined ? '' : `, behind AS ${before.node.as}`;
}

function deniedWords({ from, to, by }: DeniedLink): string {
  return by === from
    ? `AS ${to} says that it came in from AS ${from}, which says that it did not go out there`
    : `AS ${from} says that it went out to AS ${to}, which says that it did not come in there`;
}
