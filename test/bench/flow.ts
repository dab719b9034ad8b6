/**
 * Flows: sFlow samples and NetFlow records a second on one core, decoded alone and with all that becomes of them; then the
 * processor time of the whole program for datagrams over UDP, beside nfcapd (nfdump) where it is installed, which writes
 * the records to a file.
 *
 *     node test/bench/flow.ts
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exporter, type FlowSink, openExporter } from '../../src/flow/exporter.ts';
import { flowStore } from '../../src/flow/flow-store.ts';
import { encodeIpfix } from '../../src/flow/ipfix.ts';
import { encodeNetflow5 } from '../../src/flow/netflow5.ts';
import { encodeNetflow9 } from '../../src/flow/netflow9.ts';
import { encodeSflow } from '../../src/flow/sflow.ts';
import { encodeDataRecord, type FieldValue } from '../../src/flow/template.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { epochKey, epochOf } from '../../src/packet/itk1.ts';
import { flowVantages } from '../../src/probe/flows/flow-vantage.ts';
import { openFlowIntake, type TakingIntake } from '../../src/probe/intake/flow-intake.ts';
import { openTap } from '../../src/probe/intake/tap.ts';
import { vantageMap } from '../../src/probe/neighbors/vantage.ts';
import { vantageNumbers } from '../../src/probe/neighbors/vantage-numbers.ts';
import { openProbeStation } from '../../src/probe/socket/station.ts';
import { openWindows } from '../probe/one-thread.ts';

const SECRET = Buffer.from('the secret of a federation');
const NOW = Date.now();
const SECONDS = Math.floor(NOW / 1000);
/** Different datagrams, so that caches do not know them by heart. */
const DIFFERENT = 512;
const PROBE = {
  ...{ name: 'flows1', neighbors: [], interfaces: [], inside: [], learn: [], members: [] },
  exporters: [{ address: '127.0.0.1', domains: [], interfaces: [{ index: 3, as: 64496 }] }],
  ...{ retention: 3_600_000, memory: 2 ** 30 },
};

let state = 1;
const random = (below: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state % below;
};
const octets = (count: number) => Uint8Array.from({ length: count }, () => random(256));
const field = (element: number, size: number) => ({ element, enterprise: 0, octets: size });
const fieldsOf = (...pairs: [number, number][]) => pairs.map(([element, size]) => field(element, size));

/** What routers send: 18 fields of 66 octets. */
const FIELDS = fieldsOf(
  ...(
    [
      [8, 4],
      [12, 4],
      [15, 4],
      [10, 4],
      [14, 4],
      [2, 4],
      [1, 4],
      [22, 4],
      [21, 4],
      [7, 2],
      [11, 2],
      [6, 1],
    ] as const
  ).map(([element, size]): [number, number] => [element, size]),
  ...(
    [
      [4, 1],
      [5, 1],
      [16, 4],
      [17, 4],
      [9, 1],
      [13, 1],
      [61, 1],
      [56, 6],
      [80, 6],
      [58, 2],
    ] as const
  ).map(([element, size]): [number, number] => [element, size]),
);
const valuesOf = (): FieldValue[] => [
  ...[
    octets(4),
    octets(4),
    octets(4),
    3,
    4,
    1 + random(20),
    60 + random(9000),
    1000,
    2000,
    random(65536),
    random(65536),
  ],
  ...[16, 6, 0, 64496, 64500, 24, 24, 0, octets(6), octets(6), 100],
];
const RECORDS = 18;
const SAMPLES = 7;

function sample(sequence: number) {
  const header = octets(128);
  header.set([8, 0, 0x45, 0, 2, 0], 12);
  header.set([0x40, 0], 20);
  header[23] = 6;
  return {
    ...{ sequence, rate: 1000, drops: 0, input: 3, output: 4, expanded: false, protocol: 1, stripped: 4, vlan: 100 },
    ...{ frameLength: 530, header },
  };
}
const many = <T>(make: (i: number) => T): T[] => Array.from({ length: DIFFERENT }, (_, i) => make(i));
const netflow9 = (i: number) =>
  encodeNetflow9({ uptime: 3000, seconds: SECONDS, sequence: i, sourceId: 0 }, [
    ...(i === 0 ? [{ template: 256, fields: FIELDS }] : []),
    { data: 256, records: Array.from({ length: RECORDS }, () => encodeDataRecord(FIELDS, valuesOf())) },
  ]);
const DATAGRAMS = {
  'sFlow 5, 128 octets of each packet': many(i =>
    encodeSflow(
      { agent: octets(4).fill(9), subAgent: 0, sequence: i, uptime: 1 },
      Array.from({ length: SAMPLES }, (_, j) => sample(j)),
    ),
  ),
  'NetFlow 5': many(i =>
    encodeNetflow5(
      { uptime: 3000, seconds: SECONDS, sequence: i * 30, engine: 0, sampling: 0 },
      Array.from({ length: 30 }, () => ({
        ...{ source: octets(4), destination: octets(4), sourcePort: random(65536), destinationPort: 443, protocol: 6 },
        ...{ input: 3, output: 4, packets: 3, octets: 900, first: 1000, last: 2000 },
      })),
    ),
  ),
  'NetFlow 9, 22 fields': many(netflow9),
  'IPFIX, the same': many(i =>
    encodeIpfix({ seconds: SECONDS, sequence: i * RECORDS, domain: 0 }, [
      ...(i === 0 ? [{ template: 256, fields: FIELDS }] : []),
      { data: 256, records: Array.from({ length: RECORDS }, () => encodeDataRecord(FIELDS, valuesOf())) },
    ]),
  ),
};

/** Records a second: the best of five rounds of 0.4 s, after one that is not counted. */
function rate(take: (datagram: Uint8Array) => void, datagrams: readonly Uint8Array[], records: () => number): number {
  let best = 0;
  for (let round = 0; round < 6; round++) {
    const before = records();
    const began = performance.now();
    let took = 0;
    do {
      for (const datagram of datagrams) take(datagram);
      took = performance.now() - began;
    } while (took < 400);
    if (round > 0) best = Math.max(best, ((records() - before) / took) * 1000);
  }
  return best;
}
const millions = (value: number) => `${(value / 1e6).toFixed(2)} M/s`;
const NOTHING: FlowSink = { section: () => {}, flow: () => {}, translation: () => {} };
const exporter = (sink: FlowSink): Exporter =>
  openExporter({ address: '127.0.0.1', domains: [], sampling: null }, sink);

function inMemory() {
  console.log('one core, from memory: samples or records a second');
  for (const [name, datagrams] of Object.entries(DATAGRAMS)) {
    const alone = exporter(NOTHING);
    const decoded = rate(
      one => alone.take(one, NOW),
      datagrams,
      () => alone.status().records,
    );
    const { intake } = takingIntake();
    const taken = () => intake.status().exporters[0]!.records;
    const whole = rate(one => intake.take(one, '127.0.0.1', NOW), datagrams, taken);
    const ns = 1e9 / whole;
    console.log(
      `${name.padEnd(36)} decoded ${millions(decoded).padStart(11)}  digested or stored ${millions(whole).padStart(11)}` +
        `  (${ns.toFixed(0)} ns each)`,
    );
  }
}

/** A probe's intake with its key, without sockets; memory starts anew when it is full. */
function takingIntake() {
  const kernel = loadKernel();
  const windows = openWindows(kernel, 16, { retention: 0, memory: 0 });
  const numbers = vantageNumbers();
  const vantages = vantageMap({ numbers });
  const seen = flowVantages(numbers);
  const tap = openTap(kernel, windows, seen.over(vantages));
  tap.setKey(epochOf(NOW), epochKey(SECRET, epochOf(NOW)));
  const taking = {
    ...{ tap, windows, vantages, needKey: async () => {}, lose: () => {} },
    configure: (probe: typeof PROBE) => void [vantages.configure(probe), windows.configure(probe)],
  } as unknown as TakingIntake;
  const intake = openFlowIntake({ intake: taking, seen, translation: () => {}, dropped: () => 0, say: () => {} });
  intake.configure(PROBE);
  return { intake };
}

function questionsAMillionRecords() {
  const store = flowStore({ retention: 3_600_000, memory: 2 ** 30 });
  const feeding = exporter({ ...NOTHING, flow: record => store.put(record, 1, 0, NOW) });
  const datagrams = DATAGRAMS['NetFlow 5'];
  while (store.status().records < 1_000_000) for (const one of datagrams) feeding.take(one, NOW);
  const key = { protocol: 6, source: octets(4), destination: octets(4), sourcePort: 1, destinationPort: 443 };
  const began = performance.now();
  for (let i = 0; i < 100; i++) store.ask(key, NOW - 10_000, NOW + 10_000);
  const { records, octets: held } = store.status();
  console.log(
    `a question by headers over ${records} flow records: ${((performance.now() - began) / 100).toFixed(2)} ms;` +
      ` ${(held / records).toFixed(0)} octets a record`,
  );
}

/** Processor time of a process so far, ms: its user and system time in clock ticks of 10 ms. */
function processorTime(pid: number): number {
  const columns = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(columns[11]) + Number(columns[12])) * 10;
}

const ROUNDS = 80;
const BURST = 64;
/** Sends the datagrams over and over, in bursts that a socket's buffer can hold. */
async function send(port: number, datagrams: readonly Uint8Array[]) {
  const socket = createSocket('udp4');
  for (let round = 0; round < ROUNDS; round++)
    for (let at = 0; at < datagrams.length; at += BURST) {
      const burst = datagrams.slice(at, at + BURST);
      await Promise.all(burst.map(one => new Promise(resolve => socket.send(one, port, '127.0.0.1', resolve))));
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  socket.close();
  await new Promise(resolve => setTimeout(resolve, 2000));
}

async function overSockets() {
  const folder = mkdtempSync(join(tmpdir(), 'intertrack-bench-'));
  const children: ChildProcess[] = [];
  try {
    const path = join(folder, 'itprobe.sock');
    const station = await openProbeStation({
      socket: { path },
      probes: [PROBE],
      epochKey: epoch => epochKey(SECRET, epoch),
      log: () => {},
    });
    const program = new URL('../../src/itprobe.ts', import.meta.url).pathname;
    const probe = spawn(process.execPath, [program, '-n', 'flows1', '-s', path, '--flow', '127.0.0.1:29955']);
    children.push(probe);
    await new Promise<void>(resolve => {
      probe.stderr!.on('data', (text: Buffer) => {
        if (text.includes('flows are taken')) resolve();
      });
    });
    const rival = spawnSync('nfcapd', ['-V']).error === undefined;
    if (rival)
      children.push(
        spawn('nfcapd', ['-w', folder, '-b', '127.0.0.1', '-p', '29956', '-t', '3600', '-B', '16777216'], {
          stdio: 'ignore',
        }),
      );
    else console.log('skipped: nfcapd (Debian: nfdump) is not installed');
    await new Promise(resolve => setTimeout(resolve, 1000));

    console.log('the whole program, datagrams over UDP: processor time a record');
    for (const [name, datagrams] of Object.entries(DATAGRAMS)) {
      const each = name.startsWith('sFlow') ? SAMPLES : name === 'NetFlow 5' ? 30 : RECORDS;
      const sent = ROUNDS * DIFFERENT * each;
      const before = station.status()[0]?.flows?.exporters[0]?.records ?? 0;
      const used = processorTime(probe.pid!);
      await send(29955, datagrams);
      const ours = processorTime(probe.pid!) - used;
      // The probe tells its status every five seconds.
      await new Promise(resolve => setTimeout(resolve, 6000));
      const got = (station.status()[0]?.flows?.exporters[0]?.records ?? 0) - before;
      const line = `${name.padEnd(36)} itprobe ${((ours * 1e6) / got).toFixed(0).padStart(6)} ns (${got} of ${sent} taken)`;
      if (!rival || name.startsWith('sFlow')) {
        console.log(line);
        continue;
      }
      const capd = children[1]!.pid!;
      const usedByRival = processorTime(capd);
      await send(29956, datagrams);
      const theirs = processorTime(capd) - usedByRival;
      console.log(
        `${line}  nfcapd ${((theirs * 1e6) / sent).toFixed(0).padStart(6)} ns  ratio ${(theirs / sent / (ours / got)).toFixed(2)}`,
      );
    }
    children[1]?.kill('SIGTERM');
    await station.close();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

inMemory();
questionsAMillionRecords();
await overSockets();
