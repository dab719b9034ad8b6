/**
 * sFlow version 5 (sflow.org, "sFlow Version 5", July 2004): XDR, every number 4 octets. What is read of it are packets: their
 * first octets, sampled 1 in N, and the interfaces they came in and went out by.
 *
 *     datagram   version 5 · agent address (type 1: 4 octets, 2: 16) · sub-agent · sequence · uptime ms · count of samples
 *     sample     enterprise << 12 | format · length · body; formats of enterprise 0:
 *                1 flow: sequence · source · rate · pool · drops · input · output · count of records
 *                3 expanded flow: the same, with source, input and output as two numbers each
 *                5 discarded packet: sequence · source (two) · drops · input · output · reason · count of records
 *                2, 4 counters: passed over
 *     record     enterprise << 12 | format · length · body; of enterprise 0:
 *                1 header: protocol · frame length · octets stripped · count · octets, padded to 4
 *                3, 4 IPv4, IPv6: length · protocol · addresses · ports · flags · TOS
 *                1001 switch: VLAN and priority in, VLAN and priority out      1007 NAT: address, address behind it
 *
 * The extended router and gateway records (1002, 1003) are passed over: they tell the way back to the source address, which
 * of a spoofed packet says nothing.
 */
import { clearFlowRecord, type FlowRecord } from './flow-record.ts';
import type { FlowError, FlowReading, ObservationDomain } from './observation-domain.ts';
import { noteSequence } from './sequence.ts';
import { u32 } from './unsigned.ts';

/** LINKTYPE_ values of the header protocols that there is one for; MPLS is 219. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [1, 1], // ETHERNET-ISO88023
  [7, 9], // PPP
  [11, 228], // IPv4
  [12, 229], // IPv6
  [13, 219], // MPLS
  [14, 50], // POS: PPP in HDLC-like framing
]);

const FLOW_SAMPLE = 1;
const EXPANDED_FLOW_SAMPLE = 3;
const DISCARDED_PACKET = 5;

/** Reads a datagram `bytes[start]` to `bytes[end - 1]` that begins with version 5; tells what is wrong with it, or null. */
export function decodeSflow(bytes: Uint8Array, start: number, end: number, reading: FlowReading): FlowError | null {
  const wrong = (at: number, reason: string): FlowError => ({ offset: at - start, reason });
  if (end - start < 28) return wrong(end, 'the header is cut');
  const type = u32(bytes, start + 4);
  if (type !== 1 && type !== 2) return wrong(start + 4, `an agent address of type ${type}`);
  let at = start + (type === 1 ? 12 : 24);
  if (end - at < 16) return wrong(end, 'the header is cut');
  const agent = Buffer.from(bytes.buffer, bytes.byteOffset + start + 8, type === 1 ? 4 : 16).toString('hex');
  const domain = reading.domain(u32(bytes, at), agent);
  if (domain === null) return null;
  noteSequence(domain.sequence, u32(bytes, at + 4), 1);
  const samples = u32(bytes, at + 12);
  at += 16;
  for (let i = 0; i < samples; i++) {
    if (end - at < 8) return wrong(at, `sample ${i + 1} of ${samples} is missing`);
    const format = u32(bytes, at);
    const length = u32(bytes, at + 4);
    const body = at + 8;
    if (length > end - body) return wrong(at + 4, `sample ${i + 1} has ${length} octets where ${end - body} are left`);
    at = body + length;
    if (format === FLOW_SAMPLE || format === EXPANDED_FLOW_SAMPLE || format === DISCARDED_PACKET) {
      const reason = readSample(format, bytes, body, at, domain, reading);
      if (reason !== null) return wrong(body, `sample ${i + 1}: ${reason}`);
    } else reading.counts.passedOver++;
  }
  return null;
}

/** Offsets of what differs between the three kinds of sample; -1 where a kind has none. */
const PLACES = {
  [FLOW_SAMPLE]: { source: 4, rate: 8, drops: 16, input: 20, output: 24, octets: 32, wide: false },
  [EXPANDED_FLOW_SAMPLE]: { source: 8, rate: 12, drops: 20, input: 24, output: 32, octets: 44, wide: true },
  [DISCARDED_PACKET]: { source: 8, rate: -1, drops: 12, input: 16, output: 20, octets: 32, wide: false },
} as const;

function readSample(
  format: keyof typeof PLACES,
  bytes: Uint8Array,
  from: number,
  end: number,
  domain: ObservationDomain,
  reading: FlowReading,
): string | null {
  const places = PLACES[format];
  if (end - from < places.octets) return 'it is cut';
  const { record, counts, now } = reading;
  clearFlowRecord(record, bytes);
  record.sampling = places.rate < 0 ? 0 : u32(bytes, from + places.rate);
  record.input = interfaceOf(bytes, from + places.input, places.wide);
  record.output = interfaceOf(bytes, from + places.output, places.wide);
  record.first = now;
  record.last = now;
  record.observed = now;
  noteDrops(domain, u32(bytes, from + places.source), u32(bytes, from + places.drops));
  const records = u32(bytes, from + places.octets - 4);
  let at = from + places.octets;
  for (let i = 0; i < records; i++) {
    if (end - at < 8) return `record ${i + 1} of ${records} is missing`;
    const kind = u32(bytes, at);
    const length = u32(bytes, at + 4);
    const body = at + 8;
    if (length > end - body) return `record ${i + 1} has ${length} octets where ${end - body} are left`;
    at = body + length;
    const reason = readRecord(kind, bytes, body, at, record);
    if (reason !== null) return `record ${i + 1}: ${reason}`;
  }
  // What tells neither octets nor addresses of a packet is of no use here.
  if (record.section < 0 && record.family === 0) {
    counts.passedOver++;
    return null;
  }
  record.packets = 1;
  counts.records++;
  reading.take(record);
  return null;
}

/** The compact form has two bits of what it is: 0 an ifIndex, 1 a reason for dropping, 2 a count of interfaces. */
function interfaceOf(bytes: Uint8Array, at: number, wide: boolean): number {
  const value = u32(bytes, at);
  if (wide) return value === 0 ? known(u32(bytes, at + 4)) : 0;
  return value >>> 30 === 0 ? known(value) : 0;
}

/** 0 is "not known", 0x3fffffff "the device itself". */
function known(index: number): number {
  return index === 0x3fffffff || index === 0xffffffff ? 0 : index;
}

/** Sources whose count of drops is remembered. */
const MOST_SOURCES = 1024;

/** Samples that the agent had to drop count like those that were lost on the way. */
function noteDrops(domain: ObservationDomain, source: number, drops: number): void {
  const before = domain.drops.get(source);
  if (before === undefined && domain.drops.size >= MOST_SOURCES) return;
  domain.drops.set(source, drops);
  if (before !== undefined && drops > before) domain.sequence.lost += drops - before;
}

function readRecord(kind: number, bytes: Uint8Array, at: number, end: number, record: FlowRecord): string | null {
  switch (kind) {
    case 1:
      return readHeader(bytes, at, end, record);
    case 3:
      if (end - at < 32) return 'it is cut';
      setPacket(bytes, at, record, 4, at + 8, at + 12, at + 16);
      return null;
    case 4:
      if (end - at < 56) return 'it is cut';
      setPacket(bytes, at, record, 6, at + 8, at + 24, at + 40);
      return null;
    case 1001:
      if (end - at < 16) return 'it is cut';
      record.vlan = u32(bytes, at) & 0xfff;
      return null;
    case 1007:
      return readNat(bytes, at, end, record);
    default:
      return null;
  }
}

function readHeader(bytes: Uint8Array, at: number, end: number, record: FlowRecord): string | null {
  if (end - at < 16) return 'it is cut';
  const count = u32(bytes, at + 12);
  if (count > end - at - 16) return `a header of ${count} octets where ${end - at - 16} are left`;
  const linkType = LINK_TYPES.get(u32(bytes, at));
  if (linkType === undefined) return null;
  record.sectionLink = linkType;
  record.section = at + 16;
  record.sectionOctets = count;
  // The frame is counted with what was stripped, as a frame check sequence, or in front.
  record.sectionWire = Math.max(count, u32(bytes, at + 4) - u32(bytes, at + 8));
  record.octets = u32(bytes, at + 4);
  return null;
}

function setPacket(
  bytes: Uint8Array,
  at: number,
  record: FlowRecord,
  family: number,
  source: number,
  destination: number,
  ports: number,
): void {
  record.octets = u32(bytes, at);
  record.protocol = u32(bytes, at + 4) & 0xff;
  record.family = family;
  record.source = source;
  record.destination = destination;
  record.sourcePort = u32(bytes, ports) & 0xffff;
  record.destinationPort = u32(bytes, ports + 4) & 0xffff;
}

/** Two addresses, each with its type: what source and destination are on the other side. */
function readNat(bytes: Uint8Array, from: number, end: number, record: FlowRecord): string | null {
  let at = from;
  for (const which of ['natSource', 'natDestination'] as const) {
    if (end - at < 4) return 'it is cut';
    const type = u32(bytes, at);
    const octets = type === 1 ? 4 : type === 2 ? 16 : 0;
    if (end - at - 4 < octets) return 'it is cut';
    if (octets > 0) {
      record[which] = at + 4;
      record.natFamily = octets === 4 ? 4 : 6;
    }
    at += 4 + octets;
  }
  return null;
}

/** A sampled packet, to be written. */
export interface SflowSample {
  readonly sequence: number;
  readonly rate: number;
  readonly drops: number;
  readonly input: number;
  readonly output: number;
  readonly expanded: boolean;
  /** Header protocol: 1 Ethernet, 11 IPv4, 12 IPv6. */
  readonly protocol: number;
  /** Length on the wire, and the first octets of the frame. */
  readonly frameLength: number;
  readonly header: Uint8Array;
  /** Octets of the frame that were stripped: 4 of Ethernet. */
  readonly stripped: number;
  readonly vlan: number | null;
}

export interface SflowHeader {
  /** 4 or 16 octets. */
  readonly agent: Uint8Array;
  readonly subAgent: number;
  readonly sequence: number;
  readonly uptime: number;
}

/** Writes a datagram of flow samples. */
export function encodeSflow(header: SflowHeader, samples: readonly SflowSample[]): Uint8Array {
  const type = header.agent.length === 4 ? 1 : 2;
  const head = [longs(5, type), header.agent, longs(header.subAgent, header.sequence, header.uptime, samples.length)];
  return Uint8Array.from(Buffer.concat([...head, ...samples.map(encodeSample)]));
}

function encodeSample(sample: SflowSample): Buffer {
  const { sequence, rate, drops, input, output, expanded, header, vlan } = sample;
  const padding = new Uint8Array(-header.length & 3);
  const raw = Buffer.concat([
    longs(1, 16 + header.length + padding.length),
    longs(sample.protocol, sample.frameLength, sample.stripped, header.length),
    header,
    padding,
  ]);
  const tagged = vlan === null ? [] : [longs(1001, 16, vlan, 0, vlan, 0)];
  const records = tagged.length + 1;
  const source = expanded ? [0, input] : [input];
  const ends = expanded ? [0, input, 0, output] : [input, output];
  const body = Buffer.concat([longs(sequence, ...source, rate, 0, drops, ...ends, records), ...tagged, raw]);
  return Buffer.concat([longs(expanded ? EXPANDED_FLOW_SAMPLE : FLOW_SAMPLE, body.length), body]);
}

function longs(...values: number[]): Buffer {
  const made = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    made.writeUInt32BE(value >>> 0, i * 4);
  });
  return made;
}
