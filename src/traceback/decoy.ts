/**
 * Decoys: requests for packets that never were. What says yes to one says so falsely, signed. The digests come of a seed
 * that is kept, so that whoever is shown it can check that nobody knew of packets with such digests
 * (intertrack-protocol(7), DECOYS AND CANARIES).
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Request } from './request.ts';

/** Octets of a seed. */
export const SEED = 32;

/** ms by which the times that a decoy asks for differ from those of the request that it is like. */
const SHIFT = 20_000;

/** The digest of one question of a decoy, 16 hex digits. `number` counts the questions from 0. */
export function decoyDigest(seed: Uint8Array, number: number): string {
  return createHash('sha256')
    .update('intertrack decoy')
    .update(Uint8Array.of(0))
    .update(seed)
    .update(Uint8Array.of(number))
    .digest('hex')
    .slice(0, 16);
}

/**
 * A request like one that was made, for packets that never were: as many of them, under the keys of the same hours, of
 * about the same age, as many needed. It is another trace, and asked by `origin`; who answers can't tell which is which.
 */
export function decoyOf(
  like: Request,
  origin: number,
  now: number,
  seal: Uint8Array,
): { readonly request: Request; readonly seed: Uint8Array } {
  const seed = randomBytes(SEED);
  // As long ago as those were then; a little earlier or later, for two requests for the same instants would be told apart.
  const shift = Math.round(now - like.issued) - randomInt(0, SHIFT);
  const request: Request = {
    ...like,
    trace: randomBytes(8).toString('hex'),
    origin,
    issued: now,
    expires: now + (like.expires - like.issued),
    seal,
    proof: [],
    questions: like.questions.map(({ packet, epoch, from, to }, number) => {
      const begin = Math.max(0, from + shift);
      const end = begin + to - from;
      const turned = hourOf(begin, end) - hourOf(from, to);
      return { packet, epoch: Math.max(0, epoch + turned), digest: decoyDigest(seed, number), from: begin, to: end };
    }),
  };
  return { request, seed };
}

const hourOf = (from: number, to: number) => Math.floor((from + to) / 2 / 3_600_000);
