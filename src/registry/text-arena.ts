/**
 * Memory for the octets of many objects that come and go, outside the JavaScript heap: chunks of 1 MiB, blocks of whole
 * units of 16 octets, and for each block size a list of freed blocks, which the next of that size takes. It grows by chunks
 * and never copies what it has.
 */
const CHUNK_BITS = 20;
const CHUNK = 1 << CHUNK_BITS;
const UNIT_BITS = 4;
const CHUNK_UNITS_BITS = CHUNK_BITS - UNIT_BITS;
const CHUNK_UNITS = 1 << CHUNK_UNITS_BITS;

/** Octets of the longest block. */
export const MAX_BLOCK = CHUNK;

export interface TextArena {
  /**
   * Copies `octets[from..to)`, at most MAX_BLOCK, into a block and returns its number, an Int32; -1 when the arena is full.
   */
  add(octets: Buffer, from: number, to: number): number;
  /** The octets of a block, `octets` of them: a view that is good until the block is freed. */
  bytes(block: number, octets: number): Uint8Array;
  /** Gives a block back; `octets` as it was added. */
  free(block: number, octets: number): void;
  /** Octets in chunks, used or not. */
  readonly reserved: number;
}

/** An empty arena that takes no more than about `most` octets. */
export function textArena(most: number): TextArena {
  const chunks: Buffer[] = [];
  const freed = new Map<number, number[]>();
  /** First unit of the last chunk that was never used. */
  let next = CHUNK_UNITS;

  const unitsOf = (octets: number) => Math.max(1, (octets + (1 << UNIT_BITS) - 1) >> UNIT_BITS);
  const view = (block: number, octets: number): Uint8Array => {
    const at = (block & (CHUNK_UNITS - 1)) << UNIT_BITS;
    return chunks[block >> CHUNK_UNITS_BITS]!.subarray(at, at + octets);
  };

  function allocate(units: number): number {
    const reused = freed.get(units)?.pop();
    if (reused !== undefined) return reused;
    if (next + units > CHUNK_UNITS) {
      if ((chunks.length + 1) * CHUNK > most) return -1;
      chunks.push(Buffer.alloc(CHUNK));
      next = 0;
    }
    const block = ((chunks.length - 1) << CHUNK_UNITS_BITS) | next;
    next += units;
    return block;
  }

  return {
    add(octets, from, to) {
      if (to - from > MAX_BLOCK) return -1;
      const block = allocate(unitsOf(to - from));
      if (block >= 0)
        octets.copy(chunks[block >> CHUNK_UNITS_BITS]!, (block & (CHUNK_UNITS - 1)) << UNIT_BITS, from, to);
      return block;
    },
    bytes: view,
    free(block, octets) {
      const units = unitsOf(octets);
      const list = freed.get(units);
      if (list === undefined) freed.set(units, [block]);
      else list.push(block);
    },
    get reserved() {
      return chunks.length * CHUNK;
    },
  };
}
