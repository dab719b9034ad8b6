/** The headers of a packet as flow records name them: of each IP layer, for an exporter may have seen any of them. */
import type { FlowKey } from '../../flow/flow-store.ts';
import { findLayers } from '../../packet/find-layers.ts';
import { newLayers } from '../../packet/layers.ts';
import { u16 } from '../../packet/octets.ts';

/** Protocols whose header begins with two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** A frame of a LINKTYPE_, which had `wire` octets on the wire. Layers that contradict themselves are left out. */
export function flowKeysOf(frame: Uint8Array, linkType: number, wire: number): FlowKey[] {
  const layers = newLayers();
  findLayers(frame, 0, frame.length, wire, linkType, layers);
  const keys: FlowKey[] = [];
  for (let i = 0; i < layers.count; i++) {
    if (layers.fault[i] !== null) continue;
    const four = layers.family[i] === 4;
    const start = layers.start[i]!;
    const [source, octets] = four ? [start + 12, 4] : [start + 8, 16];
    const destination = layers.destination[i]!;
    const fragment = layers.fragment[i]!;
    // The ports are in the first fragment.
    const later = four ? (u16(frame, start + 6) & 0x1fff) > 0 : fragment >= 0 && u16(frame, fragment + 2) >> 3 > 0;
    const upper = layers.upper[i]!;
    const ports = WITH_PORTS.has(layers.protocol[i]!) && !later && layers.end[i]! - upper >= 4;
    keys.push({
      protocol: layers.protocol[i]!,
      source: new Uint8Array(frame.subarray(source, source + octets)),
      destination: new Uint8Array(frame.subarray(destination, destination + octets)),
      sourcePort: ports ? u16(frame, upper) : null,
      destinationPort: ports ? u16(frame, upper + 2) : null,
    });
  }
  return keys;
}
