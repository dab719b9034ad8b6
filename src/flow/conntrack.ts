/**
 * What the connection tracking of Linux tells over netlink (nfnetlink_conntrack.h, nfnetlink.h, netlink(7)). Message and
 * attribute heads are in the machine's order, which is little-endian here; what is in attributes is in network byte order.
 *
 *     nlmsghdr    4 length   2 type   2 flags   4 sequence   4 port id
 *     nfgenmsg    1 family   1 version   2 resource id
 *     attributes  2 length   2 type (0x8000: nested)   value, filled to 4
 *
 * A tracked connection has two tuples: its first packet as it came (orig), and the packets that answer it as they come
 * (reply). The reply turned round is therefore the first packet as it leaves, translated.
 */
import type { FlowEnds, Translation } from './translation.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const CTNETLINK = 1;
/** Types of messages about connections: new or changed, asked for, gone. */
const NEW = (CTNETLINK << 8) | 0;
const GET = (CTNETLINK << 8) | 1;
const DELETE = (CTNETLINK << 8) | 2;
/** NLM_F_CREATE or NLM_F_EXCL: the event of a new one, not of a change. */
const CREATED = 0x600;
const REQUEST_DUMP = 0x301;

const TUPLE_ORIG = 1;
const TUPLE_REPLY = 2;
const TIMESTAMP = 20;
const IP = 1;
const PROTO = 2;
const ICMP_ID = 4;
const ICMPV6_ID = 7;

/** What stands in octets that netlink delivered. */
export type ConntrackMessage =
  /** `new`: tracked from now on; `changed`, and in a dump: tracked already. `created` as far as it is known, ms. */
  | { readonly what: 'new' | 'changed' | 'gone'; readonly tracked: Tracked; readonly created: number | null }
  /** The end of a dump. */
  | { readonly what: 'done' }
  /** errno of a request that was refused; 0 for one that was taken. */
  | { readonly what: 'error'; readonly code: number }
  | { readonly what: 'other' };

/** A connection with its first packet as it came and as it leaves. */
export interface Tracked {
  readonly protocol: number;
  readonly came: FlowEnds;
  readonly leaves: FlowEnds;
}

/** Messages of one read, and what is wrong with what stands behind the last, in words; null when nothing is. */
export interface ConntrackRead {
  readonly messages: readonly ConntrackMessage[];
  readonly wrong: string | null;
}

/** Reads all messages in the octets of one read of a netlink socket. Never throws. */
export function readConntrack(octets: Uint8Array): ConntrackRead {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const messages: ConntrackMessage[] = [];
  for (let at = 0; at < octets.length; ) {
    if (octets.length - at < 16) return { messages, wrong: `octet ${at}: too few octets for a message` };
    const length = view.getUint32(at, true);
    if (length < 16 || length > octets.length - at) return { messages, wrong: `octet ${at}: a message of ${length}` };
    messages.push(messageAt(view, at, length));
    at += (length + 3) & ~3;
  }
  return { messages, wrong: null };
}

function messageAt(view: DataView, at: number, length: number): ConntrackMessage {
  const type = view.getUint16(at + 4, true);
  if (type === NLMSG_DONE) return { what: 'done' };
  if (type === NLMSG_ERROR) return { what: 'error', code: length < 20 ? -1 : -view.getInt32(at + 16, true) };
  if ((type !== NEW && type !== DELETE) || length < 20) return { what: 'other' };
  let came: HalfTuple | null = null;
  let answered: HalfTuple | null = null;
  let created: number | null = null;
  eachAttribute(view, at + 20, at + length, (kind, from, to) => {
    if (kind === TUPLE_ORIG) came = tupleAt(view, from, to);
    else if (kind === TUPLE_REPLY) answered = tupleAt(view, from, to);
    else if (kind === TIMESTAMP) created = createdAt(view, from, to);
  });
  const tracked = trackedOf(came, answered);
  if (tracked === null) return { what: 'other' };
  const flags = view.getUint16(at + 6, true);
  return { what: type === DELETE ? 'gone' : (flags & CREATED) !== 0 ? 'new' : 'changed', tracked, created };
}

/** Calls `each` with type and extent of each attribute; stops where one does not fit. */
function eachAttribute(
  view: DataView,
  from: number,
  end: number,
  each: (type: number, from: number, to: number) => void,
): void {
  for (let at = from; end - at >= 4; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || length > end - at) return;
    each(view.getUint16(at + 2, true) & 0x3fff, at + 4, at + length);
    at += (length + 3) & ~3;
  }
}

interface HalfTuple extends FlowEnds {
  readonly protocol: number;
}

/** Ports, or of ICMP the identifier, which stands for both. */
function tupleAt(view: DataView, from: number, end: number): HalfTuple {
  let source: Uint8Array | null = null;
  let destination: Uint8Array | null = null;
  let protocol = -1;
  let sourcePort: number | null = null;
  let destinationPort: number | null = null;
  const octets = (at: number, to: number) => {
    const copied = new Uint8Array(to - at);
    for (let i = 0; i < copied.length; i++) copied[i] = view.getUint8(at + i);
    return copied;
  };
  eachAttribute(view, from, end, (kind, begin, to) => {
    if (kind === IP)
      eachAttribute(view, begin, to, (field, a, b) => {
        // CTA_IP_V4_SRC, CTA_IP_V4_DST, CTA_IP_V6_SRC, CTA_IP_V6_DST
        if (field < 1 || field > 4 || b - a !== (field < 3 ? 4 : 16)) return;
        if (field % 2 === 1) source = octets(a, b);
        else destination = octets(a, b);
      });
    else if (kind === PROTO)
      eachAttribute(view, begin, to, (field, a, b) => {
        if (field === 1 && b - a === 1) protocol = view.getUint8(a);
        if (b - a !== 2) return;
        const value = view.getUint16(a, false);
        if (field === 2 || field === ICMP_ID || field === ICMPV6_ID) sourcePort = value;
        if (field === 3 || field === ICMP_ID || field === ICMPV6_ID) destinationPort = value;
      });
  });
  return { protocol, source, destination, sourcePort, destinationPort };
}

/** CTA_TIMESTAMP_START: nanoseconds since the epoch, where the kernel keeps it (nf_conntrack_timestamp). */
function createdAt(view: DataView, from: number, end: number): number | null {
  let created: number | null = null;
  eachAttribute(view, from, end, (kind, a, b) => {
    if (kind === 1 && b - a === 8) created = Number(view.getBigUint64(a, false) / 1_000_000n);
  });
  return created;
}

function trackedOf(came: HalfTuple | null, answered: HalfTuple | null): Tracked | null {
  if (came === null || answered === null || came.protocol < 0 || came.protocol !== answered.protocol) return null;
  const { protocol, ...first } = came;
  const leaves = {
    ...{ source: answered.destination, destination: answered.source },
    ...{ sourcePort: answered.destinationPort, destinationPort: answered.sourcePort },
  };
  return { protocol, came: first, leaves };
}

/** A request for every connection of a family: 0 for all (AF_UNSPEC). */
export function conntrackDump(sequence: number): Uint8Array {
  const octets = new Uint8Array(20);
  const view = new DataView(octets.buffer);
  view.setUint32(0, 20, true);
  view.setUint16(4, GET, true);
  view.setUint16(6, REQUEST_DUMP, true);
  view.setUint32(8, sequence, true);
  return octets;
}

/** What a connection says of a translation, at `time`; null when it leaves as it came. */
export function translationOfTracked(
  tracked: Tracked,
  event: 'create' | 'delete' | 'seen',
  time: number,
  exporter: string,
): Translation | null {
  const { protocol, came, leaves } = tracked;
  if (sameEnds(came, leaves)) return null;
  return { time, event, protocol, inside: came, outside: leaves, block: null, realm: null, exporter };
}

/** True when nothing differs. */
export function sameEnds(a: FlowEnds, b: FlowEnds): boolean {
  const same = (x: Uint8Array | null, y: Uint8Array | null) =>
    x === y || (x !== null && y !== null && x.length === y.length && x.every((octet, i) => octet === y[i]));
  return (
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    same(a.source, b.source) &&
    same(a.destination, b.destination)
  );
}
