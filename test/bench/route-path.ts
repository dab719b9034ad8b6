/**
 * The route path alone, without sockets: streams made by the shared harness's generator, cut into 64 KiB chunks, through
 * framing, interning, Adj-RIB-In and verdict memo. Usage: route-path.ts DIRECTORY [PEERS [PASSES]]; the churn is played
 * PASSES times. Prints one line for each phase and peer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFramer, HEADER_LENGTH, type OnMessage, UPDATE } from '../../src/bgp/message.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { buildAsGraph } from '../../src/rib/as-graph.ts';

const CHUNK = 65536;
const [directory, count = '1', times = '1'] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: route-path.ts DIRECTORY [PEERS [PASSES]]');
const peers = Number(count);

const rib = newRib();
const memo = new VerdictMemo(rib);
const nothing = () => {
  throw new Error('nothing is watched, so nothing is told');
};
const book = new Contradictions({ describe: nothing, tell: nothing, mark: () => {}, now: Date.now });
let faults = 0;
const ingest = createIngest(
  rib,
  { memo, book, paths: createPathCheck(rib, () => undefined) },
  {
    endOfRib: () => {},
    passedOver: () => {},
    malformed: () => {
      faults++;
    },
  },
);
const streams = new Map(
  ['rib', 'churn'].map(phase => [
    phase,
    Array.from({ length: peers }, (_, peer) => readFileSync(join(directory, `${phase}.${peer}.bin`))),
  ]),
);
const before = process.memoryUsage.rss();

for (const [phase, files] of streams)
  for (const [number, data] of files.entries()) {
    rib.tables[number] ??= newPeerTable();
    const table = rib.tables[number];
    const counts = noCounts();
    const peer = { number, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 65010, counts };
    let messages = 0;
    const onMessage: OnMessage = (type, buffer, start, end) => {
      messages++;
      if (type === UPDATE && ingest.update(peer, buffer, start + HEADER_LENGTH, end) !== null) faults++;
      return true;
    };
    const { push } = createFramer(onMessage, (buffer, start, end) => ingest.lookAhead(peer, buffer, start, end));
    const cpu = process.cpuUsage();
    const began = performance.now();
    for (let pass = phase === 'rib' ? 1 : Number(times); pass > 0; pass--)
      for (let at = 0; at < data.length; at += CHUNK) push(data.subarray(at, at + CHUNK));
    const ms = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    const held = table.count4 + table.count6;
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
    console.log(
      `${phase.padEnd(5)} peer ${number}: ${messages} messages in ${ms.toFixed(0)} ms (CPU ${((user + system) / 1000).toFixed(0)} ms), ` +
        `${held} routes, ${rib.attributes.live} attribute sets, RSS +${grown.toFixed(0)} MiB`,
    );
  }
const began = performance.now();
const { ases, edges } = buildAsGraph(rib.attributes, 65010);
console.log(`AS graph: ${ases} ASes, ${edges} links in ${(performance.now() - began).toFixed(0)} ms; ${faults} faults`);
