import { matchWords, tokenText } from './match.ts';
import { nearest } from './nearest.ts';
import { BLOCKS, specOf } from './schema.ts';
import type { BlockName, Spec } from './statement-spec.ts';
import type { Token } from './syntax.ts';

/** Which statement some words are. */
export interface Head {
  /** Null when nothing in the block is meant. */
  readonly spec: Spec | null;
  /** The words, a slip put right. */
  readonly words: readonly Token[];
  /** Index of the first word after the head. */
  readonly next: number;
  /** What is wrong with the head; `from` to `to` are the words at fault, `to` exclusive. */
  readonly error: { readonly from: number; readonly to: number; readonly message: string } | null;
}

const quote = (texts: Iterable<string>): string => [...texts].map(text => `\`${text}\``).join(', ');

/** True when a word could begin a statement of the block. */
export function begins(token: Token, block: BlockName): boolean {
  return (
    token.kind === 'bare' &&
    (token.text === 'include' || BLOCKS[block].statements.some(spec => spec.head[0] === token.text))
  );
}

/** The statement of a block that the words name exactly: the longest head that they begin with. */
export function exactly(words: readonly Token[], block: BlockName): Spec | null {
  const named = BLOCKS[block].statements.filter(spec =>
    spec.head.every((word, i) => words[i]?.kind === 'bare' && words[i]?.text === word),
  );
  return named.sort((a, b) => b.head.length - a.head.length)[0] ?? null;
}

/** Finds the statement that the words name, or the one that was likely meant. */
export function readHead(words: readonly Token[], block: BlockName): Head {
  // `include` may stand everywhere.
  if (words[0]?.kind === 'bare' && words[0].text === 'include')
    return { spec: specOf('global', 'include'), words, next: 1, error: null };
  const spec = exactly(words, block);
  if (spec !== null) return { spec, words, next: spec.head.length, error: null };
  const { title, statements } = BLOCKS[block];
  const lead = words[0]!;
  const none = (to: number, message: string): Head => ({ spec: null, words, next: 0, error: { from: 0, to, message } });
  if (lead.kind !== 'bare') return none(1, `expected a statement, found ${tokenText(lead)}`);

  const near = statements.filter(candidate => candidate.head[0] === lead.text);
  const heads = new Set((near.length > 0 ? near : statements).map(candidate => candidate.head.join(' ')));
  const scope = block === 'global' ? '' : ` in \`${title}\``;
  const known = `known ${heads.size === 1 ? 'is' : 'are'} ${quote(heads)}`;
  if (near.length === 0) {
    const meant = nearest(lead.text, [...heads, ...statements.map(candidate => candidate.head[0]!)]);
    const unknown = `unknown statement ${tokenText(lead)}${scope}`;
    if (meant === null) return none(1, `${unknown}${elsewhere(lead.text, block)}, ${known}`);
    return meaning(words, 0, meant, `${unknown}, did you mean \`${meant}\`?`, block) ?? none(1, `${unknown}, ${known}`);
  }
  // `router ip …`: the first words are right, so that what is known narrows to the statements beginning with them.
  const right = Math.max(...near.map(candidate => candidate.head.findIndex((word, i) => words[i]?.text !== word)));
  const token = words[right];
  const shown = [...words.slice(0, right + 1)].map(word => tokenText(word).slice(1, -1)).join(' ');
  const unknown = `unknown statement \`${shown}\`${scope}`;
  const wanted = near.flatMap(candidate => candidate.head[right] ?? []);
  const meant = token === undefined ? null : nearest(token.text, wanted);
  const to = Math.min(right + 1, words.length);
  if (meant === null) return none(to, `${unknown}, ${known}`);
  const whole = [...words.slice(0, right).map(word => word.text), meant].join(' ');
  return (
    meaning(words, right, meant, `${unknown}, did you mean \`${whole}\`?`, block) ?? none(to, `${unknown}, ${known}`)
  );
}

/** The head with word `at` taken for `meant`; null when the words after it make no statement. */
function meaning(words: readonly Token[], at: number, meant: string, message: string, block: BlockName): Head | null {
  const slip = words[at]!;
  const put = meant.split(' ').map(text => ({ ...slip, text }));
  const righted = [...words.slice(0, at), ...put, ...words.slice(at + 1)];
  const spec = exactly(righted, block);
  if (spec === null) return null;
  // A first word that is near is meant. A later one (`protocol bmp`) only when all that follows fits as well.
  if (at > 0 && matchWords(spec, righted, spec.head.length, { directory: '/' }, () => false).error !== null)
    return null;
  // The words keep their places, so that the slip, and not what was made of it, is shown.
  return { spec, words: righted, next: spec.head.length, error: { from: 0, to: at + 1, message } };
}

function elsewhere(word: string, block: BlockName): string {
  const titles = Object.entries(BLOCKS)
    .filter(([name, { statements }]) => name !== block && statements.some(spec => spec.head[0] === word))
    .map(([name, { title }]) => (name === 'global' ? 'outside of blocks' : `in \`${title}\``));
  return titles.length === 0 ? '' : ` (it stands ${[...new Set(titles)].join(', ')})`;
}
