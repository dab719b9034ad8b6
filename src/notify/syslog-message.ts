import type { SyslogConfig } from '../config/tree.ts';
import type { Notice } from './notice.ts';

/** Facilities by number (RFC 5424 section 6.2.1, table 1). */
const FACILITIES: Readonly<Record<SyslogConfig['facility'], number>> = {
  user: 1,
  daemon: 3,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** Severities (RFC 5424 section 6.2.1, table 2). */
const CRITICAL = 2;
const WARNING = 4;
const NOTICE = 5;
const INFORMATIONAL = 6;

/** Octets: what every receiver should take (RFC 5424 section 6.1). Values are cut so that no message is longer. */
export const MOST_OCTETS = 2048;
const MOST_VALUE = 120;

/**
 * SD-ID (RFC 5424 section 6.3.2): a name of our own needs an enterprise number behind it. This one is kept for
 * documentation (RFC 5612), and so belongs to nobody who could mean something else by it.
 */
const SD_ID = 'intertrack@32473';

function severityOf({ event, critical }: Notice): number {
  if (event === 'test') return INFORMATIONAL;
  if (event === 'end' || event === 'storm-end') return NOTICE;
  return critical ? CRITICAL : WARNING;
}

/** Printable US-ASCII without blanks, as the fields of the header must be; `-` for nothing (NILVALUE). */
const field = (text: string, most: number): string => text.replace(/[^\x21-\x7e]/g, '').slice(0, most) || '-';

/** PARAM-VALUE (section 6.3.3): quotation mark, backslash and closing bracket are escaped. Never a control character. */
function value(text: string): string {
  const plain = text.replace(/\p{C}/gu, '?');
  const cut = plain.length > MOST_VALUE ? `${plain.slice(0, MOST_VALUE - 3)}...` : plain;
  return cut.replace(/["\\\]]/g, character => `\\${character}`);
}

/**
 * A notice as one syslog message (RFC 5424): severity by event, MSGID the event, the facts as structured data under the names
 * of the JSON, the subject as text. Empty facts are left out. At most 2048 octets.
 */
export function syslogMessage(
  notice: Notice,
  facility: SyslogConfig['facility'],
  hostname: string,
  process: number,
): Buffer {
  const facts: Readonly<Record<string, string | null>> = {
    id: notice.id,
    case: notice.case,
    kind: notice.kind,
    prefix: notice.prefix,
    by: notice.kind === null ? null : notice.by === null ? 'AS_SET' : `AS${notice.by}`,
    offender: notice.offender === notice.by || notice.offender === null ? null : `AS${notice.offender}`,
    ground: notice.ground,
    registered: notice.registered.origins.map(as => `AS${as}`).join(','),
    via: notice.via === null ? null : `AS${notice.via}`,
    path: notice.paths[0]?.path ?? null,
    seen: notice.kind === null ? null : String(notice.seen.now),
    peak: notice.kind === null ? null : String(notice.seen.peak),
    since: notice.since,
    ended: notice.ended,
    lasted: notice.lasted === null ? null : String(notice.lasted),
  };
  const data = Object.entries(facts)
    .filter(([, fact]) => fact !== null && fact !== '')
    .map(([name, fact]) => ` ${name}="${value(fact!)}"`);
  const header = [
    `<${FACILITIES[facility] * 8 + severityOf(notice)}>1`,
    field(notice.time, 32),
    field(hostname, 255),
    'intertrackd',
    String(process),
    field(notice.event, 32),
  ];
  // The subject is ASCII: MSG-ANY, which needs no byte order mark (section 6.4).
  const message = Buffer.from(`${header.join(' ')} [${SD_ID}${data.join('')}] ${notice.subject}`, 'utf8');
  return message.subarray(0, MOST_OCTETS);
}

/** Octet counting (RFC 6587 section 3.4.1, RFC 5425 section 4.3): the length in decimal, a blank, the message. */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
