import { resolve } from 'node:path';
import type { Scalar } from './argument.ts';
import type { Value } from './entry.ts';
import { SECRET_NAMES, SECRET_PLACES, type SecretPlace } from './secrets.ts';
import { type Source, visible } from './source.ts';
import type { Bounds, Spec } from './statement-spec.ts';
import type { Token } from './syntax.ts';
import type { Part } from './usage.ts';

/** What came of holding a statement's words against its usage. */
export interface Match {
  readonly values: Readonly<Record<string, Value>>;
  /** Index of the first word that was not taken. */
  readonly next: number;
  /** The first thing that is wrong: at which word (`words.length` is behind the last), what was expected, and why. */
  readonly error: { readonly at: number; readonly expected: string; readonly why: string } | null;
  /** What it says stands in a file or in the environment, so that who may read the configuration does not see it. */
  readonly elsewhere: boolean;
  /** What could have stood at `next`, besides the end of the statement. */
  readonly more: readonly string[];
}

/**
 * Holds the words of a statement against its usage, from word `from` on.
 * @param source where relative file names start, and what stands elsewhere is read
 * @param breaks tells of a word that it begins the next statement: a `;` was forgotten before it
 */
export function matchWords(
  spec: Spec,
  words: readonly Token[],
  from: number,
  source: Pick<Source, 'directory' | 'secret'>,
  breaks: (index: number) => boolean,
): Match {
  const values: Record<string, Value> = {};
  let at = from;
  let error: Match['error'] = null;
  let elsewhere = false;
  // Optional parts that were passed by since the last word was taken.
  let more: string[] = [];

  const here = (): Token | undefined => (at < words.length && !breaks(at) ? words[at] : undefined);
  const fail = (expects: string, why = ''): false => {
    error = { at, expected: [...more, expects].join(' or '), why };
    return false;
  };
  const take = (): void => {
    at++;
    more = [];
  };

  const one = (part: Extract<Part, { argument: unknown }>): { value: Scalar } | { expects: string; why: string } => {
    const kind = part.argument;
    const token = here();
    if (token === undefined || token.kind === 'comma') return { expects: kind.expects, why: '' };
    if (token.kind === 'string' && !kind.quoted) return { expects: kind.expects, why: 'it stands without quotes' };
    if (token.kind === 'bare' && kind.quoted) return { expects: kind.expects, why: '' };
    const read = kind.read(token.text, source.directory);
    if ('wrong' in read) return { expects: kind.expects, why: read.wrong };
    const { bounds } = spec;
    const bounded = bounds !== undefined && (bounds.field === undefined || bounds.field === part.field);
    const out = bounded && typeof read.value === 'number' ? outside(read.value, bounds, kind.show) : '';
    return out === '' ? read : { expects: out, why: '' };
  };

  /** What a file or the environment says. It is never told, not even where it is wrong. */
  const secret = (part: Extract<Part, { argument: unknown }>, place: SecretPlace): boolean => {
    take();
    const token = here();
    if (token?.kind !== (place === 'file' ? 'string' : 'bare')) return fail(SECRET_NAMES[place]);
    const name = place === 'file' ? resolve(source.directory, token.text) : token.text;
    const given = source.secret?.(place, name) ?? { wrong: `the ${place} is not looked at here` };
    if ('wrong' in given) return fail(SECRET_NAMES[place], given.wrong);
    const read = part.argument.read(given.text, source.directory);
    if ('wrong' in read)
      return fail(SECRET_NAMES[place], `what it holds is not ${part.argument.expects}: ${read.wrong}`);
    take();
    values[part.field] = read.value;
    elsewhere = true;
    return true;
  };

  const argument = (part: Extract<Part, { argument: unknown }>): boolean => {
    const place = SECRET_PLACES.find(word => here()?.kind === 'bare' && here()?.text === word);
    if (part.argument.elsewhere && place !== undefined) return secret(part, place);
    const read = one(part);
    if (!('value' in read)) return fail(read.expects, read.why);
    take();
    if (!part.list) {
      values[part.field] = read.value;
      return true;
    }
    const items = [read.value];
    values[part.field] = items;
    for (;;) {
      const comma = here()?.kind === 'comma';
      if (comma) take();
      const next = one(part);
      if (!('value' in next)) {
        if (comma) return fail(next.expects, next.why);
        more = ['`,`'];
        return true;
      }
      if (items.includes(next.value)) return fail('another value', 'it is in the list already');
      items.push(next.value);
      take();
    }
  };

  const walk = (parts: readonly Part[]): boolean =>
    parts.every(part => {
      if ('argument' in part) return argument(part);
      if ('word' in part) {
        if (here()?.kind !== 'bare' || here()?.text !== part.word) return fail(`\`${part.word}\``);
        take();
        return true;
      }
      const lead = part.optional[0]!;
      if ('word' in lead ? here()?.text === lead.word : 'argument' in lead && enters(lead)) return walk(part.optional);
      more.push('word' in lead ? `\`${lead.word}\`` : 'argument' in lead ? lead.argument.expects : '');
      return true;
    });

  // An optional argument is there when it can be read, or when what is there cannot be any of the keywords that follow.
  const enters = (lead: Extract<Part, { argument: unknown }>): boolean => {
    const token = here();
    if (token === undefined || token.kind === 'comma') return false;
    if ('value' in one(lead)) return true;
    return lead.argument.choices === undefined && !keywords(spec.parts).includes(token.text);
  };

  walk(spec.parts);
  return { values, next: at, error, elsewhere, more };
}

function keywords(parts: readonly Part[]): string[] {
  return parts.flatMap(part => ('word' in part ? [part.word] : 'optional' in part ? keywords(part.optional) : []));
}

function outside(value: number, bounds: Bounds, show: (value: number) => string): string {
  if (bounds.zero && value === 0) return '';
  const fits = bounds.step === undefined || value % bounds.step === 0;
  if (value >= bounds.min && value <= bounds.max && fits) return '';
  const step = bounds.step === undefined ? '' : ` in steps of ${show(bounds.step)}`;
  return `${show(bounds.min)} to ${show(bounds.max)}${step}${bounds.zero ? `, or ${show(0)}` : ''}`;
}

/** A word as it is shown in a message. */
export function tokenText(token: Token): string {
  const text = token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text;
  return token.kind === 'string' ? `"${visible(text)}"` : `\`${visible(text)}\``;
}
