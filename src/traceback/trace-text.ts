/**
 * A trace as the ITM of an AS tells it to the site that asked (intertrack-protocol(7), INSIDE ONE AS): JSON, of which every
 * field is looked at. What a site adds itself, of headers, flows and routes, is not among them.
 */
import {
  duration,
  type Field,
  flag,
  integer,
  list,
  map,
  nullable,
  number,
  optional,
  share,
  text,
  type Wrong,
  word,
} from './fields.ts';
import { CLASSES, MAX_QUESTIONS, PURPOSES } from './request.ts';
import type { Trace, TraceNode, TraceVerdict } from './trace.ts';

/** Octets of a trace as text. */
export const MAX_TRACE_TEXT = 2 << 20;
/** ASes of one list, and children of one node. */
const MOST = 4096;
/** How deep a tree may be: hops of a QUERY, and what referrals add. */
const DEEPEST = 64;

const as = integer(0, 0xffffffff);
const ases = list(as, 0, MOST);
const count = integer(0, Number.MAX_SAFE_INTEGER);
const digits: Field<string> = {
  read: (value, at) =>
    typeof value === 'string' && /^[0-9a-f]{16}$/.test(value) ? { value } : { wrong: 'expected 16 hex digits', at },
  write: value => value,
};
const words = text(4096);
const VERDICTS: readonly TraceVerdict[] = [
  ...(['saw', 'saw-weak', 'clear', 'clear-partial', 'not-yet', 'expired', 'cannot-know', 'translated'] as const),
  ...(['refused', 'pending', 'busy', 'silent', 'unreachable', 'absent', 'conflict'] as const),
];
const verdict = word(...VERDICTS);

/** A node whose children are of this kind. */
const nodeOver = (child: Field<TraceNode>): Field<TraceNode> =>
  map({
    ...{ as, verdict, reason: words, ingress: ases, egress: optional(ases), source: flag },
    ...{ falsePositive: nullable(share), coverage: nullable(share), loss: nullable(share), sampling: nullable(share) },
    ...{ retainedFrom: nullable(count), retainedTo: nullable(count), packets: count, windows: count },
    ...{ provisional: flag, likelihood: optional(nullable(number(0, Number.MAX_VALUE))) },
    ...{ signed: word('own', 'good', 'unknown'), by: optional(as), after: duration(number, Number.MAX_SAFE_INTEGER) },
    children: list(child, 0, MOST),
  });
const tooDeep: Field<TraceNode> = {
  read: (_, at) => ({ wrong: `nested deeper than ${DEEPEST}`, at: at.slice(-80) }),
  write: value => value,
};
let node = tooDeep;
for (let depth = 0; depth < DEEPEST; depth++) node = nodeOver(node);

const site = map({
  ...{ site: nullable(text(64)), verdict, reason: words, ingress: ases, egress: ases },
  ...{ domains: list(text(64), 0, MOST), after: duration(number, Number.MAX_SAFE_INTEGER) },
});
const domains = list(text(64), 0, MOST);

/** What a site knows itself, and adds. */
type OfTheSite =
  | ('cause' | 'requester' | 'caseId' | 'source')
  | ('claim' | 'flows' | 'reflection' | 'trigger' | 'translation');

const trace = map({
  id: text(32),
  ...{ asked: count, state: word('partial', 'final', 'cancelled', 'interrupted'), cancelledBy: optional(words) },
  ...{ interrupted: optional(words), again: optional(map({ first: count })) },
  questions: list(
    map({ packet: optional(count), epoch: count, digest: digits, time: optional(count) }),
    1,
    MAX_QUESTIONS,
  ),
  ...{ packets: optional(count), need: optional(count), time: count, from: count, to: count },
  ...{ milliseconds: duration(number, Number.MAX_SAFE_INTEGER), queries: count, tree: node },
  ...{ entry: nullable(map({ as, via: nullable(as), source: flag })), ambiguity: ases },
  ...{ certainty: optional(nullable(share)), attested: optional(nullable(word('both', 'downstream', 'own'))) },
  chances: optional(list(map({ as, chance: share }), 0, MOST)),
  ...{ doubts: optional(list(words, 0, MOST)), measured: optional(list(map({ as, text: words }), 0, MOST)) },
  runnerUp: optional(nullable(map({ as, via: nullable(as), certainty: share }))),
  unknown: optional(list(map({ as, verdict, reason: words, retainedFrom: nullable(count) }), 0, MOST)),
  loops: optional(list(ases, 0, MOST)),
  cost: optional(map({ budget: count, here: count, waves: count, answers: count })),
  ...{ purpose: optional(word(...PURPOSES)), reference: optional(text(64)), entropy: optional(word(...CLASSES)) },
  ...{ fragment: optional(yes()), repeats: optional(text(32)) },
  inside: optional(map({ came: domains, left: domains, began: domains, sites: list(site, 0, MOST) })),
} satisfies Readonly<Record<Exclude<keyof Trace, OfTheSite>, Field<unknown>>>);

function yes(): Field<true> {
  return {
    read: (value, at) => (value === true ? { value } : { wrong: 'expected true', at }),
    write: value => value,
  };
}

/** A trace as text, at most `MAX_TRACE_TEXT` octets; null for one that has more. */
export function writeTraceText(told: Trace): Uint8Array | null {
  const octets = Buffer.from(JSON.stringify(trace.write(told)));
  return octets.length > MAX_TRACE_TEXT ? null : octets;
}

/** Reads such a text; or what is wrong with it, and where. */
export function readTraceText(octets: Uint8Array): { readonly trace: Trace } | Wrong {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(octets).toString());
  } catch {
    return { wrong: 'is no JSON', at: 'trace' };
  }
  const got = trace.read(value, 'trace');
  return 'wrong' in got ? got : { trace: got.value };
}
