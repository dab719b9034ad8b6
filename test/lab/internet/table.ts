/**
 * Testbed 3: the search alone on a graph of the size of the Internet. Usage:
 * table.ts [ASES [TRACES [SEED [PARTICIPATION [FILE]]]]]. PARTICIPATION is `all` for the rows of research/traceback.md 5.4, or
 * some of its own, comma-separated: `30` is 30 percent of all, `top500` the largest 500 alone, `top500+10` these and 10
 * percent of the others. FILE holds a graph in place of a made one (CAIDA's serial-1 form). Prints the table of 5.4 for this
 * graph, and as the last line one JSON object.
 */
import { readFileSync } from 'node:fs';
import { makeInternet, readInternet, seeded } from './graph.ts';
import { type Participation, simulate } from './simulate.ts';

const ALL = '10,30,60,top100,top500,top2000,top100+10,top500+10,top500+30';
const HEADS = [
  ...['ask all', 'no ingress knowledge', 'valley-free skip', 'within 64 a skip', 'with learned adjacency'],
  ...['found', 'source', 'source or upstream', 'same, no skip', 'remain possible'],
];
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

function rowOf(text: string): Participation & { readonly name: string } {
  const match = /^(?:top(\d+))?(?:\+?(\d+(?:\.\d+)?))?$/.exec(text);
  const [top, share] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (match === null || top + share === 0 || share > 100) throw new Error(`no participation: ${text}`);
  const name = top === 0 ? `${share} % uniform` : share === 0 ? `top ${top}` : `top ${top} + ${share} %`;
  return { name, top, share: share / 100 };
}

const [ases = '80000', traces = '400', seed = '1', participation = 'all', file] = process.argv.slice(2);
const wanted = (participation === 'all' ? ALL : participation).split(',').map(rowOf);
const random = seeded(Number(seed));
const internet = file === undefined ? makeInternet(Number(ases), random) : readInternet(readFileSync(file, 'utf8'));
console.log(
  `${internet.graph.ases} ASes, ${internet.graph.edges} links, ${internet.stubs.length} of the ASes without customers; seed ${seed}`,
);
console.log(`| participation | ${HEADS.join(' | ')} |`);
console.log(`|---|${HEADS.map(() => '---:|').join('')}`);
const rows = wanted.map(row => {
  const found = simulate(internet, row, Number(traces), random);
  const queries = [found.blind, found.unbounded, found.valleyFree, found.learned].map(count => count.toFixed(1));
  const shares = [found.found, found.source, found.upstream, found.unskipped].map(percent);
  console.log(`| ${[row.name, found.all, ...queries, ...shares, found.ambiguous.toFixed(0)].join(' | ')} |`);
  return { participation: row.name, ...found };
});
console.log(JSON.stringify({ ases: internet.graph.ases, edges: internet.graph.edges, seed: Number(seed), rows }));
