import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { askRipe, CLIENT_LIMITS, irrdClient, serialsOf } from '../../../src/registry/whois/client.ts';
import { startIrrServer } from '../irr-server.ts';
import { lesserServer } from './manners.ts';
import { bookOf, type Serving, serve, sourceOf } from './serving.ts';

const TEXT =
  'route: 192.0.2.0/24\norigin: AS64496\nsource: JPIRR\n\nroute: 198.51.100.0/24\norigin: AS64496\nsource: JPIRR\n';

/** The words of a rejection. */
const why = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it was answered',
    (error: Error) => error.message,
  );

describe('registry/whois/client', () => {
  let serving: Serving;
  const others: Server[] = [];
  before(async () => {
    const source = sourceOf(bookOf('JPIRR', TEXT), 4711);
    serving = await serve(() => [source]);
  });
  after(() => serving.server.close());
  afterEach(() => {
    for (const server of others.splice(0)) server.close();
  });
  const here = () => ({ host: '127.0.0.1', port: serving.port });

  /** A server that does this with each connection. */
  async function rude(act: (socket: Socket) => void) {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      sockets.add(socket.on('error', () => {}));
      act(socket);
    });
    server.on('close', () => {
      for (const socket of sockets) socket.destroy();
    });
    others.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
  }

  it('sends its queries without waiting, and tells the answers apart', async () => {
    const recorded = await lesserServer(serving.port, 'whole');
    const client = irrdClient({ host: '127.0.0.1', port: recorded.port });
    const answers = await Promise.all([
      client.ask({ kind: 'origin', afi: 1, asn: 64496 }),
      client.ask({ kind: 'origin', afi: 2, asn: 64496 }),
      client.ask({ kind: 'sources', sources: ['X'] }),
      client.ask({ kind: 'sources', sources: ['JPIRR'] }),
    ]);
    client.close();
    expect(answers).to.deep.equal([
      { kind: 'data', data: Buffer.from('192.0.2.0/24 198.51.100.0/24\n') },
      { kind: 'not-found' },
      { kind: 'error', message: 'One or more selected sources are unavailable.' },
      { kind: 'empty' },
    ]);
    expect(recorded.lines.slice(0, 6)).to.deep.equal([
      '!!',
      '!nInterTrack',
      '!gAS64496',
      '!6AS64496',
      '!sX',
      '!sJPIRR',
    ]);
    expect(await why(client.ask({ kind: 'version' }))).to.match(/: closed$/);
    recorded.close();
  });
  it('asks in the manner of RIPE', async () => {
    const { objects } = await askRipe(here(), '-i origin AS64496');
    expect(objects.join('\n')).to.equal(TEXT);
    const none = await askRipe(here(), 'AS64511');
    expect(none).to.deep.include({ objects: [], error: '', remarks: ['No entries found for the selected source(s).'] });
    expect((await askRipe(here(), '-z')).error).to.equal('Unrecognised flag/search: z');
  });
  it('learns serials by !J, by !j where that is not known, and from the test server of mirrors', async () => {
    const lesser = await lesserServer(serving.port, 'no status');
    for (const port of [serving.port, lesser.port]) {
      const client = irrdClient({ host: '127.0.0.1', port });
      expect([...(await serialsOf(client))]).to.deep.equal([['JPIRR', 4711]]);
      client.close();
    }
    expect(lesser.lines).to.include.members(['!J-*', '!j-*']);
    lesser.close();
    const irr = await startIrrServer();
    irr.source('RADB').add(TEXT);
    const client = irrdClient(irr);
    expect([...(await serialsOf(client))]).to.deep.equal([['RADB', 1]]);
    client.close();
    irr.close();
  });

  const limits = { ...CLIENT_LIMITS, silence: 500, most: 100_000 };
  for (const [what, act, irrd, ripe] of [
    ['is silent', () => {}, /no answer for 0.5 s/, /no answer for 0.5 s/],
    ['closes at once', socket => socket.end(), /the server closed the connection/, /the server closed the connection/],
    [
      'breaks off',
      socket => socket.once('data', () => socket.end('C\nA100\nabc')),
      /the server closed the connection, within an answer/,
      /it was answered/,
    ],
    [
      'sends a web page',
      socket => socket.end('<html>\n\n\n'),
      /"<html>" is no answer|was not asked/,
      /it was answered/,
    ],
    [
      'says it is huge',
      socket => socket.once('data', () => socket.write('C\nA999999999\n')),
      /more than 100000/,
      /no answer/,
    ],
    [
      'floods',
      socket => {
        const pour = () => void (socket.destroyed || socket.write('C\n'.repeat(10_000), pour));
        socket.once('data', pour);
      },
      /was not asked|it was answered/,
      /more than 100000 octets/,
    ],
    [
      'sends a line without end',
      socket => {
        const pour = () => void (socket.destroyed || socket.write('x'.repeat(60_000), pour));
        socket.once('data', pour);
      },
      /a line of more than 4096 octets/,
      /a line of more than 65536 octets/,
    ],
  ] as const satisfies readonly (readonly [string, (socket: Socket) => unknown, RegExp, RegExp])[])
    it(`bears a server that ${what}`, async () => {
      const server = await rude(act);
      expect(await why(irrdClient(server, limits).ask({ kind: 'version' }))).to.match(irrd);
      expect(await why(askRipe(server, 'AS1', limits))).to.match(ripe);
    });
  it('gives up when told to, and when it goes on for too long', async () => {
    const server = await rude(() => {});
    const told = new AbortController();
    const asked = why(irrdClient(server, CLIENT_LIMITS, told.signal).ask({ kind: 'version' }));
    told.abort();
    expect(await asked).to.match(/given up/);
    const slow = await rude(socket => {
      const drip = setInterval(() => socket.write('F'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await why(irrdClient(slow, { ...limits, total: 200 }).ask({ kind: 'version' }))).to.match(
      /goes on for 0.2 s/,
    );
  });
  it('tells that nobody listens', async () => {
    const nobody = { host: '127.0.0.1', port: 1 };
    expect(await why(irrdClient(nobody).ask({ kind: 'version' }))).to.match(/^whois 127.0.0.1 port 1: .*ECONNREFUSED/);
    expect(await why(askRipe(nobody, 'x'))).to.match(/ECONNREFUSED/);
  });
});
