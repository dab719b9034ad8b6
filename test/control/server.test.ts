import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Daemon, TraceStart } from '../../src/control/daemon.ts';
import { readLines } from '../../src/control/lines.ts';
import type { ControlReply } from '../../src/control/protocol.ts';
import { type ControlServer, MAX_CLIENTS, MAX_IN_FLIGHT, openControl } from '../../src/control/server.ts';
import { findGroup } from '../../src/net/unix-socket.ts';
import { LINE, PARTIAL, ROUTES, SUMMARY, scratch, scriptedDaemon, TRACE } from './scripted.ts';

const PACKET = { packets: [{ linkType: 1, frame: 'AAEC', time: 5 }] };

describe('control/server', () => {
  const directory = scratch();
  const path = join(directory.path, 'd.sock');
  const logged: string[] = [];
  let server: ControlServer | null = null;

  const open = async (over: Partial<Daemon> = {}, how: { reader?: boolean; idle?: number } = {}) => {
    server = await openControl({
      ...{ socket: { path }, ...how },
      daemon: scriptedDaemon(over),
      log: (level, text) => logged.push(`${level} ${text}`),
    });
  };
  afterEach(async () => {
    await server?.close();
    server = null;
    logged.length = 0;
  });
  after(() => directory.remove());

  const dial = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect({ path, allowHalfOpen: true }, () => resolve(socket));
      socket.on('error', reject);
    });
  /** Replies as they come, until the server ends or the loop is left. */
  async function* replies(socket: Socket): AsyncGenerator<ControlReply> {
    for await (const line of readLines(socket, 1 << 24))
      if ('text' in line && line.text !== '') yield JSON.parse(line.text) as ControlReply;
  }
  const untilEnd = async (socket: Socket, ends = 1) => {
    const found: ControlReply[] = [];
    for await (const reply of replies(socket)) {
      found.push(reply);
      if ('end' in reply && --ends === 0) break;
    }
    return found;
  };
  /** Sends text, shuts this side, and gives all that comes back. */
  const exchange = async (text: string | Uint8Array) => {
    const socket = await dial();
    socket.end(text);
    const found: ControlReply[] = [];
    for await (const reply of replies(socket)) found.push(reply);
    return found;
  };
  const alive = async () => {
    const found = await exchange('{"id":1,"words":["show","config"]}\n');
    expect(found).to.have.length(2);
  };

  it('answers a command by rows and one end, to a client that has shut its side', async () => {
    await open();
    expect(await exchange('{"id":9,"words":["sh","b","su"]}\n')).to.deep.equal([
      { id: 9, row: SUMMARY[0] },
      { id: 9, row: SUMMARY[1] },
      { id: 9, end: true, command: 'show bgp summary' },
    ]);
  });

  it('adds what a person must know, and says when the answer is one object', async () => {
    await open();
    expect((await exchange('{"id":1,"words":["show","route","::/0","longer"]}\n')).at(-1)).to.deep.equal({
      id: 1,
      end: true,
      command: 'show route PREFIX',
      notes: ['3 UPDATEs came meanwhile: each route is as it was when it was read'],
    });
    expect((await exchange('{"id":1,"words":["show","status"]}\n')).at(-1)).to.deep.equal({
      id: 1,
      end: true,
      command: 'show status',
      one: true,
    });
  });

  it('tells wrong words from a command that failed', async () => {
    await open({ cases: () => Promise.reject(new Error('the database is locked')) });
    expect(await exchange('{"id":1,"words":["show","bgp"]}\n')).to.deep.equal([
      {
        id: 1,
        end: true,
        error: 'incomplete command "show bgp": expected "neighbor" or "summary"',
        at: 2,
        expected: ['"neighbor"', '"summary"'],
        kind: 'usage',
      },
    ]);
    expect(await exchange('{"id":1,"words":["show","case"]}\n')).to.deep.equal([
      { id: 1, end: true, error: 'the database is locked', kind: 'failed' },
    ]);
    expect(await exchange('{"id":1,"words":["show","trace","t20260301-000000-0000"]}\n')).to.deep.equal([
      { id: 1, end: true, error: 'there is no trace t20260301-000000-0000', kind: 'failed' },
    ]);
  });

  it('shows a failed reload with its places, as a failure', async () => {
    await open({ reload: async () => ({ applied: false, changes: [], errors: ['x.conf:2:3: unknown word "bgpp"'] }) });
    expect(await exchange('{"id":1,"words":["reload"]}\n')).to.deep.equal([
      { id: 1, end: true, error: 'nothing was changed:\nx.conf:2:3: unknown word "bgpp"', kind: 'failed' },
    ]);
  });

  it('completes from the same tree', async () => {
    await open();
    expect(await exchange('{"id":1,"complete":["sh","b",""]}\n')).to.deep.equal([
      { id: 1, row: { word: 'neighbor', kind: 'word', help: 'Details of one session or all' } },
      { id: 1, row: { word: 'summary', kind: 'word', help: 'One line for each peer' } },
      { id: 1, end: true, command: 'complete' },
    ]);
  });

  it('asks for the packet, then traces it, with what is known so far', async () => {
    let asked: TraceStart | undefined;
    await open({
      startTrace: async start => {
        asked = start;
        start.onPartial(PARTIAL);
        return TRACE;
      },
    });
    const words = ['trace', 'packet', 'a.pcap', '-n', '3'];
    expect(await exchange(`${JSON.stringify({ id: 1, words })}\n`)).to.deep.equal([
      {
        ...{ id: 1, end: true, command: 'trace packet FILE', one: true },
        want: { packets: { file: 'a.pcap', numbers: [[3, 3]], most: 128 } },
      },
    ]);
    expect(await exchange(`${JSON.stringify({ id: 1, words, data: PACKET })}\n`)).to.deep.equal([
      { id: 1, row: PARTIAL, partial: true },
      { id: 1, row: TRACE },
      { id: 1, end: true, command: 'trace packet FILE', one: true },
    ]);
    expect(asked?.packets).to.deep.equal([{ linkType: 1, frame: Uint8Array.of(0, 1, 2), wire: 3, time: 5 }]);
    expect(asked).to.include({ need: null, trigger: false });
    expect(await exchange(`${JSON.stringify({ id: 1, words, data: { packets: [{ linkType: 1 }] } })}\n`)).to.deep.equal(
      [{ id: 1, end: true, error: '"data.packets[0].time" must be milliseconds since the epoch', kind: 'failed' }],
    );
  });

  it('asks for packets enough to choose from, and traces a digest without any', async () => {
    const want = async (...words: string[]) => {
      const [end] = await exchange(`${JSON.stringify({ id: 1, words })}\n`);
      return (end as { want?: { packets: unknown } }).want?.packets;
    };
    const digests: unknown[] = [];
    await open({
      traceDigest: async ({ digest, time, epoch }) => {
        digests.push({ digest, time, epoch });
        return TRACE;
      },
    });
    expect(await want('trace', 'packet', 'a', '-n', '3,7,9-12', '--need', '6')).to.deep.equal({
      ...{ file: 'a', most: 128 },
      numbers: [
        [3, 3],
        [7, 7],
        [9, 12],
      ],
    });
    expect(await want('trace', 'set', '-', '--need', '64')).to.deep.equal({ file: '-', numbers: null, most: 128 });
    const words = ['trace', 'digest', '6F6CFAD95ECCCF84', '2026-03-01T12:00:03Z', '492300'];
    await exchange(`${JSON.stringify({ id: 1, words })}\n${JSON.stringify({ id: 2, words: words.slice(0, 4) })}\n`);
    const time = Date.UTC(2026, 2, 1, 12, 0, 3);
    expect(digests).to.deep.equal([492_300, null].map(epoch => ({ digest: '6F6CFAD95ECCCF84', time, epoch })));
    for (const numbers of ['0', '3-2', '1,,2', '4294967296', 'x'])
      expect(
        await exchange(`${JSON.stringify({ id: 1, words: ['tr', 'pa', 'f', '-n', numbers] })}\n`),
      ).to.have.nested.property('[0].kind', 'usage');
  });

  it('answers requests that overlap each by itself', async () => {
    let release = (): void => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    await open({ outbox: () => held.then(() => []) });
    const socket = await dial();
    socket.write('{"id":1,"words":["show","outbox"]}\n{"id":2,"words":["show","config"]}\n');
    const found: number[] = [];
    for await (const reply of replies(socket)) {
      if (!('end' in reply)) continue;
      found.push(reply.id);
      if (reply.id === 2) release();
      else break;
    }
    expect(found).to.deep.equal([2, 1]);
  });

  it('cancels when asked, and when the client goes away', async () => {
    let began = (): void => {};
    let ended = (): void => {};
    await open({
      startTrace: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason);
            ended();
          });
          began();
        }),
    });
    const request = `${JSON.stringify({ id: 1, words: ['tr', 'pa', 'f'], data: PACKET })}\n`;
    const start = async () => {
      const ready = new Promise<void>(resolve => {
        began = resolve;
      });
      const over = new Promise<void>(resolve => {
        ended = resolve;
      });
      const socket = await dial();
      socket.write(request);
      await ready;
      return { socket, over };
    };
    const one = await start();
    one.socket.write('{"id":2,"cancel":1}\n');
    expect(await untilEnd(one.socket)).to.deep.equal([{ id: 1, end: true, error: 'cancelled', kind: 'failed' }]);
    const two = await start();
    two.socket.destroy();
    await two.over;
    await alive();
  });

  it('bounds the requests a client has in flight', async () => {
    await open({ outbox: () => new Promise(() => {}) });
    const socket = await dial();
    for (let id = 1; id <= MAX_IN_FLIGHT + 1; id++) socket.write(`{"id":${id},"words":["show","outbox"]}\n`);
    expect(await untilEnd(socket)).to.deep.equal([
      { id: MAX_IN_FLIGHT + 1, end: true, error: `more than ${MAX_IN_FLIGHT} requests at once`, kind: 'failed' },
    ]);
  });

  it('refuses an id that is still being answered', async () => {
    await open({ outbox: () => new Promise(() => {}) });
    const socket = await dial();
    socket.write('{"id":1,"words":["show","outbox"]}\n{"id":1,"words":["show","outbox"]}\n');
    expect(await untilEnd(socket)).to.deep.equal([
      { id: 1, end: true, error: 'request 1 is still being answered', kind: 'failed' },
    ]);
  });

  it('answers a malformed line with its place and goes on', async () => {
    await open();
    const found = await exchange('{"id":5,"words":[1]}\nrubbish\n\n{"id":6,"words":["show","config"]}\n');
    expect(found[0]).to.deep.equal({ id: 5, end: true, error: '"words[0]" must be a string', kind: 'usage' });
    expect(found[1]).to.include({ id: 0, kind: 'usage' });
    expect(found.at(-1)).to.include({ id: 6, command: 'show config' });
  });

  it('skips a giant line without holding it', async () => {
    await open();
    const socket = await dial();
    const chunk = Buffer.alloc(1 << 20, 0x61);
    for (let i = 0; i < 64; i++) if (!socket.write(chunk)) await new Promise(resolve => socket.once('drain', resolve));
    socket.end('\n{"id":2,"words":["show","config"]}\n');
    const found: ControlReply[] = [];
    for await (const reply of replies(socket)) found.push(reply);
    expect(found[0]).to.deep.equal({
      id: 0,
      end: true,
      error: 'line longer than 524288 octets: it is not read',
      kind: 'usage',
    });
    expect(found.at(-1)).to.include({ id: 2, command: 'show config' });
  });

  it('stops asking for rows while the client does not read', async () => {
    let taken = 0;
    const rows: typeof ROUTES = Array.from({ length: 20_000 }, () => ROUTES[0]!);
    // The rows are counted as they are taken, to see how far ahead of the reader the server runs.
    const counted = {
      [Symbol.iterator]: function* () {
        for (const row of rows) {
          taken++;
          yield row;
        }
      },
      length: rows.length,
    } as unknown as typeof ROUTES;
    await open({
      routes: async (_, take) => {
        await take(counted);
        return { changed: 0 };
      },
    });
    const socket = await dial();
    socket.pause();
    socket.write('{"id":1,"words":["show","route","::/0","longer"]}\n');
    // Other clients are served meanwhile, and their turns give the server every chance to run ahead.
    for (let i = 0; i < 20; i++) await exchange('{"id":1,"words":["show","config"]}\n');
    expect(taken).to.be.within(1, 10_000);
    const found = await untilEnd(socket);
    expect(found[0]).to.deep.equal({ id: 1, begin: true, command: 'show route PREFIX' });
    expect(found).to.have.length(rows.length + 2);
  });

  it('tells of cases as they change until it is told to stop', async () => {
    let ended = false;
    await open({
      follow: (_topics, _since, take) => {
        for (let i = 0; i < 3; i++) take({ mark: `a.${i}`, about: 'cases', key: null, row: { ...LINE, holds: i } });
        return () => {
          ended = true;
        };
      },
    });
    const socket = await dial();
    socket.write('{"id":1,"words":["watch","cases"]}\n');
    const found: ControlReply[] = [];
    for await (const reply of replies(socket)) {
      found.push(reply);
      if (found.length === 4) socket.write('{"id":2,"cancel":1}\n');
      if ('end' in reply) break;
    }
    expect(found[0]).to.deep.equal({ id: 1, begin: true, command: 'watch cases', live: true });
    expect(found.slice(1, 4).map(reply => ('row' in reply ? (reply.row as typeof LINE).holds : null))).to.deep.equal([
      0, 1, 2,
    ]);
    expect(found[4]).to.deep.equal({ id: 1, end: true, error: 'cancelled', kind: 'failed' });
    socket.destroy();
    await new Promise(resolve => setImmediate(resolve));
    expect(ended).to.equal(true);
  });

  it('says of a client that watches too slowly how much it missed', async () => {
    let take: Parameters<Daemon['follow']>[2] = () => {};
    await open({
      follow: (_topics, _since, own) => {
        take = own;
        return () => {};
      },
    });
    const socket = await dial();
    socket.write('{"id":1,"words":["watch","cases"]}\n');
    const reading = replies(socket);
    await reading.next();
    for (let i = 0; i < 1500; i++) take({ mark: `a.${i}`, about: 'cases', key: null, row: LINE });
    let last: unknown = null;
    let rows = 0;
    for await (const reply of reading) {
      if (!('row' in reply)) continue;
      rows++;
      last = reply.row;
      if ('leftOut' in (reply.row as object)) break;
    }
    expect([rows, last]).to.deep.equal([1001, { leftOut: 500 }]);
    socket.destroy();
  });

  it('serves 64 of a thousand clients, tells the others, and serves again when they are gone', async () => {
    await open();
    const told: string[] = [];
    const sockets = await Promise.all(
      Array.from(
        { length: 1000 },
        () =>
          new Promise<Socket | null>(resolve => {
            const socket = connect(path, () => resolve(socket));
            socket.on('error', () => resolve(null));
            socket.on('data', data => told.push(String(data)));
          }),
      ),
    );
    const served = await Promise.all(
      sockets.map(
        socket =>
          new Promise<boolean>(resolve => {
            if (socket === null) return resolve(false);
            socket.once('close', () => resolve(false));
            socket.once('data', data => resolve(String(data).includes('"row"')));
            if (socket.destroyed) resolve(false);
            socket.write('{"id":1,"words":["show","config"]}\n');
          }),
      ),
    );
    expect(served.filter(Boolean)).to.have.length(MAX_CLIENTS);
    expect(told.find(text => text.includes('too many'))).to.equal(
      `{"id":0,"end":true,"error":"too many clients: ${MAX_CLIENTS}","kind":"failed"}\n`,
    );
    expect(logged.length).to.be.within(1, 11);
    await Promise.all(
      sockets.map(socket => {
        if (socket === null || socket.destroyed) return null;
        const closed = new Promise(resolve => socket.once('close', resolve));
        socket.destroy();
        return closed;
      }),
    );
    // The server learns of the closings in its own turns.
    for (let i = 0; ; i++) {
      const [first] = await exchange('{"id":1,"words":["show","config"]}\n').catch(() => []);
      if (first !== undefined && 'row' in first) break;
      expect(i).to.be.below(1000);
    }
  });

  it('gives the place of a client that asks nothing to another', async () => {
    await open({}, { idle: 0 });
    const first = await dial();
    const gone = new Promise<string>(resolve => {
      let text = '';
      first.on('data', chunk => {
        text += chunk;
      });
      first.on('end', () => resolve(text));
    });
    const others = await Promise.all(Array.from({ length: MAX_CLIENTS - 1 }, dial));
    const found = await exchange('{"id":1,"words":["show","config"]}\n');
    expect(found.some(reply => 'row' in reply)).to.equal(true);
    expect(await gone).to.contain('others wanted the place of this idle client');
    for (const one of [first, ...others]) one.destroy();
  });

  it('lets look only whoever comes by the socket for that', async () => {
    await open({}, { reader: true });
    const ask = async (...words: string[]) => (await exchange(`${JSON.stringify({ id: 1, words })}\n`)).at(-1)!;
    expect(await ask('show', 'config')).to.include({ end: true, command: 'show config' });
    for (const words of [['reload'], ['clear', 'bgp', 'tyo1'], ['case', 'note', '2026-03-01-01', 'x']])
      expect(await ask(...words))
        .to.include({ kind: 'failed' })
        .and.have.property('error')
        .that.matches(/for looking only/);
  });

  it('survives any octets', async () => {
    await open();
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .constantFrom('{"id":1,"words":["show","status"]}\n', '\n', '{"id":', '{"id":1,"cancel":1}\n', '\0')
        .map(text => new Uint8Array(Buffer.from(text))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async pieces => {
        for (const reply of await exchange(Buffer.concat(pieces))) expect(reply.id).to.be.a('number');
      }),
      { numRuns: 50 },
    );
    await alive();
  });

  describe('its file', () => {
    it('may be used by owner and group only', async () => {
      await open();
      expect(statSync(path).mode & 0o777).to.equal(0o660);
    });
    it('is given to the group', async function () {
      if (process.getuid?.() !== 0) return this.skip();
      server = await openControl({ socket: { path, group: 'daemon' }, daemon: scriptedDaemon(), log: () => {} });
      expect(statSync(path).gid).to.equal(findGroup('daemon'));
    });
    it('is not opened for a group that is not there', async () => {
      await openControl({ socket: { path, group: 'no-such-group' }, daemon: scriptedDaemon(), log: () => {} }).then(
        () => expect.fail('it was opened'),
        error => expect(error.message).to.equal(`control socket ${path}: there is no group "no-such-group"`),
      );
      expect(existsSync(path)).to.equal(false);
    });
    it('is not taken from a daemon that answers', async () => {
      await open();
      await openControl({ socket: { path }, daemon: scriptedDaemon(), log: () => {} }).then(
        () => expect.fail('it was taken'),
        error => expect(error.message).to.equal(`control socket ${path}: another daemon answers on it`),
      );
      await alive();
    });
    it('is taken when stale, and gone after the end', async () => {
      // A process that is killed leaves its socket: bind another name of it, and keep that when the first is closed.
      const { linkSync } = await import('node:fs');
      const dead = createServer();
      await new Promise<void>(resolve => dead.listen(`${path}.dead`, resolve));
      linkSync(`${path}.dead`, path);
      await new Promise(resolve => dead.close(resolve));
      expect(existsSync(path)).to.equal(true);
      await open();
      await alive();
      await server?.close();
      server = null;
      expect(existsSync(path)).to.equal(false);
    });
    it('is never made of what is no socket', async () => {
      const file = join(directory.path, 'file');
      writeFileSync(file, 'precious');
      chmodSync(file, 0o600);
      await openControl({ socket: { path: file }, daemon: scriptedDaemon(), log: () => {} }).then(
        () => expect.fail('it was opened'),
        error => expect(error.message).to.equal(`control socket ${file}: a file that is no socket is there`),
      );
      expect(statSync(file).size).to.equal(8);
    });
    it('needs its directory', async () => {
      const lost = join(directory.path, 'no', 'd.sock');
      await openControl({ socket: { path: lost }, daemon: scriptedDaemon(), log: () => {} }).then(
        () => expect.fail('it was opened'),
        error =>
          expect(error.message).to.equal(`control socket ${lost}: there is no directory ${join(directory.path, 'no')}`),
      );
    });
  });
});
