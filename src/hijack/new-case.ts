/** A case as it is opened, before anything was heard of it but the change that opens it. */
import type { GroupConfig, NotifyConfig } from '../config/tree.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { evidenceOf } from './evidence.ts';
import type { Judged, RegistryView } from './judged.ts';
import { kindOf, watchesOver } from './kinds.ts';
import { type OpenCase, unheardOf } from './open-case.ts';
import { recipientsOf } from './recipients.ts';
import type { WitnessRoom } from './witness-room.ts';

/** What it is opened with: the registered objects as they stand now, and who is to be told. */
export interface CaseGround {
  readonly registry: RegistryView;
  readonly groups: readonly GroupConfig[];
  readonly notify: readonly NotifyConfig[];
  /** No peer holds such a route. */
  readonly drill: boolean;
  readonly room: WitnessRoom;
}

/** `registered`: the prefix that has decided. */
export function newCase(
  id: string,
  prefix: Prefix,
  registered: Prefix,
  change: Judged,
  { registry, groups, notify, drill, room }: CaseGround,
): OpenCase {
  const objects = registry.objectsFor(registered).filter(object => formatPrefix(object.prefix) === change.decidedBy);
  const guarded = objects.filter(object => registry.guards(object).length > 0);
  const watches = watchesOver(prefix, registered, change, registry);
  const kind = kindOf(change.kind, registered, registry);
  return {
    id,
    kind,
    state: 'suspected',
    prefix: change.prefix,
    origin: change.origin,
    offender: change.offender,
    ground: change.ground,
    expected: kind === change.kind ? [...new Set(objects.map(({ origin }) => origin))].sort((a, b) => a - b) : [],
    decidedBy: change.decidedBy,
    watches: watches.map(({ name }) => name),
    critical: watches.some(({ critical }) => critical),
    opened: change.time,
    changed: change.time,
    ended: null,
    objects: evidenceOf(objects),
    recipients: recipientsOf(guarded, watches, groups, notify),
    ...unheardOf(change.offender, room),
    ...(drill && { drill }),
  };
}
