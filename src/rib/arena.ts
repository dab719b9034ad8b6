/**
 * Memory for many small byte strings that come and go: 4 MiB chunks, blocks of a multiple of 8 octets, and for each
 * block size a list of freed blocks that the next of that size takes. A block is named by its offset in units of 8
 * octets, so that 32 GiB are within reach of an Int32Array.
 */
const CHUNK = 1 << 22;
const UNIT_BITS = 19;
const UNITS = 1 << UNIT_BITS;

export class Arena {
  /** Each chunk's octets and the same as 32-bit words. */
  private readonly chunks: Uint8Array[] = [];
  private readonly wordChunks: Int32Array[] = [];
  /** First unit never used. */
  private next = 0;
  private end = 0;
  /** Heads of the lists of freed blocks by size in units; the link is the block's first word. -1 ends a list. */
  private readonly freed: number[] = [];

  /** Octets in chunks, used or not. */
  get reserved(): number {
    return this.chunks.length * CHUNK;
  }

  /** A block of at least `octets` octets (1 to 65535), its contents undefined. Returns its name. */
  allocate(octets: number): number {
    const units = (octets + 7) >> 3;
    const head = this.freed[units] ?? -1;
    if (head >= 0) {
      this.freed[units] = this.words(head)[this.wordOffset(head)]!;
      return head;
    }
    if (this.next + units > this.end) {
      this.next = this.chunks.length * UNITS;
      this.end = this.next + UNITS;
      const bytes = new Uint8Array(CHUNK);
      this.chunks.push(bytes);
      this.wordChunks.push(new Int32Array(bytes.buffer));
    }
    const block = this.next;
    this.next += units;
    return block;
  }

  /** Gives a block back; `octets` as it was allocated. */
  free(block: number, octets: number): void {
    const units = (octets + 7) >> 3;
    this.words(block)[this.wordOffset(block)] = this.freed[units] ?? -1;
    this.freed[units] = block;
  }

  /** The chunk a block lies in, and its first octet there. */
  bytes(block: number): Uint8Array {
    return this.chunks[block >>> UNIT_BITS]!;
  }

  byteOffset(block: number): number {
    return (block & (UNITS - 1)) * 8;
  }

  /** The same as 32-bit words, in the machine's byte order. */
  words(block: number): Int32Array {
    return this.wordChunks[block >>> UNIT_BITS]!;
  }

  wordOffset(block: number): number {
    return (block & (UNITS - 1)) * 2;
  }
}
