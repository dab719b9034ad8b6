import type { RegistryMessage } from '../../src/collector/messages.ts';

/** A registry of this snapshot alone, in which nothing is demanded but what stands in it. */
export const registryMessage = (base: SharedArrayBuffer, generation: number): RegistryMessage => ({
  type: 'registry',
  base,
  overlay: null,
  rules: [],
  ases: new Set(),
  visible: [],
  touched: null,
  generation,
});
