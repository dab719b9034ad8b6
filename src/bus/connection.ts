/** The connection to NATS: made in the background, made again for ever, and its state told. */
import { readFileSync } from 'node:fs';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { readPrivateFile } from '../net/private-file.ts';
import { readCredentials } from './credentials.ts';
import { countRefused, type Refused } from './refused.ts';
import { inboxOf } from './subjects.ts';

export interface BusOptions {
  /** `tls://HOST[:PORT]` or `nats://HOST[:PORT]`, of one cluster. */
  readonly servers: readonly string[];
  /** PEM files: authorities of the servers' certificates (null: those of the system), own certificate and key. */
  readonly authorities: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** File of credentials (credentials.ts). */
  readonly credentials: string | null;
  /** Name of this machine (subjects.ts). */
  readonly machine: string;
  /** The connection is up, or not, and why. */
  readonly onState: (up: boolean, why: string) => void;
  /** Where what is not believed is counted. */
  readonly refused?: Refused;
  /** Asked once, of the first connection: why nothing is to be done over it, '' where all is well. */
  readonly admit?: (connection: NatsConnection) => Promise<string>;
}

export interface Bus {
  readonly machine: string;
  /** The connection, once it is up for the first time; rejects when the bus is closed before. */
  readonly ready: Promise<NatsConnection>;
  readonly up: boolean;
  /** Why it is down; '' while it is up. */
  readonly trouble: string;
  /** Since when it is so, ms since the epoch; and how often the connection was lost. */
  readonly since: number;
  readonly lost: number;
  readonly refused: Refused;
  close(): Promise<void>;
}

/** A server of TLS 1.3 that takes no client without a certificate hangs up without a word that the library would hear. */
const SILENT = 'the server did not answer in time; if it demands certificates, see whether it takes that of `identity`';

/** A server that says nothing for two of these is given up: milliseconds. */
const PING = 2_000;
const AGAIN = 500;

/** Reads the files it names, and throws in words when one cannot be read; then connects without being waited for. */
export function openBus(options: BusOptions): Bus {
  const { servers, machine, onState } = options;
  const read = (file: string) => readFileSync(file, 'utf8');
  const { authorities, certificate, key, credentials } = options;
  const tls = servers.some(server => server.startsWith('tls:')) && {
    ...(authorities !== null && { ca: read(authorities) }),
    ...(certificate !== null && { cert: read(certificate) }),
    ...(key !== null && { key: readPrivateFile(key) }),
    checkServerIdentity: identityOf(servers),
  };
  const authenticator = credentials === null ? null : readCredentials(credentials);
  const settings: NodeConnectionOptions = {
    servers: servers.map(server => server.replace(/^\w+:\/\//, '')),
    name: `intertrackd ${machine}`,
    pingInterval: PING,
    maxPingOut: 2,
    reconnectTimeWait: AGAIN,
    reconnectJitter: AGAIN,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    timeout: 5_000,
    inboxPrefix: inboxOf(machine),
    ...(tls && { tls }),
    ...(authenticator !== null && { authenticator }),
  };

  let connection: NatsConnection | null = null;
  let up = false;
  let trouble = 'not connected yet';
  let since = Date.now();
  let lost = 0;
  let closing = false;
  let wake = () => {};
  const say = (now: boolean, why: string) => {
    if (now === up && why === trouble) return;
    if (now !== up) since = Date.now();
    if (up && !now) lost++;
    [up, trouble] = [now, why];
    if (!closing) onState(now, why);
  };

  async function begin(): Promise<NatsConnection> {
    for (;;) {
      if (closing) throw new Error('the bus is closed');
      try {
        const made = await connect(settings);
        // From now on, so that nothing that befalls it while it is asked below is missed.
        const statuses = made.status();
        const refusal = closing ? '' : ((await options.admit?.(made)) ?? '');
        if (closing || refusal !== '') {
          await made.close();
          closing = true;
          if (refusal !== '') onState(false, refusal);
          continue;
        }
        connection = made;
        say(true, '');
        void watch(statuses);
        return made;
      } catch (error) {
        const words = wordsOf(error);
        say(false, words === 'timeout' ? SILENT : words);
        await new Promise<void>(resolve => {
          wake = resolve;
          setTimeout(resolve, AGAIN).unref();
        });
      }
    }
  }

  async function watch(statuses: ReturnType<NatsConnection['status']>): Promise<void> {
    for await (const status of statuses)
      switch (status.type) {
        case 'disconnect':
          say(false, `the connection to ${status.server} is lost`);
          break;
        case 'reconnect':
          say(true, '');
          break;
        case 'error':
          // A refused subject is the administrator's matter and must not look like a lost connection.
          if (up) onState(true, wordsOf(status.error));
          else say(false, wordsOf(status.error));
          break;
      }
  }

  const ready = begin();
  ready.catch(() => {});
  return {
    machine,
    ready,
    get up() {
      return up;
    },
    get trouble() {
      return trouble;
    },
    get since() {
      return since;
    },
    get lost() {
      return lost;
    },
    refused: options.refused ?? countRefused(() => {}),
    async close() {
      closing = true;
      wake();
      await connection?.close().catch(() => {});
    },
  };
}

/** Where the URL has an address and no name, the library names no host to Node, which then looks for this one. */
const UNNAMED = 'localhost';

/** Looks whether a certificate is that of the server; of an unnamed one, whether it is that of one of ours. */
const identityOf = (servers: readonly string[]) => {
  const ours = servers.map(server => new URL(server.replace(/^\w+:/, 'http:')).hostname.replace(/^\[|\]$/g, ''));
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const wrong = (host === UNNAMED ? ours : [host]).map(one => checkServerIdentity(one, certificate));
    return wrong.includes(undefined) ? undefined : wrong[0];
  };
};

export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);
