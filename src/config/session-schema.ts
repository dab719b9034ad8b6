/** The statements about a BGP session: those that `protocol bgp` and `template bgp` share. */
import { OTHER_FAMILIES } from './families.ts';
import type { StatementSpec } from './statement-spec.ts';
import { DAY, HOUR, MINUTE, SECOND } from './units.ts';

export const SESSION: readonly StatementSpec[] = [
  { usage: 'description TEXT', help: 'A text for people', defaults: { text: '' } },
  { usage: 'machine ROUTERID…', help: 'Of machines that share the work only these have the session' },
  { usage: 'local [address ADDRESS] [as ASN]', help: 'Own address and AS of the session', hard: true },
  { usage: 'interface INTERFACE', help: 'The interface or VRF that the session goes through', hard: true },
  { usage: 'passive [SWITCH]', help: 'Waits for the peer, never connects', hard: true },
  { usage: 'password KEY', help: 'Signs every TCP segment (TCP MD5, RFC 2385)', secret: true, hard: true },
  {
    usage: 'ttl security [SWITCH] [hops HOPS]',
    help: 'Takes only packets of so near a peer (RFC 5082)',
    defaults: { hops: 1 },
    hard: true,
  },
  {
    usage: 'maximum prefix [FAMILY] COUNT ACTION [after DURATION]',
    help: 'What is done when the peer announces more routes',
    defaults: { duration: 15 * MINUTE },
    bounds: { field: 'duration', min: SECOND, max: DAY },
    unique: ['family'],
  },
  {
    usage: 'limit COUNT',
    help: 'How many peers of a `neighbor range` there may be',
    defaults: { count: 100 },
    bounds: { min: 1, max: 10_000 },
  },
  { usage: 'ipv4 [SWITCH]', help: 'IPv4 unicast routes', hard: true },
  { usage: 'ipv6 [SWITCH]', help: 'IPv6 unicast routes (RFC 4760)', hard: true },
  ...OTHER_FAMILIES.map(family => ({
    usage: `${family} [SWITCH]`,
    help: `${family.replace('ip', 'IP')} routes, shown and not judged`,
    hard: true as const,
  })),
  { usage: 'add paths [SWITCH]', help: 'Takes several paths for a prefix (RFC 7911)', hard: true },
  { usage: 'extended next hop [SWITCH]', help: 'Takes IPv6 next hops for IPv4 routes (RFC 8950)', hard: true },
  { usage: 'role ROLE [STRICT]', help: 'What this side is to the peer (RFC 9234)', hard: true },
  {
    usage: 'hold time DURATION',
    help: 'Hold Time offered (RFC 4271 section 4.2); 0s for none',
    defaults: { duration: 90 * SECOND },
    bounds: { min: 3 * SECOND, max: 65535 * SECOND, zero: true, step: SECOND },
    hard: true,
  },
  {
    usage: 'connect retry time DURATION',
    help: 'First wait before connecting again (RFC 4271 section 8)',
    defaults: { duration: 30 * SECOND },
    bounds: { min: SECOND, max: HOUR },
    hard: true,
  },
  { usage: 'graceful restart [SWITCH]', help: 'Keeps the routes of a peer that restarts (RFC 4724)' },
  {
    usage: 'stale path time DURATION',
    help: 'How long a peer may take for its table after a restart',
    defaults: { duration: 6 * MINUTE },
    bounds: { min: SECOND, max: DAY },
  },
  { usage: 'long lived graceful restart [SWITCH]', help: 'Keeps them beyond the Restart Time (RFC 9494)' },
  {
    usage: 'long lived stale time DURATION',
    help: 'The most that routes are kept beyond the Restart Time',
    defaults: { duration: DAY },
    bounds: { min: SECOND, max: 24 * DAY },
  },
  { usage: 'disabled [SWITCH]', help: 'Holds the session down', hard: true },
];
