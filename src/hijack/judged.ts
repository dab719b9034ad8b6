import type { WatchConfig } from '../config/tree.ts';
import type { Prefix } from '../net/prefix.ts';
import type { FoundKind, JudgedChange } from '../registry/judged-change.ts';
import type { RouteObject } from '../registry/objects.ts';
import type { Decision } from '../registry/snapshot.ts';
import type { Nobodys } from '../registry/watch.ts';

/** What a collector tells, or the watch over ROAs (roa-watch.ts), which has kinds of its own. */
export type Judged = JudgedChange<FoundKind>;

/** What the case book asks the registry (registry/registry.ts). */
export interface RegistryView {
  decide(prefix: Prefix, origin: number): Decision;
  objectsFor(prefix: Prefix): readonly RouteObject[];
  watchesFor(prefix: Prefix): readonly WatchConfig[];
  watchesOf(asn: number): readonly WatchConfig[];
  nobodys(prefix: Prefix): Nobodys | null;
  guards(object: RouteObject): readonly WatchConfig[];
  lacks(source: string): boolean;
}
