/**
 * Testbed 2 from the command line: run.ts NAME=VALUE..., of the names below. PARTICIPATION in percent, DELAY in ms each way;
 * FAULTS other than 0 makes some ASes say nothing or what is false, and one flood; TCP other than 0 leaves TLS away. TRACES are
 * made one after the other, ATONCE at one time, and that ROUNDS times. Prints what it does, a table, and as the last line one
 * JSON object.
 */
import { progressOn } from '../../../src/vty/progress.ts';
import { runTestbed } from './testbed.ts';

/** What takes long shows on a terminal how far it is. */
const progress = progressOn(process.stderr, process.stdout, { quiet: true });

const given = {
  ...{ N: 100, PARTICIPATION: 30, DELAY: 0, FAULTS: 0, TCP: 0, SEED: 1 },
  ...{ TRACES: 200, ATONCE: 100, ROUNDS: 1, PROCESSES: 2 },
};
for (const word of process.argv.slice(2)) {
  const [name = '', value = ''] = word.split('=');
  if (!Object.hasOwn(given, name) || !/^\d+(\.\d+)?$/.test(value))
    throw new Error(`${word} is none of ${Object.keys(given)}`);
  given[name as keyof typeof given] = Number(value);
}
const outcome = await runTestbed({
  ...{ nodes: given.N, participation: given.PARTICIPATION, delay: given.DELAY, seed: given.SEED },
  ...{ traces: given.TRACES, atOnce: given.ATONCE, rounds: given.ROUNDS, processes: given.PROCESSES },
  faults: given.FAULTS !== 0,
  plain: given.TCP !== 0,
  // A thousand records at a thousand ASes are a million signatures to check, on one machine.
  flooding: given.N <= 200,
  falsely: 20_000,
  say(text) {
    progress.clear();
    console.log(text);
  },
  far: progress.show,
});
progress.clear();
for (const [name, value] of Object.entries(outcome))
  console.log(`${name.padEnd(20)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
console.log(JSON.stringify(outcome));
