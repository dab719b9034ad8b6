/** The lines of `bgpdump -m` for UPDATE messages: withdrawn routes first, then announced ones. */
import { UPDATE } from '../bgp/message.ts';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI, MP_UNREACH_NLRI } from './attribute-places.ts';
import { attributeTextRoom, type NextHopPlace, writeAttributes } from './attribute-text.ts';
import type { DumpedMessage } from './bgp4mp.ts';
import { type DumpedReach, emptyReach, hasNextHop, readReach, readUnreach } from './dumped-reach.ts';
import { HEAD_ROOM, peerEnd, writeEnd, writeTime } from './line-head.ts';
import type { LineOutput } from './line-output.ts';
import { recentText } from './recent-text.ts';
import { BGP, BGP4MP_ET } from './record-types.ts';
import type { MrtRecord } from './records.ts';
import { type Ascii, ascii, writeCopy, writeIPv4, writeIPv6, writeNumber, writeText } from './text-octets.ts';

const BAR = 0x7c;
const SLASH = 0x2f;
const LF = 0x0a;
const W = ascii('|W|');
const A = ascii('|A|');
const NO_HOP: NextHopPlace = { start: 0, octets: 0, signed: false };

/** The first field, for each type and subtype. * A local message of an ADD-PATH session is not called local. */
const formats = new Map<number, Ascii>();
function messageFormat({ type, subtype }: MrtRecord, { local, addPath }: DumpedMessage): Ascii {
  const key = type * 256 + subtype;
  let name = formats.get(key);
  if (name === undefined) {
    const suffix = `${type === BGP4MP_ET ? '_ET' : ''}${addPath ? '_AP' : local ? '_LOCAL' : ''}|`;
    name = ascii(type === BGP ? 'BGP|' : `BGP4MP${suffix}`);
    formats.set(key, name);
  }
  return name;
}

/** * Of a local message of an ADD-PATH session the local end is taken for the peer. */
const shownEnd = (message: DumpedMessage) =>
  message.local && message.addPath
    ? { afi: message.afi, as: message.localAs, address: message.localAddress }
    : peerEnd(message);

/** Families whose routes are shown; 3 was once unicast and multicast at a time (RFC 2858). */
const isShown = ({ afi, safi }: DumpedReach) => (afi === 1 || afi === 2) && safi >= 1 && safi <= 3;

/** A field of prefixes. */
interface PrefixField {
  readonly afi: number;
  readonly nlriStart: number;
  readonly nlriEnd: number;
}

/** What writes the lines of a message to `output`. */
export function bgpdumpUpdates(output: LineOutput): (record: MrtRecord, message: DumpedMessage) => void {
  const places = emptyPlaces();
  const layout = emptyLayout();
  const reach = emptyReach();
  const unreach = emptyReach();
  const address = new Uint8Array(16);
  const recent = recentText(output);
  // What the lines of a message have in common, before and behind the prefix: what it is made of, and where it stands in
  // the output since the last line.
  let letter = A;
  let mixed = false;
  let hop = NO_HOP;
  const head = { page: 0, at: 0, end: 0 };
  const tail = { page: 0, at: 0, end: 0 };

  function setLines(wanted: Ascii, wantedHop: NextHopPlace = NO_HOP): void {
    letter = wanted;
    mixed = false;
    hop = wantedHop;
    head.page = tail.page = 0;
  }

  function writeHead(out: DataView, at: number, record: MrtRecord, message: DumpedMessage): number {
    if (head.page === output.page) return writeCopy(out, at, out, head.at, head.end - head.at);
    const behind = writeText(out, writeTime(out, writeText(out, at, messageFormat(record, message)), record), letter);
    head.page = output.page;
    head.at = at;
    head.end = mixed
      ? writeMixedEnd(out, behind, record, message)
      : writeEnd(out, behind, record.bytes, shownEnd(message));
    return head.end;
  }

  /** * IPv6 withdrawn by us over an IPv4 session: the four octets of the peer stand as the begin of an IPv6 address. */
  function writeMixedEnd(
    out: DataView,
    at: number,
    { bytes }: MrtRecord,
    { peerAddress, peerAs }: DumpedMessage,
  ): number {
    const octets = new Uint8Array(16);
    octets.set(bytes.subarray(peerAddress, peerAddress + 4));
    return writeEnd(out, at, octets, { afi: 2, as: peerAs, address: 0 });
  }

  function writeTail(out: DataView, at: number, record: MrtRecord, message: DumpedMessage): number {
    if (letter === W) {
      out.setUint8(at, LF);
      return at + 1;
    }
    if (tail.page === output.page) return writeCopy(out, at, out, tail.at, tail.end - tail.at);
    tail.page = output.page;
    tail.at = at;
    // The text of a list with MP_REACH_NLRI may differ from prefix to prefix.
    const { attributesStart, attributesEnd } = layout;
    const simple = places.starts[MP_REACH_NLRI]! < 0 && record.type !== BGP;
    if (simple) {
      tail.end = recent.write(at, message.peerAs * 2 + (message.as4 ? 1 : 0), record, attributesStart, attributesEnd);
      if (tail.end >= 0) return tail.end;
    }
    out.setUint8(at, BAR);
    const style = { as4: message.as4, old: record.type === BGP };
    tail.end = writeAttributes(out, at + 1, record.bytes, places, hop, style);
    if (simple) recent.made(at, tail.end);
    return tail.end;
  }

  /** A line for each prefix of a field, which is read as far as it can be. */
  function prefixLines(record: MrtRecord, message: DumpedMessage, { afi, nlriStart, nlriEnd }: PrefixField): void {
    const { bytes } = record;
    const { addPath } = message;
    const octets = afi === 1 ? 4 : 16;
    const room = HEAD_ROOM + (letter === W ? 0 : attributeTextRoom(layout.attributesEnd - layout.attributesStart));
    for (let i = nlriStart; i < nlriEnd; ) {
      const id = i;
      if (addPath) i += 4;
      const length = bytes[i]!;
      const used = (length + 7) >> 3;
      if (i + 1 + used > nlriEnd || length > 128) return;
      for (let n = 0; n < octets; n++) address[n] = n < used ? bytes[i + 1 + n]! : 0;
      i += 1 + used;
      output.line(room);
      const out = output.view;
      let at = writeHead(out, output.at, record, message);
      at = afi === 1 ? writeIPv4(out, at, address, 0) : writeIPv6(out, at, address, 0);
      out.setUint8(at, SLASH);
      at = writeNumber(out, at + 1, length);
      if (addPath) {
        out.setUint8(at, BAR);
        const high = (bytes[id]! << 8) | bytes[id + 1]!;
        at = writeNumber(out, at + 1, high * 65536 + ((bytes[id + 2]! << 8) | bytes[id + 3]!));
      }
      output.at = writeTail(out, at, record, message);
    }
  }

  /** * Of type BGP the address of the peer stands in place of that of the prefix. */
  function oldWithdrawnLines(record: MrtRecord, message: DumpedMessage): void {
    const { bytes } = record;
    for (let i = layout.withdrawnStart; i < layout.withdrawnEnd; ) {
      const length = bytes[i]!;
      i += 1 + ((length + 7) >> 3);
      if (i > layout.withdrawnEnd) return;
      output.line(HEAD_ROOM);
      const out = output.view;
      let at = writeIPv4(out, writeHead(out, output.at, record, message), bytes, message.peerAddress);
      out.setUint8(at, SLASH);
      at = writeNumber(out, at + 1, length);
      out.setUint8(at, LF);
      output.at = at + 1;
    }
  }

  function withdrawnLines(record: MrtRecord, message: DumpedMessage): void {
    const { withdrawnStart, withdrawnEnd } = layout;
    const multiprotocol = isShown(unreach) && unreach.nlriEnd > unreach.nlriStart;
    if (withdrawnEnd === withdrawnStart && !multiprotocol) return;
    setLines(W);
    if (record.type === BGP) {
      oldWithdrawnLines(record, message);
      return;
    }
    prefixLines(record, message, { afi: 1, nlriStart: withdrawnStart, nlriEnd: withdrawnEnd });
    if (!multiprotocol) return;
    if (unreach.afi === 2 && message.afi === 1 && message.local && !message.addPath) {
      setLines(W);
      mixed = true;
    }
    prefixLines(record, message, unreach);
  }

  function announcedLines(record: MrtRecord, message: DumpedMessage): void {
    const { nlriStart, nlriEnd } = layout;
    const multiprotocol = record.type !== BGP && isShown(reach) && reach.nlriEnd > reach.nlriStart && hasNextHop(reach);
    if (nlriEnd > nlriStart) {
      setLines(A);
      prefixLines(record, message, { afi: 1, nlriStart, nlriEnd });
    }
    if (!multiprotocol) return;
    // * LOCAL_PREF and MED of IPv4 routes in MP_REACH_NLRI are printed as signed numbers.
    setLines(A, { start: reach.hop, octets: reach.hopOctets, signed: reach.afi === 1 });
    prefixLines(record, message, reach);
  }

  /** Lays out an UPDATE; one whose writer cut it short is laid out as far as it goes. */
  function layOut(bytes: Uint8Array, { start, end }: DumpedMessage): void {
    if (locateUpdate(bytes, start, end, layout) === null) return;
    const withdrawn = end - start < 2 ? 0 : (bytes[start]! << 8) | bytes[start + 1]!;
    layout.withdrawnStart = Math.min(end, start + 2);
    layout.withdrawnEnd = Math.min(end, start + 2 + withdrawn);
    layout.attributesStart = Math.min(end, layout.withdrawnEnd + 2);
    layout.attributesEnd = layout.nlriStart = layout.nlriEnd = end;
  }

  return (record, message) => {
    if (message.type !== UPDATE) return;
    const { bytes } = record;
    layOut(bytes, message);
    locateAttributes(bytes, layout.attributesStart, layout.attributesEnd, places);
    readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
    readUnreach(bytes, places.starts[MP_UNREACH_NLRI]!, places.ends[MP_UNREACH_NLRI]!, unreach);
    withdrawnLines(record, message);
    announcedLines(record, message);
  };
}
