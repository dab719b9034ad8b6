/**
 * Registries do not lose a tenth of their objects between two looks; a half-written file, a server set up anew, or somebody
 * who wants our registrations gone makes it look so. What shrinks a source more than that is refused until an operator says
 * otherwise.
 */
import { formatPrefix } from '../net/prefix.ts';
import type { DumpReading, Operation } from './irr/feed.ts';
import { keyOf, OTHER_CLASSES } from './other-objects.ts';
import { readRouteObject } from './route-object.ts';
import type { RpslObject } from './rpsl.ts';
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
 * The same of what a copy holds besides route objects, and of its end: null, or in words why not. Maintainers tell who is
 * mailed, sets what a customer may announce.
 */
export function whyNotLose(last: DumpReading, next: DumpReading, file: string): string | null {
  if (last.eof === true && next.eof === false)
    return `${file}: cut short: no "# EOF" at its end, where the last copy had one`;
  for (const [objectClass, count] of last.book.others.counts) {
    const now = next.book.others.counts.get(objectClass) ?? 0;
    if (isLoss(count, count - now) || (now === 0 && count >= FEW))
      return `${file}: holds ${now} ${objectClass} objects where the last copy held ${count}: more than 10 % fewer`;
  }
  return null;
}

/** So many of a class that all go at once are no small loss. */
const FEW = 10;

const isLoss = (count: number, lost: number): boolean => lost > SMALL_LOSS && count - lost < count * LEAST_SHARE;

/**
 * Whether a transaction may change a book: null, or in words why not. What counts is how many objects there will be: one that
 * is written anew makes up for none that goes.
 */
export async function whyNotChange(book: SourceBook, operations: readonly Operation[]): Promise<string | null> {
  if (operations.filter(({ op }) => op === 'del').length <= SMALL_LOSS) return null;
  const { routes, others } = book;
  const pause = slicer();
  const there = new Map<string, boolean>();
  const lost = new Map<string, number>();
  for (const { op, object } of operations) {
    await pause();
    const place = placeOf(book, object);
    if (place === null) continue;
    const { kind, key } = place;
    const before = there.get(key) ?? place.isThere();
    there.set(key, op === 'add');
    lost.set(kind, (lost.get(kind) ?? 0) + Number(before) - Number(op === 'add'));
  }
  for (const [kind, gone] of lost) {
    const count = kind === 'route' ? routes.count : (others.counts.get(kind) ?? 0);
    if (isLoss(count, gone)) return `one transaction takes away ${gone} of ${count} ${kind} objects: more than 10 %`;
  }
  return null;
}

/** Where an object of a transaction belongs; null when it cannot be read, or is not kept. */
function placeOf({ routes, others }: SourceBook, object: RpslObject) {
  const { class: kind } = object;
  if (kind === 'route' || kind === 'route6') {
    const reading = readRouteObject(object, '');
    if (!reading.ok) return null;
    const { prefix, origin } = reading.object;
    const isThere = () => routes.rowsOf(prefix).some(row => routes.row(row).origin === origin);
    return { kind: 'route', key: `${formatPrefix(prefix)} ${origin}`, isThere };
  }
  if (!(OTHER_CLASSES as readonly string[]).includes(kind)) return null;
  const name = keyOf(kind, object.attributes[0]?.value ?? '');
  return { kind, key: `${kind} ${name}`, isThere: () => others.get(kind, name) !== null };
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
