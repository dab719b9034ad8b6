import type { GroupConfig, NotifyConfig, WatchConfig } from '../config/tree.ts';
import type { RouteObject } from '../registry/objects.ts';
import type { Case } from './case.ts';

/** Addresses told of one case; what is beyond is not told, and there is no honest case for so many. */
export const MAX_RECIPIENTS = 64;

/** Begins the reason of an address that an object has from a maintainer. */
const INHERITED = 'x-keiro of ';

/** The maintainer that a recipient's reason names; null when it is another reason. */
export const maintainerIn = (because: string): string | null =>
  because.startsWith(INHERITED) ? because.slice(INHERITED.length) : null;

/**
 * Who is told of a case, each address once and with the first reason that names it: `x-keiro` of the guarded objects
 * that decide, `x-keiro of MNTNER` where they inherit it, `group NAME` of the watches, `notify` of the same objects; each only when some `notify mail` block says so.
 */
export function recipientsOf(
  objects: readonly RouteObject[],
  watches: readonly WatchConfig[],
  groups: readonly GroupConfig[],
  notify: readonly NotifyConfig[],
): Case['recipients'] {
  const wanted = new Set(notify.flatMap(block => (block.kind === 'mail' ? block.to : [])));
  const recipients = new Map<string, { address: string; because: string }>();
  const add = (addresses: readonly string[], because: string) => {
    for (const address of addresses) {
      const key = address.toLowerCase();
      if (!recipients.has(key) && recipients.size < MAX_RECIPIENTS) recipients.set(key, { address, because });
    }
  };
  // The operator's own people first: they must not be crowded out by what strangers wrote into a registry.
  if (wanted.has('group'))
    for (const name of new Set(watches.map(({ group }) => group)))
      for (const group of groups) if (group.name === name) add(group.mail, `group ${group.name}`);
  if (wanted.has('x-keiro'))
    for (const { keiro, inherited = [] } of objects) {
      add(keiro, 'x-keiro');
      for (const { mntner, addresses } of inherited) add(addresses, INHERITED + mntner);
    }
  if (wanted.has('notify')) for (const object of objects) add(object.notify, 'notify');
  return [...recipients.values()];
}
