/** Small servers of the protocols that contacts are asked by, each as its RFC has it, and as badly behaved as a test wants. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface SmallServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** What was asked, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** A whois server (RFC 3912): takes one line and hands it to `answer`, which writes and closes, or does not. */
export async function whoisServer(answer: (query: string, socket: Socket) => void): Promise<SmallServer> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', chunk => {
      text += chunk.toString();
      if (!text.endsWith('\r\n')) return;
      asked.push(text.slice(0, -2));
      answer(text.slice(0, -2), socket);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    url: `whois://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** An HTTP server; `answer` gets the path with its query. */
export async function httpServer(
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<SmallServer> {
  const asked: string[] = [];
  const server = createHttp((request, response) => {
    asked.push(request.url ?? '');
    response.on('error', () => {});
    answer(request.url ?? '', response, request);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function json(response: ServerResponse, value: unknown, status = 200, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(value));
}

/** An autnum as RFC 9083 section 5.5 shows it, with contacts of several roles. */
export const autnum = (as: number) => ({
  objectClassName: 'autnum',
  handle: `AS${as}`,
  startAutnum: as,
  endAutnum: as,
  name: 'EXAMPLE-AS',
  remarks: [{ description: ['Example Inc.', 'Tokyo'] }],
  entities: [
    {
      objectClassName: 'entity',
      handle: 'EXAMPLE-ORG',
      roles: ['registrant'],
      vcardArray: [
        'vcard',
        [
          ['version', {}, 'text', '4.0'],
          ['fn', {}, 'text', 'Example Inc.'],
        ],
      ],
      entities: [
        {
          objectClassName: 'entity',
          handle: 'ABUSE1',
          roles: ['abuse'],
          vcardArray: [
            'vcard',
            [
              ['version', {}, 'text', '4.0'],
              ['fn', {}, 'text', 'Abuse Desk'],
              ['email', {}, 'text', 'abuse@example.net'],
              ['tel', { type: ['work', 'voice'] }, 'uri', 'tel:+1-555-555-0100;ext=102'],
              ['tel', { type: 'fax' }, 'uri', 'tel:+1-555-555-0199'],
            ],
          ],
        },
      ],
    },
    {
      objectClassName: 'entity',
      handle: 'NOC1',
      roles: ['technical', 'noc'],
      vcardArray: [
        'vcard',
        [
          ['fn', {}, 'text', 'Example NOC'],
          ['email', { pref: '1' }, 'text', 'noc@example.net'],
        ],
      ],
    },
  ],
});
