/** From a record of NRTMv4 to the object or the key that it is about. */
import { OTHER_CLASSES } from '../other-objects.ts';
import { sourceOf } from '../registration.ts';
import { MAX_OBJECT, quote, type RpslObject, type RpslProblem, readRpslObject } from '../rpsl.ts';
import { KEPT_PROBLEMS } from './dump-reader.ts';
import type { Nrtm4Change } from './nrtm4-file.ts';

export type ObjectReading =
  | { readonly what: 'object'; readonly object: RpslObject }
  /** Of a class that is not kept, or deleted in place (`*xx…`). */
  | { readonly what: 'skipped' | 'dead' }
  | { readonly what: 'problem'; readonly why: string };

const KEPT: ReadonlySet<string> = new Set(['route', 'route6', ...OTHER_CLASSES]);
const SKIPPED: ObjectReading = { what: 'skipped' };
const DEAD: ObjectReading = { what: 'dead' };

/**
 * The object that a change is about. For a deletion it is one that has the key and nothing else. An object that is no good,
 * or of another source, costs itself and not its file (draft-ietf-grow-nrtm-v4-11, "IRR Object Validation").
 */
export function objectOf(change: Nrtm4Change, source: string): ObjectReading {
  if (change.op === 'del') return KEPT.has(change.class) ? named(change.class, change.key) : SKIPPED;
  const { text } = change;
  const colon = text.slice(0, 80).indexOf(':');
  const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
  if (name.startsWith('*xx')) return DEAD;
  // Most objects of a large registry are contacts and the like: they are not worth reading.
  if (/^[a-z][\w-]*$/.test(name) && !KEPT.has(name)) return SKIPPED;
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_OBJECT) return problem(`object longer than ${MAX_OBJECT} octets`);
  const object = readRpslObject(bytes);
  if (object === null) return problem('there is no attribute in the object');
  const its = sourceOf(object);
  if (its !== '' && its !== source) return problem(`its source is ${quote(its)}`);
  return KEPT.has(object.class) ? { what: 'object', object } : SKIPPED;
}

/** The values of a class key of two attributes are appended without a separator: `192.0.2.0/24AS64496`. */
const PAIR = /^(\S+?)(AS[\d.]+)$/i;

function named(objectClass: string, key: string): ObjectReading {
  const pair = objectClass === 'route' || objectClass === 'route6';
  const parts = pair ? PAIR.exec(key) : null;
  if (pair && parts === null) return problem(`${quote(key)} is no key of a ${objectClass}`);
  const text = parts === null ? `${objectClass}: ${key}` : `${objectClass}: ${parts[1]}\norigin: ${parts[2]}`;
  const object = readRpslObject(Buffer.from(text));
  return object === null ? problem(`${quote(key)} is no key of a ${objectClass}`) : { what: 'object', object };
}

const problem = (why: string): ObjectReading => ({ what: 'problem', why });

/** What was met on the way, as a feed tells it. `line` of a problem is the record of its file. */
export interface Tally {
  skipped: number;
  dead: number;
  problems: number;
  refusedAddresses: number;
  readonly firstProblems: RpslProblem[];
}

export const emptyTally = (): Tally => ({ skipped: 0, dead: 0, problems: 0, refusedAddresses: 0, firstProblems: [] });

/** Counts a problem of a record. */
export function tell(tally: Tally, record: number, why: string): void {
  tally.problems++;
  if (tally.firstProblems.length < KEPT_PROBLEMS) tally.firstProblems.push({ line: record, why });
}
