/** What stands in a `translator` block of a probe. */
import type { StatementSpec } from './statement-spec.ts';

export const TRANSLATOR: readonly StatementSpec[] = [
  { usage: 'conntrack', help: 'Follows the connection tracking of the machine that the probe runs on' },
  {
    usage: 'log file FILE [format LOGFORMAT] [pattern LOGPATTERN]',
    help: 'Follows a log of translations',
    unique: ['file'],
  },
  {
    usage: 'log udp [ADDRESS] [port PORT] [format LOGFORMAT] [pattern LOGPATTERN] allow PREFIX…',
    help: 'Takes a log of translations as syslog',
    defaults: { address: '::', port: 514 },
    unique: ['address', 'port'],
  },
  {
    usage: 'deterministic inside INSIDE outside OUTSIDE [reserved RESERVED] [dynamic DYNAMIC]',
    help: 'Addresses and ports that are given out by a rule (RFC 7422)',
    defaults: { reserved: 1024, dynamic: 0 },
    unique: ['outside'],
  },
];
