/**
 * A bounds-checked reader over bytes that came from a socket or a file.
 *
 * No read throws. A read past the end returns 0 (or an empty view) and sets `failed`; from then on every read fails.
 * A decoder reads a group of fields and checks `failed` once, before it believes any of them. Multi-octet integers are
 * in network byte order unless the name ends in `le`.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  /** Offset of the next octet, counted from the start of `bytes`. */
  offset: number;
  /** First offset that must not be read. */
  readonly end: number;
  /** True once a read did not fit. */
  failed = false;

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = Math.min(end, bytes.length);
  }

  /** Octets left to read. */
  get left(): number {
    return this.failed ? 0 : this.end - this.offset;
  }

  private take(count: number): number {
    const at = this.offset;
    if (this.failed || count < 0 || count > this.end - at) {
      this.failed = true;
      return -1;
    }
    this.offset = at + count;
    return at;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  u24(): number {
    const at = this.take(3);
    return at < 0 ? 0 : (this.bytes[at]! << 16) | (this.bytes[at + 1]! << 8) | this.bytes[at + 2]!;
  }

  /** Unsigned: 0 to 4294967295. */
  u32(): number {
    const at = this.take(4);
    if (at < 0) return 0;
    const b = this.bytes;
    return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
  }

  u16le(): number {
    const at = this.take(2);
    return at < 0 ? 0 : this.bytes[at]! | (this.bytes[at + 1]! << 8);
  }

  u32le(): number {
    const at = this.take(4);
    if (at < 0) return 0;
    const b = this.bytes;
    return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;
  }

  /** A view (not a copy) of the next `count` octets. */
  view(count: number): Uint8Array {
    const at = this.take(count);
    return at < 0 ? this.bytes.subarray(0, 0) : this.bytes.subarray(at, at + count);
  }

  /** A cursor over the next `count` octets; this one moves past them. Offsets stay those of the same `bytes`. */
  sub(count: number): Cursor {
    const at = this.take(count);
    if (at >= 0) return new Cursor(this.bytes, at, at + count);
    const none = new Cursor(this.bytes, this.offset, this.offset);
    none.failed = true;
    return none;
  }

  skip(count: number): void {
    this.take(count);
  }
}
