import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import type { HttpConfig } from '../../src/config/http-tree.ts';
import type { UpdateTaker } from '../../src/control/live-rows.ts';
import { createRisClients } from '../../src/web/ris-clients.ts';
import { createHttpServer, type HttpServer, readHttpFiles } from '../../src/web/server.ts';
import { scriptedDaemon } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';

/** A text as a client sends it (RFC 6455 section 5.2), masked by nothing. */
function frame(text: string): Buffer {
  const head = Buffer.from([0x81, 0xfe, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(Buffer.byteLength(text), 2);
  return Buffer.concat([head, Buffer.from(text)]);
}

const TOKEN = 'reader-of-everything-1';

describe('web/ris-live', () => {
  let folder: string;
  let server: HttpServer;
  let configured: HttpConfig;
  let taker: UpdateTaker | null;
  let wanted: unknown;
  const sockets: WebSocket[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    writeFileSync(join(folder, 'reader'), `${TOKEN}\n`);
    chmodSync(join(folder, 'reader'), 0o600);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await server.close();
  });

  async function open(over: Partial<HttpConfig> = {}): Promise<void> {
    taker = null;
    wanted = null;
    const daemon = scriptedDaemon({
      followUpdates: (_host, own) => {
        taker = own;
        return {
          want: filters => {
            wanted = filters;
          },
          close: () => {
            taker = null;
          },
        };
      },
    });
    server = createHttpServer(daemon, () => {}, null);
    configured = {
      ...{ listen: [{ address: '127.0.0.1', port: 0 }], identity: null, anonymous: null, rate: 1000 },
      ...{ tokens: [{ file: join(folder, 'reader'), role: 'reader' }], risLive: { host: 'rrc-tokyo' } },
      ...over,
    };
    const config = configured;
    await server.configure(config, readHttpFiles(config));
  }

  /** A client; its messages come parsed. `closed`: why it was closed, '' until it is. */
  function connect(
    path = '/v1/ws/?client=test',
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  ) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.ports()[0]}${path}`, { headers } as never);
    sockets.push(socket);
    const client = { socket, heard: [] as { type: string; data: unknown }[], state: '' };
    socket.onopen = () => {
      client.state = 'open';
    };
    socket.onmessage = ({ data }) => client.heard.push(JSON.parse(String(data)));
    socket.onclose = ({ code, reason }) => {
      client.state = `closed ${code} ${reason}`;
    };
    socket.onerror = () => {};
    return client;
  }
  const opened = async (client = connect()) => {
    await until('it is open', () => client.state === 'open');
    return client;
  };

  it('tells its name, answers a ping, and says of what it does not know that it does not', async () => {
    await open();
    const { socket, heard } = await opened();
    for (const type of ['ping', 'request_rrc_list', 'wrong']) socket.send(JSON.stringify({ type }));
    await until('three answers', () => heard.length === 3);
    expect(heard).to.deep.equal([
      { type: 'pong', data: null },
      { type: 'ris_rrc_list', data: ['rrc-tokyo'] },
      { type: 'ris_error', data: { message: 'Unknown command type', command_type: 'wrong' } },
    ]);
  });

  it('has filters sent on, tells what comes of them, and takes them back', async () => {
    await open();
    const { socket, heard } = await opened();
    const data = { prefix: '192.0.2.0/24', socketOptions: { acknowledge: true } };
    socket.send(JSON.stringify({ type: 'ris_subscribe', data }));
    await until('it is acknowledged', () => heard.length === 1);
    expect(heard[0]).to.deep.equal({
      type: 'ris_subscribe_ok',
      data: { subscription: { prefix: '192.0.2.0/24' }, socketOptions: { includeRaw: false, acknowledge: true } },
    });
    expect(wanted).to.have.length(1).and.to.have.nested.property('[0].prefixes[0]', '192.0.2.0/24');
    taker!.take('{"type":"ris_message","data":{"n":1}}');
    await until('it is told', () => heard.length === 2);
    expect(heard[1]).to.deep.equal({ type: 'ris_message', data: { n: 1 } });
    expect(server.status().risLive).to.deep.include({ host: 'rrc-tokyo', sent: 1, lost: 0 });
    expect(server.status().risLive!.clients[0]).to.deep.include({ subscriptions: 1, sent: 1 });
    expect(server.status().risLive!.clients[0]!.by).to.match(/^http token reader from 127\.0\.0\.1$/);
    const back = (asked: unknown) => socket.send(JSON.stringify({ type: 'ris_unsubscribe', data: asked }));
    back({ prefix: '10.0.0.0/8' });
    await until('it is refused', () => heard.length === 3);
    expect(heard[2]).to.have.nested.property('data.message', 'there is no such subscription');
    back({ prefix: '192.0.2.0/24' });
    await until('nothing is wanted', () => (wanted as unknown[]).length === 0);
    socket.close();
    await until('it is forgotten', () => taker === null);
    expect(server.status().risLive!.clients).to.deep.equal([]);
  });

  it('ends with a token that is taken back, gets another role, or is not served any more', async () => {
    const reload = (over: Partial<HttpConfig>) => {
      const config: HttpConfig = { ...configured, ...over };
      return server.configure(config, readHttpFiles(config));
    };
    await open();
    const first = await opened();
    await reload({});
    first.socket.send('{"type":"ping"}');
    await until('it goes on', () => first.heard.length === 1);
    await reload({ tokens: [{ file: join(folder, 'reader'), role: 'operator' }] });
    await until('it is closed', () => first.state !== 'open');
    expect(first.state).to.equal('closed 1008 the token has the role of an operator now: connect again');
    const second = await opened();
    await reload({ tokens: [] });
    await until('it is closed', () => second.state !== 'open');
    expect(second.state).to.equal('closed 1008 the token was taken back: it is none that is known here now');
    expect(taker).to.equal(null);
    await reload({ anonymous: 'reader' });
    const third = await opened(connect('/v1/ws/', {}));
    await reload({ anonymous: null });
    await until('it is closed', () => third.state !== 'open');
    expect(third.state).to.equal('closed 1008 a token is needed now');
    await reload({});
    const fourth = await opened();
    const { risLive: _risLive, ...none } = configured;
    await server.configure(none, readHttpFiles(none));
    await until('it is closed', () => fourth.state !== 'open');
    expect(fourth.state).to.equal('closed 1008 RIS Live is not served here any more');
  });

  it('says how many messages were left out before the next one', async () => {
    await open();
    const { socket, heard } = await opened();
    socket.send('{"type":"ris_subscribe"}');
    await until('it listens', () => (wanted as unknown[] | null)?.length === 1);
    taker!.lost(7);
    taker!.take('{"type":"ris_message","data":{}}');
    await until('it is told', () => heard.length === 2);
    expect(heard[0]).to.deep.equal({
      type: 'ris_error',
      data: {
        message: 'up to 7 messages were left out: they came faster than they could be told or read',
        lost: 7,
      },
    });
  });

  it('takes so many prefixes of a client and no more, in however many subscriptions', async () => {
    await open();
    const { socket, heard } = await opened();
    const block = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => `10.${first}.${i >> 8}.${i & 255}/32`);
    for (const prefix of [block(1, 600), block(2, 401), block(3, 400)])
      socket.send(JSON.stringify({ type: 'ris_subscribe', data: { prefix, socketOptions: { acknowledge: true } } }));
    await until('three answers', () => heard.length === 3);
    expect(heard.map(({ type }) => type)).to.deep.equal(['ris_subscribe_ok', 'ris_error', 'ris_subscribe_ok']);
    expect(heard[1]).to.have.nested.property('data.message', 'more than 1000 prefixes in all subscriptions');
    expect(wanted).to.have.length(2);
  });

  it('leaves out what a client does not read, and goes on when it does', () => {
    let take: UpdateTaker | null = null;
    let waiting = 0;
    const sent: string[] = [];
    const clients = createRisClients({
      followUpdates: (_host, own) => {
        take = own;
        return { want: () => {}, close: () => {} };
      },
    });
    clients.open({ send: text => sent.push(text), waiting: () => waiting }, 'somebody', 'rrc-tokyo');
    waiting = 5 << 20;
    for (let i = 0; i < 3; i++) take!.take(`${i}`);
    expect(sent).to.deep.equal([]);
    waiting = 0;
    take!.take('3');
    expect(sent[0]).to.contain('"lost":3');
    expect(sent[1]).to.equal('3');
    expect(clients.status()).to.deep.include({ sent: 1, lost: 3 });
    server = createHttpServer(scriptedDaemon(), () => {}, null);
  });

  const refused: readonly (readonly [string, Partial<HttpConfig>, Record<string, string>])[] = [
    ['no token', {}, {}],
    ['a token that is none', {}, { authorization: 'Bearer another-one-of-nobody' }],
    ['a page of somewhere else', { anonymous: 'reader' }, { origin: 'https://evil.example' }],
    ['nothing configured', { anonymous: 'reader', risLive: undefined as never }, {}],
  ];
  for (const [what, config, headers] of refused)
    it(`lets nobody in with ${what}`, async () => {
      await open(config);
      const client = connect('/v1/ws', headers);
      await until('it is closed', () => client.state.startsWith('closed'));
      expect(taker).to.equal(null);
    });

  it('closes on who asks too much, or says too much at once', async () => {
    await open({ rate: 5 });
    const hasty = await opened();
    for (let i = 0; i < 20; i++) hasty.socket.send('{"type":"ping"}');
    await until('it is closed', () => hasty.state.startsWith('closed'));
    expect(hasty.state).to.equal('closed 1008 more than 5 requests a second');
    await server.close();
    await open();
    const long = await opened();
    long.socket.send('x'.repeat(70_000));
    await until('it is closed', () => long.state.startsWith('closed 1009'));
  });

  it('hangs up on who goes on asking and reads no answer', async () => {
    await open({ rate: 1_000_000 });
    const socket = await new Promise<Duplex>((resolve, reject) => {
      const headers = {
        ...{ authorization: `Bearer ${TOKEN}`, connection: 'Upgrade', upgrade: 'websocket' },
        ...{ 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16).toString('base64') },
      };
      const port = server.ports()[0]!;
      const asked = request({ host: '127.0.0.1', port, path: '/v1/ws/', headers, agent: false });
      asked.on('upgrade', (_answer, upgraded) => resolve(upgraded));
      asked.on('error', reject);
      asked.end();
    });
    socket.pause().on('error', () => {});
    const clients = () => server.status().risLive!.clients.length;
    await until('it is a client', () => clients() === 1);
    // An answer as long as its question, again and again.
    const prefix = Array.from(
      { length: 1000 },
      (_, i) => `2001:db8:1111:2222:3333:4444:5555:${(4096 + i).toString(16)}/128`,
    );
    const data = { prefix, socketOptions: { acknowledge: true } };
    const frames = Buffer.concat([
      frame(JSON.stringify({ type: 'ris_subscribe', data })),
      frame(JSON.stringify({ type: 'ris_unsubscribe' })),
    ]);
    const asking = setInterval(() => socket.destroyed || socket.write(frames), 1);
    try {
      await until('it is cut off', () => clients() === 0);
    } finally {
      clearInterval(asking);
      socket.destroy();
    }
  });
});
