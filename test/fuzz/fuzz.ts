/**
 * Mutates, judges, and keeps what is new: an input that was judged as none before it, and one that reached a block of our
 * sources that none had reached.
 */
import type { Coverage } from './coverage.ts';
import { type Random, randomFrom } from './random.ts';
import type { Target } from './target.ts';

/** An input may take so much of the processor, milliseconds: generous, for memory is tidied up in that time too. */
const LONGEST = 2000;
/** Inputs kept, and ways to be judged that are told apart. */
const MOST_KEPT = 20_000;
/** Inputs between two questions about coverage, and after which a target begins anew. */
const BATCH = 64;
const ANEW = 50_000;

/** What came of fuzzing a target. */
export interface Fuzzed {
  readonly target: Target;
  readonly random: Random;
  readonly corpus: Uint8Array[];
  readonly seen: Set<string>;
  inputs: number;
  /** Milliseconds. */
  slowest: number;
}

/** An input broke a promise, or took too long. */
export class Broken extends Error {
  readonly input: Uint8Array;
  constructor(target: Target, input: Uint8Array, cause: unknown) {
    super(`${target.name}: ${cause instanceof Error ? cause.stack : cause}`);
    this.input = input;
  }
}

async function run(fuzzed: Fuzzed, input: Uint8Array): Promise<void> {
  const { target, corpus, seen } = fuzzed;
  try {
    const began = process.threadCpuUsage();
    const answer = target.judge(input);
    const judged = typeof answer === 'string' ? answer : await answer;
    const { user, system } = process.threadCpuUsage(began);
    const took = (user + system) / 1000;
    fuzzed.slowest = Math.max(fuzzed.slowest, took);
    if (took > LONGEST) throw new Error(`took ${Math.round(took)} ms`);
    if (++fuzzed.inputs % ANEW === 0) target.begin();
    if (seen.has(judged) || seen.size > MOST_KEPT) return;
    seen.add(judged);
    if (corpus.length < MOST_KEPT) corpus.push(input);
  } catch (error) {
    throw new Broken(target, input, error);
  }
}

/** Fuzzing of a target, its seeds judged. */
export async function begin(target: Target, seed: number): Promise<Fuzzed> {
  const corpus = [...target.seeds];
  const fuzzed = { target, random: randomFrom(seed), corpus, seen: new Set<string>(), inputs: 0, slowest: 0 };
  for (const input of target.seeds) await run(fuzzed, input);
  return fuzzed;
}

/** So many mutated inputs. With `coverage`, the one of them that reached something new is looked for and kept. */
export async function fuzz(fuzzed: Fuzzed, count = BATCH, coverage: Coverage | null = null): Promise<void> {
  const { target, random, corpus } = fuzzed;
  const pick = () => corpus[random(corpus.length)]!;
  const batch: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const input = target.mutate(pick(), pick(), random);
    batch.push(input);
    await run(fuzzed, input);
  }
  if (coverage === null) return;
  const [wanted] = await coverage.fresh();
  if (wanted === undefined || corpus.length >= MOST_KEPT) return;
  // Halved again and again; of what depends on inputs before it nothing is found, and nothing is kept.
  let inputs = batch;
  while (inputs.length > 1) {
    const half = inputs.slice(0, inputs.length >> 1);
    for (const input of half) await run(fuzzed, input);
    inputs = (await coverage.ran()).has(wanted) ? half : inputs.slice(inputs.length >> 1);
  }
  corpus.push(inputs[0]!);
}

/** Ends the fuzzing of a target, which must have left nothing behind. */
export function end({ target }: Fuzzed): void {
  try {
    target.begin();
  } catch (error) {
    throw new Broken(target, new Uint8Array(0), error);
  }
}
