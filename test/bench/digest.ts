/**
 * From frames in memory to digests in a live filter, on one core: the plain road in TypeScript, the kernel, and the kernel's loop
 * in C (test/bench/digest.c, by `cc -O3`), in turns; medians, and that all of them come to the same digests.
 *
 *     node test/bench/digest.ts [PACKETS [ROUNDS]]
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BATCH, BLOCK_OCTETS, loadKernel } from '../../src/packet/digest-kernel.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { blockRecord, nextFrame } from '../../src/packet/frame-block.ts';
import { frameKernel } from '../../src/packet/frame-kernel.ts';
import { writeInput } from '../../src/packet/invariant.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { openTap } from '../../src/probe/intake/tap.ts';
import { vantageMap } from '../../src/probe/neighbors/vantage.ts';
import { openWindows } from '../probe/one-thread.ts';
import { probeBlock } from '../probe/tapped.ts';
import { blockOf, IMIX, neighborMacs, pcapOf, SMALL } from './imix.ts';
import { timePasses } from './passes.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const SECOND = 1_265_630_400;
const MIB = 1024 * 1024;

interface Round {
  readonly nanoseconds: number;
  readonly digests: number;
  /** Exclusive or of all digests. */
  readonly sum: string;
}

/** One way to do the work; each call is a round. */
type Road = () => Round | Promise<Round>;

/** A kernel with one filter of this size, and room for `count` digests. */
function oneSlice(octets: number, count: number) {
  const kernel = loadKernel();
  const filter = kernel.allocate(octets)!;
  const keys = kernel.allocate(count * 8)!;
  kernel.setKey(KEY);
  const round = (work: () => void): Round => {
    kernel.slices.set([filter, octets / BLOCK_OCTETS, keys, count], 0);
    const from = process.hrtime.bigint();
    work();
    const nanoseconds = Number(process.hrtime.bigint() - from);
    const digests = (kernel.slices[2]! - keys) / 8;
    return { nanoseconds, digests, sum: xor(new BigUint64Array(kernel.memory.buffer, keys, digests)) };
  };
  // So that no round pays for pages that were never touched.
  kernel.memory.fill(0, filter, keys + count * 8);
  return { kernel, round };
}

function xor(digests: Iterable<bigint>): string {
  let sum = 0n;
  for (const digest of digests) sum ^= digest;
  return sum.toString(16);
}

/** Headers and inputs in TypeScript, hash and insert in the kernel: the slow road of a tap without its windows. */
function plainRoad(file: Buffer, octets: number, count: number): Road {
  const { kernel, round } = oneSlice(octets, count);
  const layers = newLayers();
  const record = blockRecord();
  return () => {
    const block = blockOf(file);
    return round(() => {
      let queued = 0;
      while (nextFrame(block, record)) {
        const { bytes, offset, captured, wire, linkType } = record;
        findLayers(bytes, offset, offset + captured, wire, linkType, layers);
        for (let i = 0; i < layers.count; i++) {
          const length = writeInput(bytes, layers, i, kernel.memory, kernel.slot(queued));
          if (length === 0) continue;
          kernel.slices[3]!--;
          kernel.enqueue(queued++, length, 0);
          if (queued < BATCH) continue;
          kernel.insert(queued);
          queued = 0;
        }
      }
      kernel.insert(queued);
    });
  };
}

/** All in the kernel, the copy into its memory included. */
function kernelRoad(file: Buffer, octets: number, count: number): Road {
  const { kernel, round } = oneSlice(octets, count);
  const frames = frameKernel(kernel);
  const layers = newLayers();
  return () => {
    const block = blockOf(file);
    return round(() => {
      while (block.at < block.bytes.length)
        frames.run(block, SECOND, record => {
          const { bytes, offset, captured, wire, linkType } = record;
          findLayers(bytes, offset, offset + captured, wire, linkType, layers);
          frames.remember(record, layers, 0);
        });
    });
  };
}

/**
 * A whole tap: vantages, seconds, slices of the sizes that they have. Between rounds its slices are taken out, as when they
 * are sealed.
 */
function tapRoad(file: Buffer, neighbors: number): Road {
  const kernel = loadKernel();
  const windows = openWindows(kernel, 16, { retention: 3_600_000, memory: 1024 * MIB });
  const vantages = vantageMap();
  vantages.configure(
    probeBlock({ neighbors: neighborMacs(neighbors).map((mac, i) => ({ as: 64496 + i, macs: [mac] })) }),
  );
  const tap = openTap(kernel, windows, vantages);
  tap.setKey(Math.floor(SECOND / 3600), KEY);
  return () => {
    const block = blockOf(file);
    const from = process.hrtime.bigint();
    tap.takeBlock(block);
    windows.live.flush();
    const nanoseconds = Number(process.hrtime.bigint() - from);
    const digests = windows.live.take([...windows.live.all()]);
    return { nanoseconds, digests: digests.length, sum: xor(digests) };
  };
}

/** The loop in C, which has the file in its own memory. */
function cRoad(program: string, path: string, octets: number, lanes: number, children: ChildProcess[]): Road {
  const child = spawn(program, [path, String(octets), String(lanes)], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    child.stdin.write('round\n');
    const [nanoseconds, digests, sum] = String((await lines.next()).value).split(' ');
    return { nanoseconds: Number(nanoseconds), digests: Number(digests), sum: sum! };
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Compiles the C loop; null when there is no compiler. */
function compile(folder: string): string | null {
  if (spawnSync('cc', ['--version']).status !== 0) return null;
  const program = join(folder, 'digest');
  execFileSync('cc', ['-O3', '-o', program, new URL('digest.c', import.meta.url).pathname], { stdio: 'inherit' });
  return program;
}

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'digest-bench-'));
const program = compile(folder);
if (program === null) console.log('SKIPPED: the loop in C, for there is no cc here');

const CASES = [
  { name: 'IMIX, 64 MiB filter', lengths: IMIX, snaplen: 65535, octets: 64 * MIB },
  { name: 'IMIX cut to 128, 64 MiB', lengths: IMIX, snaplen: 128, octets: 64 * MIB },
  { name: '64-byte packets, 64 MiB', lengths: SMALL, snaplen: 65535, octets: 64 * MIB },
  { name: 'IMIX cut to 128, 512 MiB', lengths: IMIX, snaplen: 128, octets: 512 * MIB },
  { name: 'IMIX cut to 128, 128 KiB', lengths: IMIX, snaplen: 128, octets: MIB / 8 },
  { name: 'the same, 800 neighbours', lengths: IMIX, snaplen: 128, octets: MIB / 8, neighbors: 800 },
];
console.log(`M packets/s, median of ${rounds}; ${count} packets; ratio: kernel to the faster of the two in C`);
console.log(
  '| case | TypeScript | kernel | whole tap | C, 2 lanes | C, 8 lanes | ratio |\n|---|---|---|---|---|---|---|',
);
for (const { name, lengths, snaplen, octets, neighbors = 8 } of CASES) {
  const file = pcapOf(count, lengths, snaplen, neighbors);
  const path = join(folder, 'frames.pcap');
  writeFileSync(path, file);
  const children: ChildProcess[] = [];
  const roads: Road[] = [plainRoad(file, octets, count), kernelRoad(file, octets, count), tapRoad(file, neighbors)];
  if (program !== null) for (const lanes of [2, 8]) roads.push(cRoad(program, path, octets, lanes, children));
  const times: number[][] = roads.map(() => []);
  const found = new Set<string>();
  for (let turn = 0; turn < rounds + 2; turn++)
    for (const [i, road] of roads.entries()) {
      const { nanoseconds, digests, sum } = await road();
      // Two turns are for the compiler and for pages.
      if (turn < 2) continue;
      times[i]!.push(nanoseconds);
      found.add(`${digests}`);
      found.add(sum);
    }
  for (const child of children) child.kill();
  if (found.size !== 2) console.log(`THE DIGESTS DIFFER: ${[...found].join(', ')}`);
  const rates = times.map(list => (count / median(list)) * 1000);
  const ratio = program === null ? '' : (rates[1]! / Math.max(rates[3]!, rates[4]!)).toFixed(2);
  const cells = [0, 1, 2, 3, 4].map(i => rates[i]?.toFixed(1) ?? '');
  console.log(`| ${name} | ${cells.join(' | ')} | ${ratio} |`);
}
console.log('\n| pass, one batch in the cache, IMIX cut to 128 | ns a packet |\n|---|---|');
for (const { pass, nanoseconds } of timePasses(folder)) console.log(`| ${pass} | ${nanoseconds.toFixed(1)} |`);
rmSync(folder, { recursive: true });
