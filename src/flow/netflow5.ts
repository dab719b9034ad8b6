/**
 * NetFlow version 5: a header of 24 octets and up to 30 records of 48, all in network byte order (Cisco, "NetFlow Export
 * Datagram Format"). IPv4 only, no packet octets.
 *
 *     header  0 version 5 · 2 count · 4 sysUptime ms · 8 seconds · 12 nanoseconds · 16 flow sequence
 *             20 engine type · 21 engine · 22 sampling: 2 bits mode, 14 bits interval
 *     record  0 source · 4 destination · 8 next hop · 12 input · 14 output · 16 packets · 20 octets · 24 first · 28 last
 *             32 source port · 34 destination port · 36 pad · 37 TCP flags · 38 protocol · 39 TOS
 *             40 source AS · 42 destination AS · 44 masks · 46 pad
 */
import { clearFlowRecord } from './flow-record.ts';
import type { FlowError, FlowReading } from './observation-domain.ts';
import { noteSequence } from './sequence.ts';
import { u16, u32 } from './unsigned.ts';

const HEADER = 24;
const RECORD = 48;

/** Reads a datagram `bytes[start]` to `bytes[end - 1]` that begins with version 5; tells what is wrong with it, or null. */
export function decodeNetflow5(bytes: Uint8Array, start: number, end: number, reading: FlowReading): FlowError | null {
  if (end - start < HEADER) return { offset: end - start, reason: 'the header is cut' };
  const count = u16(bytes, start + 2);
  if (count * RECORD > end - start - HEADER)
    return { offset: 2, reason: `${count} records do not fit into ${end - start} octets` };
  const uptime = u32(bytes, start + 4);
  const time = u32(bytes, start + 8) * 1000 + Math.floor(u32(bytes, start + 12) / 1e6);
  const domain = reading.domain(u16(bytes, start + 20));
  if (domain === null) return null;
  noteSequence(domain.sequence, u32(bytes, start + 16), count);
  const sampling = u16(bytes, start + 22) & 0x3fff;

  const { record, counts } = reading;
  for (let i = 0, at = start + HEADER; i < count; i++, at += RECORD) {
    clearFlowRecord(record, bytes);
    record.family = 4;
    record.source = at;
    record.destination = at + 4;
    record.input = u16(bytes, at + 12);
    record.output = u16(bytes, at + 14);
    record.packets = u32(bytes, at + 16);
    record.octets = u32(bytes, at + 20);
    record.first = sinceBoot(time, uptime, u32(bytes, at + 24));
    record.last = sinceBoot(time, uptime, u32(bytes, at + 28));
    record.sourcePort = u16(bytes, at + 32);
    record.destinationPort = u16(bytes, at + 34);
    record.protocol = bytes[at + 38]!;
    record.sampling = sampling;
    counts.records++;
    reading.take(record);
  }
  return null;
}

/** Instant of an uptime, given the uptime at an instant: 32 bits of milliseconds, which begin anew after 49.7 days. */
export function sinceBoot(time: number, uptime: number, then: number): number {
  // Signed: a flow may end after the header was written.
  return time - ((uptime - then) | 0);
}

export interface Netflow5Record {
  /** 4 octets each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  readonly input: number;
  readonly output: number;
  readonly packets: number;
  readonly octets: number;
  /** System uptime in ms at the first and last packet. */
  readonly first: number;
  readonly last: number;
}

export interface Netflow5Header {
  readonly uptime: number;
  /** Seconds since the epoch. */
  readonly seconds: number;
  readonly sequence: number;
  readonly engine: number;
  readonly sampling: number;
}

/** Writes a datagram of at most 30 records. */
export function encodeNetflow5(header: Netflow5Header, records: readonly Netflow5Record[]): Uint8Array {
  const made = Buffer.alloc(HEADER + records.length * RECORD);
  made.writeUInt16BE(5, 0);
  made.writeUInt16BE(records.length, 2);
  made.writeUInt32BE(header.uptime, 4);
  made.writeUInt32BE(header.seconds, 8);
  made.writeUInt32BE(header.sequence, 16);
  made.writeUInt16BE(header.engine, 20);
  made.writeUInt16BE(header.sampling, 22);
  records.forEach((record, i) => {
    const at = HEADER + i * RECORD;
    made.set(record.source, at);
    made.set(record.destination, at + 4);
    made.writeUInt16BE(record.input, at + 12);
    made.writeUInt16BE(record.output, at + 14);
    made.writeUInt32BE(record.packets, at + 16);
    made.writeUInt32BE(record.octets, at + 20);
    made.writeUInt32BE(record.first, at + 24);
    made.writeUInt32BE(record.last, at + 28);
    made.writeUInt16BE(record.sourcePort, at + 32);
    made.writeUInt16BE(record.destinationPort, at + 34);
    made[at + 38] = record.protocol;
  });
  return Uint8Array.from(made);
}
