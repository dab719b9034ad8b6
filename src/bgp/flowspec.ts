import { AFI_IPV4, type Afi, formatAddress } from '../net/address.ts';
import type { Cursor } from '../net/cursor.ts';
import { formatPrefix, type Prefix, prefixOf } from '../net/prefix.ts';

/** One comparison of a numeric component (RFC 8955 section 4.2.1.1) or bitmask component (section 4.2.1.2). */
export interface FlowTest {
  /** Joined to the test before it by AND; else by OR. Of the first test it is false. */
  readonly and: boolean;
  /** The low bits of the operator octet: lt gt eq of a numeric test (3 bits), not and match of a bitmask (2 bits). */
  readonly operator: number;
  /** A bigint where 8 octets held it. */
  readonly value: number | bigint;
}

/** A component of a flow specification: a prefix (types 1 and 2), or tests (all others). */
export type FlowComponent =
  | {
      readonly type: 1 | 2;
      readonly prefix: Prefix;
      /** Leading bits that do not matter (RFC 8956 section 3.1); 0 for IPv4. */
      readonly offset: number;
    }
  | { readonly type: number; readonly tests: readonly FlowTest[] };

interface ComponentRule {
  readonly name: string;
  readonly kind: 'prefix' | 'numeric' | 'bitmask';
  /** What RFC 8956 calls it for IPv6. */
  readonly name6?: string;
  /** Bits of a bitmask, lowest first. */
  readonly bits?: readonly string[];
  /** The other bits of it mean nothing. */
  readonly noMoreBits?: true;
  /** Octets that a value may have, where it must not have 8. */
  readonly most?: number;
}

const TCP_FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
const FRAGMENT = ['dont-fragment', 'is-fragment', 'first-fragment', 'last-fragment'];

// RFC 8955 section 4.2.2; type 13 and the names of IPv6: RFC 8956 section 3.
// biome-ignore format: a table, one component a line
const COMPONENTS: Readonly<Record<number, ComponentRule>> = {
  1:  { name: 'destination',      kind: 'prefix' },
  2:  { name: 'source',           kind: 'prefix' },
  3:  { name: 'protocol',         kind: 'numeric', name6: 'upper-layer-protocol' },
  4:  { name: 'port',             kind: 'numeric' },
  5:  { name: 'destination-port', kind: 'numeric' },
  6:  { name: 'source-port',      kind: 'numeric' },
  7:  { name: 'icmp-type',        kind: 'numeric', name6: 'icmpv6-type' },
  8:  { name: 'icmp-code',        kind: 'numeric', name6: 'icmpv6-code' },
  9:  { name: 'tcp-flags',        kind: 'bitmask', bits: TCP_FLAGS, most: 2 },
  10: { name: 'packet-length',    kind: 'numeric' },
  11: { name: 'dscp',             kind: 'numeric', most: 1 },
  12: { name: 'fragment',         kind: 'bitmask', bits: FRAGMENT, noMoreBits: true, most: 1 },
  13: { name: 'flow-label',       kind: 'numeric' },
};
const FLOW_LABEL = 13;

const END = 0x80;
const AND = 0x40;

/**
 * Reads the components of a flow specification, behind its length (and distinguisher). They stand in the order of their
 * types, each once (RFC 8955 section 4.2). The answer is the components, or what is wrong in words with the cursor at the
 * place; an unknown type makes the whole of it malformed, for its length cannot be known.
 */
export function decodeFlow(value: Cursor, afi: Afi): FlowComponent[] | string {
  const components: FlowComponent[] = [];
  let last = 0;
  while (value.left > 0) {
    const at = value.offset;
    const type = value.u8();
    const rule = COMPONENTS[type];
    const wrong = (what: string) => {
      value.offset = at;
      return what;
    };
    if (rule === undefined || (type === FLOW_LABEL && afi === AFI_IPV4)) return wrong(`flow component type ${type}`);
    if (type <= last) return wrong(`flow component ${type} behind ${last}: not in ascending order`);
    last = type;
    const component = rule.kind === 'prefix' ? readPrefix(value, type as 1 | 2, afi) : readTests(value, type, rule);
    if (value.failed) return wrong(`flow component ${type} overruns the flow specification`);
    if (typeof component === 'string') return wrong(component);
    components.push(component);
  }
  return components;
}

/** RFC 8955 sections 4.2.2.1 and 4.2.2.2; with an offset for IPv6: RFC 8956 section 3.1. */
function readPrefix(value: Cursor, type: 1 | 2, afi: Afi): FlowComponent | string {
  const most = afi === AFI_IPV4 ? 32 : 128;
  const length = value.u8();
  const offset = afi === AFI_IPV4 ? 0 : value.u8();
  if (length > most) return `prefix length ${length}, at most ${most}`;
  if (offset > 0 && offset >= length) return `offset ${offset} of prefix length ${length}`;
  const pattern = value.view((length - offset + 7) >> 3);
  return { type, prefix: shiftIn(pattern, afi, offset, length), offset };
}

/** The address whose bits from `offset` on are those of the pattern. */
function shiftIn(pattern: Uint8Array, afi: Afi, offset: number, length: number): Prefix {
  const bytes = new Uint8Array(afi === AFI_IPV4 ? 4 : 16);
  const shift = offset & 7;
  pattern.forEach((octet, i) => {
    const at = (offset >> 3) + i;
    bytes[at]! |= octet >> shift;
    if (shift > 0 && at + 1 < bytes.length) bytes[at + 1]! |= (octet << (8 - shift)) & 0xff;
  });
  return prefixOf({ afi, bytes }, length);
}

/** A list of {operator, value}, the last one marked (RFC 8955 section 4.2.1). */
function readTests(value: Cursor, type: number, { name, kind, most = 8 }: ComponentRule): FlowComponent | string {
  const tests: FlowTest[] = [];
  for (let octet = 0; (octet & END) === 0 && !value.failed; ) {
    octet = value.u8();
    const and = (octet & AND) !== 0 && tests.length > 0;
    const size = (octet >> 4) & 3;
    if (1 << size > most) return `${name} of ${1 << size} octets, at most ${most}`;
    tests.push({ and, operator: octet & (kind === 'numeric' ? 7 : 3), value: readValue(value, size) });
  }
  return { type, tests };
}

function readValue(value: Cursor, size: number): number | bigint {
  if (size === 0) return value.u8();
  if (size === 1) return value.u16();
  if (size === 2) return value.u32();
  return (BigInt(value.u32()) << 32n) | BigInt(value.u32());
}

/** A flow specification behind its length (RFC 8955 section 4.1); `distinguisher` is the 8 octets of a VPN, or empty. */
export function encodeFlow(components: readonly FlowComponent[], distinguisher: readonly number[] = []): number[] {
  const value = [...distinguisher, ...components.flatMap(encodeComponent)];
  return value.length < 0xf0 ? [value.length, ...value] : [0xf0 | (value.length >> 8), value.length & 0xff, ...value];
}

function encodeComponent(component: FlowComponent): number[] {
  if (!('tests' in component)) {
    const { type, prefix, offset } = component;
    return [type, prefix.length, ...(prefix.afi === AFI_IPV4 ? [] : [offset]), ...shiftOut(prefix, offset)];
  }
  const { type, tests } = component;
  return [
    type,
    ...tests.flatMap(({ and, operator, value }, i) => {
      const size = sizeOf(value);
      const octet = operator | (and ? AND : 0) | (size << 4) | (i === tests.length - 1 ? END : 0);
      return [octet, ...octetsOf(BigInt(value), 1 << size)];
    }),
  ];
}

/** The pattern of a prefix: its bits from `offset` on, padded to whole octets. */
function shiftOut({ bytes, length }: Prefix, offset: number): number[] {
  const shift = offset & 7;
  return Array.from({ length: (length - offset + 7) >> 3 }, (_, i) => {
    const at = (offset >> 3) + i;
    return ((bytes[at]! << shift) | ((bytes[at + 1] ?? 0) >> (8 - shift))) & 0xff;
  });
}

const sizeOf = (value: number | bigint) => (typeof value === 'bigint' ? 3 : value > 0xffff ? 2 : value > 0xff ? 1 : 0);

const octetsOf = (value: bigint, count: number) =>
  Array.from({ length: count }, (_, i) => Number((value >> BigInt((count - 1 - i) * 8)) & 0xffn));

/** What RFC 8955 table 3 makes of lt gt eq. */
const NUMERIC = ['false', '==', '>', '>=', '<', '<=', '!=', 'true'];
/** RFC 8955 section 4.2.1.2: any of the bits, all of the bits, and both turned round. */
const BITMASK = ['', '=', '!', '!='];

/**
 * A flow specification in one line: `destination 192.0.2.0/24 protocol ==6 port >=137&<=139 ==8080`. Tests joined by AND
 * have `&` between them, those joined by OR a blank. A bitmask is `=syn+ack` for all of the bits, `syn+ack` for any.
 * An IPv6 pattern is ADDRESS/OFFSET-LENGTH (RFC 8956 section 3.1). Without a component it matches all packets.
 */
export function formatFlow(components: readonly FlowComponent[], afi: number): string {
  if (components.length === 0) return 'all';
  return components
    .map(component => {
      const rule = COMPONENTS[component.type]!;
      const name = afi === AFI_IPV4 ? rule.name : (rule.name6 ?? rule.name);
      return `${name} ${'tests' in component ? formatTests(component.tests, rule) : formatPattern(component)}`;
    })
    .join(' ');
}

function formatPattern({ prefix, offset }: Extract<FlowComponent, { type: 1 | 2; offset: number }>): string {
  return offset === 0 ? formatPrefix(prefix) : `${formatAddress(prefix)}/${offset}-${prefix.length}`;
}

function formatTests(tests: readonly FlowTest[], { kind, bits = [], noMoreBits }: ComponentRule): string {
  return tests
    .map(({ and, operator, value }, i) => {
      const join = i === 0 ? '' : and ? '&' : ' ';
      if (kind === 'bitmask') return `${join}${BITMASK[operator & 3]}${formatBits(value, bits, noMoreBits)}`;
      const sign = NUMERIC[operator & 7]!;
      return `${join}${sign}${operator === 0 || operator === 7 ? '' : value}`;
    })
    .join('');
}

function formatBits(value: number | bigint, names: readonly string[], noMore = false): string {
  const all = BigInt(value);
  const known = names.filter((_, i) => (all >> BigInt(i)) & 1n);
  const rest = noMore ? 0n : (all >> BigInt(names.length)) << BigInt(names.length);
  return rest === 0n && known.length > 0 ? known.join('+') : [...known, `0x${rest.toString(16)}`].join('+');
}
