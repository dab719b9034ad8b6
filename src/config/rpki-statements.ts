import type { StatementSpec } from './statement-spec.ts';
import { DAY, HOUR, MINUTE, SECOND } from './units.ts';

/** What stands in the block of `rpki`. The bounds of the intervals are those of RFC 8210 section 6. */
export const RPKI: readonly StatementSpec[] = [
  {
    usage: 'rtr HOST [port PORT] [ca AUTHORITY [certificate CERTIFICATE key KEYFILE]]',
    help: 'A cache that speaks the RPKI to Router protocol',
    defaults: { port: 323 },
    unique: ['host', 'port'],
  },
  { usage: 'file FILE', help: 'A JSON file of a validator', unique: ['file'] },
  { usage: 'slurm FILE', help: 'File of local exceptions (RFC 8416)' },
  {
    usage: 'refresh interval DURATION',
    help: 'How often a cache or file is asked for news',
    bounds: { min: SECOND, max: DAY },
  },
  {
    usage: 'retry interval DURATION',
    help: 'The longest wait before a cache that failed is tried again',
    bounds: { min: SECOND, max: 2 * HOUR },
  },
  {
    usage: 'expire interval DURATION',
    help: 'How long data is used that could not be refreshed',
    bounds: { min: 10 * MINUTE, max: 2 * DAY },
  },
  {
    usage: 'expiry warning DURATION',
    help: 'How long before its end a ROA of watched space is told of',
    bounds: { min: MINUTE, max: 30 * DAY },
  },
  { usage: 'version RTRVERSION', help: 'Version of the protocol that is tried first', defaults: { rtrversion: '2' } },
];
