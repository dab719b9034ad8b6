import { addAddresses } from './keiro.ts';
import { keyIn, type Reading, type Registration, registrationOf } from './registration.ts';
import { quote, type RpslObject, type RpslProblem } from './rpsl.ts';

/** A maintainer (RFC 2622 section 3.1). How it authenticates is not read: nobody here needs it. */
export interface Mntner extends Registration {
  /** Upper case. */
  readonly name: string;
  /** Who is told of updates that were refused. */
  readonly updTo: readonly string[];
  /** Who is told of updates that were made. */
  readonly mntNfy: readonly string[];
}

/** Reads a mntner. Addresses that are not plain are left out and told in `problems`. */
export function readMntner(rpsl: RpslObject): Reading<Mntner> {
  const key = keyIn(rpsl, 'mntner');
  if ('why' in key) return { ok: false, problem: key };
  if (!/^\S+$/.test(key.value))
    return { ok: false, problem: { line: key.line, why: `mntner: ${quote(key.value)} is no name` } };
  const problems: RpslProblem[] = [];
  const updTo: string[] = [];
  const mntNfy: string[] = [];
  for (const { name, value, line } of rpsl.attributes) {
    if (name === 'upd-to') addAddresses(updTo, value, name, line, problems);
    if (name === 'mnt-nfy') addAddresses(mntNfy, value, name, line, problems);
  }
  const name = key.value.toUpperCase();
  return { ok: true, object: { ...registrationOf(rpsl, problems), name, updTo, mntNfy }, problems };
}
