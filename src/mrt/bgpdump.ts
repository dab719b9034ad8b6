/**
 * The lines of `bgpdump -m` (RIPE NCC, 1.6.2), character for character: its order, its defaults, and its slips, for there
 * are scripts that read them. Each slip that is kept on purpose is marked by *.
 */
import { emptyPlaces, locateAttributes, MP_REACH_NLRI } from './attribute-places.ts';
import { attributeTextRoom, writeAttributes } from './attribute-text.ts';
import { bgpdumpUpdates } from './bgpdump-updates.ts';
import { emptyReach, hasNextHop, readReach } from './dumped-reach.ts';
import { HEAD_ROOM, peerEnd, writeEnd, writeTime } from './line-head.ts';
import { lineOutput, type TextSink } from './line-output.ts';
import { peerText } from './peer-text.ts';
import { recentText } from './recent-text.ts';
import { TABLE_DUMP } from './record-types.ts';
import { type Ascii, ascii, writeAddress, writeCopy, writeNumber, writeText } from './text-octets.ts';
import type { DumpedRoute, MrtVisitor } from './walk.ts';

const BAR = 0x7c;
const SLASH = 0x2f;
const LF = 0x0a;
const B = ascii('|B|');
const STATE = ascii('|STATE|');
const TABLE_DUMP_FORMAT = ascii('TABLE_DUMP|');
const TABLE_DUMP2_FORMAT = ascii('TABLE_DUMP2|');
const TABLE_DUMP2_AP_FORMAT = ascii('TABLE_DUMP2_AP|');
const STATE_FORMATS: Readonly<Record<number, Ascii>> = {
  5: ascii('BGP|'),
  16: ascii('BGP4MP|'),
  17: ascii('BGP4MP_ET|'),
};
const AS4_STYLE = { as4: true, old: false };
const AS2_STYLE = { as4: false, old: false };

export interface BgpdumpLines extends MrtVisitor {
  /** Hands over what is left. */
  flush(): void;
  /** Lines written. */
  readonly lines: () => number;
}

/** A visitor that makes lines of what it is shown; `sink` gets them as octets, many at a time. */
export function bgpdumpLines(sink: TextSink): BgpdumpLines {
  const output = lineOutput(sink);
  const places = emptyPlaces();
  const reach = emptyReach();
  const hop = { start: 0, octets: 0, signed: false };
  const recent = recentText(output);
  // Where the prefix of a record stands in the output, for all its entries.
  let prefixRecord = 0;
  let prefixPage = 0;
  let prefixAt = 0;
  let prefixEnd = 0;

  /** From the format to the bar behind the AS of the peer. */
  const writePeer = peerText((out, at, record, route) => {
    const old = record.type === TABLE_DUMP;
    const format = old ? TABLE_DUMP_FORMAT : route.addPath ? TABLE_DUMP2_AP_FORMAT : TABLE_DUMP2_FORMAT;
    let next = writeText(out, writeNumber(out, writeText(out, at, format), record.seconds), B);
    next = writeAddress(out, next, route.peerAfi, route.peerBytes, route.peerAddress);
    out.setUint8(next, BAR);
    next = writeNumber(out, next + 1, route.peerAs);
    out.setUint8(next, BAR);
    return next + 1;
  });

  return {
    lines: () => output.lines,
    flush: output.flush,
    message: bgpdumpUpdates(output),
    other() {},

    route(record, route) {
      if (route.safi !== 1) return;
      const { bytes } = record;
      const { attributesStart, attributesEnd } = route;
      const old = record.type === TABLE_DUMP;
      output.line(HEAD_ROOM + attributeTextRoom(attributesEnd - attributesStart));
      const out = output.view;
      let at = writePeer(out, output.at, record, route);
      if (prefixRecord === record.number && prefixPage === output.page)
        at = writeCopy(out, at, out, prefixAt, prefixEnd - prefixAt);
      else {
        prefixRecord = record.number;
        prefixPage = output.page;
        prefixAt = at;
        at = prefixEnd = writePrefix(out, at, bytes, route, old);
      }
      if (route.addPath) {
        at = writeNumber(out, at, route.pathId);
        out.setUint8(at++, BAR);
      }
      const place = 4 * (old ? route.peerAs : route.peerIndex) + (old ? 2 : 0) + (route.as4 ? 1 : 0);
      const known = recent.write(at, place, record, attributesStart, attributesEnd);
      if (known >= 0) {
        output.at = known;
        return;
      }
      locateAttributes(bytes, attributesStart, attributesEnd, places);
      readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
      // * In a TABLE_DUMP an IPv4 next hop of MP_REACH_NLRI does not count.
      const usable = reach.safi === 1 && (reach.afi === 2 || (reach.afi === 1 && !old)) && hasNextHop(reach);
      hop.start = reach.hop;
      hop.octets = usable ? reach.hopOctets : 0;
      output.at = writeAttributes(out, at, bytes, places, hop, route.as4 ? AS4_STYLE : AS2_STYLE);
      recent.made(at, output.at);
    },

    state(record, state) {
      output.line(HEAD_ROOM);
      const out = output.view;
      let at = writeText(out, output.at, STATE_FORMATS[record.type]!);
      at = writeText(out, writeTime(out, at, record), STATE);
      at = writeEnd(out, at, record.bytes, peerEnd(state));
      at = writeNumber(out, at, state.from);
      out.setUint8(at, BAR);
      at = writeNumber(out, at + 1, state.to);
      out.setUint8(at, LF);
      output.at = at + 1;
    },
  };
}

const padded = new Uint8Array(16);

/** The prefix of a table dump, and a bar. `whole`: all octets of the address are there, else only those that hold the prefix. */
function writePrefix(out: DataView, at: number, bytes: Uint8Array, route: DumpedRoute, whole: boolean): number {
  let next: number;
  if (whole) next = writeAddress(out, at, route.afi, bytes, route.prefix);
  else {
    const used = (route.prefixLength + 7) >> 3;
    const octets = route.afi === 1 ? 4 : 16;
    for (let i = 0; i < octets; i++) padded[i] = i < used ? bytes[route.prefix + i]! : 0;
    next = writeAddress(out, at, route.afi, padded, 0);
  }
  out.setUint8(next, SLASH);
  next = writeNumber(out, next + 1, route.prefixLength);
  out.setUint8(next, BAR);
  return next + 1;
}
