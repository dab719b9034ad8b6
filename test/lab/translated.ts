/** What a translator's lab needs besides: traffic that is answered, and captures read packet by packet. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseAddress } from '../../src/net/address.ts';
import { type DigestKernel, loadKernel } from '../../src/packet/digest-kernel.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { digestPacket, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { type PacketTuple, tupleOf } from '../../src/packet/packet-tuple.ts';
import { pcapReader } from '../../src/packet/pcap.ts';
import { NAT, type Profile, STRICT } from '../../src/packet/profiles.ts';
import { type OtherForm, translatedForm } from '../../src/packet/translated-form.ts';
import type { Lab } from './lab.ts';

export const SECRET = Buffer.from('the secret of a federation');
const RAW = 101;

/** A captured IP packet with its digests. */
export interface Seen {
  /** Position in the file, from 1. */
  readonly number: number;
  readonly time: number;
  readonly tuple: PacketTuple;
  readonly strict: string;
  /** Null when the profile has none for it. */
  readonly nat: string | null;
  /** Strict digest of the other form, or why there is none. */
  other(form: OtherForm): { readonly digest: string } | string;
}

/** The IP packets of a capture that have ports or an identifier. */
export function packetsOf(file: string, kernel: DigestKernel = loadKernel()): Seen[] {
  if (!existsSync(file)) return [];
  const reader = pcapReader();
  reader.feed(readFileSync(file));
  const packets: Seen[] = [];
  while (reader.next() === 'record') {
    const { bytes, offset, captured, wire, seconds, nanoseconds, linkType, number } = reader.record;
    const frame = Uint8Array.from(bytes.subarray(offset, offset + captured));
    const layers = newLayers();
    findLayers(frame, 0, captured, wire, linkType, layers);
    const tuple = layers.count === 0 ? null : tupleOf(frame, layers, 0);
    if (tuple === null) continue;
    const key = epochKey(SECRET, epochOf(seconds * 1000));
    const digest = (of: Uint8Array, type: number, length: number, profile: Profile) => {
      const [layer] = digestPacket(kernel, of, type, key, length, profile).layers;
      return layer !== undefined && 'digest' in layer ? layer.digest : null;
    };
    const strict = digest(frame, linkType, wire, STRICT);
    if (strict === null) continue;
    packets.push({
      number,
      ...{ time: seconds * 1000 + Math.floor(nanoseconds / 1e6), tuple, strict },
      nat: digest(frame, linkType, wire, NAT),
      other(form) {
        const packet = translatedForm(frame, layers, 0, form);
        if (typeof packet === 'string') return packet;
        return { digest: digest(packet, RAW, packet.length + wire - captured, STRICT) ?? 'none' };
      },
    });
  }
  return packets;
}

/**
 * Has a device write whole checksums: a veth leaves them to a card that is not there, and what is captured is then not what
 * any router would see. SIOCETHTOOL with ETHTOOL_STXCSUM (linux/ethtool.h).
 */
export async function wholeChecksums(lab: Lab, host: string, device: string): Promise<void> {
  const script = `use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or die $!; my $v = pack('L L', 0x17, 0);
ioctl($s, 0x8946, my $r = pack('a16 P', $ARGV[0], $v) . "\\0" x 16) or die "SIOCETHTOOL: $!\\n";`;
  await lab.run(host, ['perl', '-e', script, device]);
}

/** A server that sends back what comes: TCP at 8080, UDP at 9999 and 7000, both families. */
export function echo(lab: Lab, host: string): void {
  const script = `
const net = require('net'), dgram = require('dgram');
net.createServer(s => { s.on('error', () => {}); s.pipe(s); }).listen(8080, '::');
for (const port of [9999, 7000]) { const u = dgram.createSocket('udp6'); u.bind(port, '::'); u.on('message', (m, r) => u.send(m, r.port, r.address)); }`;
  lab.start(host, [process.execPath, '-e', script]);
}

/** TCP connections and UDP questions from a host to the server, each answered before the next; at most 5 s each. */
export async function talk(lab: Lab, host: string, server: string, count: number): Promise<void> {
  const script = `
const net = require('net'), dgram = require('dgram'), { randomBytes } = require('crypto');
const [server, count] = process.argv.slice(1);
const wait = (start) => new Promise((resolve, reject) => { setTimeout(reject, 5000, new Error('no answer')).unref(); start(resolve); });
(async () => {
  for (let i = 0; i < count; i++) {
    await wait(done => { const s = net.connect(8080, server, () => s.write(randomBytes(80))); s.once('data', () => s.end()); s.on('close', done); });
    await wait(done => { const u = dgram.createSocket(server.includes(':') ? 'udp6' : 'udp4'); u.on('message', () => u.close(done)); u.send(randomBytes(60), 9999, server); });
  }
  process.exit(0);
})().catch(e => { console.error(e.message); process.exit(1); });`;
  await lab.run(host, [process.execPath, '-e', script, server, `${count}`]);
}

/** Sends one UDP datagram from a port, without waiting. */
export async function sendUdp(lab: Lab, host: string, from: number, server: string, port: number): Promise<void> {
  const script = `
const u = require('dgram').createSocket('udp4');
u.bind(${from}, () => u.send(require('crypto').randomBytes(50), ${port}, '${server}', () => u.close()));`;
  await lab.run(host, [process.execPath, '-e', script]);
}

/** The first of the ports that `burst` sends from. */
export const FIRST_PORT = 20_000;

/** Sends a short datagram from each of so many ports to port 9 of the server, as fast as it goes. */
export async function burst(lab: Lab, host: string, server: string, count: number): Promise<void> {
  const script = `
use Socket;
my ($server, $first, $count) = @ARGV;
my $to = pack_sockaddr_in(9, inet_aton($server));
for my $port ($first .. $first + $count - 1) {
  socket(my $s, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\\n";
  bind($s, pack_sockaddr_in($port, INADDR_ANY)) or next;
  send($s, 'x', 0, $to);
}`;
  await lab.run(host, ['perl', '-e', script, server, `${FIRST_PORT}`, `${count}`]);
}

/** An echo request with a random payload, of either family (RFC 792, RFC 4443); the kernel writes the IPv4 checksum. */
export function ping(source: string, destination: string, identifier: number, sequence: number): Buffer {
  const [from, to] = [parseAddress(source)!.bytes, parseAddress(destination)!.bytes];
  const six = from.length === 16;
  const icmp = Buffer.concat([Buffer.from([six ? 128 : 8, 0, 0, 0, 0, 0, 0, 0]), randomBytes(48)]);
  icmp.writeUInt16BE(identifier, 4);
  icmp.writeUInt16BE(sequence, 6);
  const pseudo = six ? Buffer.concat([from, to, Buffer.from([0, 0, 0, icmp.length, 0, 0, 0, 58])]) : Buffer.alloc(0);
  const summed = Buffer.concat([pseudo, icmp]);
  let sum = 0;
  for (let i = 0; i < summed.length; i += 2) sum += summed.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  icmp.writeUInt16BE(~sum & 0xffff, 2);
  const head = six
    ? Buffer.from([0x60, 0, 0, 0, 0, icmp.length, 58, 64])
    : Buffer.from([0x45, 0, 0, 20 + icmp.length, 0, 1 + sequence, 0, 0, 64, 1, 0, 0]);
  return Buffer.concat([head, from, to, icmp]);
}
