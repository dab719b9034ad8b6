/**
 * A question over an hour of sealed windows: node test/bench/windows.ts [DIGESTS] [VANTAGES]. Seals 360 windows in which
 * each of 8 vantages saw so many digests (10,000), in memory and in files, and asks for digests that were seen once and for
 * ones that never were: what it takes from memory, from the page cache for the first time and again, and from the disk.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Question } from '../../src/probe/question.ts';
import { openKept } from '../../src/probe/sealed/read-back.ts';
import { openSealedWindows, type SealedWindows } from '../../src/probe/sealed/sealed-windows.ts';
import type { VantagePart } from '../../src/probe/window-messages.ts';

const WINDOWS = 360;
const EPOCH = 490_000;
const FIRST = EPOCH * 360;
/** Bound of the issue. */
const BOUND = 2;

const digests = Number(process.argv[2] ?? 10_000);
const vantages = Number(process.argv[3] ?? 8);
const list = Array.from({ length: vantages }, (_, i) => ({ direction: 'in' as const, neighbor: 64_496 + i }));
const limits = { retention: 86_400_000, memory: 2 ** 34 };
const seen: string[] = [];

function fill(windows: SealedWindows): number {
  const began = performance.now();
  seen.length = 0;
  for (let number = FIRST; number < FIRST + WINDOWS; number++) {
    const first = number * 10;
    const octets = Uint8Array.from(randomBytes(digests * vantages * 8));
    seen.push(Buffer.from(octets.subarray(0, 8)).toString('hex'));
    const own = (_: unknown, vantage: number): VantagePart => ({
      ...{ vantage, first, last: first + 9, packets: digests, lost: 0, digests },
    });
    windows.part({
      ...{ intake: 0, number, sampling: 1, digestKey: null },
      vantages: Array.from({ length: vantages }, own),
      digests: new BigUint64Array(octets.buffer),
    });
    windows.progress({ intake: 0, from: FIRST * 10, to: first + 12, through: number + 1, octets: 0 });
    while (windows.step());
  }
  return ((performance.now() - began) * 1e6) / (digests * vantages * WINDOWS);
}

const hour = { epoch: EPOCH, from: EPOCH * 3_600_000, to: (EPOCH + 1) * 3_600_000 - 1 };
const never = (): Question => ({ ...hour, digest: randomBytes(8).toString('hex') });

/** Milliseconds a question, median and most, of some that were never asked before. */
function measure(name: string, windows: SealedWindows, questions: readonly Question[]): number {
  let found = 0;
  const times = questions.map(question => {
    const began = performance.now();
    found += windows.ask([question]).sightings.length;
    return performance.now() - began;
  });
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  const said = `${name.padEnd(44)} median ${median.toFixed(3)} ms, most ${times.at(-1)!.toFixed(3)} ms`;
  console.log(
    `${said}, ${found} sightings in ${questions.length} questions, ${(median / BOUND).toFixed(2)} of the bound`,
  );
  return median;
}

const many = (count: number) => Array.from({ length: count }, never);
const known = () => seen.filter((_, i) => i % 7 === 0).map(digest => ({ ...hour, digest }));

const memory = openSealedWindows({ intakes: 1, bits: 16, limits }, { vantages: () => list });
const inMemory = fill(memory);
console.log(`${WINDOWS} windows x ${vantages} vantages x ${digests} digests, bound ${BOUND} ms a question`);
console.log(`sealing, hashing, committing: ${inMemory.toFixed(0)} ns a digest in memory`);
measure('memory, first', memory, many(20));
const own = measure('memory, never seen', memory, many(200));
measure('memory, seen once', memory, known());

const folder = mkdtempSync(join(tmpdir(), 'intertrack-bench-'));
try {
  const kept = await openKept(folder, Date.now, console.log);
  const writing = openSealedWindows({ intakes: 1, bits: 16, limits }, { vantages: () => list, ...kept });
  const began = performance.now();
  const onDisk = fill(writing);
  await kept.keeper.settled();
  const waited = (performance.now() - began) / WINDOWS;
  const { diskOctets } = writing.status();
  console.log(`${onDisk.toFixed(0)} ns a digest beside the disk, ${waited.toFixed(1)} ms a window until it is there`);
  console.log(
    `${((diskOctets * 8) / (digests * vantages * WINDOWS)).toFixed(2)} bits a digest on disk, ${diskOctets} octets`,
  );

  const back = await openKept(folder, Date.now, console.log);
  const windows = openSealedWindows({ intakes: 1, bits: 16, limits }, { vantages: () => list, ...back });
  const from = performance.now();
  for (const _ of back.restore(windows));
  const read = performance.now() - from;
  console.log(`read back and verified: ${read.toFixed(0)} ms, ${(diskOctets / read / 1e6).toFixed(2)} GB/s`);
  measure('page cache, files mapped at the question', windows, many(1));
  measure('page cache, pages not touched before', windows, many(20));
  const warm = measure('page cache, never seen', windows, many(200));
  measure('page cache, seen once', windows, known());
  console.log(`page cache to memory: ${(warm / own).toFixed(2)}`);
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '1');
    const cold = await openKept(folder, Date.now, console.log);
    const again = openSealedWindows({ intakes: 1, bits: 16, limits }, { vantages: () => list, ...cold });
    for (const _ of cold.restore(again));
    writeFileSync('/proc/sys/vm/drop_caches', '1');
    measure('disk, nothing cached', again, many(1));
    measure('disk, next questions', again, many(20));
  } catch (error) {
    console.log(`disk, nothing cached: not measured, ${(error as Error).message}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
