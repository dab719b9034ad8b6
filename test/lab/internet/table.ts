/**
 * Testbed 3: the search alone on a graph of the size of the Internet. Usage:
 * table.ts [ASES [TRACES [SEED [FILE]]]]; FILE holds a graph in place of a made one (CAIDA's serial-1 form). Prints the
 * table of research/traceback.md 5.4 for this graph, and as the last line one JSON object.
 */
import { readFileSync } from 'node:fs';
import { makeInternet, readInternet, seeded } from './graph.ts';
import { type Participation, simulate } from './simulate.ts';

const ROWS: readonly (Participation & { readonly name: string })[] = [
  { name: '10 % uniform', top: 0, share: 0.1 },
  { name: '30 % uniform', top: 0, share: 0.3 },
  { name: '60 % uniform', top: 0, share: 0.6 },
  { name: 'top 100', top: 100, share: 0 },
  { name: 'top 500', top: 500, share: 0 },
  { name: 'top 2000', top: 2000, share: 0 },
  { name: 'top 100 + 10 %', top: 100, share: 0.1 },
  { name: 'top 500 + 10 %', top: 500, share: 0.1 },
  { name: 'top 500 + 30 %', top: 500, share: 0.3 },
];

const [ases = '80000', traces = '400', seed = '1', file] = process.argv.slice(2);
const random = seeded(Number(seed));
const internet = file === undefined ? makeInternet(Number(ases), random) : readInternet(readFileSync(file, 'utf8'));
console.log(
  `${internet.graph.ases} ASes, ${internet.graph.edges} links, ${internet.stubs.length} of the ASes without customers; seed ${seed}`,
);
console.log(
  '| participation | valley-free skip | learned adjacency | found within 64 | source | source or upstream | same, no skip | ambiguous |',
);
console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
const rows = ROWS.map(row => {
  const found = simulate(internet, row, Number(traces), random);
  const { valleyFree, learned, source, upstream, unskipped, ambiguous } = found;
  console.log(
    `| ${row.name} | ${valleyFree.toFixed(1)} | ${learned.toFixed(1)} | ${percent(found.found)} | ${percent(source)} | ${percent(upstream)} | ${percent(unskipped)} | ${ambiguous.toFixed(0)} |`,
  );
  return { participation: row.name, ...found };
});
console.log(JSON.stringify({ ases: internet.graph.ases, edges: internet.graph.edges, seed: Number(seed), rows }));
