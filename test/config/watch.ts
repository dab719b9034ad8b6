import type { WatchConfig } from '../../src/config/tree.ts';

/** A watch that guards nothing, but for what is said. */
export const watchOf = (name: string, more: Partial<WatchConfig> = {}): WatchConfig => ({
  name,
  maintainers: [],
  keiro: [],
  prefixes: [],
  ases: [],
  asSets: [],
  sources: [],
  originated: null,
  segments: [],
  unused: [],
  bogons: false,
  upstreams: [],
  paths: [],
  visibility: null,
  longestPath: null,
  group: null,
  critical: false,
  holdUp: 0,
  holdDown: 5 * 60_000,
  ...more,
});
