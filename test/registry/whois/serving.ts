/** A whois server over registries written as text, and a client that sends octets as they are. */
import { connect, type Socket } from 'node:net';
import type { WhoisConfig } from '../../../src/config/tree.ts';
import { OTHER_CLASSES } from '../../../src/registry/other-objects.ts';
import { rpslReader } from '../../../src/registry/rpsl.ts';
import { type SourceBook, sourceBook } from '../../../src/registry/source-book.ts';
import type { WhoisSource } from '../../../src/registry/whois/answer.ts';
import { createWhoisServer, type WhoisServer } from '../../../src/registry/whois/server.ts';

/** Fills a book with the objects of a text. */
export function bookOf(source: string, text: string | Uint8Array): SourceBook {
  const book = sourceBook(source);
  const reader = rpslReader(
    object => {
      const applied = book.apply('add', object);
      if (!applied.ok) throw new Error(applied.problem.why);
    },
    ({ why }) => {
      throw new Error(why);
    },
    new Set(['route', 'route6', ...OTHER_CLASSES]),
  );
  reader.push(Buffer.from(text as string));
  reader.end();
  return book;
}

export interface Serving {
  readonly server: WhoisServer;
  readonly port: number;
  /** What was logged. */
  readonly said: string[];
  /** Takes another configuration; the port stays. */
  reconfigure(limits: Partial<WhoisConfig>): Promise<void>;
}

const LIMITS: WhoisConfig = {
  listen: [{ address: '127.0.0.1', port: 0 }],
  allow: ['127.0.0.0/8'],
  maxConnections: 64,
  maxClientConnections: 16,
  maxAnswer: 2 ** 26,
  rate: 100_000,
  idleTimeout: 30_000,
};

/** Serves the sources; `limits` in place of the usual ones. */
export async function serve(mirror: () => readonly WhoisSource[], limits: Partial<WhoisConfig> = {}): Promise<Serving> {
  const said: string[] = [];
  const server = createWhoisServer({ mirror, version: '1.2', log: (_, text) => said.push(text) });
  await server.configure({ ...LIMITS, ...limits });
  const [listener] = server.status().listeners;
  if (listener === undefined || listener.problem !== '') throw new Error(listener?.problem ?? 'it does not listen');
  return { server, port: listener.port, said, reconfigure: next => server.configure({ ...LIMITS, ...next }) };
}

export const sourceOf = (book: SourceBook, serial: number | null = null): WhoisSource => ({
  name: book.source,
  book,
  state: () => ({ serial, updated: serial === null ? null : Date.UTC(2026, 10, 29) }),
});

/** Sends the octets, closes this side unless told otherwise, and tells what came until the server closed. */
export function ask(port: number, octets: string | Uint8Array, end = true, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    const parts: Buffer[] = [];
    socket.on('data', part => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(parts).toString()));
    if (end) socket.end(octets);
    else socket.write(octets);
  });
}

/** A connection that the test drives by hand. */
export function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', reject).on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
