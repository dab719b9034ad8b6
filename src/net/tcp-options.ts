/**
 * What a TCP connection can demand of its peer before a word is exchanged: TCP MD5 signatures (RFC 2385) and a least TTL
 * (GTSM, RFC 5082), on the sockets of one side that dials and of one that listens; and the interface that it goes through.
 * Node has no call for these: the descriptor is made natively, given its options, and only then handed to Node.
 */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { endianness } from 'node:os';
import { type Address, type Afi, formatAddress, parseAddress } from './address.ts';
import { type SocketCalls, socketCalls } from './native.ts';
import { type Prefix, parsePrefix } from './prefix.ts';

/** What a connection with one peer demands. */
export interface TcpProtection {
  /** The key of TCP MD5, 1 to 80 octets. */
  readonly password?: string;
  /** Packets that arrive with a lower TTL are dropped, and ours leave with 255. */
  readonly leastTtl?: number;
  /** Name of the interface that the connection is bound to. */
  readonly interface?: string;
}

/** Longest key of TCP MD5 in the kernel, octets (TCP_MD5SIG_MAXKEYLEN). */
export const LONGEST_KEY = 80;

/** RFC 5082 section 3: what leaves with 255 and crosses `hops` - 1 routers arrives with this at least. `hops` 1 to 254. */
export const leastTtlOf = (hops: number): number => 256 - hops;

const AF_INET = 2;
const AF_INET6 = 10;
export const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IP_MINTTL = 21;
const IPPROTO_TCP = 6;
const TCP_MD5SIG = 14;
const TCP_MD5SIG_EXT = 32;
const TCP_MD5SIG_FLAG_PREFIX = 1;
export const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MINHOPCOUNT = 73;

const HIGHEST_TTL = 255;

/** The native calls; throws why there are none. */
export function calls(): SocketCalls {
  const native = socketCalls();
  if (typeof native === 'string') throw new Error(native);
  return native;
}

/** An int as setsockopt(2) takes it. */
export function int(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeInt32LE(value);
  return octets;
}

export const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);

/**
 * A struct sockaddr_in (16 octets) or, for a socket of family 2, sockaddr_in6 (28), where an IPv4 address is written as
 * IPv4-mapped. `zone`: index of the interface that a link-local address belongs to.
 */
export function socketAddress(of: Address, family: Afi, port = 0, zone = 0): Buffer {
  const octets = Buffer.alloc(family === 1 ? 16 : 28);
  octets.writeUInt16LE(family === 1 ? AF_INET : AF_INET6, 0);
  octets.writeUInt16BE(port, 2);
  if (family === 1) {
    octets.set(of.bytes, 4);
    return octets;
  }
  if (of.afi === 2) octets.set(of.bytes, 8);
  else {
    octets.fill(0xff, 18, 20);
    octets.set(of.bytes, 20);
  }
  octets.writeUInt32LE(zone, 24);
  return octets;
}

/**
 * A struct tcp_md5sig (linux/tcp.h): address 128 octets, flags, prefix length, key length (2), ifindex (4), key (80). An
 * empty key takes the key of these peers away.
 */
export function md5Signature(peers: Prefix, family: Afi, key: string): Buffer {
  const octets = Buffer.alloc(128 + 8 + LONGEST_KEY);
  octets.set(socketAddress(peers, family), 0);
  if (!isHost(peers)) {
    octets[128] = TCP_MD5SIG_FLAG_PREFIX;
    octets[129] = peers.length;
  }
  octets.writeUInt16LE(Buffer.byteLength(key), 130);
  octets.write(key, 136);
  return octets;
}

const isHost = ({ bytes, length }: Prefix): boolean => length === bytes.length * 8;

/** Sets the key for segments from and to these peers; an empty one takes it away. */
export function setKey(fd: number, family: Afi, peers: Prefix, key: string): void {
  const option = isHost(peers) ? TCP_MD5SIG : TCP_MD5SIG_EXT;
  calls().setOption(fd, IPPROTO_TCP, option, md5Signature(peers, family, key));
}

/** Sends with the highest TTL and demands `least` (0: nothing). A socket of family 2 may carry IPv4 as well. */
export function setLeastTtl(fd: number, family: Afi, least: number): void {
  const { setOption } = calls();
  setOption(fd, IPPROTO_IP, IP_TTL, int(HIGHEST_TTL));
  setOption(fd, IPPROTO_IP, IP_MINTTL, int(least));
  if (family === 1) return;
  setOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, int(HIGHEST_TTL));
  setOption(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, int(least));
}

/** A new socket with what `prepare` does to it; closed again when that fails. */
export function opened(family: Afi, prepare: (fd: number) => void): number {
  const fd = calls().open(family === 1 ? AF_INET : AF_INET6);
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** SO_BINDTODEVICE: the socket goes through this interface, or VRF, alone. */
export const bindToDevice = (fd: number, name: string): void =>
  calls().setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${name}\0`));

/** Where a connection goes. */
export interface Destination extends TcpProtection {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}

function connectNatively(to: Destination, host: Prefix): Socket {
  const { port, localAddress, interface: device, password, leastTtl } = to;
  const local = localAddress === undefined ? null : parseAddress(localAddress);
  const fd = opened(host.afi, socket => {
    if (device !== undefined) bindToDevice(socket, device);
    if (password !== undefined) setKey(socket, host.afi, host, password);
    if (leastTtl !== undefined) setLeastTtl(socket, host.afi, leastTtl);
    if (local === null) return;
    const zone = device !== undefined && isLinkLocal(localAddress!) ? calls().interfaceIndex(device) : 0;
    calls().bind(socket, socketAddress(local, host.afi, 0, zone));
  });
  let socket: Socket;
  try {
    socket = new Socket({ fd });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const zone = device !== undefined && isLinkLocal(to.host) ? `%${device}` : '';
  return socket.connect({ host: to.host + zone, port });
}

/**
 * Dials an address with what the connection demands. The answer is a connecting socket in every case: what goes wrong, be
 * it before the first packet, is its `error` event. With a password a refusal is silent: the peer's RST bears no signature.
 */
export function dial(to: Destination): Socket {
  const { host, port, localAddress, password, leastTtl, interface: device } = to;
  const plain = password === undefined && leastTtl === undefined && device === undefined;
  try {
    if (plain) return new Socket().connect({ host, port, ...(localAddress !== undefined && { localAddress }) });
    const address = parsePrefix(host);
    if (address === null) throw new Error(`${host} is no address`);
    return connectNatively(to, address);
  } catch (error) {
    return new Socket().destroy(error as Error);
  }
}

/** The descriptor of a socket or server that Node holds; null once it is closed. */
export function descriptorOf(handle: object): number | null {
  // Node has no public word for it. Were it gone one day, connections that demand something would be refused, not let in.
  const fd = (handle as { readonly _handle?: { readonly fd?: unknown } | null })._handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}

/**
 * Puts a peer's demands on a connection that it opened: its listener can have but one least TTL for all of its peers, and
 * may have had no key yet when the first packet came. Returns why this was not possible, in words, or null; the caller must
 * not use the connection then.
 */
export function protectAccepted(socket: Socket, { password, leastTtl }: TcpProtection): string | null {
  if (password === undefined && leastTtl === undefined) return null;
  const fd = descriptorOf(socket);
  const peer = parseAddress((socket.remoteAddress ?? '').replace(/%.*$/, ''));
  if (fd === null || peer === null) return 'the connection is closed already';
  try {
    const text = formatAddress(peer);
    const host = parsePrefix(text.startsWith('::ffff:') && text.includes('.') ? text.slice(7) : text)!;
    if (password !== undefined) setKey(fd, peer.afi, host, password);
    if (leastTtl !== undefined) setLeastTtl(fd, peer.afi, leastTtl);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Octets that were sent and are not acknowledged by the peer's TCP; 0 where the kernel cannot be asked. */
export function unacknowledged(socket: Socket): number {
  const fd = descriptorOf(socket);
  const native = socketCalls();
  if (fd === null || typeof native === 'string') return 0;
  try {
    return native.unacknowledged(fd);
  } catch {
    return 0; // closed under our hands: there is nothing left to wait for
  }
}

/** The demands whose need of the kernel can be found out before a peer is configured. */
export type SocketDemand = 'password' | 'range password' | 'ttl security' | 'interface';

/** Why this machine cannot meet a demand, in words; null when it can. Tried on a socket that is thrown away. */
export function whyNot(demand: SocketDemand): string | null {
  if (endianness() !== 'LE') return 'this machine is big-endian';
  try {
    closeSync(
      opened(1, fd => {
        if (demand === 'password') setKey(fd, 1, parsePrefix('192.0.2.1')!, 'key');
        if (demand === 'range password') setKey(fd, 1, parsePrefix('192.0.2.0/24')!, 'key');
        if (demand === 'ttl security') setLeastTtl(fd, 1, HIGHEST_TTL);
        if (demand === 'interface') bindToDevice(fd, 'lo');
      }),
    );
    return null;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return code === undefined ? message : `the kernel refuses it (${code})`;
  }
}
