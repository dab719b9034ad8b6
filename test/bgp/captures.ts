import { readFileSync } from 'node:fs';
import { createFramer } from '../../src/bgp/message.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { pcapReader } from '../../src/packet/pcap.ts';

const BGP = 179;
const TCP = 6;

/** One direction of a TCP connection: its octets in the order of their numbers, cut where some are missing. */
interface Direction {
  next: number;
  readonly pieces: Uint8Array[][];
}

/** The BGP messages of a capture, in the order of connections. What stands in no whole message is left out. */
export function bgpMessages(file: string): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (const stream of tcpStreams(readFileSync(file), BGP)) {
    // A capture begins anywhere: the first message is found by its marker.
    const start = stream.findIndex((_, at) => stream.subarray(at, at + 16).every(octet => octet === 0xff));
    const framer = createFramer((_, bytes, from, to) => {
      messages.push(bytes.slice(from, to));
      return true;
    });
    framer.setMaxLength(65535);
    if (start >= 0) framer.push(stream.subarray(start));
  }
  return messages;
}

/** The octets of each direction of the TCP connections of a capture: of those with this port, or of all. */
export function tcpStreams(capture: Uint8Array, port: number | null): Uint8Array[] {
  const directions = new Map<string, Direction>();
  const layers = newLayers();
  const reader = pcapReader();
  reader.feed(capture);
  while (reader.next() === 'record') {
    const { bytes, offset, captured, wire, linkType } = reader.record;
    findLayers(bytes, offset, offset + captured, wire, linkType, layers);
    for (let i = 0; i < layers.count; i++) {
      if (layers.protocol[i] !== TCP) continue;
      const tcp = layers.upper[i]!;
      const end = Math.min(layers.end[i]!, tcp + layers.length[i]!);
      if (end - tcp >= 20) take(directions, bytes.subarray(layers.start[i]!, tcp), bytes.subarray(tcp, end), port);
    }
  }
  return [...directions.values()].flatMap(({ pieces }) => pieces.map(piece => Buffer.concat(piece)));
}

/** Adds the payload of a segment to its direction; one sent again gives what is new of it. */
function take(directions: Map<string, Direction>, ip: Uint8Array, segment: Uint8Array, port: number | null): void {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const ports = [view.getUint16(0), view.getUint16(2)];
  const payload = segment.subarray((segment[12]! >> 4) * 4);
  if ((port !== null && !ports.includes(port)) || payload.length === 0) return;
  const addresses = Buffer.from(ip.subarray(ip[0]! >> 4 === 4 ? 12 : 8, ip[0]! >> 4 === 4 ? 20 : 40)).toString('hex');
  const key = `${addresses} ${ports}`;
  const number = view.getUint32(4);
  const direction = directions.get(key) ?? { next: number, pieces: [[]] };
  directions.set(key, direction);
  const ahead = (number - direction.next) | 0;
  if (ahead > 0) direction.pieces.push([]);
  if (ahead + payload.length <= 0) return;
  direction.pieces.at(-1)!.push(payload.slice(Math.max(0, -ahead)));
  direction.next = (number + payload.length) >>> 0;
}
