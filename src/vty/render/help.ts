import type { Completion } from '../../control/protocol.ts';
import { pageNow } from './page.ts';
import { table } from './text.ts';
import { wrap } from './width.ts';

/** `help`: the syntax of each command and what it does. */
export function renderCommands(rows: readonly { readonly syntax: string; readonly help: string }[]): string[] {
  const columns = pageNow().columns ?? Number.POSITIVE_INFINITY;
  const below = ' '.repeat(31);
  return rows.flatMap(row =>
    row.syntax.length > 30
      ? [row.syntax, ...wrap(below + row.help, columns, below)]
      : wrap(`${row.syntax.padEnd(30)} ${row.help}`, columns, below),
  );
}

/** `?`: each word that may stand here with its help; live values in one line beneath their kind. */
export function renderChoices(rows: readonly Completion[]): string[] {
  const shown = rows.filter(row => row.kind !== 'value');
  const values = rows.filter(row => row.kind === 'value').map(row => row.word);
  const [, ...lines] = table(
    [{ head: '' }, { head: '' }],
    shown.map(row => [`  ${row.kind === 'end' ? '<Enter>' : row.word}`, row.help]),
  );
  return values.length === 0 ? lines : [...lines, `  now: ${values.join(' ')}`];
}
