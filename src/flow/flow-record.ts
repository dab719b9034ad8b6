/**
 * One record of a flow export, whatever its format: which packets a router says it saw, and where. The object is made once
 * and filled again for every record; what is an offset counts from the start of `bytes`. What is not stated is -1, or 0
 * where said.
 */
export interface FlowRecord {
  bytes: Uint8Array;
  /** 4 or 6; 0 when no addresses are stated. */
  family: number;
  /** Offsets of the addresses. */
  source: number;
  destination: number;
  /** IANA protocol number, and ports. */
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  /** ifIndex the packets came in and went out by; 0 means "not known" in every format. */
  input: number;
  output: number;
  vlan: number;
  /** Offsets of the link addresses. */
  sourceMac: number;
  destinationMac: number;
  /** Counts of what was sampled, not multiplied; 0 when not stated. */
  packets: number;
  octets: number;
  /** Of the other direction, in a bidirectional flow (RFC 5103). */
  reversePackets: number;
  reverseOctets: number;
  /** First and last packet, milliseconds since the epoch. */
  first: number;
  last: number;
  /** One packet in this many was looked at; 0 when not stated. */
  sampling: number;
  /** selectorId or samplerId: options records say how it samples. */
  selector: number;
  /** A piece of one sampled packet: LINKTYPE_ of what it begins with (0: no piece), where, how long, and how long on the wire. */
  sectionLink: number;
  section: number;
  sectionOctets: number;
  sectionWire: number;
  /** How many of its octets are the packet's, where it was filled up (410). */
  sectionExported: number;
  /** When a single packet or event was observed, milliseconds since the epoch. */
  observed: number;
  /** What a translator says: event, offsets of the addresses and ports on the other side, block of ports, VRF. */
  natEvent: number;
  natFamily: number;
  natSource: number;
  natDestination: number;
  natSourcePort: number;
  natDestinationPort: number;
  blockFirst: number;
  blockLast: number;
  blockStep: number;
  blockPorts: number;
  realm: number;
  /** How a selector samples, in an options record: RFC 5477 section 8.2, -1 where not stated. */
  algorithm: number;
  interval: number;
  space: number;
  size: number;
  population: number;
  probability: number;
  hashMin: number;
  hashMax: number;
  selectedMin: number;
  selectedMax: number;
  /** Milliseconds since the exporter started, of NetFlow; `boot` is when it did, where a record states that. */
  firstUptime: number;
  lastUptime: number;
  boot: number;
  /** Microseconds before the export time (158, 159). */
  firstBefore: number;
  lastBefore: number;
}

const NOTHING: Omit<FlowRecord, 'bytes'> = {
  ...{ family: 0, source: -1, destination: -1, protocol: -1, sourcePort: -1, destinationPort: -1 },
  ...{ input: 0, output: 0, vlan: -1, sourceMac: -1, destinationMac: -1 },
  ...{ packets: 0, octets: 0, reversePackets: 0, reverseOctets: 0, first: -1, last: -1, sampling: 0, selector: -1 },
  ...{ sectionLink: 0, section: -1, sectionOctets: 0, sectionWire: -1, sectionExported: -1, observed: -1 },
  ...{ natEvent: -1, natFamily: 0, natSource: -1, natDestination: -1, natSourcePort: -1, natDestinationPort: -1 },
  ...{ blockFirst: -1, blockLast: -1, blockStep: -1, blockPorts: -1, realm: -1 },
  ...{ algorithm: -1, interval: -1, space: -1, size: -1, population: -1, probability: -1 },
  ...{ hashMin: -1, hashMax: -1, selectedMin: -1, selectedMax: -1 },
  ...{ firstUptime: -1, lastUptime: -1, boot: -1, firstBefore: -1, lastBefore: -1 },
};

/** An empty record. */
export function newFlowRecord(): FlowRecord {
  return { bytes: new Uint8Array(0), ...NOTHING };
}

/** Empties a record for the next one: field by field, as this happens for every record of a flood of them. */
export function clearFlowRecord(r: FlowRecord, bytes: Uint8Array): void {
  r.bytes = bytes;
  r.family = 0;
  r.source = -1;
  r.destination = -1;
  r.protocol = -1;
  r.sourcePort = -1;
  r.destinationPort = -1;
  r.input = 0;
  r.output = 0;
  r.vlan = -1;
  r.sourceMac = -1;
  r.destinationMac = -1;
  r.packets = 0;
  r.octets = 0;
  r.reversePackets = 0;
  r.reverseOctets = 0;
  r.first = -1;
  r.last = -1;
  r.sampling = 0;
  r.selector = -1;
  r.sectionLink = 0;
  r.section = -1;
  r.sectionOctets = 0;
  r.sectionWire = -1;
  r.sectionExported = -1;
  r.observed = -1;
  r.natEvent = -1;
  r.natFamily = 0;
  r.natSource = -1;
  r.natDestination = -1;
  r.natSourcePort = -1;
  r.natDestinationPort = -1;
  r.blockFirst = -1;
  r.blockLast = -1;
  r.blockStep = -1;
  r.blockPorts = -1;
  r.realm = -1;
  r.algorithm = -1;
  r.interval = -1;
  r.space = -1;
  r.size = -1;
  r.population = -1;
  r.probability = -1;
  r.hashMin = -1;
  r.hashMax = -1;
  r.selectedMin = -1;
  r.selectedMax = -1;
  r.firstUptime = -1;
  r.lastUptime = -1;
  r.boot = -1;
  r.firstBefore = -1;
  r.lastBefore = -1;
}
