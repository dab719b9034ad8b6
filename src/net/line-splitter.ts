/** Lines out of chunks. */

export interface LineSplitter {
  /** Calls `line` with each line that has ended, without its LF; the octets are good for the call only. */
  feed(chunk: Uint8Array): void;
  /** Forgets the line that has begun. */
  reset(): void;
}

/**
 * Cuts chunks into lines of at most `limit` octets; never holds more. A longer line is passed over up to its end, and
 * `tooLong` is called once for it. Empty lines are nothing.
 */
export function lineSplitter(limit: number, line: (octets: Uint8Array) => void, tooLong: () => void): LineSplitter {
  let held: Uint8Array[] = [];
  let size = 0;
  let skipping = false;
  const drop = () => {
    held = [];
    size = 0;
  };
  return {
    feed(chunk) {
      for (let from = 0; from < chunk.length; ) {
        const end = chunk.indexOf(0x0a, from);
        const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
        from += piece.length + (end < 0 ? 0 : 1);
        if (!skipping && size + piece.length > limit) {
          skipping = true;
          drop();
          tooLong();
        }
        if (!skipping && end < 0) {
          // The chunk may be a buffer that is written over: what is held of it is a copy.
          held.push(Uint8Array.from(piece));
          size += piece.length;
        }
        if (end < 0) return;
        if (!skipping && size + piece.length > 0) line(size === 0 ? piece : Buffer.concat([...held, piece]));
        drop();
        skipping = false;
      }
    },
    reset() {
      drop();
      skipping = false;
    },
  };
}
