import { tokenText } from './match.ts';
import { MOST_ERRORS, type Report } from './report.ts';
import { DEPTH, type Statement, type Token } from './syntax.ts';

const ODD: Readonly<Record<string, string>> = {
  '\u3000': 'an ideographic space (U+3000), write a blank',
  '\u00a0': 'a no-break space (U+00A0), write a blank',
  '\u201c': 'a typographic quote (U+201C), write `"`',
  '\u201d': 'a typographic quote (U+201D), write `"`',
};

function oddity({ text }: Token): string {
  const code = text.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return ODD[text] ?? `the character U+${code}, which cannot stand here`;
}

/**
 * Reports what is wrong with the shape of a statement, apart from a missing `;`. Returns false when its words may
 * therefore be incomplete.
 */
export function reportShape({ source, words, ending }: Statement, report: Report): boolean {
  const odd = words.filter(word => word.kind === 'odd');
  // Only the first: a string over several lines begins and ends with a quote that its line does not close.
  const unclosed = words.find(word => word.kind === 'unclosed');
  if (unclosed !== undefined)
    report.error(
      { source, start: unclosed.start, end: unclosed.start + 1 },
      'the string opened here is not closed, expected `"` before the end of the line',
    );
  for (const token of odd.slice(0, MOST_ERRORS))
    report.error({ source, ...token }, `expected a word, found ${oddity(token)}`);
  const opened = { source, start: ending.start, end: ending.start + 1 };
  switch (ending.how) {
    case 'comment':
      report.error({ ...opened, end: ending.start + 2 }, 'the comment opened here is not closed, expected `*/`');
      report.damage();
      return false;
    case 'depth':
      report.error(opened, `blocks are nested deeper than ${DEPTH} here; what follows was not read`);
      report.damage();
      return false;
    case 'wide':
      report.error(
        opened,
        `expected \`;\`, found ${tokenText({ kind: 'bare', text: '；', start: 0, end: 0 })} (U+FF1B)`,
      );
      break;
  }
  return odd.length === 0 && unclosed === undefined;
}

/** Reports the faults of the shape in the block of a statement whose meaning is unknown. */
export function reportSkipped(statement: Statement, report: Report): void {
  const { source, ending } = statement;
  if (ending.how !== 'block') return;
  for (const inner of ending.items) {
    reportShape(inner, report);
    reportSkipped(inner, report);
  }
  if (unclosedBlocks(statement) === 0) return;
  report.error({ source, ...ending.open }, UNCLOSED);
  report.damage();
}

/** What is said of a block that runs into the end of the file. */
export const UNCLOSED = 'the block opened here is not closed, expected `}`';

/**
 * How many blocks, this statement's and the last ones inside it, run into the end of the file without a `}`. None when
 * something in them took the rest of the file: they may well have been closed there.
 */
export function unclosedBlocks(statement: Statement): number {
  let count = 0;
  let last: Statement | undefined = statement;
  while (last?.ending.how === 'block' && !last.ending.closed) {
    count++;
    last = last.ending.items.at(-1);
  }
  return last?.ending.how === 'comment' || last?.ending.how === 'depth' ? 0 : count;
}
