import { resolve } from 'node:path';
import { formatAddress, parseAddress } from '../net/address.ts';
import { formatCommunity, formatLargeCommunity, parseCommunity, parseLargeCommunity } from '../net/community.ts';
import { readFingerprint } from '../net/fingerprint.ts';
import { LOG_GROUPS, LOG_GROUPS_NEEDED, patternFault } from '../net/named-groups.ts';
import { compilePath } from '../net/path-pattern.ts';
import { formatPrefix, parsePrefix } from '../net/prefix.ts';
import { LONGEST_PUBLIC_KEY, readPublicKey } from '../net/public-key.ts';
import { isSafeUrl } from '../net/safe-url.ts';
import { LONGEST_KEY } from '../net/tcp-options.ts';
import {
  type ArgumentKind,
  choice,
  elsewhere,
  found,
  NOT,
  plain,
  quantity,
  quoted,
  type Read,
  word,
  wrong,
} from './argument-kind.ts';
import { RISKS } from './risk-names.ts';
import { readNats, readPostgresql, readUrl } from './server-url.ts';
import {
  DAY,
  RESERVED_ASN,
  readAsn,
  readBudget,
  readDuration,
  readPercent,
  readRate,
  readSize,
  showBudget,
  showDuration,
  showPercent,
  showRate,
  showSize,
} from './units.ts';

export type { ArgumentKind, Read, Scalar } from './argument-kind.ts';

const file = (expects: string) =>
  quoted(expects, 1024, (text, directory) =>
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
      ? wrong('a URL cannot be fetched; it must be a file of this machine')
      : { value: resolve(directory, text) },
  );

/** Where a file of an IRR is: here, or at a server. */
const location = quoted('a file name or a URL', 1024, (text, directory) =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? readUrl(text, ['https', 'http', 'ftp']) : { value: resolve(directory, text) },
);

/** A Unix socket's name must fit sun_path, 108 octets with the closing NUL (unix(7)). */
const socket = quoted('the name of a Unix socket', 1024, (text, directory) => {
  const path = resolve(directory, text);
  return Buffer.byteLength(path) > 107 ? wrong('a socket name has at most 107 octets') : { value: path };
});

function readAddress(text: string): Read {
  const address = parseAddress(text);
  if (address === null) return text.includes('%') ? wrong('an address with a zone cannot be used') : NOT;
  if (address.afi === 1 ? address.bytes[0]! >= 224 : address.bytes[0] === 0xff)
    return wrong('it is no unicast address');
  const canonical = formatAddress(address);
  if (canonical.startsWith('::ffff:') && canonical.includes('.')) return wrong(`write ${canonical.slice(7)}`);
  return { value: canonical };
}

function readPrefix(text: string): Read {
  const prefix = parsePrefix(text);
  if (prefix !== null) return { value: formatPrefix(prefix) };
  const [address = '', length = ''] = text.split('/');
  if (parseAddress(address) === null || !/^\d{1,3}$/.test(length)) return NOT;
  return wrong(Number(length) > (address.includes(':') ? 128 : 32) ? 'the length is too large' : 'it has host bits');
}

function readAs(text: string): Read {
  const bare = /^as(\d.*)$/i.exec(text)?.[1];
  if (bare !== undefined && readAsn(bare) !== null) return wrong(`write ${bare}`);
  const value = readAsn(text);
  const reserved = value === null ? undefined : RESERVED_ASN.get(value);
  return reserved === undefined ? found(value) : wrong(reserved);
}

function readRouterId(text: string): Read {
  const address = parseAddress(text);
  return address === null || address.afi !== 1 || text === '0.0.0.0' ? NOT : { value: formatAddress(address) };
}

function readPort(text: string): Read {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535 ? { value: Number(text) } : NOT;
}

function readHops(text: string): Read {
  return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= 254 ? { value: Number(text) } : NOT;
}

function readVlan(text: string): Read {
  return /^[1-9]\d{0,3}$/.test(text) && Number(text) <= 4094 ? { value: Number(text) } : NOT;
}

function readCount(text: string): Read {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= 0xffffffff ? { value: Number(text) } : NOT;
}

function readPrefix4(text: string): Read {
  return text.includes(':') ? NOT : readPrefix(text);
}

function readShort(text: string): Read {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535 ? { value: Number(text) } : NOT;
}

/** A signature id of Suricata (sid), which may be 0. */
function readSignature(text: string): Read {
  return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) <= 0xffffffff ? { value: Number(text) } : NOT;
}

function readSeverity(text: string): Read {
  return /^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/.test(text) ? { value: Number(text) } : NOT;
}

function readMonths(text: string): Read {
  return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= 120 ? { value: Number(text) } : NOT;
}

function readMed(text: string): Read {
  return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) <= 0xffffffff ? { value: Number(text) } : NOT;
}

function readCommunity(text: string): Read {
  const community = parseCommunity(text);
  return community === null ? NOT : { value: formatCommunity(community) };
}

function readLargeCommunity(text: string): Read {
  const community = parseLargeCommunity(text);
  return community === null ? NOT : { value: formatLargeCommunity(community) };
}

function readMac(text: string): Read {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return NOT;
  return Number.parseInt(text.slice(0, 2), 16) & 1 ? wrong('it is a group address') : { value: text.toLowerCase() };
}

/** A day, meaning its end in UTC, or an instant of UTC; both kept as they are written. */
function readDate(text: string): Read {
  return dateEnd(text) === null ? NOT : { value: text };
}

/** The instant that a date of the language stands for, milliseconds since the epoch; null when the text is none. */
export function dateEnd(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}Z)?$/.exec(text);
  if (match === null) return null;
  const time = Date.parse(match[2] === undefined ? `${text}T00:00Z` : text);
  // Date.parse takes 2026-02-30 for the second of March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== match[1]) return null;
  return match[2] === undefined ? time + DAY : time;
}

function readMail(text: string): Read {
  return /^[^\s@<>",;:()\\]{1,64}@[^\s@<>",;:()\\]{1,255}$/.test(text) ? { value: text } : NOT;
}

/** Labels of letters, digits and hyphens (RFC 1123 section 2.1), as DKIM has them for its domain and selector. */
function readDomain(text: string): Read {
  const label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
  return new RegExp(`^${label}(\\.${label})*$`).test(text) ? { value: text.toLowerCase() } : NOT;
}

/** Every kind of argument, by the name that stands for it in a statement's usage (schema.ts). */
export const ARGUMENTS = {
  ADDRESS: plain('an IPv4 or IPv6 address', readAddress),
  ROUTERID: plain('an IPv4 address other than 0.0.0.0', readRouterId),
  PORT: plain('a port (1 to 65535)', readPort),
  ASN: plain('an AS number', readAs),
  HOPS: plain('a number of hops (1 to 254)', readHops),
  COUNT: plain('a number (1 to 4294967295)', readCount),
  NOTICE: plain('a number of months (1 to 120)', readMonths),
  REMOVAL: plain('a number of months (1 to 120)', readMonths),
  PREFIX: plain('an address prefix such as 192.0.2.0/24', readPrefix),
  COMMUNITY: plain('a community such as 64500:66 or blackhole', readCommunity),
  LARGE: plain('a large community such as 64500:1:20', readLargeCommunity),
  MED: plain('a number (0 to 4294967295)', readMed),
  DATE: plain('a date such as 2026-12-31, or 2026-12-31T12:00Z', readDate),
  VLAN: plain('a VLAN (1 to 4094)', readVlan),
  MAC: plain('a MAC address such as 00:00:5e:00:53:01', readMac),
  IFINDEX: plain('an interface index (1 to 4294967295)', readCount),
  DOMAINID: plain('the number of an observation domain (0 to 4294967295)', readMed),
  NAME: word('a name', /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'a name has letters, digits, `_`, `.` and `-`, 64 at most'),
  TEMPLATE: word(
    'the name of a template',
    /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/,
    'a name has letters, digits, `_`, `.`, `-`',
  ),
  GROUP: word('the name of a group', /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'a name has letters, digits, `_`, `.`, `-`'),
  // RFC 2622 section 2: names of objects and sources are case-insensitive; one spelling is kept.
  SOURCE: plain('the name of an IRR source', text =>
    /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text)
      ? { value: text.toUpperCase() }
      : wrong('it has letters, digits, `_`, `-`'),
  ),
  MAINTAINER: plain('the name of a maintainer', text =>
    /^[A-Za-z][A-Za-z0-9_-]{0,79}$/.test(text)
      ? { value: text.toUpperCase() }
      : wrong('it has letters, digits, `_`, `-`'),
  ),
  SET: plain('the name of an as-set', text =>
    /^(AS\d+:)?(AS-[A-Za-z0-9_-]+|AS\d+)(:(AS-[A-Za-z0-9_-]+|AS\d+))*$/i.test(text) &&
    /AS-/i.test(text) &&
    text.length <= 255
      ? { value: text.toUpperCase() }
      : wrong('it has `AS-` in it, letters, digits, `_`, `-`, and `:` between names'),
  ),
  PATTERN: quoted('an AS-path expression', 256, text => {
    const pattern = compilePath(text);
    return 'error' in pattern ? wrong(pattern.error) : { value: text };
  }),
  FILE: file('a file name'),
  LOCATION: location,
  URL: quoted('an https URL', 1024, text => {
    const url = URL.parse(text);
    return url !== null && url.protocol !== 'https:' && isSafeUrl(url) ? { value: url.href } : readUrl(text, ['https']);
  }),
  BOOTSTRAP: quoted('a directory or an https URL', 1024, (text, directory) => {
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { value: resolve(directory, text) };
    const url = URL.parse(text);
    return url?.protocol === 'http:' && isSafeUrl(url) ? { value: url.href } : readUrl(text, ['https']);
  }),
  WEBHOOK: {
    ...quoted('an https URL', 1024, text => {
      const url = URL.parse(text);
      const safe = url !== null && url.protocol === 'http:' && isSafeUrl(url);
      return readUrl(text, safe ? ['http'] : ['https']);
    }),
    veil: value => `${new URL(String(value)).origin}/***`,
    elsewhere: true,
  },
  PUBLICKEY: quoted('a public key in base64', LONGEST_PUBLIC_KEY, text => {
    const key = readPublicKey(text);
    return typeof key === 'string' ? wrong(key) : { value: key.spki };
  }),
  CERTIFICATE: file('the file name of a certificate'),
  AUTHORITY: file('the file name of the certificate of an authority'),
  KEYFILE: file('the file name of a private key'),
  DIRECTORY: file('a directory'),
  FOLDER: quoted('a directory', 1024),
  SOCKET: socket,
  GLOB: quoted('a file name or pattern', 1024),
  HOST: quoted('a host name or address', 255, text =>
    parseAddress(text) !== null || /^(?!\d+(\.\d+)*$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(text)
      ? { value: text }
      : NOT,
  ),
  MAIL: quoted('a mail address', 320, readMail),
  ROOM: quoted('the address of a room', 320, readMail),
  TEXT: quoted('a text', 255),
  SECRET: elsewhere(quoted('a password', 255)),
  KEY: elsewhere(
    quoted('a password', 255, text =>
      Buffer.byteLength(text) > LONGEST_KEY ? wrong(`it is longer than ${LONGEST_KEY} octets`) : { value: text },
    ),
  ),
  // Linux: IFNAMSIZ is 16 with the closing NUL; dev_valid_name() tells what is no name.
  INTERFACE: quoted('the name of an interface', 15, text =>
    /^(?!\.\.?$)[\x21-\x2e\x30-\x39\x3b-\x7e]+$/.test(text) ? { value: text } : NOT,
  ),
  USERGROUP: quoted('a group of users', 32, text =>
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(text) ? { value: text } : NOT,
  ),
  FEDERATION: quoted('the name of a federation', 64),
  DURATION: quantity('a duration such as 90s, 5m, 2h or 1d', readDuration, showDuration),
  SIZE: quantity('a size such as 256M or 2G', readSize, showSize),
  RATE: quantity('a rate such as 100/s', readRate, showRate),
  PERCENT: quantity('a percentage such as 99.5%', readPercent, showPercent),
  BUDGET: plain('a budget such as 10/1h (1 to 10000 in 1m to 1d)', text => {
    const budget = readBudget(text);
    return budget === null ? NOT : { value: showBudget(budget) };
  }),
  SIGNATURE: plain('the number of a signature', readSignature),
  SEVERITY: plain('a severity (1 to 255)', readSeverity),
  PROFILE: choice('nat', 'clamp', 'payload', 'quoted8', 'packter'),
  LOGFORMAT: choice('juniper', 'cisco', 'conntrack'),
  LOGPATTERN: quoted('a regular expression', 512, text => {
    const fault = patternFault(text, LOG_GROUPS, LOG_GROUPS_NEEDED);
    return fault === null ? { value: text } : wrong(fault);
  }),
  INSIDE: plain('an IPv4 prefix such as 100.64.0.0/16', readPrefix4),
  OUTSIDE: plain('an IPv4 prefix such as 192.0.2.0/24', readPrefix4),
  RESERVED: plain('a number of ports (0 to 65535)', readShort),
  DYNAMIC: plain('a number (0 to 65535)', readShort),
  EVESOCKET: choice('stream', 'dgram'),
  FAMILY: choice('ipv4', 'ipv6'),
  ACTION: choice('warn', 'restart', 'down'),
  SWITCH: choice('yes', 'no'),
  ROLE: choice('provider', 'rs', 'rs-client', 'customer', 'peer'),
  HTTPROLE: choice('reader', 'operator'),
  RISK: choice(...RISKS),
  DUTY: choice('all', 'collector', 'cases', 'traceback'),
  NATS: quoted('the URL of a NATS server', 1024, readNats),
  POSTGRESQL: quoted('the URL of a PostgreSQL database', 1024, readPostgresql),
  STRICT: choice('strict'),
  RIB: choice('pre-policy', 'post-policy', 'loc-rib'),
  COMPRESSION: choice('gzip', 'zstd', 'none'),
  NRTMVERSION: choice('1', '3'),
  RTRVERSION: choice('0', '1', '2'),
  LEVEL: choice('debug', 'info', 'warn', 'error'),
  TLS: choice('none', 'starttls', 'required'),
  RECIPIENT: choice('x-keiro', 'group'),
  LANGUAGE: choice('ja', 'en'),
  FORMAT: choice('json', 'slack', 'teams', 'mattermost'),
  TRANSPORT: choice('udp', 'tcp', 'tls'),
  FACILITY: choice('user', 'daemon', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'),
  DOMAIN: quoted('a domain name', 253, readDomain),
  SELECTOR: quoted('a DKIM selector', 63, readDomain),
  DIRECTION: choice('in', 'out', 'both'),
  LEARNED: choice('arp', 'bgp'),
  BITS: choice('8', '16'),
  POLICY: choice('allow', 'deny'),
  RIDPOLICY: choice('allow', 'ask', 'deny'),
  PURPOSE: choice('attack', 'misuse', 'fault', 'test'),
  ONEPURPOSE: choice('attack', 'misuse', 'fault', 'test'),
  REFERENCE: quoted('a reference of letters, digits, `-` and `_`', 32, text =>
    /^[A-Za-z0-9_-]{1,32}$/.test(text) ? { value: text } : NOT,
  ),
  FINGERPRINT: quoted('a fingerprint such as itctl cert pin prints', 128, text => {
    const fingerprint = readFingerprint(text);
    return fingerprint === null ? NOT : { value: fingerprint };
  }),
  APPROVAL: choice('none', 'guessable', 'all'),
  ASKAPPROVAL: choice('none', 'guessable'),
  MANAGER: choice('itm', 'btm', 'dtm', 'dpoint'),
  DETAIL: choice('none', 'status', 'neighbor-as'),
  PROOF: choice('none', 'prefer', 'require'),
} satisfies Record<string, ArgumentKind>;

export type ArgumentName = keyof typeof ARGUMENTS;
