import type { StatementSpec } from './statement-spec.ts';
import { DAY, HOUR } from './units.ts';

/** What stands in `contacts`. */
export const CONTACTS: readonly StatementSpec[] = [
  { usage: 'whois HOST [port PORT]', help: 'A whois server', defaults: { port: 43 }, unique: ['host', 'port'] },
  { usage: 'rdap URL', help: 'An RDAP server for every AS and prefix', unique: ['url'] },
  { usage: 'rdap bootstrap BOOTSTRAP', help: "Where IANA's lists of RDAP servers are (RFC 9224)" },
  { usage: 'peeringdb file FILE', help: 'A local copy of PeeringDB' },
  { usage: 'peeringdb url URL', help: 'PeeringDB by its API' },
  { usage: 'peeringdb key SECRET', help: 'The API key for it', secret: true },
  {
    usage: 'cache DURATION',
    help: 'How long an answer is good for',
    defaults: { duration: 7 * DAY },
    bounds: { min: HOUR, max: 365 * DAY },
  },
];
