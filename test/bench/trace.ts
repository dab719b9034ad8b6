/**
 * Latency of a trace over real processes: the demonstration's five daemons, each with its own TLS sessions, four with a
 * probe, asked again and again. The trace goes from the victim through a participant and past a non-participant to the
 * entry AS; one more AS is clear and one cannot know. Usage: trace.ts [TRACES]; prints p50, p90 and the slowest.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDaemons } from '../../contrib/demo/daemons.ts';
import { makeCaptures } from '../../contrib/demo/packets.ts';
import { startRouters } from '../../contrib/demo/routers.ts';
import { ENTRY, FEEDS, TAKING_PART, TAPPED, VICTIM } from '../../contrib/demo/topology.ts';
import type { SummaryRow } from '../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../src/control/daemon.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { until } from '../interop/bgp-peers.ts';

const traces = Number(process.argv[2] ?? 50);
const directory = mkdtempSync(join(tmpdir(), 'intertrack-bench-'));
const run = 15;
const daemons = prepareDaemons(directory, run, 9);

const { rows } = daemons;

for (const as of TAKING_PART) daemons.start(as);
const routers = await startRouters(run);
try {
  const captures = makeCaptures(Math.floor(Date.now() / 1000) - 120);
  for (const [as, capture] of captures.taps) writeFileSync(join(directory, `as${as}-tap.pcap`), capture);
  const suspects = join(directory, 'suspects.pcap');
  writeFileSync(suspects, captures.suspects);
  for (const as of TAPPED) daemons.probe(as);
  await until('the routes are there', async () => {
    const peers = await rows<SummaryRow>(VICTIM, 'show', 'bgp', 'summary');
    return peers.length === 1 + FEEDS.length && peers.every(peer => peer.prefixes >= 5);
  });
  for (const as of TAPPED)
    await until(`the probe of AS${as} has read its tap`, async () =>
      (await rows<ProbeStatusRow>(as, 'show', 'probe')).some(probe => probe.packets >= captures.packets),
    );
  for (const as of TAKING_PART)
    await until(`AS${as} has its sessions`, async () => {
      const peers = await rows<TracePeerRow>(as, 'show', 'traceback');
      return peers.length > 0 && peers.every(({ state }) => state === 'Established');
    });
  const times: number[] = [];
  for (let i = 0; i < traces; i++) {
    const [trace] = await rows<Trace>(VICTIM, 'trace', 'packet', suspects, '-n', '3');
    if (trace?.entry?.as !== ENTRY) throw new Error('the trace did not find the entry');
    times.push(trace.milliseconds);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  console.log(
    `${traces} traces, 4 ASes deep, ${routers.what}: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, slowest ${times.at(-1)} ms`,
  );
} finally {
  await daemons.close();
  await routers.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
