/**
 * Proof of sight: what a proof takes, how long it is made and checked, what hashing for it adds to sealing, and how often a
 * guess passes, beside what the filters themselves allow: node test/bench/sight.ts [GUESSES]
 */
import { createHash, randomBytes } from 'node:crypto';
import { encodeWindow } from '../../src/probe/disk/window-file.ts';
import type { KeptWindow } from '../../src/probe/filters/kept-window.ts';
import { mixedDigest, windowKey } from '../../src/probe/filters/mixed-digest.ts';
import { falseSightings } from '../../src/probe/filters/sealed-filter.ts';
import { openSealer } from '../../src/probe/filters/sealer.ts';
import { storageKey } from '../../src/probe/filters/storage-key.ts';
import { proveSight } from '../../src/probe/proof/sight-proof.ts';
import { hashShards, PIECE_BLOCKS } from '../../src/probe/proof/window-tree.ts';
import { commitmentOver, pathToCommitment } from '../../src/traceback/commitment.ts';
import { checkProof, encodeProof, proofOf } from '../../src/traceback/proof.ts';
import { partOf, sealed } from '../probe/sealing.ts';

const NUMBER = 176_400_123;
const HOUR = Uint8Array.from({ length: 16 }, (_, i) => i * 7);
const GUESSES = Number(process.argv[2] ?? 100_000);
const PROVED = 300;
/** Probes whose windows are under one commitment. */
const PROBES = 8;

const key = windowKey(storageKey(HOUR), NUMBER, 0);
const textOf = (digest: bigint) => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64LE(digest);
  return octets.toString('hex');
};
const others = Array.from({ length: PROBES - 1 }, () => randomBytes(32).toString('hex'));
const asked = (digest: string) => ({
  questions: [
    {
      ...{ packet: 0, epoch: Math.floor(NUMBER / 360), digest },
      ...{ from: NUMBER * 10_000 + 3000, to: NUMBER * 10_000 + 7000 },
    },
  ],
});
const percentile = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)]!;

/** Makes proofs of digests that a window holds and checks them; a line of a table. */
function measure(name: string, counts: readonly number[]): string {
  const part = partOf(NUMBER, counts);
  const began = performance.now();
  const window = sealed(part, HOUR);
  const sealing = performance.now() - began;
  const hashing = timeOf(() => hashed(window));
  const plain = timeOf(() => {
    for (const { octets } of window.filters) createHash('sha256').update(octets).digest();
  });
  const roots = [...others, encodeWindow(window).root];
  const commitment = commitmentOver(NUMBER, roots);
  const above = pathToCommitment(roots, PROBES - 1);
  const sizes: number[] = [];
  const made: number[] = [];
  const checked: number[] = [];
  for (let i = 0; i < PROVED; i++) {
    const digest = textOf(part.digests[Math.floor((part.digests.length * i) / PROVED)]!);
    let from = performance.now();
    const sight = proveSight(window, key, digest)!;
    const octets = encodeProof(proofOf(0, sight, { windows: PROBES, place: PROBES - 1, above }))!;
    made.push(performance.now() - from);
    from = performance.now();
    const shown = checkProof(octets, asked(digest));
    checked.push(performance.now() - from);
    if (typeof shown === 'string' || shown.commitment !== commitment) throw new Error(`no proof: ${String(shown)}`);
    sizes.push(octets.length);
  }
  for (const list of [sizes, made, checked]) list.sort((a, b) => a - b);
  const us = (list: readonly number[]) =>
    `${(percentile(list, 0.5) * 1000).toFixed(0)} / ${(percentile(list, 0.99) * 1000).toFixed(0)}`;
  const each = (ms: number) => ((ms * 1e6) / part.digests.length).toFixed(1);
  return [
    name,
    `${percentile(sizes, 0.5)} / ${sizes.at(-1)}`,
    us(made),
    us(checked),
    each(sealing),
    `${each(hashing)} (${((hashing / sealing) * 100).toFixed(0)} %)`,
    each(plain),
  ].join(' | ');
}

function hashed({ filters }: KeptWindow): void {
  for (const filter of filters) for (const _ of hashShards(filter));
}

/** The least of three, ms. */
function timeOf(work: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const from = performance.now();
    work();
    return performance.now() - from;
  });
  return Math.min(...times);
}

console.log(`leaves of ${PIECE_BLOCKS} blocks, ${PROBES} probes under a commitment, ${PROVED} proofs a line`);
console.log(
  'window | octets, median / most | made, us, p50 / p99 | checked | sealed, ns a digest | hashing | one hash over all',
);
console.log(measure('3,000 digests at one vantage', [3000]));
console.log(
  measure(
    '100,000 at each of 8',
    Array.from({ length: 8 }, () => 100_000),
  ),
);
console.log(
  measure(
    '2,000 at each of 300',
    Array.from({ length: 300 }, () => 2000),
  ),
);
console.log(measure('5,000,000 at one', [5_000_000]));

// Guesses: each proof that can be made is, and goes through the check that an AS asked would make.
const sealer = openSealer();
for (const counts of [[100_000], Array.from({ length: 8 }, () => 20_000)]) {
  const window = sealed(partOf(NUMBER, counts), HOUR);
  const roots = [encodeWindow(window).root];
  const commitment = commitmentOver(NUMBER, roots);
  let passed = 0;
  for (let i = 0; i < GUESSES; i++) {
    const digest = randomBytes(8).toString('hex');
    const sight = proveSight(window, key, digest);
    if (sight === null) continue;
    const octets = encodeProof(proofOf(0, sight, { windows: 1, place: 0, above: new Uint8Array(0) }))!;
    const shown = checkProof(octets, asked(digest));
    if (typeof shown !== 'string' && shown.commitment === commitment) passed++;
  }
  const stated = window.filters.reduce((sum, filter) => sum + falseSightings(filter) / window.filters.length, 0);
  console.log(
    `${counts.length} vantages: ${passed} of ${GUESSES} guesses pass, ${((passed / GUESSES) * 100).toFixed(4)} %; ` +
      `the filters' own false positives ${(stated * 100).toFixed(4)} %`,
  );
}
// A digest is mixed in plain TypeScript where one is checked, by the kernel where windows are asked.
const ways = [mixedDigest, sealer.mixed].map(
  mixed =>
    timeOf(() => {
      for (let i = 0; i < 10_000; i++) mixed(key, i, i);
    }) / 10,
);
console.log(`a digest mixed: ${ways[0]!.toFixed(2)} us here, ${ways[1]!.toFixed(2)} us by the kernel`);
