/**
 * What an AS commits to of ten seconds: one root over those of all windows that its probes sealed for them
 * (intertrack-protocol(7), COMMIT).
 */
import { boundHash, leafHash, merkleProof, merkleRoot, proofPath, provenRoot } from '../probe/proof/merkle.ts';

/** Windows under one root: probes, and parts of what came late. */
export const MOST_WINDOWS = 4096;

const leavesOf = (roots: readonly string[]) => roots.map(root => leafHash(Buffer.from(root, 'hex')));

/** The root over roots of windows with this number, 64 hex digits each; their count is bound to it. */
export function commitmentOver(number: number, roots: readonly string[]): string {
  return boundHash([number, roots.length], merkleRoot(leavesOf(roots))).toString('hex');
}

/** The hashes that lead from the window at a place to the commitment, 32 octets each. */
export function pathToCommitment(roots: readonly string[], place: number): Uint8Array {
  return Uint8Array.from(Buffer.concat(merkleProof(leavesOf(roots), [place])));
}

/** The commitment that a window's root leads to, by its place among so many; null when the path leads nowhere. */
export function commitmentOf(
  number: number,
  root: Uint8Array,
  windows: number,
  place: number,
  octets: Uint8Array,
): string | null {
  const path = proofPath(octets);
  const over = provenRoot(windows, [place], [leafHash(root)], path);
  return over === null || !path.used ? null : boundHash([number, windows], over).toString('hex');
}
