/**
 * Registries do not lose a tenth of their objects between two looks; a half-written file, a server set up anew, or somebody
 * who wants our registrations gone makes it look so. What shrinks a source more than that is refused until an operator says
 * otherwise.
 */
import { formatPrefix } from '../net/prefix.ts';
import type { Operation } from './irr/feed.ts';
import { readRouteObject } from './route-object.ts';
import { slicer } from './slice.ts';
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

/**
 * Whether a transaction may change a book: null, or in words why not. What counts is how many objects there will be: one that
 * is written anew makes up for none that goes.
 */
export async function whyNotChange({ routes }: SourceBook, operations: readonly Operation[]): Promise<string | null> {
  if (operations.filter(({ op }) => op === 'del').length <= SMALL_LOSS) return null;
  const pause = slicer();
  const there = new Map<string, boolean>();
  let lost = 0;
  for (const { op, object } of operations) {
    await pause();
    const reading = object.class === 'route' || object.class === 'route6' ? readRouteObject(object, '') : null;
    if (!reading?.ok) continue;
    const { prefix, origin } = reading.object;
    const key = `${formatPrefix(prefix)} ${origin}`;
    const before = there.get(key) ?? routes.rowsOf(prefix).some(row => routes.row(row).origin === origin);
    there.set(key, op === 'add');
    lost += Number(before) - Number(op === 'add');
  }
  if (lost <= SMALL_LOSS || routes.count - lost >= routes.count * LEAST_SHARE) return null;
  return `one transaction takes away ${lost} of ${routes.count} route objects: more than 10 %`;
}

/**
 * What is to be told of a book that transactions have changed, each of them small enough: null, or in words how many objects
 * they have taken away since it had the most.
 */
export function slowLoss({ routes }: SourceBook, most: number): string | null {
  const lost = most - routes.count;
  if (lost <= SMALL_LOSS || routes.count >= most * LEAST_SHARE) return null;
  return `changes have taken away ${lost} of ${most} route objects, a few at a time: more than 10 %`;
}
