import { datesOf, type ObjectDates } from './dates.ts';
import { addAddresses, addKeiro } from './keiro.ts';
import { namesIn, type RpslObject, type RpslProblem } from './rpsl.ts';

/** What objects of every class say (RFC 2622 section 3.1), and what is wrong with parts of it. */
export interface Registration {
  /** The lines of all `descr:`. */
  readonly descr: string;
  /** Maintainers that may change it, upper case. */
  readonly mntBy: readonly string[];
  readonly notify: readonly string[];
  /** X-Keiro addresses. */
  readonly keiro: readonly string[];
  readonly dates: ObjectDates;
  /** `source:` in upper case; '' when it has none. */
  readonly source: string;
}

/** A reading of an object of some class, or why there is none. `problems`: parts that were left out. */
export type Reading<Read> =
  | { readonly ok: true; readonly object: Read; readonly problems: readonly RpslProblem[] }
  | { readonly ok: false; readonly problem: RpslProblem };

/** Reads what objects of every class say; what is wrong is added to `problems`. */
export function registrationOf(rpsl: RpslObject, problems: RpslProblem[]): Registration {
  const descr: string[] = [];
  const notify: string[] = [];
  const keiro: string[] = [];
  for (const attribute of rpsl.attributes) {
    const { name, value, line } = attribute;
    if (name === 'notify') addAddresses(notify, value, name, line, problems);
    else addKeiro(keiro, attribute, problems);
    if (name === 'descr') descr.push(value);
  }
  return {
    descr: descr.join('\n'),
    mntBy: namesIn(rpsl, 'mnt-by'),
    notify,
    keiro,
    dates: datesOf(rpsl, problems),
    source: sourceOf(rpsl),
  };
}

/** `source:` in upper case; '' when the object has none. */
export const sourceOf = ({ attributes }: RpslObject): string =>
  attributes
    .findLast(({ name }) => name === 'source')
    ?.value.trim()
    .toUpperCase() ?? '';

/** The value of the class attribute, or why there is none of the class wanted. */
export function keyIn(
  rpsl: RpslObject,
  wanted: string,
): { readonly value: string; readonly line: number } | RpslProblem {
  const [first] = rpsl.attributes;
  if (rpsl.class !== wanted || first?.name !== wanted) return { line: rpsl.line, why: `not of class ${wanted}` };
  return { value: first.value.trim(), line: first.line };
}
