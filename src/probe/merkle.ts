/** Merkle trees as in RFC 9162 section 2.1: leaves and nodes are hashed with different prefixes, so none stands for the other. */
import { createHash } from 'node:crypto';

/** SHA-256 of a leaf made of these octets, one piece after the other. */
export function leafHash(...pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(Uint8Array.of(0));
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** Hash of the tree over leaves in their order; of none, SHA-256 of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return Buffer.from(leaves[0]!);
  // The largest power of two below the count is the left subtree.
  const left = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return createHash('sha256')
    .update(Uint8Array.of(1))
    .update(merkleRoot(leaves.slice(0, left)))
    .update(merkleRoot(leaves.slice(left)))
    .digest();
}
