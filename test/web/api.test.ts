import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as ask, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { HttpConfig } from '../../src/config/http-tree.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { createHttpServer, type HttpServer, readHttpFiles } from '../../src/web/server.ts';
import { PARTIAL, ROUTES, SUMMARY, scriptedDaemon, TRACE } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';

const READER = 'reader-of-everything-1';
const OPERATOR = 'operator-of-everything-1';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

describe('web/api', () => {
  let folder: string;
  let server: HttpServer | null = null;
  const logged: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    for (const [name, token] of Object.entries({ reader: READER, operator: OPERATOR }))
      writeFileSync(join(folder, name), `${token}\n`, { mode: 0o600 });
    logged.length = 0;
  });
  afterEach(async () => {
    await server?.close();
    server = null;
    rmSync(folder, { recursive: true, force: true });
  });

  const configOf = (over: Partial<HttpConfig> = {}): HttpConfig => ({
    listen: [{ address: '127.0.0.1', port: 0 }],
    identity: null,
    tokens: [
      { file: join(folder, 'reader'), role: 'reader' },
      { file: join(folder, 'operator'), role: 'operator' },
    ],
    anonymous: null,
    rate: 10_000,
    ...over,
  });
  const open = async (daemon: Partial<Daemon> = {}, over: Partial<HttpConfig> = {}) => {
    server = createHttpServer(scriptedDaemon(daemon), (level, text) => logged.push(`${level} ${text}`), null);
    const config = configOf(over);
    await server.configure(config, readHttpFiles(config));
  };
  const port = () => server!.ports()[0]!;
  interface Asking {
    readonly method?: string;
    readonly token?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  }
  /** Sends a request; the answer is still to be read. */
  const begin = (path: string, { method = 'GET', token = READER, headers = {}, body }: Asking = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const sent = ask(
        {
          ...{ host: '127.0.0.1', port: port(), path, method, agent: false },
          headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
        },
        resolve,
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const get = async (path: string, asking: Asking = {}): Promise<Answer> => {
    const answer = await begin(path, asking);
    let text = '';
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode!, headers: answer.headers, text };
  };
  const json = async (path: string, asking: Asking = {}) => {
    const { status, text } = await get(path, asking);
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  };

  describe('answers', () => {
    it('with the rows that the shell gets, and notes', async () => {
      await open();
      expect(await json('/api/v1/show/bgp/summary')).to.deep.equal({
        status: 200,
        body: { rows: SUMMARY, command: 'show bgp summary', notes: [] },
      });
      const { body } = await json('/api/v1/show/route?prefix=192.0.2.0/24&longer');
      expect(body.rows).to.deep.equal(ROUTES);
    });

    it('with one object where the command has one', async () => {
      await open();
      const { body } = await json(`/api/v1/show/trace?trace-id=${TRACE.id}`);
      expect(body).to.deep.include({ command: 'show trace TRACE-ID', notes: [] });
      expect(body.row).to.include({ id: TRACE.id, asked: TRACE.asked });
    });

    it('line by line, whoever accepts that', async () => {
      await open();
      const { text, headers } = await get('/api/v1/show/bgp/summary', { headers: { accept: 'application/x-ndjson' } });
      expect(headers['content-type']).to.equal('application/x-ndjson');
      const lines = text.trimEnd().split('\n');
      expect(lines.slice(0, -1).map(line => JSON.parse(line))).to.deep.equal(SUMMARY);
      expect(JSON.parse(lines.at(-1)!)).to.deep.equal({ end: true, command: 'show bgp summary', notes: [] });
    });

    it('with events, the state so far among them', async () => {
      await open();
      const asking = { method: 'POST', token: OPERATOR, headers: { accept: 'text/event-stream' } };
      const { text } = await get('/api/v1/trace/digest?digest=0123456789abcdef&time=2026-03-01T12:00Z', {
        ...asking,
      });
      expect(text).to.contain('event: row\n').and.to.contain('event: end\n');
      const events = text
        .split('\n\n')
        .filter(Boolean)
        .map(one => /^event: (\S+)\ndata: (.*)$/s.exec(one)!);
      expect(events.at(-1)![1]).to.equal('end');
      expect(JSON.parse(events.find(([, name]) => name === 'row')![2]!)).to.deep.equal(TRACE);
    });

    it('with what happens as it happens, until the client leaves', async () => {
      let watching = 0;
      let tell: Parameters<Daemon['follow']>[2] | undefined;
      const behind: (string | null)[] = [];
      const follow: Daemon['follow'] = (topics, since, take) => {
        // The metrics follow all that happens.
        if (topics.length > 1) return () => {};
        watching++;
        behind.push(since);
        tell = take;
        return () => {
          watching--;
        };
      };
      await open({ follow });
      expect((await json('/api/v1/watch/cases')).status).to.equal(406);
      const headers = { accept: 'text/event-stream', 'last-event-id': 'mijz0o5c.7' };
      const answer = await begin('/api/v1/watch/cases', { headers });
      await until('it is watching', () => watching === 1);
      let seen = '';
      answer.on('data', chunk => {
        seen += chunk;
      });
      tell!({ mark: 'mijz0o5c.9', about: 'cases', key: null, row: { case: 'a' } });
      await until('the change came', () =>
        seen.includes('id: mijz0o5c.9\nevent: row\ndata: {"mark":"mijz0o5c.9","case":"a"}'),
      );
      expect(behind).to.deep.equal(['mijz0o5c.7']);
      answer.destroy();
      await until('it watches no more', () => watching === 0);
    });

    it('until the token that it was asked with is taken back or changes its role', async () => {
      let watching = 0;
      const follow: Daemon['follow'] = topics => {
        if (topics.length > 1) return () => {};
        watching++;
        return () => {
          watching--;
        };
      };
      let asking = 0;
      const routes: Daemon['routes'] = () => {
        asking++;
        return new Promise(() => {});
      };
      await open({ follow, routes });
      const reload = (over: Partial<HttpConfig>) => server!.configure(configOf(over), readHttpFiles(configOf(over)));
      const as = (accept: string) => get('/api/v1/watch/cases', { headers: { accept } });
      const events = as('text/event-stream');
      const lines = as('application/x-ndjson');
      const waits = get('/api/v1/show/route?prefix=192.0.2.0/24');
      const other = await begin('/api/v1/watch/cases', { token: OPERATOR, headers: { accept: 'text/event-stream' } });
      await until('all are under way', () => watching === 3 && asking === 1);
      const [, operator] = configOf().tokens;
      await reload({ tokens: [operator!] });
      const error = 'the token was taken back: it is none that is known here now';
      expect((await events).text.trim()).to.equal(`event: error\ndata: ${JSON.stringify({ error })}`);
      expect(JSON.parse((await lines).text)).to.deep.equal({ error });
      const { status, text } = await waits;
      expect(status).to.equal(401);
      expect(JSON.parse(text)).to.include({ title: 'Unauthorized', detail: error });
      expect(watching).to.equal(1);
      expect(server!.status()).to.include({ answering: 0, watching: 1 });
      await reload({ tokens: [{ ...operator!, role: 'reader' }] });
      let told = '';
      for await (const chunk of other) told += chunk;
      expect(told).to.contain('the token has the role of a reader now: connect again');
      await until('nobody watches', () => watching === 0);
    });

    it('with more than fits one write, waiting for a slow client', async () => {
      const wide = ROUTES.map(row => ({ ...row, path: 'x'.repeat(10_000) }));
      let given = 0;
      const routes: Daemon['routes'] = async (_query, take) => {
        for (let i = 0; i < 400; i++) {
          await take(wide as never);
          given += wide.length;
        }
        return { changed: 0 };
      };
      await open({ routes });
      const answer = await begin('/api/v1/show/route?prefix=0.0.0.0/0&longer');
      const all = 400 * wide.length;
      await until('some rows are on the way', () => given > 0);
      answer.pause();
      let before = -1;
      await until('it waits', async () => {
        await new Promise(resolve => setTimeout(resolve, 200));
        const same = given === before;
        before = given;
        return same;
      });
      expect(given).to.be.lessThan(all);
      let text = '';
      for await (const chunk of answer) text += chunk;
      expect((JSON.parse(text) as { rows: unknown[] }).rows).to.have.length(all);
    });

    it('a capture with its trace', async () => {
      let asked: Parameters<Daemon['startTrace']>[0] | null = null;
      await open({
        startTrace: async start => {
          asked = start;
          start.onPartial(PARTIAL);
          return TRACE;
        },
      });
      const frame = Buffer.from('45000020000040004011000001020304c000020100010002000c0000deadbeef', 'hex');
      const head = Buffer.alloc(24);
      head.writeUInt32LE(0xa1b2c3d4, 0);
      head.writeUInt16LE(2, 4);
      head.writeUInt16LE(4, 6);
      head.writeUInt32LE(65535, 16);
      head.writeUInt32LE(101, 20);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(1_795_000_000, 0);
      record.writeUInt32LE(frame.length, 8);
      record.writeUInt32LE(frame.length, 12);
      const headers = { 'content-type': 'application/vnd.tcpdump.pcap' };
      const asking = { method: 'POST', token: OPERATOR, headers, body: Buffer.concat([head, record, frame]) };
      const events = { ...asking, headers: { ...headers, accept: 'text/event-stream' } };
      const { text } = await get('/api/v1/trace/packet?n=1', events);
      expect(text).to.contain('event: row\n').and.to.contain('event: end\n').and.to.not.contain('event: error');
      expect((await json('/api/v1/trace/packet?n=1', asking)).body).to.deep.equal({
        row: TRACE,
        command: 'trace packet FILE',
        notes: [],
      });
      expect(asked!.packets.map(({ linkType, time }) => ({ linkType, time }))).to.deep.equal([
        { linkType: 101, time: 1_795_000_000_000 },
      ]);
      const beyond = await json('/api/v1/trace/packet?n=2', asking);
      expect(beyond.status).to.equal(422);
      expect(beyond.body.detail).to.match(/there is no packet 2: the file has 1/);
      const none = await json('/api/v1/trace/packet?n=1', { method: 'POST', token: OPERATOR });
      expect(none.status).to.equal(415);
    });
  });

  describe('refuses', () => {
    const problem = async (path: string, asking: Asking = {}) => {
      const { status, headers, text } = await get(path, asking);
      expect(headers['content-type']).to.match(/^application\/problem\+json/);
      const body = JSON.parse(text) as { status: number; detail: string };
      expect(body.status).to.equal(status);
      return `${status} ${body.detail}`;
    };

    it('whoever shows no token or a wrong one, and a reader what an operator may', async () => {
      await open();
      expect(await problem('/api/v1/show/status', { token: null })).to.equal('401 a token is needed');
      expect(await problem('/api/v1/show/status', { token: `${READER}x` })).to.match(/^401 the token is none/);
      expect(await problem('/metrics', { token: null })).to.match(/^401/);
      expect(await problem('/api/v1/reload', { method: 'POST' })).to.match(/^403 /);
      expect((await get('/api/v1/reload', { method: 'POST', token: OPERATOR })).status).to.equal(200);
    });

    it('nobody who only looks, where that is for everybody', async () => {
      await open({}, { anonymous: 'reader' });
      expect((await get('/api/v1/show/status', { token: null })).status).to.equal(200);
      expect(await problem('/api/v1/reload', { method: 'POST', token: null })).to.match(/^403 /);
      // One whose token is wrong meant to be somebody.
      expect(await problem('/api/v1/show/status', { token: 'x' })).to.match(/^401 /);
    });

    it('another name for this machine: a page of somewhere could have led it here', async () => {
      await open({}, { anonymous: 'reader' });
      expect(await problem('/api/v1/show/status', { headers: { host: 'evil.example.net' } })).to.match(/^421 /);
      for (const host of ['localhost', '127.0.0.1:80', '[::1]:8480'])
        expect((await get('/api/v1/show/status', { headers: { host } })).status).to.equal(200);
    });

    it('what a page of somewhere else has a browser do where nobody needs a token', async () => {
      await open({}, { anonymous: 'operator' });
      const digest = '/api/v1/trace/digest?digest=0123456789abcdef&time=2026-03-01T12:00Z';
      const from = (origin: string, token: string | null = null) =>
        get(digest, { method: 'POST', token, headers: { origin } });
      for (const origin of ['http://elsewhere.example', 'null', `http://127.0.0.1:${port() + 1}`])
        expect((await from(origin)).status, origin).to.equal(403);
      expect((await from(`http://127.0.0.1:${port()}`)).status).to.equal(200);
      expect((await from('http://elsewhere.example', OPERATOR)).status).to.equal(200);
    });

    it('who asks too often, by token and by address', async () => {
      await open({}, { rate: 2, anonymous: 'reader' });
      const of = async (token: string | null) => {
        for (let i = 0; i < 200; i++) {
          const { status, headers } = await get('/healthz', { token });
          if (status === 429) return headers['retry-after'];
        }
        return null;
      };
      expect(await of(READER)).to.equal('1');
      expect(await of(null)).to.equal('1');
      expect((await get('/healthz', { token: OPERATOR })).status).to.equal(200);
    });

    it('what it does not know, and says what it would', async () => {
      await open();
      expect(await problem('/api/v1/show/nothing')).to.match(/^404 /);
      expect(await problem('/')).to.match(/^404 /);
      expect(await problem('/api/v1/reload')).to.equal('405 this does something: ask by POST');
      expect(await problem('/api/v1/show/status', { method: 'POST', token: OPERATOR })).to.match(
        /^405 this only looks/,
      );
      expect(await problem('/api/v1/show/route?prefix=x')).to.match(/^400 prefix: "x" is no prefix/);
      expect(await problem('/api/v1/show/route?prefix=192.0.2.0/24&prefix=192.0.2.0/25')).to.match(
        /^400 prefix stands twice/,
      );
      expect(await problem('/api/v1/show/trace?trace-id=t20260301-120000-abcd')).to.equal(
        '422 there is no trace t20260301-120000-abcd',
      );
    });

    it('bodies that are none, too large, or of another kind', async () => {
      await open();
      const post = (body: string, type = 'application/json') =>
        problem('/api/v1/clear/bgp', { method: 'POST', token: OPERATOR, body, headers: { 'content-type': type } });
      expect(await post('{')).to.match(/^400 /);
      expect(await post('[]')).to.equal('400 the body is no JSON object');
      expect(await post('{"peer":{}}')).to.match(/^400 peer is no text/);
      expect(await post('{"__proto__":{"peer":"tyo1"}}')).to.match(/^400 /);
      expect(await post(`{"peer":"${'x'.repeat(100_000)}"}`)).to.match(/^413 /);
      expect(await post('<peer/>', 'application/xml')).to.match(/^415 /);
      // One that is not known may not send anything at all: it is refused before the body is read.
      const large = Buffer.alloc(20 * 2 ** 20);
      const headers = { 'content-type': 'application/vnd.tcpdump.pcap' };
      const sent = get('/api/v1/trace/packet?n=1', { method: 'POST', token: null, body: large, headers });
      expect(
        await sent.then(
          ({ status }) => status,
          () => 401,
        ),
      ).to.equal(401);
      // Nor may one that only looks, or that asks where no capture is taken.
      const refusedOf = (path: string, token: string | null) =>
        get(path, { method: 'POST', token, body: large, headers }).then(
          ({ status }) => status,
          () => 'cut off',
        );
      expect(await refusedOf('/api/v1/show/status', READER)).to.be.oneOf([405, 'cut off']);
      expect(await refusedOf('/nowhere', null)).to.be.oneOf([404, 'cut off']);
      expect(await refusedOf('/.well-known/looking-glass/v1/cmd', null)).to.be.oneOf([404, 'cut off']);
    });

    it('more requests than it can have in work', async () => {
      let waiting = 0;
      const cases: Daemon['cases'] = () => {
        waiting++;
        return new Promise(() => {});
      };
      await open({ cases });
      const held = Array.from({ length: 64 }, () => begin('/api/v1/show/case?open').catch(() => null));
      await until('64 are in work', () => waiting === 64);
      expect(await problem('/api/v1/show/case?open')).to.match(/^503 too many requests/);
      await server!.close();
      await Promise.all(held);
    });

    it('octets that are no HTTP, and who says nothing', async () => {
      await open();
      for (const text of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', `GET / HTTP/1.1\r\n${'x'.repeat(70_000)}\r\n\r\n`]) {
        const socket = connect(port(), '127.0.0.1');
        socket.on('error', () => {});
        socket.write(text);
        await new Promise(resolve => socket.resume().on('close', resolve));
      }
      expect((await get('/healthz')).status).to.equal(200);
    });
  });

  it('tells who asks what it may do', async () => {
    await open();
    const asked = async (token: string | null) => JSON.parse((await get('/api/v1/token', { token })).text);
    expect(await asked(OPERATOR)).to.deep.equal({ role: 'operator', token: 'operator' });
    expect(await asked(READER)).to.deep.equal({ role: 'reader', token: 'reader' });
    for (const nobody of [null, 'not-a-token-of-theirs'])
      expect(await asked(nobody)).to.deep.equal({ role: null, token: null });
  });

  it('logs and tells the daemon who asked for what is done', async () => {
    let who = '';
    await open({
      order: async (order, by) => {
        who = by;
        return { peer: 'tyo1', done: order.what } as never;
      },
    });
    const body = JSON.stringify({ peer: 'tyo1', reason: 'maintenance' });
    const headers = { 'content-type': 'application/json' };
    expect((await get('/api/v1/clear/bgp', { method: 'POST', token: OPERATOR, body, headers })).status).to.equal(200);
    expect(who).to.equal('http token operator from 127.0.0.1');
  });

  it('is alive, and ready when there is no problem', async () => {
    const status = await scriptedDaemon().status();
    let problems: readonly string[] = [];
    await open({ status: async () => ({ ...status, problems }) });
    expect((await get('/healthz', { token: null })).status).to.equal(200);
    expect((await get('/readyz', { token: null })).status).to.equal(200);
    problems = ['irr JPIRR: stale', 'peer tyo1: down'];
    const stranger = await json('/readyz', { token: null });
    expect(stranger).to.deep.include({ status: 503 });
    expect(stranger.body.detail).to.equal('2 problems');
    expect((await json('/readyz')).body.detail).to.equal('irr JPIRR: stale\npeer tyo1: down');
  });

  it('takes other tokens at a reload, and goes on where it listens', async () => {
    await open();
    const before = port();
    writeFileSync(join(folder, 'reader'), 'another-reader-token\n');
    await server!.configure(configOf(), readHttpFiles(configOf()));
    expect(port()).to.equal(before);
    expect((await get('/api/v1/show/status')).status).to.equal(401);
    expect((await get('/api/v1/show/status', { token: 'another-reader-token' })).status).to.equal(200);
    await server!.configure(null, null);
    expect(server!.ports()).to.deep.equal([]);
  });

  it('says which token file it cannot use, and why, and never shows what is in it', () => {
    const wrong = (text: string, mode = 0o600) => {
      writeFileSync(join(folder, 'reader'), text);
      chmodSync(join(folder, 'reader'), mode);
      try {
        readHttpFiles(configOf());
        return '';
      } catch (error) {
        return (error as Error).message.replace(folder, '');
      }
    };
    expect(wrong(`${READER}\n`, 0o644)).to.match(/^\/reader: others than its owner and group may use it/);
    expect(wrong('short\n'))
      .to.match(/^\/reader: its first line is no token/)
      .and.not.contain('short');
    expect(wrong('')).to.match(/its first line is no token/);
    rmSync(join(folder, 'operator'));
    expect(wrong(`${READER}\n`)).to.match(/^\/operator: ENOENT/);
  });

  it('says where it cannot listen', async () => {
    await open();
    const other = createHttpServer(scriptedDaemon(), () => {});
    await other.configure(configOf({ listen: [{ address: '127.0.0.1', port: port() }] }), readHttpFiles(configOf()));
    expect(other.status().listen[0]!.problem).to.match(/^cannot listen for HTTP on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
    await other.close();
  });
});
