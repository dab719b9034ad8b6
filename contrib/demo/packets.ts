/**
 * What the taps of the demonstration saw: ordinary traffic, and one UDP packet whose source address is forged, on its way
 * from the attacker to the victim. At each hop the TTL is one less and the MACs are those of the link.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { parseAddress } from '../../src/net/address.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import { ATTACKER, BYSTANDER, ENTRY, macOf, neighborsOf, TAPPED, TRANSIT, VICTIM } from './topology.ts';

const ETHERNET = 1;
const INSIDE = '00:00:5e:00:53:ff';
/** Seconds that a capture spans, and the second in which the packet passes. */
const SPAN = 30;
const AT = 15;
const NOISE = 4000;

/** The packet in question: DNS traffic from an address that is not the attacker's. */
const FORGED_SOURCE = '192.0.2.99';
const TARGET = '203.0.113.53';
const PATH: readonly number[] = [ATTACKER, ENTRY, BYSTANDER, TRANSIT, VICTIM];

function ipv4(source: string, destination: string, ttl: number, id: number, payload: Uint8Array): Uint8Array {
  const udp = Buffer.alloc(8 + payload.length);
  udp.writeUInt16BE(53, 0);
  udp.writeUInt16BE(53, 2);
  udp.writeUInt16BE(udp.length, 4);
  udp.set(payload, 8);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + udp.length, 2);
  header.writeUInt16BE(id, 4);
  header[8] = ttl;
  header[9] = 17;
  header.set(parseAddress(source)!.bytes, 12);
  header.set(parseAddress(destination)!.bytes, 16);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += header.readUInt16BE(i);
  sum = (sum & 0xffff) + (sum >> 16);
  header.writeUInt16BE(~(sum + (sum >> 16)) & 0xffff, 10);
  return Buffer.concat([header, udp]);
}

function ethernet(destination: string, source: string, packet: Uint8Array): Uint8Array {
  const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');
  return Buffer.concat([mac(destination), mac(source), Buffer.of(0x08, 0x00), packet]);
}

export interface Captures {
  /** By AS: the file that its probe reads. */
  readonly taps: ReadonlyMap<number, Uint8Array>;
  /** What the victim's intrusion detection kept: the packet in question is number 3. */
  readonly suspects: Uint8Array;
  /** Packets in each tap's file. */
  readonly packets: number;
}

/** Makes the captures. `start`: when they begin, seconds since the epoch. */
export function makeCaptures(start: number): Captures {
  const payload = randomBytes(64);
  const id = randomInt(65536);
  const when = (seconds: number) => BigInt(Math.round((start + seconds) * 1e6)) * 1000n;
  const taps = new Map<number, Uint8Array>();
  const forged = (hop: number) => ipv4(FORGED_SOURCE, TARGET, 64 - hop, id, payload);
  const noise = (as: number) => {
    const neighbor = neighborsOf(as)[randomInt(neighborsOf(as).length)]!;
    const packet = ipv4(
      `198.51.100.${randomInt(256)}`,
      `203.0.113.${randomInt(256)}`,
      60,
      randomInt(65536),
      randomBytes(80),
    );
    return randomInt(2) === 0 ? ethernet(INSIDE, macOf(neighbor), packet) : ethernet(macOf(neighbor), INSIDE, packet);
  };
  for (const as of TAPPED) {
    const frames = Array.from({ length: NOISE }, (_, i) => ({ time: when((i * SPAN) / NOISE), bytes: noise(as) }));
    const hop = PATH.indexOf(as);
    if (hop > 0) {
      frames.push({ time: when(AT + hop * 0.01), bytes: ethernet(INSIDE, macOf(PATH[hop - 1]!), forged(hop)) });
      const next = PATH[hop + 1];
      if (next !== undefined)
        frames.push({ time: when(AT + hop * 0.01 + 0.001), bytes: ethernet(macOf(next), INSIDE, forged(hop + 1)) });
    }
    frames.sort((a, b) => Number(a.time - b.time));
    taps.set(as, writePcap(ETHERNET, frames));
  }
  const last = PATH.length - 1;
  const kept = [noise(VICTIM), noise(VICTIM), ethernet(INSIDE, macOf(TRANSIT), forged(last)), noise(VICTIM)];
  const suspects = writePcap(
    ETHERNET,
    kept.map((bytes, i) => ({ time: when(AT + last * 0.01 + (i - 2) * 0.001), bytes })),
  );
  return { taps, suspects, packets: NOISE };
}
