/** UDP sockets that exporters send to: any of the formats on any of them. */
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { withPort } from '../../net/address.ts';
import { readUdpDrops } from '../../net/udp-drops.ts';

/** Where to listen; without an address: on all of the machine, IPv4 and IPv6. */
export interface FlowPort {
  readonly address: string | null;
  readonly port: number;
}

/** Octets that the kernel may keep for us; it gives as many as net.core.rmem_max allows. */
const RECEIVE_BUFFER = 16 * 1024 * 1024;

/** Reads `[ADDRESS]:PORT` of the command line, an IPv6 address in brackets; null when it is none. */
export function parseFlowPort(text: string): FlowPort | null {
  const match = /^(?:\[([0-9a-f:.]+)\]:|([0-9.]+):|:)?(\d{1,5})$/i.exec(text);
  if (match === null) return null;
  const [, six, four, digits] = match;
  const address = six ?? four ?? null;
  const port = Number(digits);
  if (port < 1 || port > 65535) return null;
  if (address !== null && isIP(address) !== (six === undefined ? 4 : 6)) return null;
  return { address, port };
}

export interface FlowSockets {
  /** Addresses and ports bound. */
  readonly bound: readonly string[];
  /** Datagrams that the kernel had to drop since the sockets are there, as far as it tells. */
  dropped(): number;
  close(): void;
}

/**
 * Opens the sockets; `each` gets every datagram with the address of its sender, IPv4 as such. Rejects in words when one
 * cannot be bound, with nothing left open.
 */
export async function openFlowSockets(
  ports: readonly FlowPort[],
  each: (datagram: Uint8Array, from: string) => void,
  log: (line: string) => void,
): Promise<FlowSockets> {
  const sockets: Socket[] = [];
  const close = () => {
    for (const socket of sockets) socket.close();
  };
  try {
    for (const port of ports) sockets.push(await bind(port, each, log));
  } catch (error) {
    close();
    throw error;
  }
  const numbers = [...new Set(sockets.map(socket => socket.address().port))];
  const now = () => numbers.reduce((sum, port) => sum + dropsOf(port), 0);
  const before = now();
  return {
    bound: sockets.map(socket => {
      const { address, port } = socket.address();
      return withPort(address, port);
    }),
    dropped: () => Math.max(0, now() - before),
    close,
  };
}

function bind(
  { address, port }: FlowPort,
  each: (datagram: Uint8Array, from: string) => void,
  log: (line: string) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: address !== null && isIP(address) === 4 ? 'udp4' : 'udp6' });
    const words = `${address === null ? '' : address}:${port}`;
    socket.once('error', error => reject(new Error(`flows at ${words}: ${error.message}`)));
    // Node takes 32 datagrams at most before others get their turn.
    socket.on('message', (datagram, { address: from }) =>
      each(datagram, from.startsWith('::ffff:') ? from.slice(7) : from),
    );
    socket.bind({ port, ...(address === null ? {} : { address }) }, () => {
      socket.removeAllListeners('error');
      socket.on('error', error => log(`flows at ${words}: ${error.message}`));
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER);
      } catch (error) {
        log(`flows at ${words}: ${(error as Error).message}; more datagrams will be lost in a burst`);
      }
      resolve(socket);
    });
  });
}

function dropsOf(port: number): number {
  return ['/proc/self/net/udp', '/proc/self/net/udp6'].reduce((sum, file) => {
    try {
      return sum + readUdpDrops(readFileSync(file, 'latin1'), port);
    } catch {
      // Not Linux, or not ours to read: then it is not known.
      return sum;
    }
  }, 0);
}
