import type { Value } from './entry.ts';
import { begins, readHead } from './head.ts';
import { matchWords, tokenText } from './match.ts';
import type { Report } from './report.ts';
import { reportShape, reportSkipped } from './shape.ts';
import type { Place } from './source.ts';
import type { BlockName, Spec } from './statement-spec.ts';
import type { Ending, Statement, Token } from './syntax.ts';

/** A statement as far as its own words tell; block and ending are not looked at. */
export interface Said {
  readonly spec: Spec;
  readonly values: Readonly<Record<string, Value>>;
  /** See match.ts. */
  readonly elsewhere: boolean;
  /** From the first word to the last that was taken. */
  readonly place: Place;
  /** Behind the last word that was taken: where a forgotten `;` or `{` belongs. */
  readonly behind: Place;
  /** The statement that begins where a `;` or `{` was forgotten; the ending is then that one's. */
  readonly next: Statement | null;
  /** True when its `{` was forgotten: what follows up to a `}` is its block. */
  readonly unopened: boolean;
  /** False when something about its words was reported: what else seems wrong may be a consequence. */
  readonly whole: boolean;
}

const FOUND: Readonly<Record<Ending['how'], string>> = {
  semicolon: '`;`',
  block: '`{`',
  missing: 'nothing',
  comment: 'nothing',
  depth: '`{`',
  wide: '`；`',
};

/** True when the statement cannot stand without a block. */
export const needsBlock = (spec: Spec): boolean => spec.block !== undefined && !spec.optionalBlock;

/**
 * Reads the words of a statement that stands in `block` and reports what is wrong with them. `strayed` tells that a `}`
 * follows that closes nothing, so that a `{` may have been forgotten. Null when it is no statement
 * that is known there; `next` is then the statement after it on which reading can go on.
 */
export function readStatement(
  item: Statement,
  block: BlockName,
  report: Report,
  strayed: () => boolean,
): Said | { readonly next: Statement | null } {
  const { source, ending } = item;
  const sound = reportShape(item, report);
  const given = item.words.filter(word => word.kind !== 'odd' && word.kind !== 'unclosed');
  if (given.length === 0) {
    if (ending.how === 'block') report.error({ source, ...ending.open }, 'expected a statement before `{`');
    reportSkipped(item, report);
    return { next: null };
  }
  const head = readHead(given, block);
  const { spec, words } = head;
  const at = (from: Token, to: Token): Place => ({ source, start: from.start, end: to.end });
  if (head.error !== null) report.error(at(given[head.error.from]!, given[head.error.to - 1]!), head.error.message);

  const starts = (i: number): boolean =>
    i > 0 &&
    i < words.length &&
    (begins(words[i]!, block) || (spec?.block !== undefined && begins(words[i]!, spec.block)));
  const breaks = (i: number): boolean =>
    starts(i) && source.text.slice(words[i - 1]!.end, words[i]!.start).includes('\n');
  const from = (i: number): Statement => ({ ...item, words: words.slice(i), start: words[i]!.start });
  const nextBreak = (i: number): Statement | null => {
    for (let j = i; j < words.length; j++) if (breaks(j)) return from(j);
    return null;
  };
  if (spec === null) {
    const following = nextBreak(1);
    if (following === null) reportSkipped(item, report);
    return { next: following };
  }

  const { values, error, next, elsewhere, more } = matchWords(spec, words, head.next, source, breaks);
  const last = words[next - 1]!;
  const behind: Place = { source, start: last.end, end: last.end };
  const said = {
    spec,
    values,
    behind,
    elsewhere,
    place: at(words[0]!, last),
    unopened: needsBlock(spec) && ending.how !== 'block',
  };
  // What is said after a slip in the head or a fault of the shape may be its consequence.
  const loud = sound && head.error === null;

  if (error !== null) {
    const token = error.at < words.length && !breaks(error.at) ? words[error.at]! : null;
    const found =
      token !== null ? tokenText(token) : error.at < words.length ? 'the next statement' : FOUND[ending.how];
    const why = error.why === '' ? '' : `: ${error.why}`;
    if (loud)
      report.error(token === null ? behind : at(token, token), `expected ${error.expected}, found ${found}${why}`);
    return { ...said, next: nextBreak(error.at), whole: false };
  }
  if (next === words.length) return { ...said, next: null, whole: loud };
  const inner = spec.block !== undefined && ending.how !== 'block' && begins(words[next]!, spec.block);
  const unopened = needsBlock(spec) ? inner || breaks(next) : inner && strayed();
  if (unopened || breaks(next) || begins(words[next]!, block)) {
    if (loud) report.error(behind, unopened || needsBlock(spec) ? missingBlock(spec) : missingEnd(last));
    return { ...said, next: from(next), unopened: unopened || needsBlock(spec), whole: false };
  }
  const end = spec.block === undefined ? '`;`' : spec.optionalBlock ? '`{` or `;`' : '`{`';
  const surplus = words[next]!;
  if (loud) report.error(at(surplus, surplus), `expected ${[...more, end].join(' or ')}, found ${tokenText(surplus)}`);
  return { ...said, next: nextBreak(next), whole: false };
}

const missingBlock = (spec: Spec): string => `missing \`{\`, expected the block of \`${spec.head.join(' ')}\``;
const missingEnd = (last: Token): string => `missing \`;\` after ${tokenText(last)}`;

/** Reports a statement that is whole and lacks its `;` or its block, or has a block that it should not have. */
export function reportEnding({ spec, place, behind, whole }: Said, ending: Ending, report: Report): void {
  if (!whole) return;
  const name = spec.head.join(' ');
  if (ending.how === 'block' && spec.block === undefined)
    report.error({ ...place, ...ending.open }, `\`${name}\` has no block, expected \`;\`, found \`{\``);
  else if (ending.how !== 'block' && needsBlock(spec)) report.error(behind, missingBlock(spec));
  else if (ending.how === 'missing') {
    const last = place.source.text.slice(0, place.end).match(/\S+$/)?.[0] ?? '';
    report.error(behind, missingEnd({ kind: 'bare', text: last, start: 0, end: 0 }));
  }
}
