import type { Random } from './random.ts';

/** A decoder, or several of one kind of octets, and the promises they keep. */
export interface Target {
  readonly name: string;
  /** What mutations begin with. */
  readonly seeds: readonly Uint8Array[];
  /** A changed input that still looks like one. */
  mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array;
  /** Takes an input every way; returns how it was judged, in words that few inputs share. Throws where a promise is broken. */
  judge(input: Uint8Array): string | Promise<string>;
  /** Forgets what it holds, and throws when anything is left behind. Called now and then: what is held would grow for ever. */
  begin(): void;
}
