/**
 * X-Keiro addresses that a route object has from its maintainers (research: hijack 4.2: JPIRR's registrants write them into
 * the mntner object as well, and mean all of its objects).
 */
import { MAX_ADDRESSES } from './keiro.ts';
import type { InheritedKeiro, RouteObject } from './objects.ts';

/** By maintainer, in upper case: the addresses it passes on. */
export type MaintainerKeiro = ReadonlyMap<string, readonly string[]>;

/** True when one of these maintainers (upper case) has addresses to pass on. */
export const passesOn = (keiro: MaintainerKeiro | undefined, maintainers: readonly string[]): boolean =>
  keiro !== undefined && keiro.size > 0 && maintainers.some(name => keiro.has(name));

/** The object with what it inherits: nothing when it has an address of its own, or none of its maintainers has. */
export function inheriting(object: RouteObject, keiro: MaintainerKeiro | undefined): RouteObject {
  if (keiro === undefined || object.keiro.length > 0) return object;
  const inherited: InheritedKeiro[] = [];
  let addresses = 0;
  for (const mntner of new Set(object.mntBy.map(name => name.toUpperCase()))) {
    const passed = (keiro.get(mntner) ?? []).slice(0, MAX_ADDRESSES - addresses);
    addresses += passed.length;
    if (passed.length > 0) inherited.push({ mntner, addresses: passed });
  }
  return inherited.length === 0 ? object : { ...object, inherited };
}
