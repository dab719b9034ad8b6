/**
 * The interop matrix: what was seen to work with which daemon. Tests tell it as they pass; when all have run it is printed, and
 * written into the file that INTEROP_MATRIX names, beside what an earlier run has left there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** By feature, then by peer. */
const seen = new Map<string, Map<string, string>>();

/** Notes that a feature worked with a peer; `result` where there is more to say than that, as `not offered by it`. */
export function record(peer: string, feature: string, result = 'ok'): void {
  const row = seen.get(feature) ?? new Map<string, string>();
  row.set(peer, result);
  seen.set(feature, row);
}

const cells = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim());

/** Takes in the rows of a table that was written before; what this run has seen stands. */
function recall(text: string): void {
  const [head, , ...rows] = text.trimEnd().split('\n').map(cells);
  for (const [feature = '', ...results] of rows)
    results.forEach((result, i) => {
      const peer = head?.[i + 1] ?? '';
      if (result !== '' && !seen.get(feature)?.has(peer)) record(peer, feature, result);
    });
}

/** The table, a feature a line, with columns as wide as they must be. */
export function matrix(): string {
  const peers = [...new Set([...seen.values()].flatMap(row => [...row.keys()]))].sort();
  const rows = [...seen].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [
    ['feature', ...peers],
    ...rows.map(([feature, row]) => [feature, ...peers.map(peer => row.get(peer) ?? '')]),
  ];
  const width = lines[0]!.map((_, i) => Math.max(...lines.map(line => line[i]!.length)));
  const show = (line: readonly string[]) => `| ${line.map((cell, i) => cell.padEnd(width[i]!)).join(' | ')} |`;
  const [head, ...rest] = lines.map(show);
  return [head, `|${width.map(n => '-'.repeat(n + 2)).join('|')}|`, ...rest].join('\n');
}

after(() => {
  const file = process.env.INTEROP_MATRIX;
  if (file !== undefined && existsSync(file)) recall(readFileSync(file, 'utf8'));
  if (seen.size === 0) return;
  console.log(`\n${matrix()}\n`);
  if (file !== undefined) writeFileSync(file, `${matrix()}\n`);
});
