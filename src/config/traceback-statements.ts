/** What stands in a `traceback` block and in the blocks within it. */
import type { StatementSpec } from './statement-spec.ts';
import { DAY, MINUTE } from './units.ts';

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
  { usage: 'role MANAGER…', help: 'Which managers this daemon is; one without itm is a site of its AS', hard: true },
  {
    usage: 'itm ADDRESS [port PORT] certificate CERTIFICATE site NAME',
    help: 'Where the ITM of this site is, and what the site is called there',
    defaults: { port: 4956 },
    hard: true,
  },
  {
    usage: 'site listen ADDRESS [port PORT]',
    help: 'Accepts sites of this AS here',
    defaults: { port: 4956 },
    unique: ['address', 'port'],
    hard: true,
  },
  { usage: 'site NAME', help: 'A site of this AS', unique: ['name'], block: 'tracesite' },
  { usage: 'domain NAME', help: 'A part of this AS, by its probes', unique: ['name'], block: 'tracedomain' },
  {
    usage: 'checklists',
    help: "How RPKI Signed Checklists of peers' certificates are verified",
    block: 'checklists',
    optionalBlock: true,
  },
  { usage: 'peer as ASN', help: 'An AS that takes part', unique: ['asn'], block: 'tracepeer' },
  { usage: 'answer', help: 'What other ASes are told', block: 'answer' },
  { usage: 'ask', help: 'How this AS asks others', block: 'ask' },
  { usage: 'measure', help: 'How it is measured whether others can be believed', block: 'measure' },
];

/** Which questions are answered and asked, of one or of several. */
const policyOf = (whose: string, whom: string, each: string): readonly StatementSpec[] => [
  { usage: 'in POLICY', help: `Whether ${whose} questions are answered`, defaults: { policy: 'deny' } },
  { usage: 'out POLICY', help: `Whether questions go to ${whom}`, defaults: { policy: 'deny' } },
  {
    usage: 'rate RATE',
    help: `Questions taken from ${each}`,
    defaults: { rate: 100 },
    bounds: { min: 1, max: 100_000 },
  },
  { usage: 'purpose PURPOSE…', help: 'For what it may ask; default: for anything' },
];

export const FEDERATION: readonly StatementSpec[] = [
  { usage: 'secret FILE', help: 'File of the shared key', required: true },
  { usage: 'authority FILE', help: 'Certificate of who vouches for its members' },
  ...policyOf("members'", 'members', 'each member'),
];

export const TRACE_SITE: readonly StatementSpec[] = [
  { usage: 'certificate FILE', help: 'Its certificate', required: true, hard: true },
  { usage: 'share PERCENT', help: "Share of the AS's border at the site", bounds: { min: 0, max: 1 } },
];

export const TRACE_DOMAIN: readonly StatementSpec[] = [
  { usage: 'probe NAME…', help: 'Probes that are in it', required: true },
];

export const TRACE_PEER: readonly StatementSpec[] = [
  {
    usage: 'address ADDRESS [port PORT]',
    help: 'Where it listens',
    defaults: { port: 4954 },
    required: true,
    hard: true,
  },
  { usage: 'certificate FILE', help: 'Its certificate, or that of its authority', hard: true },
  { usage: 'fingerprint FINGERPRINT', help: 'The fingerprint of its key', hard: true },
  { usage: 'checklist FILE', help: 'An RPKI Signed Checklist that vouches for its certificate or key', hard: true },
  ...policyOf('its', 'it', 'it'),
];

export const CHECKLISTS: readonly StatementSpec[] = [
  { usage: 'program FILE', help: 'rpki-client', defaults: { file: '/usr/sbin/rpki-client' } },
  {
    usage: 'cache directory DIRECTORY',
    help: 'Where its own runs keep what they have validated',
    defaults: { directory: '/var/cache/rpki-client' },
  },
  { usage: 'tal FILE', help: 'A trust anchor locator; default: those of rpki-client', unique: ['file'] },
  {
    usage: 'recheck DURATION',
    help: 'How often each is verified anew',
    defaults: { duration: 10 * MINUTE },
    bounds: { min: MINUTE, max: DAY },
  },
];

export const ANSWER: readonly StatementSpec[] = [
  { usage: 'detail DETAIL', help: 'How much an answer says', defaults: { detail: 'neighbor-as' } },
  { usage: 'proof PROOF', help: 'Whether who asks has to have seen the packet', defaults: { proof: 'prefer' } },
  {
    usage: 'unproved RATE',
    help: 'Questions without proof that are taken from each AS',
    defaults: { rate: 20 },
    bounds: { min: 0, max: 100_000 },
  },
  { usage: 'coverage PERCENT', help: "Share of the border's capacity behind taps", bounds: { min: 0, max: 1 } },
  {
    usage: 'approval APPROVAL',
    help: 'Which questions a person has to approve first',
    defaults: { approval: 'none' },
  },
];

export const ASK: readonly StatementSpec[] = [
  {
    usage: 'approval ASKAPPROVAL',
    help: 'Which packets are asked for with --approve alone',
    defaults: { askapproval: 'none' },
  },
  { usage: 'purpose ONEPURPOSE', help: 'What traces are for', defaults: { onepurpose: 'attack' } },
  { usage: 'reference REFERENCE', help: 'What traces are known by, where nothing else is said' },
];

export const MEASURE: readonly StatementSpec[] = [
  {
    usage: 'decoys PERCENT',
    help: 'Share of the questions that one for packets that never were follows; 0% for none',
    defaults: { percent: 0.01 },
    bounds: { min: 0, max: 0.5 },
  },
  {
    usage: 'canaries DURATION',
    help: 'Least time between two packets of one neighbour that it is asked about; 0s for none',
    defaults: { duration: 600_000 },
    bounds: { min: 0, max: 86_400_000 },
  },
];
