import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIPv6, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { SyslogConfig } from '../config/tree.ts';
import type { Channel } from './channel.ts';
import type { Outcome } from './delivery.ts';
import { printable } from './layout.ts';
import { framed, syslogMessage } from './syslog-message.ts';

/** How long a datagram's sender waits for word that nobody listens there (ICMP), ms. */
const ECHO = 200;
const MOST_ERROR = 300;

/**
 * A `notify syslog` block: each notice is a message of its own, over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425).
 * Syslog has no answers. A datagram counts as sent when no word came that nobody listens; over a connection a message
 * counts as sent when the server has closed behind it, or has taken it and keeps the connection open to the time limit.
 */
export function createSyslog(config: SyslogConfig, hostname: string): Channel {
  return {
    async send(notice, signal) {
      const message = syslogMessage(notice, config.facility, hostname, process.pid);
      try {
        await (config.transport === 'udp' ? datagram(config, message) : stream(config, framed(message), signal));
        return { result: 'sent' } satisfies Outcome;
      } catch (error) {
        const { message: words, code } = error as { readonly message?: string; readonly code?: string };
        return { result: 'deferred', error: printable(words || String(code ?? error)).slice(0, MOST_ERROR) };
      }
    },
  };
}

function datagram({ address, port }: SyslogConfig, message: Buffer): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise<void>((resolve, reject) => {
    // Connected, so that the kernel tells of an ICMP error.
    socket.on('error', reject);
    socket.connect(port, address, () =>
      socket.send(message, error => {
        if (error) reject(error);
        else setTimeout(resolve, ECHO);
      }),
    );
  }).finally(() => socket.close());
}

async function stream(config: SyslogConfig, octets: Buffer, signal: AbortSignal): Promise<void> {
  const socket = await open(config);
  const began = Date.now();
  let flushed = false;
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      if (flushed) resolve();
      else reject(new Error(`not taken within ${config.timeout / 1000} s`));
    }, config.timeout);
    const cut = () => reject(new Error('it was cut off'));
    signal.addEventListener('abort', cut, { once: true });
    if (signal.aborted) cut();
    socket.on('error', reject);
    const write = () => socket.end(octets, () => (flushed = true));
    socket.once(config.transport === 'tls' ? 'secureConnect' : 'connect', write);
    // A server has nothing to say; what it says is not kept.
    socket.resume();
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
      if (flushed) resolve();
      else reject(new Error(`the server closed the connection after ${Date.now() - began} ms`));
    });
  }).finally(() => socket.destroy());
}

/** A connection under way. */
async function open({ address, port, transport, serverName, authority }: SyslogConfig): Promise<Socket> {
  if (transport === 'tcp') return connectTcp({ host: address, port });
  const ca = authority === undefined ? undefined : await readFile(authority);
  return connectTls({
    host: address,
    port,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(serverName ?? address, certificate),
  });
}
