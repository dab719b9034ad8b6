/** Packets in tunnels of every kind that is read, by hand. */
import { DESTINATION6, ETHER4, ETHER6, hex, IPV4, IPV6, inputsOf, ipv4, ipv6, RAW } from './packets.ts';

const octets = (text: string) => text.replace(/\s/g, '').length / 2;
export const four = (value: number) => value.toString(16).padStart(4, '0');

/** In IPv4, 203.0.113.1 to 203.0.113.2. */
export const inIp = (protocol: number, inside: string) => ipv4(protocol, inside, 'cb007101 cb007102');
export const inUdp = (port: number, inside: string, from = 49152) =>
  inIp(17, `${four(from)} ${four(port)} ${four(8 + octets(inside))} 0000 ${inside}`);

export const INPUT4 = inputsOf(hex(IPV4), RAW)[0];
export const INPUT6 = inputsOf(hex(IPV6), RAW)[0];
export const FRAME4 = `${ETHER4} ${IPV4}`;
const FRAME6 = `${ETHER6} ${IPV6}`;
/** The same packet with a header checksum that is right, which a guess goes by. */
const SUMMED = IPV4.replace('40110000', '40113c56');

/** Name, packet, and what its innermost layer is to give. */
export type Row = readonly [name: string, packet: string, input: string | undefined];

export const GRE: readonly Row[] = [
  ['GRE', inIp(47, `0000 0800 ${IPV4}`), INPUT4],
  ['GRE with checksum', inIp(47, `8000 0800 beef 0000 ${IPV4}`), INPUT4],
  ['GRE with key', inIp(47, `2000 86dd 00000001 ${IPV6}`), INPUT6],
  ['GRE with sequence number', inIp(47, `1000 86dd 00000001 ${IPV6}`), INPUT6],
  ['GRE with all three', inIp(47, `b000 86dd beef 0000 00000001 00000002 ${IPV6}`), INPUT6],
  ['GRE, bridged', inIp(47, `0000 6558 ${FRAME4}`), INPUT4],
  ['GRE with MPLS', inIp(47, `0000 8847 00010140 ${IPV4}`), INPUT4],
  ['GRE in IPv6', ipv6(47, `0000 0800 ${IPV4}`), INPUT4],
  ['GRE in UDP', inUdp(4754, `2000 0800 00000001 ${IPV4}`), INPUT4],
  ['PPTP', inIp(47, `3001 880b 0030 0007 00000001 ff03 0021 ${IPV4}`), INPUT4],
  ['PPTP with acknowledgement', inIp(47, `3081 880b 0030 0007 00000001 00000002 0021 ${IPV4}`), INPUT4],
  ['ERSPAN I', inIp(47, `0000 88be ${FRAME4}`), INPUT4],
  ['ERSPAN II', inIp(47, `1000 88be 00000001 1001000000000000 ${FRAME4}`), INPUT4],
  ['ERSPAN III', inIp(47, `1000 22eb 00000001 200100010000000000000000 ${FRAME6}`), INPUT6],
  [
    'ERSPAN III with subheader',
    inIp(47, `1000 22eb 00000001 200100010000000000000001 ${'11'.repeat(8)} ${FRAME4}`),
    INPUT4,
  ],
  ['ERSPAN III with IP', inIp(47, `1000 22eb 00000001 200100010000000000000800 ${IPV4}`), INPUT4],
];

export const IN_IP: readonly Row[] = [
  ['IPIP', inIp(4, IPV4), INPUT4],
  ['6in4', inIp(41, IPV6), INPUT6],
  ['4in6', ipv6(4, IPV4), INPUT4],
  ['6in6', ipv6(41, IPV6), INPUT6],
  ['6in6 behind segments', ipv6(43, `29 02 04 00 00 00 0000 ${DESTINATION6} ${IPV6}`), INPUT6],
  ['Ethernet behind segments', ipv6(43, `8f 02 04 00 00 00 0000 ${DESTINATION6} ${FRAME4}`), INPUT4],
  ['MPLS in IP', inIp(137, `00010140 ${IPV4}`), INPUT4],
  ['EtherIP', inIp(97, `3000 ${FRAME4}`), INPUT4],
  ['IPIP behind AH', inIp(51, `04 04 0000 00000100 00000001 ${'00'.repeat(12)} ${IPV4}`), INPUT4],
  ['4in6 behind AH', ipv6(51, `04 04 0000 00000100 00000001 ${'00'.repeat(12)} ${IPV4}`), INPUT4],
];

export const IN_UDP: readonly Row[] = [
  ['VXLAN', inUdp(4789, `0800000000000100 ${FRAME4}`), INPUT4],
  ['VXLAN with a group policy', inUdp(4789, `8800000100000100 ${FRAME4}`), INPUT4],
  ['VXLAN at the port of Linux', inUdp(8472, `0800000000000100 ${FRAME6}`), INPUT6],
  ['VXLAN-GPE, Ethernet', inUdp(4790, `0c00000300000100 ${FRAME4}`), INPUT4],
  ['VXLAN-GPE, IPv4', inUdp(4790, `0c00000100000100 ${IPV4}`), INPUT4],
  ['VXLAN-GPE, IPv6', inUdp(4790, `0c00000200000100 ${IPV6}`), INPUT6],
  ['Geneve', inUdp(6081, `0000655800000100 ${FRAME4}`), INPUT4],
  ['Geneve with options', inUdp(6081, `0240655800000100 0102800101020304 ${FRAME4}`), INPUT4],
  ['Geneve with IPv6', inUdp(6081, `000086dd00000100 ${IPV6}`), INPUT6],
  ['GTP-U', inUdp(2152, `30ff002c00000001 ${IPV4}`), INPUT4],
  ['GTP-U with sequence number', inUdp(2152, `32ff003000000001 00010000 ${IPV4}`), INPUT4],
  ['GTP-U with an extension', inUdp(2152, `34ff003400000001 00000085 01100900 ${IPV6}`), INPUT6],
  ['Teredo', inUdp(3544, IPV6), INPUT6],
  ['Teredo from its port', inUdp(50000, IPV6, 3544), INPUT6],
  ['Teredo with origin', inUdp(50000, `0000 fffe 34fffefe ${IPV6}`, 3544), INPUT6],
  ['Teredo with authentication', inUdp(3544, `0001 0000 0102030405060708 00 ${IPV6}`), INPUT6],
  [
    'Teredo with both, client and value',
    inUdp(50000, `0001 02 03 aabb 112233 0102030405060708 00 0000 fffe 34fffefe ${IPV6}`, 3544),
    INPUT6,
  ],
  ['MPLS in UDP', inUdp(6635, `00010140 ${IPV6}`), INPUT6],
  ['TZSP', inUdp(37008, `01 00 0001 01 ${FRAME4}`), INPUT4],
  ['TZSP with tags', inUdp(37008, `01 01 0001 00 0a01c8 2902000f 01 ${FRAME4}`), INPUT4],
  [
    'TZSP from the air',
    inUdp(37008, `01 00 0012 01 0801 0000 ${'00005e005301'.repeat(3)} 0010 aaaa03000000 0800 ${IPV4}`),
    INPUT4,
  ],
  ['L2TPv2', inUdp(1701, `0002 0001 0002 ff03 0021 ${IPV4}`, 1701), INPUT4],
  [
    'L2TPv2 with length, sequence and offset',
    inUdp(1701, `4a02 0040 0001 0002 00050006 0002 eeee 0057 ${IPV6}`),
    INPUT6,
  ],
  ['L2TPv3 in UDP', inUdp(1701, `0003 0000 00000007 ${FRAME4}`), INPUT4],
];

export const L2TP: readonly Row[] = [
  ['L2TPv3', inIp(115, `00000007 ${FRAME4}`), INPUT4],
  ['L2TPv3 with a sublayer', inIp(115, `00000007 40000001 ${FRAME4}`), INPUT4],
  ['L2TPv3 with a cookie', inIp(115, `00000007 deadbeefdeadbeef ${FRAME6}`), INPUT6],
  ['L2TPv3 with both', inIp(115, `00000007 deadbeefdeadbeef 40000001 ${FRAME4}`), INPUT4],
  ['L2TPv3 with a tag', inIp(115, `00000007 00005e005301 00005e005302 8100 0064 0800 ${IPV4}`), INPUT4],
  ['L2TPv3 with PPP', inIp(115, `00000007 deadbeef ff03 0057 ${IPV6}`), INPUT6],
  ['L2TPv3 with IPv4', inIp(115, `00000007 ${SUMMED}`), INPUT4],
  ['L2TPv3 in IPv6', ipv6(115, `00000007 ${FRAME4}`), INPUT4],
];
