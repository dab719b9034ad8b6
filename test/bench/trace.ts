/**
 * Latency of a trace over real processes: the demonstration's five daemons, each with its own TLS sessions, four with a
 * probe, asked again and again. The trace goes from the victim through a participant and past a non-participant to the
 * entry AS; one more AS is clear and one cannot know. Usage: trace.ts [TRACES [BLASTER DIRECTORY [PEERS]]]: with the shared
 * harness's feeder and data the same again while so many full tables load in the victim's daemon. Prints p50, p90 and the
 * slowest.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDaemons } from '../../contrib/demo/daemons.ts';
import { makeCaptures } from '../../contrib/demo/packets.ts';
import { DAEMON_PORT, startRouters } from '../../contrib/demo/routers.ts';
import { addressesOf, ENTRY, FEEDS, TAKING_PART, TAPPED, VICTIM } from '../../contrib/demo/topology.ts';
import type { SummaryRow } from '../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../src/control/daemon.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { until } from '../interop/bgp-peers.ts';
import { type Blaster, fedPeers, startBlaster } from './blaster.ts';

const [count = '50', blaster, data, tables = '16'] = process.argv.slice(2);
const traces = Number(count);
const directory = mkdtempSync(join(tmpdir(), 'intertrack-bench-'));
const run = 15;
const suspects = join(directory, 'suspects.pcap');
const daemons = prepareDaemons(directory, run, 9);

const { rows } = daemons;
const fed = data === undefined ? [] : fedPeers(data, Number(tables));
appendFileSync(
  join(directory, `as${VICTIM}-intertrackd.conf`),
  [
    '',
    'template bgp table { passive; ipv4; ipv6; hold time 240s; }',
    ...fed.map(({ name, address, as }) => `protocol bgp ${name} from table { neighbor ${address} as ${as}; }\n`),
  ].join('\n'),
);
const summary = () => rows<SummaryRow>(VICTIM, 'show', 'bgp', 'summary');
const isFed = ({ peer }: SummaryRow) => fed.some(({ name }) => name === peer);

/** Asks for a trace again and again while `more` says so. Prints how long they took. */
async function ask(what: string, more: (asked: number) => boolean | Promise<boolean>): Promise<void> {
  const times: number[] = [];
  while (await more(times.length)) {
    const [trace] = await rows<Trace>(VICTIM, 'trace', 'packet', suspects, '-n', '3');
    if (trace?.entry?.as !== ENTRY) throw new Error(`the trace did not find the entry: ${JSON.stringify(trace)}`);
    times.push(trace.milliseconds);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  console.log(
    `${times.length} traces, 4 ASes deep, ${what}: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, slowest ${times.at(-1)} ms`,
  );
}

for (const as of TAKING_PART) daemons.start(as);
const routers = await startRouters(run);
let feeder: Blaster | null = null;
try {
  const captures = makeCaptures(Math.floor(Date.now() / 1000) - 120);
  for (const [as, capture] of captures.taps) writeFileSync(join(directory, `as${as}-tap.pcap`), capture);
  writeFileSync(suspects, captures.suspects);
  for (const as of TAPPED) daemons.probe(as);
  await until(
    'the routes are there',
    async () => {
      const peers = (await summary()).filter(peer => !isFed(peer));
      return peers.length === 1 + FEEDS.length && peers.every(peer => peer.prefixes >= 5);
    },
    60_000,
  );
  for (const as of TAPPED)
    await until(`the probe of AS${as} has read its tap`, async () =>
      (await rows<ProbeStatusRow>(as, 'show', 'probe')).some(probe => probe.packets >= captures.packets),
    );
  for (const as of TAKING_PART)
    await until(`AS${as} has its sessions`, async () => {
      const peers = await rows<TracePeerRow>(as, 'show', 'traceback');
      return peers.length > 0 && peers.every(({ state }) => state === 'Established');
    });
  await ask(routers.what, asked => asked < traces);
  if (blaster !== undefined && data !== undefined) {
    feeder = await startBlaster(blaster, data, fed.length, `${addressesOf(run, VICTIM).daemon}:${DAEMON_PORT}`);
    feeder.sendTables();
    const expected = fed.reduce((sum, { routes }) => sum + routes, 0);
    const held = async () => (await summary()).filter(isFed).reduce((sum, { prefixes }) => sum + prefixes, 0);
    await ask(`while ${fed.length} tables load`, async asked => asked % 5 !== 0 || (await held()) < expected);
  }
} finally {
  feeder?.stop();
  await daemons.close();
  await routers.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
