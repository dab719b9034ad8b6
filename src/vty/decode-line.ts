import { type Family, isHeld, sameFamily } from '../bgp/family.ts';
import type { MessageContext } from '../bgp/inspect.ts';
import { OPPOSITE, type Role } from '../bgp/role.ts';
import { parseAddress } from '../net/address.ts';

/** A message and the session that it came over. */
export interface DecodeRequest {
  readonly message: Uint8Array;
  readonly context: MessageContext;
}

const UNICAST: readonly Family[] = [
  { afi: 1, safi: 1 },
  { afi: 2, safi: 1 },
];

/**
 * Reads a line of `itctl decode bgp`: hex, or an object with `hex` and `session`. The answer is the request, or what is wrong
 * with the line.
 */
export function parseDecodeLine(text: string): DecodeRequest | string {
  if (!text.startsWith('{')) {
    const message = parseHex(text);
    return typeof message === 'string' ? message : { message, context: contextOf(UNICAST, {}) };
  }
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    return `no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { hex, session = {} } = line as { readonly hex?: unknown; readonly session?: unknown };
  if (typeof hex !== 'string') return 'hex: a text is expected';
  const message = parseHex(hex);
  if (typeof message === 'string') return `hex: ${message}`;
  const context = parseSession(session);
  return typeof context === 'string' ? `session: ${context}` : { message, context };
}

/** Octets of hex digits; blanks and colons between them are for the eye. */
function parseHex(text: string): Uint8Array | string {
  const digits = text.replace(/[\s:]+/g, '');
  const stray = /[^0-9a-f]/i.exec(digits);
  if (stray !== null) return `'${stray[0]}' is no hexadecimal digit`;
  if (digits.length === 0) return 'no octets';
  return digits.length % 2 === 0 ? Uint8Array.from(Buffer.from(digits, 'hex')) : 'an odd number of hexadecimal digits';
}

/** What a line may say of its session besides the families. */
interface SessionWords {
  readonly as4?: boolean;
  readonly ebgp?: boolean;
  readonly extmsg?: boolean;
  readonly addpath?: readonly Family[];
  readonly extnh?: readonly Family[];
  readonly local?: readonly string[];
  readonly role?: Role;
  readonly peeras?: number;
}

function contextOf(mp: readonly Family[], words: SessionWords): MessageContext {
  const has = (afi: number) => mp.some(family => sameFamily(family, { afi, safi: 1 }));
  return {
    as4: words.as4 ?? true,
    ebgp: words.ebgp ?? true,
    extendedMessage: words.extmsg ?? false,
    ipv4: has(1),
    ipv6: has(2),
    others: mp.filter(family => !isHeld(family)),
    addPath: words.addpath ?? [],
    extendedNextHop: words.extnh ?? mp.filter(({ afi }) => afi === 1),
    ownAddresses: words.local ?? [],
    ...(words.peeras !== undefined && { peerAs: words.peeras }),
    ...(words.role !== undefined && { role: { ours: words.role, peerAs: words.peeras ?? 0 } }),
  };
}

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isNumber = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
const isRole = (value: unknown): value is Role => typeof value === 'string' && Object.hasOwn(OPPOSITE, value);
const isAddresses = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string' && parseAddress(item) !== null);
const isFamilies = (value: unknown): value is [number, number][] =>
  Array.isArray(value) &&
  value.every(pair => Array.isArray(pair) && pair.length === 2 && isNumber(pair[0], 65535) && isNumber(pair[1], 255));

const FAMILIES = 'a list of [afi, safi] is expected';
/** The words of a session and what is said when their value is none. */
const WORDS: Readonly<Record<string, readonly [good: (value: unknown) => boolean, expected: string]>> = {
  as4: [isFlag, 'true or false is expected'],
  ebgp: [isFlag, 'true or false is expected'],
  extmsg: [isFlag, 'true or false is expected'],
  mp: [isFamilies, FAMILIES],
  addpath: [isFamilies, FAMILIES],
  extnh: [isFamilies, FAMILIES],
  local: [isAddresses, 'a list of addresses is expected'],
  role: [isRole, `${Object.keys(OPPOSITE).join(', ')} is expected`],
  peeras: [value => isNumber(value, 0xffffffff), 'an AS number is expected'],
};

function parseSession(session: unknown): MessageContext | string {
  if (typeof session !== 'object' || session === null || Array.isArray(session)) return 'an object is expected';
  const words: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(session)) {
    const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
    if (word === undefined) return `unknown word '${name}', ${Object.keys(WORDS).join(', ')} are known`;
    const [good, expected] = word;
    if (!good(value)) return `${name}: ${expected}`;
    words[name] = isFamilies(value) && value.length > 0 ? value.map(([afi, safi]) => ({ afi, safi })) : value;
  }
  // RFC 4760 section 8: a session without a multiprotocol capability carries IPv4 unicast.
  const { mp = UNICAST, ...rest } = words as { readonly mp?: readonly Family[] } & SessionWords;
  return contextOf(mp.length === 0 ? UNICAST.slice(0, 1) : mp, rest);
}
