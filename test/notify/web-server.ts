import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came, whole. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A real web server on loopback that keeps what it is sent. */
export interface WebServer {
  readonly port: number;
  readonly received: readonly Request[];
  /** Resolves when so many requests have come whole. */
  got(count: number): Promise<void>;
  close(): Promise<void>;
}

/** How it answers a request that has come whole; by default with 204. */
export type Manner = (response: ServerResponse, request: Request) => void;

/** Listens on 127.0.0.1; with `tls` by https. */
export async function webServer(
  manner: Manner = response => response.writeHead(204).end(),
  tls?: { readonly key: string; readonly cert: string },
  port = 0,
): Promise<WebServer> {
  const received: Request[] = [];
  const sockets = new Set<Socket>();
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  const serve = (message: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('error', () => {});
    response.on('error', () => {});
    message.on('end', () => {
      const { method = '', url: path = '', headers } = message;
      const request = { method, path, headers, body: Buffer.concat(chunks) };
      received.push(request);
      manner(response, request);
      for (const one of waiting) if (received.length >= one.count) one.done();
    });
  };
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>(done => server.listen(port, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    got: count =>
      new Promise(done => {
        if (received.length >= count) done();
        else waiting.push({ count, done });
      }),
    close: () =>
      new Promise(done => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
