/**
 * What the daemon is like while tables load: how long `show bgp summary` and `show route` of one address take, whether
 * KEEPALIVEs keep their time on a session with a Hold Time of 3 s, and how long it takes to hold everything; then the same
 * from its start after kill -9. Usage: while-loading.ts BLASTER DIRECTORY [PEERS]: the shared harness's feeder and its data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SummaryRow } from '../../src/collector/messages.ts';
import { connectControl } from '../../src/vty/client.ts';
import { startSpeaker } from '../interop/speaker.ts';
import { type Blaster, fedPeers, startBlaster } from './blaster.ts';

const PORT = 21790;
const WATCHER = { from: '127.1.255.1', as: 64999 };

const [blaster, data, count = '16'] = process.argv.slice(2);
if (blaster === undefined || data === undefined) throw new Error('usage: while-loading.ts BLASTER DIRECTORY [PEERS]');
const peers = fedPeers(data, Number(count));
const expected = peers.reduce((sum, { routes }) => sum + routes, 0);

const directory = mkdtempSync(join(tmpdir(), 'intertrack-loading-'));
const control = join(directory, 'ctl');
writeFileSync(
  join(directory, 'intertrackd.conf'),
  [
    `router id 127.0.0.1; local as 65010; log file "${directory}/log"; state "${directory}/state";`,
    `control socket "${control}"; probe socket "${directory}/probe"; bgp listen 127.0.0.1 port ${PORT};`,
    'template bgp peer { passive; ipv4; ipv6; hold time 240s; }',
    ...peers.map(({ name, address, as }) => `protocol bgp ${name} from peer { neighbor ${address} as ${as}; }`),
    `protocol bgp watcher { passive; ipv4; hold time 3s; neighbor ${WATCHER.from} as ${WATCHER.as}; }`,
  ].join('\n'),
);

function daemon(): ChildProcess {
  const program = join(import.meta.dirname, '../../bin/intertrackd');
  return spawn(program, ['-c', join(directory, 'intertrackd.conf')], { stdio: 'ignore' });
}

async function connected() {
  for (;;) {
    const client = await connectControl(control).catch(() => null);
    if (client !== null) return client;
    await sleep(20);
  }
}

const summary = (times: number[]): string => {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0);
  return `${sorted.length} times, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`;
};

/** Loads the tables and asks all the while; `began` is what the time to hold everything counts from. */
async function load(what: string, began: number): Promise<Blaster> {
  const client = await connected();
  // The control socket is there before the peers are.
  while ((await client.ask(['show', 'bgp', 'summary'])).rows.length <= peers.length) await sleep(20);
  const watcher = await startSpeaker({ ...WATCHER, to: '127.0.0.1', port: PORT, holdTime: 3 });
  const gaps: number[] = [];
  let heardAt = performance.now();
  watcher.socket.on('data', () => {
    gaps.push(performance.now() - heardAt);
    heardAt = performance.now();
  });
  const feeder = await startBlaster(blaster!, data!, peers.length, `127.0.0.1:${PORT}`);
  feeder.sendTables();
  const times: number[] = [];
  const routes: number[] = [];
  for (let held = -1; held < expected; ) {
    await sleep(20);
    const asked = performance.now();
    const { rows } = await client.ask(['show', 'bgp', 'summary']);
    times.push(performance.now() - asked);
    held = (rows as SummaryRow[]).reduce((sum, row) => sum + row.prefixes, 0);
    const again = performance.now();
    await client.ask(['show', 'route', '8.8.8.8']);
    routes.push(performance.now() - again);
  }
  console.log(
    `${what}: ${expected} routes of ${peers.length} peers held after ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  console.log(`  show bgp summary: ${summary(times)}`);
  console.log(`  show route:       ${summary(routes)}`);
  console.log(
    `  KEEPALIVEs: ${gaps.length}, longest gap ${(Math.max(...gaps) / 1000).toFixed(2)} s of a Hold Time of 3 s`,
  );
  if (watcher.gone()) throw new Error('the session of the watcher is lost');
  watcher.close();
  client.close();
  return feeder;
}

let running = daemon();
try {
  (await connected()).close();
  const feeder = await load('loading', performance.now());
  running.kill('SIGKILL');
  feeder.stop();
  await new Promise(resolve => running.once('exit', resolve));
  const began = performance.now();
  running = daemon();
  (await load('after kill -9, from the start of the process', began)).stop();
} finally {
  running.kill();
  await new Promise(resolve => (running.exitCode === null ? running.once('exit', resolve) : resolve(null)));
  rmSync(directory, { recursive: true, force: true });
}
