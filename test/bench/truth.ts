/**
 * The truth table at full size: the real program replays a generated Internet, and what it says is held against the incidents
 * that were put in. Usage: truth.ts DIRECTORY [ONE-IN]; DIRECTORY is made by the shared harness's generator (`ribgen --peers
 * 4`). Watched is what the maintainers of all victims hold, and that of one in ONE-IN (32) other ASes; the IX LANs and everybody's ASPAs are known.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CaseLine, SummaryLine } from '../../src/daemon/replay-lines.ts';
import { compare, knownOf, plainReading, readIncidents, storiesOf, truthTable } from '../hijack/truth.ts';

const [given, oneIn = '32'] = process.argv.slice(2);
if (given === undefined) throw new Error('usage: truth.ts DIRECTORY [ONE-IN]');
const directory = resolve(given);
const incidents = readIncidents(directory);
const victims = new Set(incidents.map(({ victim_as }) => victim_as));

const maintainers = new Set<string>();
for (const file of readdirSync(join(directory, 'irr')))
  for (const [, as] of readFileSync(join(directory, 'irr', file), 'utf8').matchAll(/^mnt-by:\s*MAINT-AS(\d+)/gm))
    if (victims.has(Number(as)) || Number(as) % Number(oneIn) === 0) maintainers.add(`MAINT-AS${as}`);
const scratch = mkdtempSync(join(tmpdir(), 'truth-bench-'));
const config = join(scratch, 'intertrackd.conf');
const dumps = readdirSync(join(directory, 'irr')).map(
  file => `irr ${file.slice(0, -3)} { dump "${directory}/irr/${file}"; }`,
);
writeFileSync(
  config,
  `router id 192.0.2.10; local as 65010; state "${join(scratch, 'state')}";
   ${dumps.join('\n')}
   rpki all { file "${directory}/vrps.json"; }
   ${knownOf(directory, join(scratch, 'aspas.json'))}
   watch some { ${[...maintainers].map(name => `maintainer ${name};`).join('\n')} }`,
);
const program = new URL('../../bin/intertrackd', import.meta.url).pathname;
const output = join(scratch, 'lines');
const began = performance.now();
const { status } = spawnSync(
  program,
  ['replay', '-c', config, join(directory, 'rib.mrt'), join(directory, 'churn.mrt')],
  { stdio: ['ignore', openSync(output, 'w'), 'inherit'] },
);
const seconds = (performance.now() - began) / 1000;
const lines = readFileSync(output, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as CaseLine | SummaryLine);
rmSync(scratch, { recursive: true });
const summary = lines.pop() as SummaryLine;
const stories = storiesOf(lines as CaseLine[]);
const truth = compare(incidents, stories);
const whyOf = await plainReading(directory, truth.beside);

console.log(
  `${summary.routes} routes and ${summary.updates} UPDATEs of ${summary.peers} peers in ${seconds.toFixed(1)} s (${status}); ` +
    `${maintainers.size} maintainers watched; ${stories.length} cases\n`,
);
console.log(truthTable(truth.rows));
const reasons = new Map<string, number>();
for (const one of truth.beside) {
  const why = whyOf(one);
  const words = `${one.kind}: ${why ?? 'UNEXPLAINED'}`;
  reasons.set(words, (reasons.get(words) ?? 0) + 1);
  if (why === null) console.error(`unexplained: ${JSON.stringify(one)}`);
}
for (const { incident, cases, how } of truth.told)
  if (how === 'other' || (how !== 'missed' && !incident.malicious))
    console.error(`told otherwise: ${JSON.stringify({ incident, cases })}`);
console.log(`\nlook-alikes that raised a case: ${truth.lookAlikes.length}`);
for (const [why, count] of [...reasons].sort()) console.log(`other cases, ${why} (${count})`);
console.log(JSON.stringify(summary));
