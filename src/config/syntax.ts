import { parse } from '../../build/grammar.js';
import type { Source } from './source.ts';

/**
 * A word, a string or a comma. Two are faults: `odd`, a character that looks like a blank or a quote and is none;
 * `unclosed`, a string that lacks its second quote.
 */
export interface Token {
  readonly kind: 'bare' | 'string' | 'comma' | 'odd' | 'unclosed';
  /** Without quotes and escapes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * How a statement ended. `missing`: neither `;` nor a block follows. The others are faults of the shape: a comment
 * that is not closed, blocks nested too deep, a full-width `；`.
 */
export type Ending =
  | {
      readonly how: 'block';
      /** Place of the `{`. */
      readonly open: { readonly start: number; readonly end: number };
      /** False when the text ended before the `}`. */
      readonly closed: boolean;
      readonly items: readonly Statement[];
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly how: 'semicolon' | 'missing' | 'comment' | 'depth' | 'wide';
      readonly start: number;
      readonly end: number;
    };

export interface Statement {
  readonly kind: 'statement';
  readonly source: Source;
  readonly words: readonly Token[];
  readonly ending: Ending;
  readonly start: number;
  readonly end: number;
}

/** A `}` that closes nothing; only outside of blocks. */
export interface Close {
  readonly kind: 'close';
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export type Item = Statement | Close;

/** Blocks may be nested so deep; the language needs three. */
export const DEPTH = 8;

/** Reads the shape of a file (grammar.peggy). Takes every text: what is wrong with it stands in the tree. */
export function parseStatements(source: Source): Item[] {
  return parse(source.text, { source, depth: DEPTH } as Record<string, unknown>) as Item[];
}
