/**
 * An RTR cache that says what a test wants said, right or wrong, built from RFC 8210: what a real one would never do has to
 * be seen too. Real ones are in stayrtr.test.ts.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type RtrPdu, type RtrVersion, readPdu, writePdu } from '../../../src/registry/rpki/rtr-pdu.ts';

export interface CacheConnection {
  readonly number: number;
  send(...pdus: readonly RtrPdu[]): void;
  write(octets: Uint8Array): void;
  end(): void;
}

export interface ScriptedCache {
  readonly port: number;
  /** Everything that clients sent, oldest first. */
  readonly heard: readonly RtrPdu[];
  readonly connections: readonly CacheConnection[];
  /** No longer there: the port refuses, and connections end. */
  stop(): Promise<void>;
}

/** Calls `answer` with each PDU that a client sends. */
export async function scriptedCache(
  answer: (pdu: RtrPdu, connection: CacheConnection) => void,
  port = 0,
): Promise<ScriptedCache> {
  const heard: RtrPdu[] = [];
  const connections: CacheConnection[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const connection: CacheConnection = {
      number: connections.length,
      send: (...pdus) => {
        socket.write(Buffer.concat(pdus.map(writePdu)));
      },
      write: octets => {
        socket.write(octets);
      },
      end: () => {
        socket.end();
      },
    };
    connections.push(connection);
    let held = Buffer.alloc(0);
    socket.on('data', chunk => {
      held = Buffer.concat([held, chunk]);
      for (let reading = readPdu(held); reading.how === 'pdu'; reading = readPdu(held)) {
        held = held.subarray(reading.size);
        heard.push(reading.pdu);
        answer(reading.pdu, connection);
      }
    });
  });
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    connections,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export const INTERVALS = { refresh: 3600, retry: 600, expire: 7200 };

/** A VRP for 10.N.M.0/24 with the number `i` of N.M, or its withdrawal. */
export const vrp = (i: number, asn = 64496, announce = true, version: RtrVersion = 2): RtrPdu => ({
  ...{ version, type: 'prefix', announce, afi: 1, words: [(10 << 24) | (i << 8), 0, 0, 0] },
  ...{ length: 24, maxLength: 24, asn },
});

export const aspa = (customer: number, ...providers: number[]): RtrPdu => ({
  ...{ version: 2, type: 'aspa', announce: providers.length > 0, customer, providers, afi: null },
});

/** A response with its beginning and its end. */
export function response(
  session: number,
  serial: number,
  payload: readonly RtrPdu[],
  version: RtrVersion = 2,
): RtrPdu[] {
  return [
    { version, type: 'cache-response', session },
    ...payload,
    { version, type: 'end-of-data', session, serial, intervals: version === 0 ? null : INTERVALS },
  ];
}

/** A cache that answers every Reset Query with these payloads, and every Serial Query by what `next` holds for it. */
export function soundCache(
  state: { session: number; serial: number; payload: readonly RtrPdu[]; next?: readonly RtrPdu[] },
  port = 0,
): Promise<ScriptedCache> {
  return scriptedCache((pdu, connection) => {
    if (pdu.type === 'reset-query') connection.send(...response(state.session, state.serial, state.payload));
    if (pdu.type !== 'serial-query') return;
    if (pdu.session === state.session) connection.send(...response(state.session, state.serial, state.next ?? []));
    else connection.send({ version: 2, type: 'cache-reset' });
  }, port);
}
