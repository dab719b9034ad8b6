/**
 * The registry by itself: a dump read into a book and compiled with VRPs into a snapshot; verdicts on every route of a full
 * table, cold and remembered; one object added by NRTM while many tables are held, until every route that it touches is
 * judged again. Usage: registry.ts DIRECTORY [PEERS [CHANGES]]; DIRECTORY is made by the shared harness's generator
 * (`ribgen --irr 1500000 --roas 500000`), its dumps are read as one source. Beside the reading, in the same run, `grep -c`
 * and `zcat` of the same octets.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFramer, HEADER_LENGTH, UPDATE } from '../../src/bgp/message.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { createRejudge } from '../../src/collector/rejudge.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { formatPrefix, type Prefix, parsePrefix, wordsOf } from '../../src/net/prefix.ts';
import { compileRegistry } from '../../src/registry/compile.ts';
import { DUMP_LIMITS } from '../../src/registry/irr/dump-place.ts';
import { takeDump } from '../../src/registry/irr/dump-taker.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { newPeerTable, newRib, walkRoutes } from '../../src/rib/adj-rib-in.ts';
import { prefixById } from '../../src/rib/query.ts';

const [directory, peers = '16', changes = '40'] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: registry.ts DIRECTORY [PEERS [CHANGES]]');

const MIB = 2 ** 20;
const peak = () => Math.round(process.resourceUsage().maxRSS / 1024);
const seconds = (ms: number) => (ms / 1000).toFixed(2);
const cpuNow = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
async function timed<T>(what: string, work: () => T | Promise<T>, more: (result: T, ms: number) => string): Promise<T> {
  const [cpu, began] = [cpuNow(), performance.now()];
  const result = await work();
  const ms = performance.now() - began;
  console.log(`${what}: ${seconds(ms)} s, CPU ${seconds(cpuNow() - cpu)} s${more(result, ms)}`);
  return result;
}

/** Wall time of a command that reads the file, beside ours. */
function beside(command: string, args: readonly string[]): void {
  const began = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  console.log(
    `  beside it, ${command} ${args.slice(0, -1).join(' ')}: ${seconds(performance.now() - began)} s (${status})`,
  );
}

const scratch = mkdtempSync(join(tmpdir(), 'registry-bench-'));
const dump = join(scratch, 'all.db');
const files = readdirSync(join(directory, 'irr')).map(file => join(directory, 'irr', file));
spawnSync('sh', ['-c', 'cat "$@" > "$0" && gzip -1 -k "$0"', dump, ...files]);

// 1. The dump.
const taken = await timed(
  'dump',
  () => takeDump('ALL', dump, { limits: DUMP_LIMITS, signal: new AbortController().signal, tag: null }, null),
  () => `; peak RSS ${peak()} MiB`,
);
if (taken.what !== 'read') throw new Error(taken.what === 'failed' ? taken.why : taken.what);
const { book, problems } = taken.reading;
console.log(`  ${book.routes.count} route objects, ${problems} problems`);

// 2. VRPs, and the snapshot.
const vrps = vrpTable(1 << 19);
const listed = join(directory, 'vrps.json');
if (existsSync(listed)) {
  const { roas } = JSON.parse(readFileSync(listed, 'utf8'));
  for (const { prefix: text, maxLength, asn } of roas) {
    const prefix = parsePrefix(text)!;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    vrps.add(prefix.afi, w0, w1, w2, w3, prefix.length, maxLength, Number(String(asn).replace('AS', '')));
  }
}
const sources = [{ name: 'ALL', store: book.routes, authoritative: false }];
const compiled = await timed(
  'compile',
  () => compileRegistry(sources, [], vrps),
  ({ snapshot }) =>
    `; ${snapshot.prefixes4 + snapshot.prefixes6} prefixes, ${vrps.count} VRPs, ${(snapshot.octets / MIB).toFixed(0)} MiB, peak RSS ${peak()} MiB`,
);
beside('grep', ['-c', '^route', dump]);
beside('zcat', [`${dump}.gz`]);
rmSync(scratch, { recursive: true });

// 3. Verdicts on a full table.
const rib = newRib();
const memo = new VerdictMemo(rib);
const silent = { describe: () => ({}) as never, tell: () => {}, mark: () => {}, now: Date.now };
const verdictBook = new Contradictions(silent);
const paths = createPathCheck(rib, () => undefined);
const ingest = createIngest(
  rib,
  { memo, book: verdictBook, paths },
  {
    endOfRib: () => {},
    passedOver: () => {},
    malformed: () => {},
  },
);
function load(number: number): void {
  const table = newPeerTable();
  rib.tables[number] = table;
  const peer = { number, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 65010, counts: noCounts() };
  const { push } = createFramer((type, buffer, start, end) => {
    if (type === UPDATE) ingest.update(peer, buffer, start + HEADER_LENGTH, end);
    return true;
  });
  const data = readFileSync(join(directory!, `rib.${number}.bin`));
  for (let at = 0; at < data.length; at += 65_536) push(data.subarray(at, at + 65_536));
}
load(0);
memo.snapshot = openSnapshot(compiled.layers.base, compiled.layers.overlay);
/** The pairs (prefix id, origin) of the table. */
const pairs = [1, 2].map(afi => {
  const size = afi === 1 ? rib.ids4.size : rib.ids6.size;
  const [ids, origins] = [new Int32Array(size), new Float64Array(size)];
  let count = 0;
  walkRoutes(rib.tables[0]!, afi as 1 | 2, 0, size, (id, _path, attribute) => {
    ids[count] = id;
    origins[count++] = rib.attributes.originOf(attribute) ?? 0;
  });
  return { ids, origins, count };
});
function judgeAll(): number {
  const [four, six] = pairs;
  for (let i = 0; i < four!.count; i++) memo.verdict4Of(four!.ids[i]!, four!.origins[i]!);
  for (let i = 0; i < six!.count; i++) memo.verdict6Of(six!.ids[i]!, six!.origins[i]!);
  return four!.count + six!.count;
}
const rate = (judged: number, ms: number) => `; ${(judged / ms / 1000).toFixed(1)} M/s`;
judgeAll(); // the compiler's turn
for (let round = 0; round < 3; round++) {
  memo.forgetAll();
  await timed('verdicts, cold', judgeAll, rate);
  await timed('verdicts, remembered', judgeAll, rate);
}

// 4. One change, with many tables held.
for (let number = 1; number < Number(peers); number++)
  if (existsSync(join(directory, `rib.${number}.bin`))) load(number);
const tables = rib.tables.filter(table => table !== undefined).length;
const rejudged: number[] = [];
let routes = 0;
let over = () => {};
const rejudge = createRejudge(rib, memo, verdictBook, paths, done => {
  routes += done.routes;
  over();
});
for (let i = 0; i < Number(changes); i++) {
  const prefix: Prefix = prefixById(rib, 1, (i * 7919) % rib.ids4.size);
  const object = readRpslObject(Buffer.from(`route: ${formatPrefix(prefix)}\norigin: AS${64496 + (i % 16)}\n`))!;
  const began = performance.now();
  book.apply('add', object);
  const touched = compiled.update([prefix])!;
  const { base, overlay } = structuredClone(compiled.layers);
  memo.snapshot = openSnapshot(base, overlay);
  await new Promise<void>(resolve => {
    over = resolve;
    rejudge(touched, i);
  });
  rejudged.push(performance.now() - began);
}
rejudged.sort((a, b) => a - b);
const at = (share: number) => rejudged[Math.floor((rejudged.length - 1) * share)]!.toFixed(1);
console.log(
  `one change to re-judged routes, ${tables} tables of ${rib.ids4.live + rib.ids6.live} prefixes: ` +
    `p50 ${at(0.5)} ms, p90 ${at(0.9)}, slowest ${at(1)}; ${(routes / rejudged.length).toFixed(0)} routes a change`,
);
