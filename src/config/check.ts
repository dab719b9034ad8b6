import { complete } from './complete.ts';
import type { Entry } from './entry.ts';
import { exactly } from './head.ts';
import { tokenText } from './match.ts';
import type { Report } from './report.ts';
import { BLOCKS } from './schema.ts';
import { reportSkipped, UNCLOSED, unclosedBlocks } from './shape.ts';
import { type Place, type Source, where } from './source.ts';
import { readStatement, reportEnding, type Said } from './statement.ts';
import type { BlockName } from './statement-spec.ts';
import type { Item, Statement } from './syntax.ts';

/** Reads the files that an `include` names, in order; or says why it cannot. */
export type Include = (pattern: string, from: Source) => readonly File[] | { readonly wrong: string };

/** A file and its statements. */
export interface File {
  readonly source: Source;
  readonly items: readonly Item[];
}

/** What checking carries along. */
interface Checking {
  readonly include: Include;
  readonly report: Report;
  /** Files in which a `}` is missing, with how many of them were not told yet. */
  readonly unclosed: Map<Source, number>;
}

/** What a block came to. `rest`: statements behind a forgotten `}`, which belong to a block around this one. */
interface Block {
  readonly entries: readonly Entry[];
  readonly rest: readonly Item[];
}

/**
 * Holds the statements of a file against the schema: which they are, their arguments, what their blocks hold, what is
 * there twice and what is missing. Everything that is wrong goes into the report, once, and its consequences do not.
 * Entries come back also for statements with errors, as far as they could be read.
 */
export function checkStatements(main: File, include: Include, report: Report): readonly Entry[] {
  const checking: Checking = { include, report, unclosed: new Map() };
  countUnclosed(checking, main);
  return checkBlock(checking, main.items, 'global', [], { source: main.source, start: 0, end: 0 }, () => []).entries;
}

/**
 * Checks the items of a block. `around` are the blocks it stands in, innermost first; `owner` is the statement that has
 * it; `refill` gives what stands behind its `}`, up to the next one, when that `}` turns out to be of a block inside it.
 */
function checkBlock(
  checking: Checking,
  items: readonly Item[],
  name: BlockName,
  around: readonly BlockName[],
  owner: Place,
  refill: () => Item[],
): Block {
  const { report } = checking;
  const queue = items.toReversed(); // what comes next is last
  const entries: Entry[] = [];
  let rest: readonly Item[] = [];
  while (queue.length > 0 && !report.full) {
    const item = queue.pop()!;
    if (item.kind === 'close') report.error(item, '`}` closes no block');
    else if (strays(checking, item, name, around)) {
      tellUnclosed(
        checking,
        owner,
        `the block of this \`${BLOCKS[name].title}\` is not closed, expected \`}\` before`,
        item,
      );
      rest = [item, ...queue.toReversed()];
      break;
    } else checkStatement(checking, item, name, around, queue, entries, refill);
  }
  complete(entries, name, owner, report);
  return { entries, rest };
}

/** Checks one statement; what it makes goes to `entries`, what was found behind it onto `queue`. */
function checkStatement(
  checking: Checking,
  item: Statement,
  name: BlockName,
  around: readonly BlockName[],
  queue: Item[],
  entries: Entry[],
  refill: () => Item[],
): void {
  const { report } = checking;
  const { source, ending } = item;
  const said = readStatement(item, name, report, () => queue.some(({ kind }) => kind === 'close'));
  if (!('spec' in said)) {
    if (said.next !== null) queue.push(said.next);
    return;
  }
  const { spec, values, elsewhere, place, whole, next } = said;
  if (next === null) reportEnding(said, ending, report);
  if (next === null && spec.block === undefined) reportSkipped(item, report);
  if (spec.head[0] === 'include') {
    if (next !== null) queue.push(next);
    if (whole) queue.push(...open(checking, String(values.glob), place));
    return;
  }
  const inside = [name, ...around];
  let block: readonly Entry[] = [];
  if (spec.block !== undefined && said.unopened) {
    const contents = adopt(said, name, queue, refill);
    if (contents.length > 0) block = checkBlock(checking, contents, spec.block, inside, place, () => []).entries;
  } else if (next !== null) queue.push(next);
  else if (spec.block !== undefined && ending.how === 'block') {
    const inner = checkBlock(checking, ending.items, spec.block, inside, place, () => upToClose(queue));
    block = inner.entries;
    if (!ending.closed) tellUnclosed(checking, { source, ...ending.open }, UNCLOSED, null);
    queue.push(...inner.rest.toReversed());
  }
  entries.push({ spec, values, ...(elsewhere && { elsewhere }), block, whole, place });
}

/**
 * The block of a statement whose `{` was forgotten, taken from the queue: all up to the `}` that closes nothing, or else
 * what can stand in that block only.
 */
function adopt({ spec, next }: Said, name: BlockName, queue: Item[], refill: () => Item[]): Item[] {
  if (next !== null) queue.push(next);
  if (queue.some(({ kind }) => kind === 'close')) return upToClose(queue);
  const contents: Item[] = [];
  for (let item = queue.at(-1); item?.kind === 'statement'; item = queue.at(-1)) {
    if (exactly(item.words, spec.block!) === null || exactly(item.words, name) !== null) break;
    contents.push(queue.pop()!);
  }
  // The `}` that ended the queue was this block's: what stands around it goes on behind it.
  if (contents.length > 0 && queue.length === 0) queue.push(...refill().toReversed());
  return contents;
}

/** Takes from a queue what comes before the next `}` that closes nothing, in order, and the `}` itself. */
function upToClose(queue: Item[]): Item[] {
  const close = queue.findLastIndex(({ kind }) => kind === 'close');
  return close < 0 ? [] : queue.splice(close).toReversed().slice(0, -1);
}

/** The statements of the files that an `include` names, the next one last. */
function open(checking: Checking, pattern: string, place: Place): Item[] {
  const files = checking.include(pattern, place.source);
  if ('wrong' in files) {
    checking.report.error(place, files.wrong);
    checking.report.damage();
    return [];
  }
  for (const file of files) countUnclosed(checking, file);
  return files.flatMap(({ items }) => items).reverse();
}

function countUnclosed({ unclosed }: Checking, { source, items }: File): void {
  const last = items.at(-1);
  const count = last?.kind === 'statement' ? unclosedBlocks(last) : 0;
  if (count > 0) unclosed.set(source, count);
}

/** In a file where a `}` is missing: a statement that only a block around this one knows shows where. */
function strays({ unclosed }: Checking, item: Statement, name: BlockName, around: readonly BlockName[]): boolean {
  if (!unclosed.has(item.source) || item.words.length === 0) return false;
  const here = exactly(item.words, name);
  if (here !== null && (item.ending.how !== 'block' || here.block !== undefined)) return false;
  return around.some(outer => exactly(item.words, outer) !== null);
}

/** Says once for each missing `}` where it is missing. */
function tellUnclosed({ unclosed, report }: Checking, place: Place, message: string, before: Statement | null): void {
  const source = before?.source ?? place.source;
  const count = unclosed.get(source) ?? 0;
  if (count === 0) return;
  unclosed.set(source, count - 1);
  const word = before?.words[0];
  report.error(place, word === undefined ? message : `${message} ${tokenText(word)} at ${where({ ...word, source })}`);
}
