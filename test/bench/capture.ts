/**
 * Live capture from a veth at rising rates: what is lost, and what processor time a packet takes, with tcpdump -w /dev/null at
 * the same interface at the same time. The generator is trafgen (netsniff-ng), in a namespace of its own; every packet is
 * another one. Processor time is what the scheduler counts for each thread (schedstat).
 *
 *     node test/bench/capture.ts [SECONDS]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../interop/bgp-peers.ts';
import { itprobe, openStation } from '../lab/live-probe.ts';

const SECONDS = Number(process.argv[2] ?? 5);
const RATES = [50_000, 100_000, 200_000, 0];
const GENERATOR = 'itcap-gen';
const TAP = 'itcap-tap';
/** The kernel hands a block over after 20 ms, and the probe counts once in five seconds. */
const SETTLE = 5_500;
const SNAPLEN = '256';

/** The last window is sealed. */
const SEALED = 12_000;

/** UDP packets of these Ethernet lengths, in turn, each with another source, port, identification and payload. */
const MIXES: Record<string, readonly number[]> = {
  '64 octets': [60],
  IMIX: [...Array<number>(7).fill(60), ...Array<number>(4).fill(590), 1514],
};

const run = (...words: readonly string[]) => execFileSync(words[0]!, words.slice(1), { encoding: 'utf8' });
const within = (namespace: string, ...words: readonly string[]) => ['ip', 'netns', 'exec', namespace, ...words];

function packet(octets: number): string {
  const total = octets - 14;
  const ethernet = '0x02,0,0,0,0,2, 0x02,0,0,0,0,1, const16(0x0800)';
  const ip = `0x45,0, const16(${total}), drnd(2), const16(0), 64,17, const16(0), drnd(4), 198,51,100,7`;
  return `{ ${ethernet}, ${ip}, drnd(2), const16(53), const16(${total - 20}), const16(0), drnd(16), fill(0x41,${total - 44}) }`;
}

/** Nanoseconds that each thread of a process has run, by its name. */
function ran(pid: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    found.set(name, (found.get(name) ?? 0) + Number(nanoseconds));
  }
  return found;
}

const sent = () => Number(run(...within(GENERATOR, 'cat', '/sys/class/net/out0/statistics/tx_packets')));

interface Phase {
  readonly packets: number;
  readonly seconds: number;
  /** Processor time of the generator, in which the kernel's part of every capture is. */
  readonly generator: number;
}

async function generate(config: string, rate: number, seconds: number): Promise<Phase> {
  const before = sent();
  const words = ['trafgen', '--in', config, '--dev', 'out0', '--cpus', '1', '-n', '0'];
  if (rate > 0) words.push('--rate', `${rate}pps`);
  const begun = performance.now();
  const [file, ...rest] = within(GENERATOR, ...words) as [string, ...string[]];
  // A group of its own, with the process that it forks for each processor.
  const child = spawn(file, rest, { stdio: 'ignore', detached: true });
  await sleep(seconds * 1000);
  const generator = [...ran(child.pid!).values()].reduce((sum, one) => sum + one, 0) + childrenRan(child.pid!);
  process.kill(-child.pid!, 'SIGKILL');
  await new Promise(resolve => child.once('exit', resolve));
  const took = (performance.now() - begun) / 1000;
  return { packets: sent() - before, seconds: took, generator };
}

/** trafgen forks one process for each processor. */
function childrenRan(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  if (children === '') return 0;
  return children.split(' ').reduce((sum, pid) => sum + [...ran(Number(pid)).values()].reduce((a, b) => a + b, 0), 0);
}

interface Row {
  readonly mix: string;
  readonly kpps: number;
  readonly packets: number;
  readonly lost: number;
  /** Nanoseconds a packet. */
  readonly intake: number;
  readonly rest: number;
  readonly tcpdumpLost: string;
  readonly tcpdump: number;
  readonly generator: number;
}

async function measure(
  mix: string,
  config: string,
  rate: number,
  pid: number,
  counts: () => { packets: number; lost: number },
): Promise<Row> {
  const words = within(
    TAP,
    'tcpdump',
    '-i',
    'tap0',
    '-n',
    '-s',
    SNAPLEN,
    '-B',
    '65536',
    '-w',
    '/dev/null',
    '-Z',
    'root',
  );
  const tcpdump = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  tcpdump.stderr.on('data', chunk => {
    said += chunk;
  });
  await until('tcpdump captures', async () => said.includes('listening on'));
  const [before, cpuBefore, tcpdumpBefore] = [counts(), ran(pid), sum(ran(tcpdump.pid!))];
  const phase = await generate(config, rate, SECONDS);
  await sleep(SETTLE);
  const [after, cpuAfter, tcpdumpAfter] = [counts(), ran(pid), sum(ran(tcpdump.pid!))];
  tcpdump.kill('SIGINT');
  await new Promise(resolve => tcpdump.once('exit', resolve));
  const { packets } = phase;
  const of = (name: string) => ((cpuAfter.get(name) ?? 0) - (cpuBefore.get(name) ?? 0)) / packets;
  const all = (sum(cpuAfter) - sum(cpuBefore)) / packets;
  const captured = Number(/(\d+) packets? captured/.exec(said)?.[1] ?? 0);
  return {
    mix,
    kpps: packets / phase.seconds / 1000,
    packets,
    lost: packets - (after.packets - before.packets),
    intake: of('intake 0'),
    rest: all - of('intake 0') - of('sealer'),
    tcpdumpLost: String(packets - captured),
    tcpdump: (tcpdumpAfter - tcpdumpBefore) / packets,
    generator: phase.generator / packets,
  };
}

const sum = (times: Map<string, number>) => [...times.values()].reduce((total, one) => total + one, 0);

function layLink(): void {
  for (const namespace of [GENERATOR, TAP]) {
    run('ip', 'netns', 'add', namespace);
    // No packet but those of the generator.
    run(...within(namespace, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'));
  }
  run(...'ip link add name out0 netns'.split(' '), GENERATOR, ...'type veth peer name tap0 netns'.split(' '), TAP);
  run('ip', '-n', GENERATOR, 'link', 'set', 'dev', 'out0', 'up');
  run('ip', '-n', TAP, 'link', 'set', 'dev', 'tap0', 'up');
}

function takeAway(): void {
  for (const namespace of [GENERATOR, TAP])
    if (existsSync(`/run/netns/${namespace}`)) run('ip', 'netns', 'delete', namespace);
}

function print(rows: readonly Row[]): void {
  console.log(
    '| packets | k packets/s | lost | intake, ns | the rest without sealing | tcpdump lost | tcpdump, ns | sending |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { mix, kpps, lost, intake, rest, tcpdumpLost, tcpdump, generator } of rows) {
    const times = [intake, rest].map(Math.round);
    console.log(
      `| ${mix} | ${kpps.toFixed(0)} | ${lost} | ${times.join(' | ')} | ${tcpdumpLost} | ${tcpdump.toFixed(0)} | ${generator.toFixed(0)} |`,
    );
  }
}

/** Sends as fast as it can, and tells what that takes: the kernel's part of a capture is the sender's time. */
async function tell(what: string, config: string): Promise<Phase> {
  const phase = await generate(config, 0, SECONDS);
  const { packets, seconds, generator } = phase;
  const rate = `${(packets / seconds / 1000).toFixed(0)} k packets/s`;
  console.log(`${what}: ${rate}, ${(generator / packets).toFixed(0)} ns to send one`);
  return phase;
}

async function main(): Promise<void> {
  const missing = ['trafgen', 'tcpdump', 'ip'].filter(
    name => !['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some(path => existsSync(join(path, name))),
  );
  if (process.getuid!() !== 0 || missing.length > 0) {
    console.log(
      `skipped: capture needs root${missing.length > 0 ? ` and ${missing.join(', ')} (netsniff-ng, tcpdump, iproute2)` : ''}`,
    );
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
  let probe: ChildProcess | null = null;
  takeAway();
  layLink();
  const socket = join(folder, 'itprobe.sock');
  const config = join(folder, 'packets.cfg');
  const station = await openStation(socket, { memory: 2 ** 30 });
  try {
    const words = within(TAP, ...itprobe(socket, '-i', 'tap0', '-Q', 'in'));
    for (const [mix, lengths] of Object.entries(MIXES)) {
      writeFileSync(config, lengths.map(packet).join('\n'));
      await tell(`${mix}, nobody captures`, config);
    }
    probe = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    probe.stderr!.on('data', chunk => {
      said += chunk;
    });
    await until('itprobe captures', async () => said.includes('capturing'));
    const counts = () => {
      const [row] = station.status();
      return { packets: row?.packets ?? 0, lost: row?.lost ?? 0 };
    };
    console.log(
      `${cpus().length} x ${cpus()[0]!.model}, Node.js ${process.versions.node}, ${run('tcpdump', '--version').split('\n')[0]}`,
    );
    const rows: Row[] = [];
    let all = 0;
    const begun = sum(ran(probe.pid!));
    for (const [mix, lengths] of Object.entries(MIXES)) {
      writeFileSync(config, lengths.map(packet).join('\n'));
      // What is compiled is compiled by then.
      all += (await tell(`${mix}, itprobe alone captures`, config)).packets;
      await sleep(SETTLE);
      for (const rate of RATES) rows.push(await measure(mix, config, rate, probe.pid!, counts));
    }
    print(rows);
    await sleep(SEALED);
    all += rows.reduce((total, { packets }) => total + packets, 0);
    const times = ran(probe.pid!);
    const each = (time: number) => `${(time / all).toFixed(0)} ns`;
    console.log(
      `of all ${all} packets: sealing ${each(times.get('sealer') ?? 0)}, intake ${each(times.get('intake 0') ?? 0)}, ` +
        `all threads since it began to capture ${each(sum(times) - begun)}`,
    );
    if (said.includes('lost')) console.log(said);
  } finally {
    probe?.kill();
    await station.close();
    takeAway();
    rmSync(folder, { recursive: true });
  }
}

await main();
