/**
 * Merkle trees as in RFC 9162 section 2.1: leaves and nodes are hashed with different prefixes, so none stands for the other.
 * A tree whose root is bound to facts about it, its size among them, has a third one.
 */
import { createHash, hash } from 'node:crypto';

/** Octets of a hash. */
export const HASH = 32;

const LEAF = Uint8Array.of(0);
const EMPTY = hash('sha256', new Uint8Array(0), 'buffer');
/** What a node is hashed over; there is one, for hashing does not call itself. */
const node = Uint8Array.of(1, ...new Uint8Array(2 * HASH));

/** SHA-256 of a leaf made of these octets, one piece after the other. */
export function leafHash(...pieces: readonly Uint8Array[]): Buffer {
  const leaf = createHash('sha256').update(LEAF);
  for (const piece of pieces) leaf.update(piece);
  return leaf.digest();
}

/** Hash of a node over two others. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH);
  return hash('sha256', node, 'buffer');
}

/** Hash of a tree together with facts about it: numbers of 4 octets, the least significant first, and octets behind them. */
export function boundHash(facts: readonly number[], root: Uint8Array, more: Uint8Array = new Uint8Array(0)): Buffer {
  const octets = new Uint8Array(1 + facts.length * 4 + more.length + HASH);
  octets[0] = 2;
  const view = new DataView(octets.buffer);
  facts.forEach((fact, i) => {
    view.setUint32(1 + i * 4, fact, true);
  });
  octets.set(more, 1 + facts.length * 4);
  octets.set(root, 1 + facts.length * 4 + more.length);
  return hash('sha256', octets, 'buffer');
}

/** The largest power of two below a count of two or more: so many leaves has the left subtree. */
function leftOf(count: number): number {
  return 2 ** (Math.ceil(Math.log2(count)) - 1);
}

/** Hash of the tree over leaves in their order; of none, SHA-256 of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const rootOf = (from: number, count: number): Uint8Array => {
    if (count === 1) return leaves[from]!;
    const left = leftOf(count);
    return nodeHash(rootOf(from, left), rootOf(from + left, count - left));
  };
  return Buffer.from(leaves.length === 0 ? EMPTY : rootOf(0, leaves.length));
}

/**
 * The hashes that lead from the leaves at these places to the root. Of one leaf it is the inclusion proof of RFC 9162
 * section 2.1.3.1; of several each subtree without any of them is one hash, and of two subtrees with some the left comes
 * first. Places are ascending and in the tree.
 */
export function merkleProof(leaves: readonly Uint8Array[], places: readonly number[]): Buffer[] {
  const proofOf = (from: number, count: number, inside: readonly number[]): Buffer[] => {
    if (inside.length === 0) return [merkleRoot(leaves.slice(from, from + count))];
    if (count === 1) return [];
    const middle = from + leftOf(count);
    const left = inside.filter(place => place < middle);
    const right = inside.filter(place => place >= middle);
    const [l, r] = [proofOf(from, middle - from, left), proofOf(middle, from + count - middle, right)];
    return left.length === 0 ? [...r, ...l] : [...l, ...r];
  };
  return proofOf(0, leaves.length, places);
}

/** Hashes of a proof that are still to be used, in their order. */
export interface ProofPath {
  /** The next hash; null when there is none. */
  next(): Uint8Array | null;
  /** True when all were used. */
  readonly used: boolean;
}

/** Hashes that stand one behind the other; octets that are no whole hash are never used up. */
export function proofPath(octets: Uint8Array): ProofPath {
  let at = 0;
  return {
    next() {
      if (at + HASH > octets.length) return null;
      at += HASH;
      return octets.subarray(at - HASH, at);
    },
    get used() {
      return at === octets.length;
    },
  };
}

/**
 * The root of a tree of `count` leaves (2^48 at most), of which those at `places`, ascending, have these hashes, and the
 * path (merkleProof) tells the rest; null when it does not, or when a place is none. The caller sees whether the path is
 * used up.
 */
export function provenRoot(
  count: number,
  places: readonly number[],
  hashes: readonly Uint8Array[],
  path: ProofPath,
): Uint8Array | null {
  if (places.length === 0 || places.length !== hashes.length || count > 2 ** 48) return null;
  for (const [i, place] of places.entries())
    if (!Number.isInteger(place) || place < (i === 0 ? 0 : places[i - 1]! + 1) || place >= count) return null;
  /** Of the subtree from `from` on, in which the places with numbers `first` to before `last` of the list are. */
  const rootOf = (from: number, size: number, first: number, last: number): Uint8Array | null => {
    if (first === last) return path.next();
    if (size === 1) return hashes[first]!;
    const middle = from + leftOf(size);
    let split = first;
    while (split < last && places[split]! < middle) split++;
    const none = split === first;
    const begun = none ? rootOf(middle, from + size - middle, split, last) : rootOf(from, middle - from, first, split);
    if (begun === null) return null;
    const other = none ? rootOf(from, middle - from, first, split) : rootOf(middle, from + size - middle, split, last);
    if (other === null) return null;
    return none ? nodeHash(other, begun) : nodeHash(begun, other);
  };
  return rootOf(0, count, 0, places.length);
}
