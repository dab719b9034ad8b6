/**
 * Testbed 2 from the command line: run.ts NODES PARTICIPATION DELAY FAULTS SEED [TRACES [AT-ONCE [PROCESSES]]].
 * Participation in percent, delay in ms each way; FAULTS other than 0 makes some ASes say nothing or what is false, and one
 * flood. Prints what it does, a table, and as the last line one JSON object.
 */
import { runTestbed } from './testbed.ts';

const [nodes = 100, participation = 30, delay = 0, faults = 0, seed = 1, traces = 200, atOnce = 100, processes = 2] =
  process.argv.slice(2).map(Number);
const outcome = await runTestbed({
  ...{ nodes, participation, delay, seed, traces, atOnce, processes },
  faults: faults !== 0,
  // A thousand records at a thousand ASes are a million signatures to check, on one machine.
  flooding: nodes <= 200,
  falsely: 20_000,
  say: console.log,
});
for (const [name, value] of Object.entries(outcome))
  console.log(`${name.padEnd(20)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
console.log(JSON.stringify(outcome));
