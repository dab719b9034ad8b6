/**
 * PACKTER's hash under a key (itprobe(8), DIGESTS, `packter`): MD5 without a key must not leave the AS, for whoever has it can
 * try packets at leisure; hashed again under the key of the epoch it is a digest as others are.
 */
import { createHash } from 'node:crypto';
import { packterInput } from './earlier-inputs.ts';
import { writeHead } from './invariant.ts';
import type { Layers, ProfileRefusal } from './layers.ts';

const PROFILE = 8;
/** Octets of MD5. */
export const HASH_OCTETS = 16;
/** What PACKTER hashes is never longer. */
const scratch = new Uint8Array(96);

/** Writes the input for a hash that PACKTER made at `input[at]`; returns its length. */
export function writeRekeyed(hash: Uint8Array, input: Uint8Array, at: number): number {
  const to = writeHead(PROFILE, input, at);
  input.set(hash.subarray(0, HASH_OCTETS), to);
  return to + HASH_OCTETS - at;
}

/** The same for a layer of a packet; or why PACKTER makes no hash of it. */
export function rekeyedInput(
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number | ProfileRefusal {
  const length = packterInput(bytes, layers, i, scratch, 0);
  if (typeof length === 'string') return length;
  return writeRekeyed(createHash('md5').update(scratch.subarray(0, length)).digest(), input, at);
}
