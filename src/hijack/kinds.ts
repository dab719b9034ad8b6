/** Kinds of cases: from what a collector found to the name of the case, and whether the registry would still object. */
import type { WatchConfig } from '../config/tree.ts';
import type { Prefix } from '../net/prefix.ts';
import type { FoundKind, RoaKind } from '../registry/judged-change.ts';
import { NO_ORIGIN } from '../registry/snapshot-builder.ts';
import type { Nobodys } from '../registry/watch.ts';
import type { Case, CaseKind } from './case.ts';
import type { Judged, RegistryView } from './judged.ts';

const NOBODYS: Readonly<Record<Nobodys, CaseKind>> = { segment: 'ix-lan', unused: 'squatting', bogon: 'bogon' };

const ROA_KINDS: Readonly<Record<RoaKind, true>> = { 'roa-vanished': true, 'roa-expiring': true, 'trust-anchor': true };

/** True when the case is of the RPKI itself, and of no route: nobody announces anything, and no peer is its witness. */
export const isOfRoa = (kind: string): kind is RoaKind => Object.hasOwn(ROA_KINDS, kind);

/** The kind of a case by what was found: what nobody may announce has a name of its own. `registered`: what decided. */
export function kindOf(found: FoundKind, registered: Prefix, registry: Pick<RegistryView, 'nobodys'>): CaseKind {
  if (found !== 'origin' && found !== 'more-specific') return found;
  const nobodys = registry.nobodys(registered);
  return nobodys === null ? found : NOBODYS[nobodys];
}

/** What a collector found for a case. */
export function foundAs({ kind, prefix, decidedBy }: Pick<Case, 'kind' | 'prefix' | 'decidedBy'>): FoundKind {
  if (kind !== 'squatting' && kind !== 'ix-lan' && kind !== 'bogon') return kind;
  return prefix === decidedBy ? 'origin' : 'more-specific';
}

/** True when the registry, or the watches, would object to the case's route if it came again. */
export function isStillWrong(
  of: Pick<Case, 'kind' | 'prefix' | 'decidedBy' | 'offender'>,
  prefix: Prefix,
  registry: Pick<RegistryView, 'decide' | 'watchesOf'>,
): boolean {
  const { state, rov, watched, covers } = registry.decide(prefix, of.offender ?? NO_ORIGIN);
  switch (foundAs(of)) {
    case 'origin':
      return watched && state === 'mismatch';
    case 'more-specific':
      return watched && state === 'mismatch-covering';
    case 'rpki-invalid':
      return watched && rov === 'invalid';
    case 'roa-vanished':
      return watched && rov === 'not-found';
    case 'super-prefix':
      return covers !== null;
    case 'new-prefix':
      return state === 'unknown' && rov === 'not-found' && registry.watchesOf(of.offender ?? NO_ORIGIN).length > 0;
    case 'upstream':
    case 'leak':
    case 'path':
    case 'visibility':
    case 'roa-expiring':
    case 'trust-anchor':
      return watched; // what is wrong does not lie in the registry
  }
}

/** Watches that a case falls under: by its place, by what it covers, or by the AS that announces it. */
export function watchesOver(
  prefix: Prefix,
  registered: Prefix,
  { kind, offender }: Judged,
  registry: RegistryView,
): readonly WatchConfig[] {
  if (kind === 'super-prefix') return registry.watchesFor(registered);
  const byPlace = registry.watchesFor(prefix);
  if (kind !== 'new-prefix' || offender === null) return byPlace;
  return [...new Set([...byPlace, ...registry.watchesOf(offender)])];
}
