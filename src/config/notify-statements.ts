import type { StatementSpec } from './statement-spec.ts';
import { HOUR, MINUTE, SECOND } from './units.ts';

const RETRY: StatementSpec = {
  usage: 'retry DURATION',
  help: 'First wait after a failure, doubled up to one hour',
  defaults: { duration: 30 * SECOND },
  bounds: { min: SECOND, max: HOUR },
};
const GROUP: StatementSpec = { usage: 'group GROUP', help: 'Only cases of watches with this group' };
const TIMEOUT: StatementSpec = {
  usage: 'timeout DURATION',
  help: 'Most time for one attempt',
  defaults: { duration: 10 * SECOND },
  bounds: { min: SECOND, max: 5 * MINUTE },
};
const LANGUAGE: StatementSpec = {
  usage: 'language LANGUAGE…',
  help: 'Languages of the text, in order',
  defaults: { language: ['ja', 'en'] },
};
const AUTHORITY: StatementSpec = {
  usage: 'authority AUTHORITY',
  help: "Authorities that vouch for the server; default: the system's",
};

/** What stands in `notify mail`. */
export const MAIL: readonly StatementSpec[] = [
  { usage: 'from MAIL', help: 'Sender', required: true },
  {
    usage: 'smtp HOST [port PORT]',
    help: 'Mail server; several are tried in their order',
    defaults: { port: 25 },
    required: true,
    unique: ['host', 'port'],
  },
  { usage: 'tls TLS', help: 'Encryption to the mail server', defaults: { tls: 'starttls' } },
  { usage: 'user TEXT', help: 'User name at the mail server' },
  { usage: 'password SECRET', help: 'Password at the mail server', secret: true },
  { usage: 'dkim DOMAIN selector SELECTOR key KEYFILE', help: 'Signs each mail (DKIM, RFC 6376)' },
  { usage: 'to RECIPIENT…', help: 'Who is told', defaults: { recipient: ['x-keiro', 'group'] } },
  LANGUAGE,
  RETRY,
];

/** What stands in `notify webhook`. */
export const WEBHOOK: readonly StatementSpec[] = [
  GROUP,
  { usage: 'format FORMAT', help: 'What the server expects', defaults: { format: 'json' } },
  { usage: 'secret SECRET', help: 'Signs each request (HMAC-SHA256)', secret: true },
  AUTHORITY,
  LANGUAGE,
  TIMEOUT,
  RETRY,
];

/** What stands in `notify syslog`. */
export const SYSLOG: readonly StatementSpec[] = [
  GROUP,
  { usage: 'protocol TRANSPORT', help: 'How messages travel', defaults: { transport: 'udp' } },
  { usage: 'facility FACILITY', help: 'Facility of the messages', defaults: { facility: 'daemon' } },
  { usage: 'server name HOST', help: "Name in the server's certificate; default: the address" },
  AUTHORITY,
  TIMEOUT,
  RETRY,
];

/** What stands in `notify exec`. */
export const EXEC: readonly StatementSpec[] = [GROUP, LANGUAGE, TIMEOUT, RETRY];

/** What stands in `notify xmpp`. */
export const XMPP: readonly StatementSpec[] = [
  GROUP,
  { usage: 'account MAIL password SECRET', help: 'The account that speaks in the room', required: true, secret: true },
  {
    usage: 'server HOST [port PORT]',
    help: 'XMPP server; default: the domain of the account',
    defaults: { port: 5222 },
  },
  { usage: 'tls TLS', help: 'Encryption to the server', defaults: { tls: 'required' } },
  AUTHORITY,
  { usage: 'nick NAME', help: 'What it is called in the room', defaults: { name: 'InterTrack' } },
  LANGUAGE,
  TIMEOUT,
  RETRY,
];
