/** Packets written out by hand, and the one question most tests ask of them. */
import { findLayers } from '../../src/packet/find-layers.ts';
import { LONGEST_INPUT } from '../../src/packet/invariant.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { type Profile, STRICT } from '../../src/packet/profiles.ts';

/** Octets from hex digits; blanks and line ends between them are for the reader. */
export function hex(...text: string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(text.join('').replace(/\s/g, ''), 'hex'));
}

/** The inputs of every IP layer of a frame as hex, or the reason where there is none. */
export function inputsOf(
  frame: Uint8Array,
  linkType: number,
  wire = frame.length,
  profile: Profile = STRICT,
): string[] {
  const layers = newLayers();
  findLayers(frame, 0, frame.length, wire, linkType, layers);
  const input = new Uint8Array(LONGEST_INPUT);
  return Array.from({ length: layers.count }, (_, i) => {
    const length = profile.write(frame, layers, i, input, 0);
    return typeof length === 'number' ? Buffer.from(input.subarray(0, length)).toString('hex') : length;
  });
}

/** An IPv4 packet of a protocol, 192.0.2.1 to 198.51.100.2, with its total length right. */
export function ipv4(protocol: number, upper: string, header = 'c0000201 c6336402'): string {
  const octets = (text: string) => text.replace(/\s/g, '').length / 2;
  const total = (20 + octets(upper)).toString(16).padStart(4, '0');
  return `4500${total} 12344000 40${protocol.toString(16).padStart(2, '0')}0000 ${header} ${upper}`;
}

/** An IPv6 packet, 2001:db8::1 to 2001:db8::2, with its payload length right. */
export function ipv6(next: number, payload: string): string {
  const length = (payload.replace(/\s/g, '').length / 2).toString(16).padStart(4, '0');
  return `60000000 ${length} ${next.toString(16).padStart(2, '0')} 40 ${SOURCE6} ${DESTINATION6} ${payload}`;
}

export const ETHERNET = 1;
export const RAW = 101;

/** Destination, source, type IPv4. */
export const ETHER4 = '00005e005301 00005e005302 0800';
export const ETHER6 = '00005e005301 00005e005302 86dd';

/** UDP from port 5353 to 53, 16 octets of payload: 24 octets. */
export const UDP = '14e90035 0018 abcd 000102030405060708090a0b0c0d0e0f';

/** 192.0.2.1 to 198.51.100.2, UDP, identification 0x1234, DF, TTL 64, 44 octets in all. */
export const IPV4 = `4500002c 12344000 40110000 c0000201 c6336402 ${UDP}`;

/** 2001:db8::1 to 2001:db8::2. */
export const SOURCE6 = '20010db8000000000000000000000001';
export const DESTINATION6 = '20010db8000000000000000000000002';
export const IPV6 = `60012345 0018 11 40 ${SOURCE6} ${DESTINATION6} ${UDP}`;
