import type { StatementSpec } from './statement-spec.ts';
import { DAY, HOUR, MINUTE, SECOND } from './units.ts';

/** What stands in `watch`. */
export const WATCH: readonly StatementSpec[] = [
  {
    usage: 'maintainer MAINTAINER [in SOURCE]',
    help: 'Every prefix whose object this maintainer holds',
    unique: ['maintainer', 'source'],
  },
  { usage: 'x-keiro [in SOURCE]', help: 'Every prefix whose object has an X-Keiro address', unique: ['source'] },
  { usage: 'prefix PREFIX [origin ASN…]', help: 'This prefix and what lies in it', unique: ['prefix'] },
  {
    usage: 'as ASN…',
    help: 'Every prefix registered to these ASes, and what they announce that is not registered',
  },
  { usage: 'as-set SET [in SOURCE]', help: 'The same of all members of an as-set', unique: ['set', 'source'] },
  { usage: 'source SOURCE', help: 'Every prefix that a source has an object for', unique: ['source'] },
  {
    usage: 'originated [for DURATION]',
    help: 'What our own routers originate, and what lies in it; for so long after it was last seen',
    defaults: { duration: 7 * DAY },
    bounds: { min: HOUR, max: 365 * DAY },
  },
  {
    usage: 'segment PREFIX…',
    help: 'LANs of exchange points and links between networks: nobody is to announce them',
  },
  { usage: 'unused PREFIX…', help: 'Own space that nobody is to announce' },
  { usage: 'bogons [SWITCH]', help: 'Private, documentation and other special space: nobody may announce it' },
  {
    usage: 'visibility PERCENT',
    help: 'Told when fewer of the peers that had a prefix still have it',
    bounds: { min: 0.01, max: 1 },
  },
  { usage: 'upstream ASN…', help: 'The ASes that may stand next to the origin in a path' },
  {
    usage: 'path PATTERN',
    help: 'A path must match this expression, or another one given so',
    unique: ['pattern'],
  },
  {
    usage: 'path length COUNT',
    help: 'Most ASes of a path, prepending included',
    bounds: { min: 1, max: 255 },
  },
  {
    usage: 'except prefix PREFIX origin ASN… [until DATE] reason TEXT',
    help: 'Origins that may announce the prefix, or what lies in it: their cases are dismissed',
    unique: ['prefix', 'asn'],
  },
  { usage: 'group GROUP', help: 'Who is told besides the X-Keiro addresses' },
  { usage: 'trace [SWITCH]', help: 'Packets to the prefixes of its cases are traced while these last' },
  { usage: 'critical [SWITCH]', help: 'Marks its cases as critical' },
  {
    usage: 'hold up DURATION',
    help: 'How long a route must stand before its case is told',
    defaults: { duration: 0 },
    bounds: { min: SECOND, max: DAY, zero: true },
  },
  {
    usage: 'hold down DURATION',
    help: 'How long all routes must be gone before the end is told',
    defaults: { duration: 5 * MINUTE },
    bounds: { min: SECOND, max: 7 * DAY, zero: true },
  },
];
