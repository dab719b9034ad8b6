/**
 * The whois server by itself: an AS-SET of a thousand ASes against the dumps of a directory, as the answer alone and through
 * bgpq4. Usage: whois.ts DIRECTORY [ASES]; DIRECTORY is made by the shared harness's generator (`ribgen --irr 400000`).
 */
import { spawn } from 'node:child_process';
import { createReadStream, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { OTHER_CLASSES } from '../../src/registry/other-objects.ts';
import { rpslReader } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { createWhoisServer } from '../../src/registry/whois/server.ts';

const [directory, ases = '1000'] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: whois.ts DIRECTORY [ASES]');

const book = sourceBook('ALL');
const wanted = new Set(['route', 'route6', ...OTHER_CLASSES]);
async function load(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const reader = rpslReader(
    object => book.apply('add', object),
    () => {},
    wanted,
  );
  for await (const chunk of chunks) reader.push(chunk);
  reader.end();
}
for (const file of readdirSync(join(directory, 'irr'))) await load(createReadStream(join(directory, 'irr', file)));

// The ASes with the most objects, in sets of twenty within one set.
const counts = new Map<number, number>();
for (let row = 0; row < book.routes.rows; row++) {
  const { origin } = book.routes.row(row);
  counts.set(origin, (counts.get(origin) ?? 0) + 1);
}
const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, Number(ases));
const groups = Array.from({ length: Math.ceil(most.length / 20) }, (_, i) => most.slice(i * 20, (i + 1) * 20));
const sets = [
  `as-set: AS-ALL\nmembers: ${groups.map((_, i) => `AS-G${i}`).join(', ')}\n`,
  ...groups.map((group, i) => `as-set: AS-G${i}\nmembers: ${group.map(([as]) => `AS${as}`).join(', ')}\n`),
];
await load([Buffer.from(sets.join('\n'))]);
const objects = most.reduce((sum, [, count]) => sum + count, 0);
console.log(`${book.routes.count} route objects; AS-ALL has ${most.length} ASes with ${objects} of them`);

const state = () => ({ serial: null, updated: null });
const server = createWhoisServer({ mirror: () => [{ name: 'ALL', book, state }], version: 'bench', log: () => {} });
const limits = { maxConnections: 9, maxClientConnections: 9, maxAnswer: 2 ** 28, rate: 1_000_000, idleTimeout: 60_000 };
await server.configure({ listen: [{ address: '127.0.0.1', port: 0 }], allow: ['127.0.0.0/8'], ...limits });
const { port } = server.status().listeners[0]!;

/** Does it five times and tells the best wall time, and the CPU time of this process in it. */
async function best(what: string, act: () => Promise<string>): Promise<void> {
  let [wall, cpu, came] = [Number.POSITIVE_INFINITY, 0, ''];
  for (let i = 0; i < 5; i++) {
    const [used, began] = [process.cpuUsage(), performance.now()];
    const result = await act();
    const took = performance.now() - began;
    if (took >= wall) continue;
    const { user, system } = process.cpuUsage(used);
    [wall, cpu, came] = [took, (user + system) / 1000, result];
  }
  console.log(`${what}: ${wall.toFixed(0)} ms, CPU of the server ${cpu.toFixed(0)} ms, ${came}`);
}

const ask = (query: string) =>
  new Promise<string>((resolve, reject) => {
    let octets = 0;
    const socket = connect(port, '127.0.0.1').on('error', reject);
    socket.on('data', part => {
      octets += part.length;
    });
    socket.on('close', () => resolve(`${octets} octets`));
    socket.end(query);
  });
const bgpq4 = (...words: string[]) =>
  new Promise<string>((resolve, reject) => {
    let lines = 0;
    const child = spawn('bgpq4', ['-h', `127.0.0.1:${port}`, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.on('error', reject);
    child.stdout.on('data', (part: Buffer) => {
      for (const octet of part) if (octet === 0x0a) lines++;
    });
    child.on('close', () => resolve(`${lines} lines`));
  });

await best('!a4AS-ALL', () => ask('!a4AS-ALL\n'));
await best('!a6AS-ALL', () => ask('!a6AS-ALL\n'));
await best('!iAS-ALL,1', () => ask('!iAS-ALL,1\n'));
await best('20000 queries !g at once', () => ask(`!!\n${'!gAS64511\n'.repeat(20_000)}`));
await best('-M 10.0.0.0/8 (looks at every object)', () => ask('-M 10.0.0.0/8\n'));
await best('bgpq4 -4 AS-ALL', () => bgpq4('-l', 'x', 'AS-ALL'));
await best('bgpq4 -6 AS-ALL', () => bgpq4('-6', '-l', 'x', 'AS-ALL'));
await best('bgpq4 -4 -A AS-ALL', () => bgpq4('-A', '-l', 'x', 'AS-ALL'));
await server.close();
