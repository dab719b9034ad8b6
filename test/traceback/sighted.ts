/** Windows of an AS that are sealed and committed to, and the proofs that it makes of them. */

import { encodeWindow } from '../../src/probe/disk/window-file.ts';
import { windowKey } from '../../src/probe/filters/mixed-digest.ts';
import { storageKey } from '../../src/probe/filters/storage-key.ts';
import { checkSight, proveSight, type SightProof } from '../../src/probe/proof/sight-proof.ts';
import { commitmentOver, pathToCommitment } from '../../src/traceback/commitment.ts';
import { encodeProof, type Proof, proofOf } from '../../src/traceback/proof.ts';
import { partOf, sealed } from '../probe/sealing.ts';

const HOUR = Uint8Array.from({ length: 16 }, (_, i) => i * 7);

export interface Sighted {
  /** Tens of seconds since 1970, the hour they are in, and the middle of them; ms. */
  readonly number: number;
  readonly epoch: number;
  readonly time: number;
  /** Digests of each of the windows, 16 hex digits. */
  readonly digests: readonly (readonly string[])[];
  readonly roots: readonly string[];
  readonly commitment: string;
  sight(window: number, digest: string): SightProof | null;
  /** The proof of a question about a digest of a window; with changes. */
  proof(question: number, window: number, digest: string, change?: Partial<Proof>): Uint8Array;
  /** As a probe proves it, whichever window it is in. */
  prove(questions: readonly { readonly digest: string }[]): Promise<{ question: number; proof: SightProof }[]>;
}

const textOf = (digest: bigint) => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64LE(digest);
  return octets.toString('hex');
};

/** As many windows as there are lists; each has vantages of so many digests. */
export function sighted(number: number, windows: readonly (readonly number[])[]): Sighted {
  const parts = windows.map(counts => partOf(number, counts));
  const kept = parts.map(part => sealed(part, HOUR));
  const roots = kept.map(window => encodeWindow(window).root);
  const digests = parts.map(part => [...part.digests].map(textOf));
  const sight = (window: number, digest: string) =>
    proveSight(kept[window]!, windowKey(storageKey(HOUR), number, 0), digest);
  return {
    ...{ number, epoch: Math.floor(number / 360), time: number * 10_000 + 5000, digests, roots },
    commitment: commitmentOver(number, roots),
    sight,
    proof(question, window, digest, change = {}) {
      const own = sight(window, digest);
      if (own === null) throw new Error(`window ${window} does not hold ${digest}`);
      const under = { windows: roots.length, place: window, above: pathToCommitment(roots, window) };
      return encodeProof({ ...proofOf(question, own, under), ...change })!;
    },
    prove: questions =>
      Promise.resolve(
        questions.flatMap(({ digest }, question) => {
          for (let window = 0; window < kept.length; window++) {
            const proof = sight(window, digest);
            if (proof !== null && typeof checkSight(proof, digest) !== 'string') return [{ question, proof }];
          }
          return [];
        }),
      ),
  };
}
