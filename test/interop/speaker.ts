/** A scripted BGP speaker that dials the daemon: for what no real router would say, and where its timers would be in the way. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import { createFramer, encodeMessage, KEEPALIVE, messageName, NOTIFICATION, OPEN } from '../../src/bgp/message.ts';
import { decodeNotification } from '../../src/bgp/notification.ts';
import { encodeOpen, localOpen, type Open } from '../../src/bgp/open.ts';
import { type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import { until } from './bgp-peers.ts';

export interface SpeakerSetup {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly as: number;
  /** Seconds; 0, the default, asks for none. */
  readonly holdTime?: number;
  /** Sends no OPEN of its own. */
  readonly silent?: true;
  readonly open?: Partial<Open>;
}

export interface Speaker {
  readonly socket: Socket;
  /** Messages by name; a NOTIFICATION with its code and subcode: `NOTIFICATION 1/1`. */
  readonly heard: readonly string[];
  readonly gone: () => boolean;
  send(...messages: Uint8Array[]): void;
  announce(prefixes: readonly string[], ...asns: number[]): void;
  withdraw(...prefixes: string[]): void;
  endOfRib(): void;
  /** Resolves when the message has been heard. */
  hears(message: string): Promise<void>;
  close(): void;
}

export const prefixes = (texts: readonly string[]): Prefix[] => texts.map(text => parsePrefix(text)!);

/** UPDATEs that announce prefixes of one family over a path. */
export function announcement(texts: readonly string[], ...asns: number[]): Uint8Array[] {
  const nextHop = texts[0]?.includes(':') ? '2001:db8:ffff::2' : '192.0.2.1';
  const set = { originCode: 0 as const, path: [{ type: AS_SEQUENCE, asns }], nextHop };
  return encodeAnnounce(prefixes(texts), set, { as4: true });
}

/** A connection; refused, it is tried again, as a router does: a daemon answers its shell before it listens for BGP. */
async function dial(from: string, to: string, port: number): Promise<Socket> {
  let socket: Socket | null = null;
  await until(`${to} port ${port} is listened at`, async () => {
    const tried = connect({ host: to, port, localAddress: from });
    const refused = await once(tried, 'connect').then(
      () => null,
      (error: NodeJS.ErrnoException) => error,
    );
    if (refused === null) socket = tried;
    else if (refused.code !== 'ECONNREFUSED') throw refused;
    return refused === null;
  });
  return socket!;
}

/** Connects and, unless silent, comes up to Established. */
export async function startSpeaker({ from, to, port, as, holdTime = 0, silent, open }: SpeakerSetup): Promise<Speaker> {
  const heard: string[] = [];
  let gone = false;
  const socket = await dial(from, to, port);
  socket.setNoDelay(true);
  const speaker: Speaker = {
    socket,
    heard,
    gone: () => gone,
    send(...messages) {
      for (const message of messages) socket.write(message);
    },
    announce: (texts, ...asns) => speaker.send(...announcement(texts, ...asns)),
    withdraw: (...texts) => speaker.send(...encodeWithdraw(prefixes(texts))),
    endOfRib: () => speaker.send(encodeEndOfRib(1), encodeEndOfRib(2)),
    hears: message =>
      until(message, () => heard.includes(message)).catch(() => {
        throw new Error(`not heard: ${message}, but ${heard.join(', ')}${gone ? '; the connection is closed' : ''}`);
      }),
    close: () => socket.destroy(),
  };
  const { push } = createFramer((type, buffer, start, end) => {
    if (type === NOTIFICATION) {
      const { code, subcode } = decodeNotification(buffer, start + 19, end);
      heard.push(`NOTIFICATION ${code}/${subcode}`);
    } else heard.push(messageName(type));
    if (type === OPEN && !silent) speaker.send(encodeMessage(KEEPALIVE));
    else if (type === KEEPALIVE && holdTime > 0) speaker.send(encodeMessage(KEEPALIVE));
    return true;
  });
  socket.on('data', push);
  socket.on('error', () => {});
  socket.on('close', () => {
    gone = true;
  });
  if (silent) return speaker;
  const ours = localOpen({ localAs: as, routerId: '192.0.2.1', holdTime, ipv4: true, ipv6: true });
  speaker.send(encodeOpen({ ...ours, ...open }));
  if (open === undefined) await speaker.hears('KEEPALIVE');
  return speaker;
}
