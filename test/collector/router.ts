/** A BGP router played by hand: it dials a collector from an address of its own and says what it is told to. */
import type { Capability } from '../../src/bgp/capabilities.ts';
import { createFramer, encodeMessage, KEEPALIVE, NOTIFICATION, OPEN, UPDATE } from '../../src/bgp/message.ts';
import { decodeNotification, formatNotification } from '../../src/bgp/notification.ts';
import { encodeOpen, type LocalOpen, localOpen } from '../../src/bgp/open.ts';
import { dial, type TcpProtection } from '../../src/net/tcp-options.ts';

export interface HandRouter {
  /** What the collector sent: the NOTIFICATION in words, or null while there was none. */
  notification(): string | null;
  /** Resolves when the session is Established from its side. */
  readonly established: Promise<void>;
  readonly closed: Promise<void>;
  isClosed(): boolean;
  /** Announces `count` IPv4 prefixes from 10.0.`first`.0/24 on, and as many IPv6 ones. */
  announce(first: number, count: number): void;
  announce6(first: number, count: number): void;
  /** Sends an UPDATE with this body. */
  update(body: Uint8Array): void;
  close(): void;
}

/** ORIGIN, AS_PATH of one 4-octet AS, and what else there is, by RFC 4271 section 4.3. */
const attributes = (as: number, more: readonly number[]): number[] => [
  ...[0x40, 1, 1, 0],
  ...[0x40, 2, 6, 2, 1, as >>> 24, (as >> 16) & 255, (as >> 8) & 255, as & 255],
  ...more,
];

const update = (path: readonly number[], nlri: readonly number[]): Uint8Array =>
  encodeMessage(UPDATE, Uint8Array.from([0, 0, path.length >> 8, path.length & 255, ...path, ...nlri]));

/** Dials `to` from `address`, its OPEN without the capabilities of some codes; keeps the session up until it is closed. */
export function handRouter(
  to: { readonly host: string; readonly port: number },
  address: string,
  as: number,
  protection: TcpProtection = {},
  offers: Partial<LocalOpen> = {},
  more: readonly Capability[] = [],
  without: readonly number[] = [],
): HandRouter {
  const socket = dial({ ...to, localAddress: address, ...protection });
  const up = Promise.withResolvers<void>();
  let said: string | null = null;
  const framer = createFramer((type, buffer, start, end) => {
    if (type === OPEN) socket.write(encodeMessage(KEEPALIVE));
    else if (type === KEEPALIVE) up.resolve();
    else if (type === NOTIFICATION) said = formatNotification(decodeNotification(buffer, start + 19, end));
    return true;
  });
  socket.on('error', () => {});
  socket.on('data', chunk => void framer.push(chunk));
  const routerId = address.includes(':') ? '192.0.2.1' : address;
  const open = localOpen({ localAs: as, routerId, holdTime: 90, ipv4: true, ipv6: true, ...offers });
  const capabilities = [...open.capabilities, ...more].filter(({ code }) => !without.includes(code));
  socket.on('connect', () => socket.write(encodeOpen({ ...open, capabilities })));
  return {
    notification: () => said,
    established: up.promise,
    closed: new Promise(resolve => socket.once('close', () => resolve())),
    isClosed: () => socket.destroyed,
    announce(first, count) {
      const path = attributes(as, [0x40, 3, 4, 192, 0, 2, 1]);
      for (let i = first; i < first + count; i++) socket.write(update(path, [24, 10, i >> 8, i & 255]));
    },
    announce6(first, count) {
      const hop = [0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1];
      for (let i = first; i < first + count; i++) {
        const reach = [0, 2, 1, 16, ...hop, 0, 48, 0x20, 1, 0x0d, 0xb8, i >> 8, i & 255];
        socket.write(update(attributes(as, [0x80, 14, reach.length, ...reach]), []));
      }
    },
    update: body => void socket.write(encodeMessage(UPDATE, body)),
    close: () => socket.destroy(),
  };
}
