import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { SourceBook } from '../../../src/registry/source-book.ts';
import { ask, bookOf, dial, type Serving, serve, sourceOf } from './serving.ts';

const FILLING = `remarks: ${'x'.repeat(900)}\n`;

/** A source with so many routes of AS1, each with a kilobyte of text. */
const bulk = (routes: number): SourceBook =>
  bookOf(
    'BULK',
    Array.from(
      { length: routes },
      (_, i) => `route: 10.${i >> 8}.${i & 255}.0/24\norigin: AS1\nmnt-by: M\n${FILLING}source: BULK\n\n`,
    ).join(''),
  );

/** A reset is an end like any other. */
const closed = (socket: Socket) => new Promise(resolve => socket.on('close', resolve));

/** Looks again in every turn of the event loop until it is so. */
async function until(what: () => boolean): Promise<void> {
  const begun = Date.now();
  while (!what()) {
    if (Date.now() - begun > 15_000) throw new Error('it never came to be so');
    await new Promise(resolve => setImmediate(resolve));
  }
}

describe('registry/whois/server', () => {
  const book = bulk(5000);
  const small = bookOf('TEST', 'route: 192.0.2.0/24\norigin: AS64496\nsource: TEST\n');
  let serving: Serving;
  afterEach(() => serving.server.close());
  const counts = () => serving.server.status().counts;

  it('tells a long answer whole, in both manners, to many at once', async () => {
    serving = await serve(() => [sourceOf(book)]);
    const prefixes = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`).join(' ');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => ask(serving.port, i % 2 === 0 ? '!gAS1\n' : '-i origin AS1\n')),
    );
    for (const [i, answer] of answers.entries())
      if (i % 2 === 0) expect(answer).to.equal(`A${prefixes.length + 1}\n${prefixes}\nC\n`);
      else {
        expect(answer.split('\n\n')).to.have.lengthOf(5001);
        expect(answer.endsWith('source: BULK\n\n\n')).to.equal(true);
      }
    expect(counts().octets).to.equal(answers.reduce((sum, { length }) => sum + length, 0));
  });

  it('answers queries in their order however they come', async () => {
    serving = await serve(() => [sourceOf(small)]);
    const queries = `!!\n${'!gAS64496\n!gAS1\n'.repeat(3000)}`;
    const expected = 'A13\n192.0.2.0/24\nC\nD\n'.repeat(3000);
    expect(await ask(serving.port, queries)).to.equal(expected);
    const socket = await dial(serving.port);
    let got = '';
    socket.on('data', part => {
      got += part;
    });
    for (let at = 0; at < 179; at++) {
      socket.write(queries.slice(at, at + 1));
      await new Promise(resolve => setImmediate(resolve));
    }
    socket.end();
    await closed(socket);
    expect(got).to.equal(expected.slice(0, 11 * (expected.length / 3000)));
  });

  it('refuses who is not allowed, who are too many, and too many of one', async () => {
    serving = await serve(() => [sourceOf(small)], { allow: ['192.0.2.0/24'] });
    expect(await ask(serving.port, '!v\n').catch(() => '')).to.equal('');
    expect(counts()).to.include({ refused: 1, connections: 0 });
    expect(serving.said).to.include('whois: 127.0.0.1 refused: it is not allowed');
    await serving.reconfigure({ maxConnections: 2 });
    const held = [await dial(serving.port), await dial(serving.port)];
    await until(() => serving.server.status().clients.length === 2);
    expect(await ask(serving.port, '!v\n').catch(() => '')).to.equal('');
    expect(counts()).to.include({ full: 1, crowded: 0 });
    await serving.reconfigure({ maxClientConnections: 2 });
    expect(await ask(serving.port, '!v\n').catch(() => '')).to.equal('');
    expect(counts()).to.include({ full: 1, crowded: 1 });
    for (const socket of held) socket.destroy();
    await until(() => serving.server.status().clients.length === 0);
    expect(await ask(serving.port, '!v\n')).to.match(/^A/);
  });

  it('lets go of a client that is no longer allowed', async () => {
    serving = await serve(() => [sourceOf(small)]);
    const socket = await dial(serving.port);
    await until(() => serving.server.status().clients.length === 1);
    await serving.reconfigure({ allow: ['192.0.2.0/24'] });
    socket.resume();
    await closed(socket);
    expect(serving.server.status().clients).to.deep.equal([]);
  });

  it('closes who says nothing, and who says a query one letter at a time', async () => {
    serving = await serve(() => [sourceOf(small)], { idleTimeout: 50 });
    const silent = await dial(serving.port);
    const slow = await dial(serving.port);
    const dripping = setInterval(() => slow.write('x'), 5);
    silent.resume();
    slow.resume();
    await Promise.all([closed(silent), closed(slow)]);
    clearInterval(dripping);
    expect(counts()).to.include({ idle: 2, queries: 0 });
  });

  it('gives a client the time that it asks for', async () => {
    serving = await serve(() => [sourceOf(small)], { idleTimeout: 50 });
    const socket = await dial(serving.port);
    socket.write('!!\n!t60\n');
    await once(socket, 'data');
    const other = await dial(serving.port);
    other.resume();
    await closed(other); // it had the 50 ms
    socket.write('!gAS64496\n');
    expect(String((await once(socket, 'data'))[0])).to.equal('A13\n192.0.2.0/24\nC\n');
    socket.destroy();
  });

  it('closes who takes nothing of an answer, and holds little of it', async () => {
    serving = await serve(() => [sourceOf(book)], { idleTimeout: 100 });
    const socket = await dial(serving.port);
    socket.pause();
    socket.write(`!!\n${'-i origin AS1\n'.repeat(40)}`); // 200 MB
    await until(() => serving.server.status().clients[0]?.state === 'sending');
    // What the kernel's buffers take is all that is made of it.
    expect(serving.server.status().clients[0]!.octets).to.be.below(30_000_000);
    await until(() => counts().slow === 1);
    expect(counts().queries).to.be.below(10);
    socket.destroy();
  });

  it('ends a line without end at once', async () => {
    serving = await serve(() => [sourceOf(small)]);
    const socket = await dial(serving.port);
    const endless = Buffer.alloc(1 << 20, 'x');
    let sent = 0;
    const pour = () => {
      while (!socket.destroyed && sent < 2 * 2 ** 30 && socket.write(endless)) sent += endless.length;
    };
    socket.on('drain', pour);
    pour();
    let got = '';
    socket.on('data', part => {
      got += part;
    });
    socket.on('end', () => socket.destroy());
    await closed(socket);
    expect(got).to.equal('F a query has at most 2048 octets\n');
    expect(counts()).to.include({ long: 1, queries: 0 });
    expect(sent).to.be.below(2 ** 28);
  });

  it('makes a flood wait, and answers others meanwhile', async () => {
    serving = await serve(() => [sourceOf(small)], { rate: 10 });
    const flood = await dial(serving.port);
    flood.resume();
    flood.write(`!!\n${'!gAS1\n'.repeat(10_000)}`);
    await until(() => counts().delayed > 0);
    expect(await ask(serving.port, '!gAS64496\n')).to.equal('A13\n192.0.2.0/24\nC\n');
    expect(serving.server.status().clients[0]!.queries).to.be.below(100);
    flood.destroy();
  });

  it('refuses an answer that is too large', async () => {
    serving = await serve(() => [sourceOf(book)], { maxAnswer: 50_000 });
    const why = 'The answer would have more than 50000 octets';
    expect(await ask(serving.port, '!gAS1\n')).to.equal(`F ${why}\n`);
    expect(await ask(serving.port, '-i origin AS1\n')).to.equal(`%% ERROR: ${why}\n\n\n`);
    expect(await ask(serving.port, '!oM\n')).to.equal(`F ${why}\n`);
    expect(counts()).to.include({ large: 3, errors: 3 });
  });

  it('survives clients that go in the midst of everything', async () => {
    serving = await serve(() => [sourceOf(book)]);
    for (let i = 0; i < 40; i++) {
      const socket = await dial(serving.port);
      socket.write(`!!\n${'-i origin AS1\n'.repeat(3)}!gAS1\n!!`);
      if (i % 3 > 0) await once(socket, 'data');
      if (i % 3 > 1) socket.resetAndDestroy();
      else socket.destroy();
    }
    await until(() => serving.server.status().clients.length === 0);
    expect(await ask(serving.port, '!v\n')).to.equal('A26\nInterTrack -- version 1.2\nC\n');
  });

  it('breaks off where the registry changed so that the length told is not true', async () => {
    const changing = bulk(3000);
    serving = await serve(() => [sourceOf(changing)]);
    const socket = await dial(serving.port);
    socket.pause();
    socket.write(`!!\n${'!oM\n'.repeat(40)}`);
    await until(() => serving.server.status().clients[0]?.state === 'sending');
    for (let row = 0; row < changing.routes.rows; row++) {
      const { prefix, origin } = changing.routes.object(row);
      changing.routes.remove(prefix, origin);
    }
    socket.resume();
    await closed(socket);
    expect(counts().changed).to.equal(1);
  });

  it('answers from the sources as they are now', async () => {
    let sources = [sourceOf(small)];
    serving = await serve(() => sources);
    expect(await ask(serving.port, '!gAS64496\n')).to.match(/^A13/);
    sources = [];
    expect(await ask(serving.port, '!gAS64496\n')).to.equal('D\n');
    expect(await ask(serving.port, '!sTEST\n')).to.match(/^F /);
  });

  it('tells where it cannot listen, and goes on elsewhere', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    serving = await serve(() => [sourceOf(small)]);
    await serving.reconfigure({
      listen: [
        { address: '127.0.0.1', port: 0 },
        { address: '127.0.0.1', port },
      ],
    });
    const why = `cannot listen for whois on 127.0.0.1 port ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`;
    expect(serving.server.problems()).to.deep.equal([why]);
    expect(serving.server.status().listeners[1]!.problem).to.equal(why);
    expect(await ask(serving.port, '!v\n')).to.match(/^A/);
    taken.close();
    await once(taken, 'close');
    await serving.reconfigure({ listen: [{ address: '127.0.0.1', port }] });
    expect(serving.server.problems()).to.deep.equal([]);
    expect(await ask(port, '!v\n')).to.match(/^A/);
  });
});
