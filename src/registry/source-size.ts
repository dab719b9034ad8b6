/**
 * Registries do not lose a tenth of their objects between two looks; a half-written file, a server set up anew, or somebody
 * who wants our registrations gone makes it look so. What shrinks a source more than that is refused until an operator says
 * otherwise.
 */
import type { Operation } from './irr/feed.ts';
import type { SourceBook } from './source-book.ts';

/** A new copy with less than this share of the objects of the last one is not believed. */
export const LEAST_SHARE = 0.9;
/** So many objects may always go in one transaction: a small source can lose a tenth of them in a day. */
export const SMALL_LOSS = 100;

/** How many route objects a copy of a source has. */
export interface SourceSize {
  readonly name: string;
  /** File name or URL. */
  readonly file: string;
  readonly objects: number;
}

/** Whether a new copy may take the place of the last one: null, or in words why not. */
export function whyNotReplace(last: SourceSize, next: SourceSize): string | null {
  if (next.objects >= last.objects * LEAST_SHARE) return null;
  return `${next.file}: holds ${next.objects} route objects where the last copy held ${last.objects}: more than 10 % fewer`;
}

/** Whether a transaction may change a book: null, or in words why not. */
export function whyNotChange({ routes }: SourceBook, operations: readonly Operation[]): string | null {
  let lost = 0;
  for (const { op, object } of operations)
    if (object.class === 'route' || object.class === 'route6') lost += op === 'del' ? 1 : -1;
  if (lost <= SMALL_LOSS || routes.count - lost >= routes.count * LEAST_SHARE) return null;
  return `one transaction takes away ${lost} of ${routes.count} route objects: more than 10 %`;
}
