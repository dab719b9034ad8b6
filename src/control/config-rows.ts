/** Rows of the commands about the configuration. */
import type { ConfigChange, ConfigError, Risk } from '../config/index.ts';

/** `config check`: what is to be said of a configuration file, each with its place. */
export interface ConfigCheck {
  readonly file: string;
  /** With any of these it is not taken. */
  readonly errors: readonly ConfigError[];
  /** What is taken, and may not be meant. */
  readonly warnings: readonly ConfigError[];
  /** Settings that are dangerous where they were not meant. */
  readonly risks: readonly Risk[];
}

/** `config diff`: what a reload would change. */
export interface ConfigDiff {
  readonly file: string;
  /** With any of these a reload changes nothing. */
  readonly errors: readonly ConfigError[];
  /** What a reload would change. */
  readonly changes: readonly ConfigChange[];
}
