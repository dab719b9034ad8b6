/** The face of the configuration language: reading, checking, printing and comparing. The tree is in tree.ts. */
export { type ConfigChange, diffConfig, isOfStart, type Section } from './diff.ts';
export { type Loaded, loadConfig, parseConfig } from './parse.ts';
export { printConfig } from './print.ts';
export type { Risk } from './risks.ts';
export { BLOCKS, type BlockSpec } from './schema.ts';
export { type ConfigError, formatErrors } from './source.ts';
export type { BlockName, Spec } from './statement-spec.ts';
