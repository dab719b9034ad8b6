/**
 * Fuzzes every decoder: `make fuzz SECONDS=600`, or `node test/fuzz/run.ts SECONDS [SEED]`. The targets take turns. Prints
 * what was done and found; exits 1, with the input in hex, when one throws, breaks a promise, or takes too long.
 */
import { type Coverage, startCoverage } from './coverage.ts';
import { Broken, begin, end, type Fuzzed, fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
/** Milliseconds that a target runs before the next one does. */
const TURN = 500;
/** Every so many turns growth is looked at. */
const LOOK = 20;

const megabytes = (octets: number) => Math.round(octets / 2 ** 20);
function memory(): string {
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return `RSS ${megabytes(rss)}, heap ${megabytes(heapUsed)}, external ${megabytes(external + arrayBuffers)} MiB`;
}

/** Counting blocks makes everything slower: it is done for so much of the time, and what it found is kept. */
const COUNTED = 0.25;
const counting = await startCoverage();
let coverage: Coverage | null = counting;
try {
  const all: Fuzzed[] = [];
  for (const target of targets(false)) all.push(await begin(target, seed));
  const stop = performance.now() + seconds * 1000;
  console.log(`seed ${seed}; ${all.map(({ target }) => `${target.name}: ${target.seeds.length} seeds`).join(', ')}`);
  const inputs = () => all.reduce((sum, fuzzed) => sum + fuzzed.inputs, 0);
  for (let turn = 0; performance.now() < stop; turn++) {
    if (coverage !== null && performance.now() > stop - (1 - COUNTED) * seconds * 1000) {
      await coverage.stop();
      coverage = null;
    }
    for (const fuzzed of all) {
      const until = performance.now() + TURN;
      while (performance.now() < until) await fuzz(fuzzed, undefined, coverage);
    }
    if (turn % LOOK === 0) console.log(`${inputs()} inputs; ${memory()}; ${counting.blocks()} blocks reached`);
  }
  for (const fuzzed of all) {
    end(fuzzed);
    const { target, inputs: count, seen, corpus, slowest } = fuzzed;
    const kept = corpus.length - target.seeds.length;
    console.log(
      `${target.name}: ${count} inputs, judged in ${seen.size} ways, ${kept} kept, the slowest ${slowest.toFixed(0)} ms`,
    );
  }
  console.log(`${inputs()} inputs in ${seconds} s, no crash, hang or broken promise; ${memory()}`);
} catch (error) {
  console.error(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
  if (error instanceof Broken) console.error(Buffer.from(error.input).toString('hex'));
  process.exitCode = 1;
}
await coverage?.stop();
