/**
 * Lists as parameters of a statement, in PostgreSQL's binary form (array_recv of its arrayfuncs.c): a quote or a backslash in a
 * text costs nothing, on neither side. Big-endian: dimensions, 1 if there are nulls, the type of the elements; of a dimension its
 * length and where it begins; of an element its length and itself.
 */

/** Types of pg_type: their numbers are part of the protocol. */
const TEXT = 25;
const INT8 = 20;
const HEAD = 20;

function begin(type: number, count: number, octets: number, nulls = false): Buffer {
  const made = Buffer.allocUnsafe(HEAD + octets);
  made.writeInt32BE(1, 0);
  made.writeInt32BE(nulls ? 1 : 0, 4);
  made.writeInt32BE(type, 8);
  made.writeInt32BE(count, 12);
  made.writeInt32BE(1, 16);
  return made;
}

/** Of none there is no dimension. */
function none(type: number): Buffer {
  const made = Buffer.alloc(12);
  made.writeInt32BE(type, 8);
  return made;
}

/** `text[]`; a NUL, which PostgreSQL does not take, becomes U+FFFD; a null has the length -1, and nothing behind it. */
export function textArray(values: readonly (string | null)[]): Buffer {
  if (values.length === 0) return none(TEXT);
  const texts = values.map(value => (value?.includes('\0') ? value.replaceAll('\0', '\ufffd') : value));
  const made = begin(
    TEXT,
    texts.length,
    texts.reduce((sum, text) => sum + 4 + (text === null ? 0 : Buffer.byteLength(text)), 0),
    texts.includes(null),
  );
  let at = HEAD;
  for (const text of texts) {
    if (text === null) {
      at = made.writeInt32BE(-1, at);
      continue;
    }
    const length = made.write(text, at + 4);
    made.writeInt32BE(length, at);
    at += 4 + length;
  }
  return made;
}

/** `bigint[]` of safe integers; a null has the length -1, and nothing behind it. */
export function bigintArray(values: readonly (number | null)[]): Buffer {
  if (values.length === 0) return none(INT8);
  const nulls = values.reduce<number>((sum, value) => sum + (value === null ? 1 : 0), 0);
  const made = begin(INT8, values.length, values.length * 12 - nulls * 8, nulls > 0);
  let at = HEAD;
  for (const value of values) {
    at = made.writeInt32BE(value === null ? -1 : 8, at);
    if (value === null) continue;
    at = made.writeInt32BE(Math.floor(value / 2 ** 32), at);
    at = made.writeUInt32BE(value >>> 0, at);
  }
  return made;
}
