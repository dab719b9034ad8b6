/** What stands in a `probe` block. */
import type { StatementSpec } from './statement-spec.ts';
import { DAY, HOUR, SECOND } from './units.ts';

const MEBI = 2 ** 20;
/** The longest time that windows may be kept, ms. */
export const MOST_RETENTION = 30 * DAY;

export const PROBE: readonly StatementSpec[] = [
  {
    usage: 'neighbor as ASN mac MAC… [vlan VLAN] [interface INTERFACE]',
    help: 'Routers of a neighbour AS at the tap',
    unique: ['mac', 'vlan', 'interface'],
  },
  {
    usage: 'interface INTERFACE [vlan VLAN] [direction DIRECTION] [as ASN]',
    help: 'Which way packets go on an interface, and which AS is at its other end',
    defaults: { direction: 'both' },
    unique: ['interface', 'vlan'],
  },
  { usage: 'inside mac MAC…', help: 'Own routers at the tap', unique: ['mac'] },
  { usage: 'certificate CERTIFICATE', help: 'What a probe of another machine proves itself by' },
  { usage: 'learn LEARNED…', help: 'Learns which address belongs to which neighbour AS' },
  {
    usage: 'members ix-f LOCATION [lan PREFIX]',
    help: 'Members of an exchange point, from its IX-F export',
    unique: ['location', 'prefix'],
  },
  {
    usage: 'exporter ADDRESS',
    help: 'A router whose flow records are believed',
    unique: ['address'],
    block: 'exporter',
    optionalBlock: true,
  },
  { usage: 'profile PROFILE…', help: 'Digest profiles that are kept beside the strict one' },
  {
    usage: 'translator',
    help: 'Takes no packets, but what translators of addresses tell',
    block: 'translator',
  },
  {
    usage: 'retention DURATION',
    help: 'How long windows are kept',
    defaults: { duration: HOUR },
    bounds: { min: 10 * SECOND, max: MOST_RETENTION },
  },
  {
    usage: 'memory SIZE',
    help: 'Memory for windows; the oldest go first',
    defaults: { size: 256 * MEBI },
    bounds: { min: MEBI, max: 2 ** 40 },
  },
  {
    usage: 'disk SIZE',
    help: 'Disk for windows, where they are kept on disk; the oldest go first',
    bounds: { min: 16 * MEBI, max: 2 ** 50 },
  },
  {
    usage: 'precision BITS',
    help: 'One digest in 2^BITS is found in a sealed window though it was not seen',
    defaults: { bits: '16' },
  },
];
