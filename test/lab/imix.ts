/** Traffic as borders see it, octet by octet: sizes, protocols, options, fragments and extension headers of both families. */
import { parseAddress } from '../../src/net/address.ts';
import { type Random, randomFrom } from '../fuzz/random.ts';
import { fragments } from './forge.ts';

export interface Ends {
  readonly source4: string;
  readonly destination4: string;
  readonly source6: string;
  readonly destination6: string;
}

/** Total lengths of the Internet mix, in its proportions of 7, 4 and 1. */
const SIZES = [64, 64, 64, 64, 64, 64, 64, 576, 576, 576, 576, 1500] as const;

const TCP = 6;
const UDP = 17;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

/** So many packets, the same for the same seed. Those of IPv4 that are fragments, or may become some, have no DF. */
export function imix(count: number, seed: number, ends: Ends): Buffer[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, i) => (i % 3 < 2 ? four(random, ends, i) : six(random, ends, i))).flat();
}

/** A SYN of IPv4 that asks for segments of 1460 octets, and no DF. */
export function syn(id: number, { source4, destination4 }: Ends): Buffer {
  const tcp = Buffer.from(
    `c0${(id & 255).toString(16).padStart(2, '0')}01bb${'11223344'}000000008002faf0beef0000`,
    'hex',
  );
  const options = Buffer.from('020405b40402080a00112233000000000103030701010000', 'hex');
  tcp[12] = ((20 + options.length) / 4) << 4;
  return ipv4(source4, destination4, id, 0, TCP, Buffer.concat([tcp, options]), Buffer.alloc(0));
}

const noise = (random: Random, length: number) => Buffer.from(Uint8Array.from({ length }, () => random(256)));

/** An upper-layer protocol and so many octets of it. */
function upperOf(random: Random, length: number, family: 4 | 6): [protocol: number, octets: Buffer] {
  const octets = noise(random, length);
  // Nothing that a tunnel could be seen in, at its port.
  const header = Buffer.from('c00001bb', 'hex');
  switch (random(8)) {
    case 0: // SYN with options
    case 1: // data
    case 2: // a bare ACK, whatever the length
      header.copy(octets);
      octets[12] = length >= 40 ? 0xa0 : 0x50;
      octets[13] = [0x02, 0x18, 0x10][random(3)]!;
      return [TCP, octets];
    case 3:
      octets[0] = family === 4 ? 8 : 128;
      octets[1] = 0;
      return [family === 4 ? 1 : 58, octets];
    case 4:
      return [50, octets]; // ESP
    case 5:
      return [132, octets]; // SCTP
    default:
      header.copy(octets);
      octets.writeUInt16BE(length, 4);
      return [UDP, octets];
  }
}

function ipv4(
  from: string,
  to: string,
  id: number,
  place: number,
  protocol: number,
  upper: Buffer,
  options: Buffer,
): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x45 + options.length / 4;
  header.writeUInt16BE(20 + options.length + upper.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE(place, 6);
  header[8] = 64;
  header[9] = protocol;
  return Buffer.concat([header, parseAddress(from)!.bytes, parseAddress(to)!.bytes, options, upper]);
}

/** Options of IPv4: none mostly; Router Alert; Record Route and Timestamp, into which every router writes. */
const OPTIONS = ['', '', '', '', '94040000', '01010101', `070b04${'00'.repeat(8)}00`, `440c0500${'00'.repeat(8)}`];

function four(random: Random, { source4, destination4 }: Ends, i: number): Buffer[] {
  const size = SIZES[random(SIZES.length)]!;
  const fragmented = i % 10 === 0;
  const options = fragmented ? Buffer.alloc(0) : Buffer.from(OPTIONS[random(OPTIONS.length)]!, 'hex');
  const length = (fragmented ? 3000 : size) - 20 - options.length;
  const [protocol, upper] = upperOf(random, length, 4);
  const place = fragmented || random(2) === 0 ? 0 : 0x4000;
  const packet = ipv4(source4, destination4, 1 + random(65535), place, protocol, upper, options);
  packet[1] = random(256);
  if (!fragmented) return [packet];
  const pieces = fragments(packet, 1480);
  for (const piece of pieces) piece[9] = protocol;
  return pieces;
}

function six(random: Random, { source6, destination6 }: Ends, i: number): Buffer[] {
  const size = SIZES[random(SIZES.length)]!;
  const [protocol, upper] = upperOf(random, Math.max(24, Math.min(size, 1400) - 40), 6);
  let next = protocol;
  let payload = upper;
  const before = (type: number, octets: string) => {
    payload = Buffer.concat([Buffer.of(next), Buffer.from(octets, 'hex'), payload]);
    next = type;
  };
  switch (i % 8) {
    case 1:
      before(HOP_BY_HOP, '00050200000000'); // Router Alert
      break;
    case 2:
      before(DESTINATION_OPTIONS, '00010400000000');
      before(HOP_BY_HOP, '00010400000000');
      break;
    case 3:
      before(AUTHENTICATION, `040000${'0000010000000001'}${'ab'.repeat(12)}`);
      break;
    case 4:
      before(FRAGMENT, '000000cafebabe'); // an atomic one
      break;
    case 5:
      before(FRAGMENT, `0000${i % 16 < 8 ? '01' : '00'}0000${i.toString(16).padStart(4, '0')}`);
      break;
    case 6:
      before(ROUTING, `0204000000${'0000'}${Buffer.from(parseAddress(destination6)!.bytes).toString('hex')}`);
      break;
  }
  const header = Buffer.alloc(8);
  header.writeUInt32BE(0x60000000 + random(1 << 28), 0);
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  header[7] = 64;
  return [Buffer.concat([header, parseAddress(source6)!.bytes, parseAddress(destination6)!.bytes, payload])];
}
