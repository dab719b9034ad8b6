/** Which objects of a source its registry is about to remove (expiry.ts). */
import { datesOf } from './dates.ts';
import { type ExpiryRule, expiryState, type Forecast, forecast } from './expiry.ts';
import { OTHER_CLASSES } from './other-objects.ts';
import { plainObject } from './plain-object.ts';
import { namesIn, type RpslObject, readRpslObject } from './rpsl.ts';
import { slicer } from './slice.ts';
import type { SourceBook } from './source-book.ts';

/** Objects that are told by name; all are counted. */
export const MAX_EXPIRING = 100;

export interface ExpiringObject extends Forecast {
  /** Class of the object. */
  readonly class: string;
  /** Primary key of the object. */
  readonly key: string;
  readonly mntBy: readonly string[];
}

export interface Expiring {
  /** Objects of which the registry has warned, or should have, and that it has not removed yet. */
  readonly noticed: number;
  /** Those of them that are due to be removed. */
  readonly overdue: number;
  /** Objects that do not say when they were changed. */
  readonly undated: number;
  /** The first ones to go, the next one first. */
  readonly next: readonly ExpiringObject[];
}

/** Goes through all objects of a source, in slices; `signal` ends it early. */
export async function expiringIn(
  book: SourceBook,
  rule: ExpiryRule,
  now: number,
  signal?: AbortSignal,
): Promise<Expiring> {
  const pause = slicer();
  let noticed = 0;
  let overdue = 0;
  let undated = 0;
  let next: ExpiringObject[] = [];
  for (const rpsl of objectsOf(book)) {
    const rest = pause();
    if (rest !== null) await rest;
    if (signal?.aborted) break;
    if (rpsl === null) continue;
    const due = forecast(datesOf(rpsl), rule);
    if (due === null) undated++;
    const state = due === null ? 'fresh' : expiryState(due, now);
    if (due === null || state === 'fresh') continue;
    noticed++;
    if (state === 'removal') overdue++;
    next.push({ ...nameOf(rpsl), ...due });
    if (next.length > 2 * MAX_EXPIRING) next = soonest(next);
  }
  return { noticed, overdue, undated, next: soonest(next) };
}

const soonest = (objects: readonly ExpiringObject[]): ExpiringObject[] =>
  objects.toSorted((a, b) => a.removal - b.removal).slice(0, MAX_EXPIRING);

function* objectsOf({ routes, others }: SourceBook): Generator<RpslObject | null> {
  for (let row = 0; row < routes.rows; row++) if (routes.live(row)) yield readRpslObject(routes.bytes(row));
  for (const objectClass of OTHER_CLASSES)
    for (const key of others.keys(objectClass)) yield others.get(objectClass, key);
}

function nameOf(rpsl: RpslObject): Pick<ExpiringObject, 'class' | 'key' | 'mntBy'> {
  const reading = plainObject(rpsl);
  const key = reading.ok ? reading.object.key : (rpsl.attributes[0]?.value ?? '');
  return { class: rpsl.class, key, mntBy: namesIn(rpsl, 'mnt-by') };
}
