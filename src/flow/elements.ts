/**
 * The information elements that are read, by their IANA numbers (RFC 7012, RFC 5102; PSAMP: RFC 5477; NAT: RFC 8158). Of
 * NetFlow 9 (RFC 3954 section 8) the same numbers up to 127 mean the same, and exporters use the others there too. What is
 * not listed is passed over by its length.
 */
import type { FlowRecord } from './flow-record.ts';
import { u32, unsigned } from './unsigned.ts';

/** Puts the value at `bytes[at]`, of so many octets, into a record. */
export type ReadElement = (record: FlowRecord, bytes: Uint8Array, at: number, octets: number) => void;

export interface Element {
  readonly name: string;
  /** Lengths that can be read: from and to, both included. A field of another length is passed over. */
  readonly least: number;
  readonly most: number;
  readonly read: ReadElement;
}

/** Fields of a record that are numbers. */
type Field = Exclude<keyof FlowRecord, 'bytes'>;

/** An unsigned integer, which may be sent shorter than it is (RFC 7011 section 6.2). */
const number = (name: string, field: Field, most = 8): Element => ({
  name,
  least: 1,
  most,
  read: (r, b, at, n) => {
    r[field] = unsigned(b, at, n);
  },
});

/** The same, where another element has not said it. */
const second = (name: string, field: Field): Element => ({
  name,
  least: 1,
  most: 8,
  read: (r, b, at, n) => {
    r[field] ||= unsigned(b, at, n);
  },
});

/** dateTimeSeconds. */
const seconds = (name: string, field: Field): Element => ({
  name,
  least: 4,
  most: 4,
  read: (r, b, at) => {
    r[field] = u32(b, at) * 1000;
  },
});

/** Seconds from 1900, where NTP starts, to 1970. */
const NTP_EPOCH = 2_208_988_800;

/** dateTimeMicroseconds and dateTimeNanoseconds: an NTP time stamp (RFC 7011 section 6.1.9), kept as milliseconds. */
const ntp = (name: string, field: Field): Element => ({
  name,
  least: 8,
  most: 8,
  read: (r, b, at) => {
    r[field] = (u32(b, at) - NTP_EPOCH) * 1000 + Math.floor((u32(b, at + 4) * 1000) / 4294967296);
  },
});

/** float64, or a float32 where it is sent as one (RFC 7011 section 6.2). */
const float = (name: string, field: Field): Element => ({
  name,
  least: 4,
  most: 8,
  read: (r, b, at, n) => {
    const view = new DataView(b.buffer, b.byteOffset + at, n);
    r[field] = n === 8 ? view.getFloat64(0) : n === 4 ? view.getFloat32(0) : -1;
  },
});

/** Octets that are looked at where they stand. */
const place = (name: string, octets: number, field: Field): Element => ({
  name,
  least: octets,
  most: octets,
  read: (r, _, at) => {
    r[field] = at;
  },
});

/**
 * An address of a family. Some exporters send both families in one record, one of them all zero: the IPv4 ones, which stand
 * first, are then what counts.
 */
const address = (name: string, family: 4 | 6, of: 'family' | 'natFamily', field: Field): Element => {
  const octets = family === 4 ? 4 : 16;
  return {
    name,
    least: octets,
    most: octets,
    read: (r, b, at) => {
      if (family === 6 && r[of] === 4 && isZero(b, at, 16)) return;
      r[of] = family;
      r[field] = at;
    },
  };
};

/** A piece of a packet: as long as it is. */
const section = (name: string, linkType: number): Element => ({
  name,
  least: 1,
  most: 65535,
  read: (r, _, at, n) => {
    r.sectionLink = linkType;
    r.section = at;
    r.sectionOctets = n;
  },
});

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;

/** Elements of IANA, enterprise 0. */
export const ELEMENTS: ReadonlyMap<number, Element> = new Map<number, Element>([
  // What the packets were.
  [4, number('protocolIdentifier', 'protocol', 1)],
  [7, number('sourceTransportPort', 'sourcePort', 4)],
  [11, number('destinationTransportPort', 'destinationPort', 4)],
  [180, number('udpSourcePort', 'sourcePort', 4)],
  [181, number('udpDestinationPort', 'destinationPort', 4)],
  [182, number('tcpSourcePort', 'sourcePort', 4)],
  [183, number('tcpDestinationPort', 'destinationPort', 4)],
  [8, address('sourceIPv4Address', 4, 'family', 'source')],
  [12, address('destinationIPv4Address', 4, 'family', 'destination')],
  [27, address('sourceIPv6Address', 6, 'family', 'source')],
  [28, address('destinationIPv6Address', 6, 'family', 'destination')],

  // Where they were seen. AS numbers (16, 17, 128, 129) are not read: routers take them from a route to the source
  // address, and of a spoofed one that says nothing.
  [10, number('ingressInterface', 'input', 4)],
  [14, number('egressInterface', 'output', 4)],
  [56, place('sourceMacAddress', 6, 'sourceMac')],
  [80, place('destinationMacAddress', 6, 'destinationMac')],
  [58, number('vlanId', 'vlan', 2)],
  [243, number('dot1qVlanId', 'vlan', 2)],

  // How many.
  [1, number('octetDeltaCount', 'octets')],
  [2, number('packetDeltaCount', 'packets')],
  [23, second('postOctetDeltaCount', 'octets')],
  [24, second('postPacketDeltaCount', 'packets')],
  [85, second('octetTotalCount', 'octets')],
  [86, second('packetTotalCount', 'packets')],

  // When.
  [21, number('flowEndSysUpTime', 'lastUptime', 4)],
  [22, number('flowStartSysUpTime', 'firstUptime', 4)],
  [150, seconds('flowStartSeconds', 'first')],
  [151, seconds('flowEndSeconds', 'last')],
  [152, number('flowStartMilliseconds', 'first')],
  [153, number('flowEndMilliseconds', 'last')],
  [154, ntp('flowStartMicroseconds', 'first')],
  [155, ntp('flowEndMicroseconds', 'last')],
  [156, ntp('flowStartNanoseconds', 'first')],
  [157, ntp('flowEndNanoseconds', 'last')],
  [158, number('flowStartDeltaMicroseconds', 'firstBefore', 4)],
  [159, number('flowEndDeltaMicroseconds', 'lastBefore', 4)],
  [160, number('systemInitTimeMilliseconds', 'boot')],
  [258, number('collectionTimeMilliseconds', 'observed')],
  [322, seconds('observationTimeSeconds', 'observed')],
  [323, number('observationTimeMilliseconds', 'observed')],
  [324, ntp('observationTimeMicroseconds', 'observed')],
  [325, ntp('observationTimeNanoseconds', 'observed')],

  // Octets of single packets. Of MPLS (316) only the label stack is in it: no IP header, no digest.
  [104, section('layer2packetSectionData', LINKTYPE_ETHERNET)],
  [313, section('ipHeaderPacketSection', LINKTYPE_RAW)],
  [315, section('dataLinkFrameSection', LINKTYPE_ETHERNET)],
  [103, number('layer2packetSectionSize', 'sectionWire', 4)],
  [312, number('dataLinkFrameSize', 'sectionWire', 4)],
  [224, number('ipTotalLength', 'sectionWire')],
  [410, number('sectionExportedOctets', 'sectionExported', 2)],

  // How they were picked (RFC 5477 section 8.2), and what NetFlow 9 says of it.
  [34, number('samplingInterval', 'sampling', 4)],
  [50, number('samplerRandomInterval', 'sampling', 4)],
  [48, number('samplerId', 'selector', 4)],
  [302, number('selectorId', 'selector')],
  [304, number('selectorAlgorithm', 'algorithm', 2)],
  [305, number('samplingPacketInterval', 'interval', 4)],
  [306, number('samplingPacketSpace', 'space', 4)],
  [309, number('samplingSize', 'size', 4)],
  [310, number('samplingPopulation', 'population', 4)],
  [311, float('samplingProbability', 'probability')],
  [329, number('hashOutputRangeMin', 'hashMin')],
  [330, number('hashOutputRangeMax', 'hashMax')],
  [331, number('hashSelectedRangeMin', 'selectedMin')],
  [332, number('hashSelectedRangeMax', 'selectedMax')],

  // What a translator did. 40001 to 40004 are those of older Cisco ASA, in NetFlow 9 only.
  [230, number('natEvent', 'natEvent', 1)],
  [234, number('ingressVRFID', 'realm', 4)],
  [225, address('postNATSourceIPv4Address', 4, 'natFamily', 'natSource')],
  [226, address('postNATDestinationIPv4Address', 4, 'natFamily', 'natDestination')],
  [281, address('postNATSourceIPv6Address', 6, 'natFamily', 'natSource')],
  [282, address('postNATDestinationIPv6Address', 6, 'natFamily', 'natDestination')],
  [227, number('postNAPTSourceTransportPort', 'natSourcePort', 2)],
  [228, number('postNAPTDestinationTransportPort', 'natDestinationPort', 2)],
  [40001, address('NF_F_XLATE_SRC_ADDR_IPV4', 4, 'natFamily', 'natSource')],
  [40002, address('NF_F_XLATE_DST_ADDR_IPV4', 4, 'natFamily', 'natDestination')],
  [40003, number('NF_F_XLATE_SRC_PORT', 'natSourcePort', 2)],
  [40004, number('NF_F_XLATE_DST_PORT', 'natDestinationPort', 2)],
  [361, number('portRangeStart', 'blockFirst', 2)],
  [362, number('portRangeEnd', 'blockLast', 2)],
  [363, number('portRangeStepSize', 'blockStep', 2)],
  [364, number('portRangeNumPorts', 'blockPorts', 2)],
]);

/** RFC 5103: the same elements for the other direction of a flow. */
export const REVERSE_ENTERPRISE = 29305;
export const REVERSE_ELEMENTS: ReadonlyMap<number, Element> = new Map<number, Element>([
  [1, number('reverseOctetDeltaCount', 'reverseOctets')],
  [2, number('reversePacketDeltaCount', 'reversePackets')],
  [85, second('reverseOctetTotalCount', 'reverseOctets')],
  [86, second('reversePacketTotalCount', 'reversePackets')],
]);

function isZero(bytes: Uint8Array, at: number, octets: number): boolean {
  for (let i = 0; i < octets; i++) if (bytes[at + i] !== 0) return false;
  return true;
}
