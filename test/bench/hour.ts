/**
 * A question to an hour of windows, as the thread that seals answers it: windows in memory, on disk, and on disk after a
 * restart, where the first question maps the files.
 *
 *     node test/bench/hour.ts [VANTAGES [DIGESTS]]     of each window, all vantages together
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Question, Vantage } from '../../src/probe/question.ts';
import { openKept } from '../../src/probe/read-back.ts';
import { openSealedWindows, type SealedWindows } from '../../src/probe/sealed-windows.ts';
import { WINDOW_SECONDS } from '../../src/probe/window-messages.ts';

const VANTAGES = Number(process.argv[2] ?? 8);
const DIGESTS = Number(process.argv[3] ?? 160_000);
const WINDOWS = 360;
const EPOCH = 351_564;
const FIRST = (EPOCH * 3600) / WINDOW_SECONDS;

const vantages: Vantage[] = Array.from({ length: VANTAGES }, (_, i) => ({ direction: 'in', neighbor: 64_500 + i }));
const options = {
  intakes: 1,
  bits: 16 as const,
  limits: { retention: 7_200_000, memory: 8 * 2 ** 30 },
};

/** Digests as even as those of a keyed hash (xorshift64* in halves would do; this is the machine's own generator). */
function digests(count: number): BigUint64Array<ArrayBuffer> {
  const list = new BigUint64Array(count);
  const octets = new Uint8Array(list.buffer);
  for (let at = 0; at < octets.length; at += 65_536) crypto.getRandomValues(octets.subarray(at, at + 65_536));
  return list;
}

const seen: bigint[] = [];
function fill(windows: SealedWindows): number {
  let milliseconds = 0;
  for (let i = 0; i < WINDOWS; i++) {
    const own = Math.floor(DIGESTS / VANTAGES);
    const all = digests(own * VANTAGES);
    seen.push(all[0]!);
    const [first, last] = [(FIRST + i) * WINDOW_SECONDS, (FIRST + i) * WINDOW_SECONDS + 9];
    const parts = vantages.map((_, vantage) => ({ vantage, first, last, packets: own, lost: 0, digests: own }));
    const digestKey = '0011223344556677';
    windows.part({ intake: 0, number: FIRST + i, vantages: parts, digests: all, sampling: 1, digestKey });
    const from = FIRST * WINDOW_SECONDS;
    windows.progress({ intake: 0, from, to: last + 2, through: FIRST + i + 1, octets: 0 });
    const began = performance.now();
    while (windows.step());
    milliseconds += performance.now() - began;
  }
  return milliseconds;
}

const questionAbout = (digest: bigint): Question => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64LE(digest);
  return { epoch: EPOCH, digest: octets.toString('hex'), from: EPOCH * 3_600_000, to: EPOCH * 3_600_000 + 3_599_999 };
};

function asked(name: string, windows: SealedWindows): void {
  const times: number[] = [];
  let found = 0;
  let filters = 0;
  for (let i = 0; i < 200; i++) {
    const question = questionAbout(i % 2 === 0 ? digests(1)[0]! : seen[i]!);
    const began = performance.now();
    const answer = windows.ask([question]);
    times.push(performance.now() - began);
    filters = answer.windowsAsked;
    if (i % 2 === 1) found += answer.sightings.some(one => one.first === (FIRST + i) * WINDOW_SECONDS) ? 1 : 0;
  }
  if (found !== 100) throw new Error(`${100 - found} digests of 100 were not found`);
  const [first] = times as [number];
  times.sort((a, b) => a - b);
  const [median, slowest] = [times[100]!, times.at(-1)!];
  console.log(
    `${name}: first ${first.toFixed(2)} ms, median ${median.toFixed(2)}, p99 ${times[197]!.toFixed(2)}, slowest ` +
      `${slowest.toFixed(2)} (${filters} windows of a vantage)`,
  );
}

const directory = mkdtempSync(join(tmpdir(), 'hour-'));
try {
  const inMemory = openSealedWindows(options, { vantages: () => vantages });
  const milliseconds = fill(inMemory);
  const { octets } = inMemory.status();
  console.log(
    `${WINDOWS} windows of ${VANTAGES} vantages, ${DIGESTS} digests each: sealed in ` +
      `${((milliseconds * 1e6) / WINDOWS / DIGESTS).toFixed(0)} ns a digest, ${((octets * 8) / WINDOWS / DIGESTS).toFixed(2)} bits`,
  );
  asked('in memory', inMemory);

  seen.length = 0;
  const kept = await openKept(directory, Date.now, console.log);
  const onDisk = openSealedWindows(options, { vantages: () => vantages, keeper: kept.keeper, fileOf: kept.fileOf });
  fill(onDisk);
  await kept.keeper.settled();
  asked('on disk', onDisk);

  const again = await openKept(directory, Date.now, console.log);
  const restored = openSealedWindows(options, { vantages: () => vantages, keeper: again.keeper, fileOf: again.fileOf });
  const began = performance.now();
  for (const _ of again.restore(restored));
  console.log(`read back in ${(performance.now() - began).toFixed(0)} ms`);
  asked('read back', restored);
} finally {
  rmSync(directory, { recursive: true });
}
