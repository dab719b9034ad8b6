/**
 * Whether the path of a watched route is as it must be: by what its watches demand (registry/path-rules.ts), by the ASPAs, and
 * by the Only to Customer attribute where the peer's role is known (RFC 9234).
 */
import { flattenPath, formatFlatPath } from '../bgp/as-path.ts';
import { leakSign, type Relation } from '../bgp/role.ts';
import { compilePath } from '../net/path-pattern.ts';
import { directionFor, verifyPath } from '../registry/aspa-path.ts';
import type { PathRules } from '../registry/path-rules.ts';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import { RULES_SHIFT, WATCHED_FLAG } from '../registry/snapshot.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import type { Finding } from './finding.ts';
import type { AsPath } from './messages.ts';
import { decodeSet } from './rows.ts';

export interface PathCheck {
  /**
   * True when the path of a route with this verdict has to be looked at, each time that it is another one: of the peer with
   * this number, or (null) of any.
   */
  concerns(verdict: number, peer: number | null): boolean;
  /** What is wrong with the path; null when nothing is. `rules`: their number, and above it bits that do not matter. */
  check(rules: number, attribute: number, peer: number): Finding | null;
  /** The demands of a registry generation. */
  demand(rules: readonly PathRules[]): void;
  /** There are ASPAs. */
  readonly attested: boolean;
  /** The ASPAs in force; null: there are none. */
  attest(aspas: AspaTable | null): void;
}

/** Rules with their expressions compiled. */
type Demand = PathRules & { readonly matchers: readonly ((text: string) => boolean)[] };

/** Of a verdict shifted down: the number of its rules. */
const RULES = 0xffff;

/** `relationOf`: our role towards a peer, where one is configured. */
export function createPathCheck(rib: Rib, relationOf: (peer: number) => Relation | undefined): PathCheck {
  let demanded: readonly Demand[] = [];
  let aspas: AspaTable | null = null;
  /** The question asked last, with its answer: routes of one UPDATE have one path. */
  let asked = { rules: -1, attribute: -1, peer: -1, generation: -1 };
  let answer: Finding | null = null;

  function find(rules: number, attribute: number, peer: number): Finding | null {
    const { set } = decodeSet(rib, attribute);
    const path: AsPath = flattenPath(set.path);
    const relation = relationOf(peer);
    return (
      byRules(path, demanded[rules - 1]) ??
      (aspas === null ? null : byAspas(path, aspas, relation)) ??
      (relation === undefined ? null : byRole(leakSign(set, relation), relation))
    );
  }

  return {
    concerns: (verdict, peer) =>
      (verdict & WATCHED_FLAG) !== 0 &&
      (((verdict >>> RULES_SHIFT) & RULES) !== 0 || aspas !== null || peer === null || relationOf(peer) !== undefined),
    check(from, attribute, peer) {
      const rules = from & RULES;
      const { generation } = rib.attributes;
      const same = asked.rules === rules && asked.attribute === attribute && asked.peer === peer;
      if (same && asked.generation === generation) return answer;
      asked = { rules, attribute, peer, generation };
      answer = find(rules, attribute, peer);
      return answer;
    },
    demand(rules) {
      asked = { rules: -1, attribute: -1, peer: -1, generation: -1 };
      demanded = rules.map(one => ({ ...one, matchers: one.patterns.map(matcherOf) }));
    },
    get attested() {
      return aspas !== null;
    },
    attest(table) {
      asked = { rules: -1, attribute: -1, peer: -1, generation: -1 };
      aspas = table;
    },
  };
}

/** The configuration was checked: a pattern that cannot be read is a programming error, and matches everything. */
function matcherOf(pattern: string): (text: string) => boolean {
  const compiled = compilePath(pattern);
  return 'error' in compiled ? () => true : compiled.matches;
}

const list = (ases: readonly number[]) => ases.map(as => `AS${as}`).join(', ');

/** The AS next to the origin, prepending collapsed; null when there is none, or a set. */
function nextToOrigin(path: AsPath): number | null {
  const origin = path.at(-1);
  const next = path.findLast(as => as !== origin);
  return typeof next === 'number' ? next : null;
}

function byRules(path: AsPath, rules: Demand | undefined): Finding | null {
  if (rules === undefined) return null;
  const { upstreams, matchers, patterns, longest, watches } = rules;
  const next = nextToOrigin(path);
  const who = `watch ${watches.join(', ')}`;
  if (upstreams.length > 0 && next !== null && !upstreams.includes(next))
    return {
      kind: 'upstream',
      offender: next,
      ground: `AS${next} is none of the upstreams of ${who}: ${list(upstreams)}`,
    };
  const offender = next ?? (typeof path[0] === 'number' ? path[0] : 0);
  if (longest !== null && path.length > longest)
    return { kind: 'path', offender, ground: `the path has ${path.length} ASes; ${who} allows ${longest}` };
  const text = formatFlatPath(path);
  if (matchers.length > 0 && !matchers.some(matches => matches(text)))
    return { kind: 'path', offender, ground: `the path matches none of ${who}: ${patterns.join('  ')}` };
  return null;
}

/**
 * Behind the first hop that is denied on the way up the path may cross to a peer and go down to customers. The AS that sends it
 * up again, or across to another peer, is the one that should not have: next to the origin it is no provider of it, and may
 * have forged the path; further on it leaks.
 */
function byAspas(path: AsPath, aspas: AspaTable, relation: Relation | undefined): Finding | null {
  const { state, hops, ramps, why } = verifyPath(path, aspas, directionFor(relation?.ours ?? null), null);
  const denied = hops[ramps.maxUp - 1];
  if (state !== 'invalid' || denied === undefined) return null;
  const again = hops.slice(ramps.maxUp).find(({ up, down }) => up === 'provider+' || down === 'not-provider+');
  const offender = again?.near ?? denied.far;
  const nextToOrigin = ramps.maxUp === 1 && offender === denied.far;
  return { kind: nextToOrigin ? 'upstream' : 'leak', offender, ground: `ASPA: ${why}` };
}

function byRole(sign: string | null, { peerAs }: Relation): Finding | null {
  return sign === null ? null : { kind: 'leak', offender: peerAs, ground: sign };
}
