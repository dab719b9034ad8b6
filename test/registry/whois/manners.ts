/** A whois server that knows less than ours: lines are changed on their way to one that is whole, and written down. */
import { connect, createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';

export type Manner =
  | 'whole'
  /** `!i…,1` is not understood; is taken for the name of a set. */
  | 'no recursion'
  | 'no recursion, which is a name'
  /** `!J` is not understood. */
  | 'no status'
  /** All of IRRd's manner is not understood, in RIPE's words. */
  | 'RIPE';

const CHANGES: Readonly<Record<Manner, (line: string) => string>> = {
  whole: line => line,
  'no recursion': line => (/^!i.*,1$/.test(line) ? '!z' : line),
  'no recursion, which is a name': line => line.replace(/^(!i.*),1$/, '$1-1'),
  'no status': line => (line.startsWith('!J') ? '!z' : line),
  RIPE: line => (line.startsWith('!') ? '-z' : line),
};

export interface LesserServer {
  readonly port: number;
  /** The lines that were sent, as they were. */
  readonly lines: string[];
  close(): void;
}

/** In front of the server at this port of the loopback. */
export function lesserServer(behind: number, manner: Manner, host = '127.0.0.1'): Promise<LesserServer> {
  const lines: string[] = [];
  const server: Server = createServer(socket => {
    const whole = connect(behind, host);
    const input = createInterface({ input: socket });
    input.on('line', line => {
      lines.push(line);
      whole.write(`${CHANGES[manner](line)}\n`);
    });
    input.on('close', () => whole.end());
    whole.on('error', () => socket.destroy());
    socket.on('error', () => whole.destroy());
    whole.pipe(socket);
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      resolve({ port, lines, close: () => server.close() });
    });
  });
}
