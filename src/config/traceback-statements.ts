/** What stands in a `traceback` block and in the blocks within it. */
import type { StatementSpec } from './schema.ts';

export const TRACEBACK: readonly StatementSpec[] = [
  {
    usage: 'listen ADDRESS [port PORT]',
    help: 'Accepts trace peers here',
    defaults: { port: 4954 },
    unique: ['address', 'port'],
    hard: true,
  },
  {
    usage: 'announce ADDRESS [port PORT]',
    help: 'Where others find it',
    defaults: { port: 4954 },
    unique: ['address', 'port'],
  },
  { usage: 'identity FILE certificate CERTIFICATE', help: 'Own key and certificate', required: true, hard: true },
  {
    usage: 'federation FEDERATION',
    help: 'ASes that share a digest key',
    unique: ['federation'],
    block: 'federation',
  },
  {
    usage: 'hints [marker COUNT]',
    help: 'Asks ASes for their records that say on their routes that they take part',
    defaults: { count: 1_769_237_250 },
  },
  { usage: 'peer as ASN', help: 'An AS that takes part', unique: ['asn'], block: 'tracepeer' },
  { usage: 'answer', help: 'What other ASes are told', block: 'answer' },
];

export const FEDERATION: readonly StatementSpec[] = [
  { usage: 'secret FILE', help: 'File of the shared key', required: true },
  { usage: 'authority FILE', help: 'Certificate of who vouches for its members' },
  { usage: 'in POLICY', help: "Whether members' questions are answered", defaults: { policy: 'deny' } },
  { usage: 'out POLICY', help: 'Whether questions go to members', defaults: { policy: 'deny' } },
  {
    usage: 'rate RATE',
    help: 'Questions taken from each member',
    defaults: { rate: 100 },
    bounds: { min: 1, max: 100_000 },
  },
];

export const TRACE_PEER: readonly StatementSpec[] = [
  {
    usage: 'address ADDRESS [port PORT]',
    help: 'Where it listens',
    defaults: { port: 4954 },
    required: true,
    hard: true,
  },
  { usage: 'certificate FILE', help: 'Its certificate, or that of its authority', required: true, hard: true },
  { usage: 'in POLICY', help: 'Whether its questions are answered', defaults: { policy: 'deny' } },
  { usage: 'out POLICY', help: 'Whether questions go to it', defaults: { policy: 'deny' } },
  {
    usage: 'rate RATE',
    help: 'Questions taken from it',
    defaults: { rate: 100 },
    bounds: { min: 1, max: 100_000 },
  },
];

export const ANSWER: readonly StatementSpec[] = [
  { usage: 'detail DETAIL', help: 'How much an answer says', defaults: { detail: 'neighbor-as' } },
  { usage: 'coverage PERCENT', help: "Share of the border's capacity behind taps", bounds: { min: 0, max: 1 } },
];
