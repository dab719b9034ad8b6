/**
 * The real testbed, whole: `run.ts [DIRECTORY]`. Prints each trace as a person sees it, and a table of what was right; the
 * pictures go into the directory. Ends with 1 when a trace is wrong.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLab, whyNoLab } from '../lab.ts';
import { printTable } from '../table.ts';
import { type Answered, answer, attack, isRight, tableOf } from './scenario.ts';
import { startReal } from './testbed.ts';

const [directory = 'build/testbed-real'] = process.argv.slice(2);
const reason = whyNoLab('bird', 'birdc', 'perl', 'nft');
if (reason !== null) throw new Error(`no testbed here: ${reason}`);
mkdirSync(directory, { recursive: true });
const lab = await openLab();
try {
  const began = performance.now();
  const real = await startReal(lab, true);
  console.log(`nine ASes, six of them with traceback, in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const answered: Answered[] = [];
  for (const asked of await attack(lab, real, true)) {
    const one = await answer(real, asked, true);
    answered.push(one);
    console.log(`\n# ${one.name}: itctl trace ${one.words.join(' ').replaceAll(`${lab.directory}/`, '')}\n${one.text}`);
    const { stdout } = await real.daemon(one.by).itctl('trace', 'export', one.trace.id, '--svg');
    if (stdout !== '') writeFileSync(join(directory, `${one.name.replaceAll(/[ ,]+/g, '-')}.svg`), stdout);
  }
  printTable(tableOf(answered));
  if (answered.some(one => !isRight(one, one.trace))) process.exitCode = 1;
} catch (error) {
  console.error(error);
  console.error(lab.said());
  process.exitCode = 1;
} finally {
  await lab.close();
}
