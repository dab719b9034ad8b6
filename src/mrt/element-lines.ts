/**
 * The elements of MRT files as JSON, one a line. Routes are written as octets, put together from texts: what two of them
 * have in common, above all their attributes, is not made again.
 */
import { UPDATE } from '../bgp/message.ts';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { type Afi, formatAddress } from '../net/address.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI, MP_UNREACH_NLRI, NEXT_HOP } from './attribute-places.ts';
import type { DumpedMessage } from './bgp4mp.ts';
import { cleanAttributes } from './clean-attributes.ts';
import { decodeDumped } from './dumped-attributes.ts';
import { type DumpedReach, emptyReach, readReach, readUnreach } from './dumped-reach.ts';
import { addressAt, attributesOf, hex, hopOf } from './element-attributes.ts';
import { base, type MrtElement, messageEnds, otherElements } from './elements.ts';
import { lineOutput, type TextSink } from './line-output.ts';
import { peerText } from './peer-text.ts';
import { TABLE_DUMP } from './record-types.ts';
import type { MrtRecord } from './records.ts';
import { LONGEST_TEXT, textMemo } from './text-memo.ts';
import { ascii, writeCopy, writeIPv4, writeNumber, writeString, writeText } from './text-octets.ts';
import type { MrtVisitor } from './walk.ts';

/** More than a line takes without its head and what of its attributes is not known. */
const ROOM = 1024 + LONGEST_TEXT;
const PREFIX = ascii(',"prefix":"');
const QUOTE = ascii('"');
const SLASH = ascii('/');
const MULTICAST = ascii(',"multicast":true');
const PATH_ID = ascii(',"pathId":');
const ORIGINATED = ascii(',"originated":');
const THOUSAND = ascii('000');
const END = ascii('}\n');
const NO_FIELDS = '}\n';

export interface ElementLines extends MrtVisitor {
  /** Hands over what is left. */
  flush(): void;
}

/** Fields behind others, and the end of the line. */
const endOf = (fields: object) => {
  const text = JSON.stringify(fields);
  return text === '{}' ? NO_FIELDS : `,${text.slice(1)}\n`;
};

/** An object that goes on. */
const beginOf = (fields: object) => JSON.stringify(fields).slice(0, -1);

const u32 = (bytes: Uint8Array, at: number) =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/** A visitor that gives the elements to `sink`, many lines at a time. */
export function elementLines(sink: TextSink): ElementLines {
  const output = lineOutput(sink);
  const places = emptyPlaces();
  const layout = emptyLayout();
  const reach = emptyReach();
  const unreach = emptyReach();
  const memo = textMemo();
  const address = new Uint8Array(16);
  // What the lines of a message begin with, and where it stands in the output since the last line.
  let head = '';
  const headPlace = { page: 0, at: 0, end: 0 };

  function give(element: MrtElement): void {
    output.line(0);
    output.text(`${JSON.stringify(element)}\n`);
  }

  /** What a route begins with: to the AS of its peer. */
  const writePeer = peerText((out, at, record, { peerBytes, peerAddress, peerAfi, peerAs }) => {
    const peer = { peerAddress: addressAt(peerBytes, peerAddress, peerAfi), peerAs };
    return writeString(out, at, beginOf({ ...base(record, 'route'), ...peer }));
  });

  /** A prefix whose first octets stand at `start` to `end`, and that of its fields which belong to it. */
  function writePrefix(at: number, bytes: Uint8Array, start: number, end: number, afi: Afi, length: number): number {
    const out = output.view;
    const octets = afi === 1 ? 4 : 16;
    for (let i = 0; i < octets; i++) address[i] = start + i < end ? bytes[start + i]! : 0;
    let next = writeText(out, at, PREFIX);
    if (afi === 1) next = writeIPv4(out, next, address, 0);
    else next = writeString(out, next, formatAddress({ afi, bytes: address }));
    next = writeNumber(out, writeText(out, next, SLASH), length);
    return writeText(out, next, QUOTE);
  }

  /** From the first attribute to the end of the line; `hopped` with the next hop of `reach`. */
  function putTail(bytes: Uint8Array, start: number, end: number, as4: boolean, hopped: boolean): void {
    const known = memo.write(output.view, output.at, bytes, start, end, (as4 ? 1 : 0) + (hopped ? 2 : 0));
    if (known >= 0) {
      output.at = known;
      return;
    }
    const hop = hopped ? hopOf(bytes, reach) : {};
    // A next hop that takes the place of another stands where that stood.
    const clean = hopped && places.starts[NEXT_HOP]! >= 0 ? null : cleanAttributes(bytes, start, end, as4);
    const text =
      clean === null ? endOf({ ...attributesOf(decodeDumped(bytes, start, end, as4)), ...hop }) : clean + endOf(hop);
    const from = output.text(text);
    memo.keep(output.view, from, output.at);
  }

  function beginLine(): void {
    output.line(ROOM + head.length);
    if (headPlace.page === output.page) {
      output.at = writeCopy(output.view, output.at, output.view, headPlace.at, headPlace.end - headPlace.at);
      return;
    }
    headPlace.at = output.text(head);
    headPlace.end = output.at;
    headPlace.page = output.page;
  }

  function putEnd(): void {
    output.at = writeText(output.view, output.at, END);
  }

  /** A line for each prefix, ended by `end`; what cannot be read of the field is one of its octets. */
  function prefixes(
    bytes: Uint8Array,
    { afi, safi, nlriStart, nlriEnd }: Omit<DumpedReach, 'hop' | 'hopOctets'>,
    addPath: boolean,
    end: () => void,
  ): void {
    if ((afi !== 1 && afi !== 2) || (safi !== 1 && safi !== 2)) {
      if (nlriEnd <= nlriStart) return;
      beginLine();
      output.text(`,"family":"${afi}/${safi}","nlri":"${hex(bytes.subarray(nlriStart, nlriEnd))}"`);
      end();
      return;
    }
    for (let at = nlriStart; at < nlriEnd; ) {
      const length = addPath ? at + 4 : at;
      const next = length + 1 + ((bytes[length]! + 7) >> 3);
      beginLine();
      if (length >= nlriEnd || next > nlriEnd || bytes[length]! > (afi === 1 ? 32 : 128)) {
        output.text(`,"unreadable":"${hex(bytes.subarray(at, nlriEnd))}"`);
        end();
        return;
      }
      const out = output.view;
      if (safi === 2) output.at = writeText(out, output.at, MULTICAST);
      output.at = writePrefix(output.at, bytes, length + 1, next, afi, bytes[length]!);
      if (addPath) output.at = writeNumber(out, writeText(out, output.at, PATH_ID), u32(bytes, at));
      end();
      at = next;
    }
  }

  function setHead(record: MrtRecord, what: string, ends: string): void {
    const { time, type } = base(record, what);
    head = `{"what":"${what}","type":"${type}","time":${time}${ends}`;
    headPlace.page = 0;
  }

  function update(record: MrtRecord, message: DumpedMessage): void {
    const { bytes } = record;
    const wrong = locateUpdate(bytes, message.start, message.end, layout);
    if (wrong !== null) {
      const body = hex(bytes.subarray(message.start, message.end));
      give({ ...base(record, 'update'), ...messageEnds(bytes, message), error: wrong.what ?? '', hex: body });
      return;
    }
    const { withdrawnStart, withdrawnEnd, attributesStart, attributesEnd, nlriStart, nlriEnd } = layout;
    const { addPath, as4 } = message;
    locateAttributes(bytes, attributesStart, attributesEnd, places);
    readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
    readUnreach(bytes, places.starts[MP_UNREACH_NLRI]!, places.ends[MP_UNREACH_NLRI]!, unreach);
    const ends = endOf(messageEnds(bytes, message)).slice(0, -NO_FIELDS.length);
    setHead(record, 'withdraw', ends);
    prefixes(bytes, { afi: 1, safi: 1, nlriStart: withdrawnStart, nlriEnd: withdrawnEnd }, addPath, putEnd);
    if (unreach.afi !== 0) prefixes(bytes, unreach, addPath, putEnd);
    setHead(record, 'announce', ends);
    const tail = (hopped: boolean) => () => putTail(bytes, attributesStart, attributesEnd, as4, hopped);
    prefixes(bytes, { afi: 1, safi: 1, nlriStart, nlriEnd }, addPath, tail(false));
    if (reach.afi !== 0) prefixes(bytes, reach, addPath, tail(true));
  }

  const others = otherElements(give);
  return {
    ...others,
    flush: output.flush,

    route(record, route) {
      const { bytes } = record;
      const { attributesStart, attributesEnd, afi, prefix, prefixLength } = route;
      locateAttributes(bytes, attributesStart, attributesEnd, places);
      readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
      output.line(ROOM);
      const out = output.view;
      let at = writePeer(out, output.at, record, route);
      if (route.safi === 2) at = writeText(out, at, MULTICAST);
      const octets = record.type === TABLE_DUMP ? (afi === 1 ? 4 : 16) : (prefixLength + 7) >> 3;
      at = writePrefix(at, bytes, prefix, prefix + octets, afi, prefixLength);
      if (route.addPath) at = writeNumber(out, writeText(out, at, PATH_ID), route.pathId);
      at = writeNumber(out, writeText(out, at, ORIGINATED), route.originated);
      output.at = route.originated === 0 ? at : writeText(out, at, THOUSAND);
      putTail(bytes, attributesStart, attributesEnd, route.as4, reach.afi !== 0);
    },

    message(record, message) {
      if (message.type === UPDATE) update(record, message);
      else others.message(record, message);
    },
  };
}
