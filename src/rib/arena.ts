/**
 * Memory for many small byte strings that come and go: 4 MiB chunks, blocks of whole words of 4 octets, and for each
 * block size a list of freed blocks that the next of that size takes. A block is named by its offset in words, so that 8 GiB
 * are within reach of an Int32Array; no block is named 0.
 */
const CHUNK = 1 << 22;
const UNIT_BITS = 20;
const UNITS = 1 << UNIT_BITS;

/** Words of a block of so many octets. */
const wordsIn = (octets: number) => (octets + 3) >> 2;

export class Arena {
  /** Each chunk's octets and the same as 32-bit words. */
  private readonly chunks: Uint8Array[] = [];
  private readonly wordChunks: Int32Array[] = [];
  /** First word never used; word 0 never is. */
  private next = 1;
  private end = 0;
  /** Heads of the lists of freed blocks by size in words; the link is the block's first word. 0 ends a list. */
  private readonly freed: number[] = [];

  /** Octets in chunks, used or not. */
  get reserved(): number {
    return this.chunks.length * CHUNK;
  }

  /** Octets of the blocks that are given out. Walks the freed ones: a question for a person, not for the route path. */
  get used(): number {
    let words = this.next;
    for (const [size, head] of this.freed.entries())
      for (let block = head ?? 0; block !== 0; block = this.words(block)[this.wordOffset(block)]!) words -= size;
    return words * 4;
  }

  /** Name that the first block behind all others would have. */
  get bound(): number {
    return this.next;
  }

  /** A block of at least `octets` octets (1 to 65536), its contents undefined. Returns its name. */
  allocate(octets: number): number {
    const count = wordsIn(octets);
    const head = this.freed[count] ?? 0;
    if (head !== 0) {
      this.freed[count] = this.words(head)[this.wordOffset(head)]!;
      return head;
    }
    if (this.next + count > this.end) this.addChunk();
    const block = this.next;
    this.next += count;
    return block;
  }

  private addChunk(): void {
    this.next = Math.max(this.chunks.length * UNITS, 1);
    this.end = (this.chunks.length + 1) * UNITS;
    const bytes = new Uint8Array(CHUNK);
    this.chunks.push(bytes);
    this.wordChunks.push(new Int32Array(bytes.buffer));
  }

  /** Gives a block back; `octets` as it was allocated. Its first word is lost, the others stay. */
  free(block: number, octets: number): void {
    const count = wordsIn(octets);
    this.words(block)[this.wordOffset(block)] = this.freed[count] ?? 0;
    this.freed[count] = block;
  }

  /** The chunk a block lies in, and its first octet there. */
  bytes(block: number): Uint8Array {
    return this.chunks[block >>> UNIT_BITS]!;
  }

  byteOffset(block: number): number {
    return (block & (UNITS - 1)) * 4;
  }

  /** The same as 32-bit words, in the machine's byte order. */
  words(block: number): Int32Array {
    return this.wordChunks[block >>> UNIT_BITS]!;
  }

  wordOffset(block: number): number {
    return block & (UNITS - 1);
  }

  /** Name of the block behind one of `octets` octets; where its chunk ends there, and behind octets 0, of the next chunk's first. */
  following(block: number, octets: number): number {
    return octets === 0 ? ((block >>> UNIT_BITS) + 1) * UNITS : block + wordsIn(octets);
  }
}
