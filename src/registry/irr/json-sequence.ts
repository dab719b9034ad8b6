/**
 * JSON text sequences (RFC 7464): each JSON text between a record separator (0x1e) and a line feed. A separator cannot
 * stand within a JSON text, so that records are cut by octets and parsed one by one. All records of ours are objects,
 * whose end is their own: the line feed, there to tell a number that was cut short, may be missing.
 */

const SEPARATOR = 0x1e;

/** Octets of one record: an RPSL object of the greatest size, with every octet escaped as \u00xx. */
export const MAX_RECORD = 2 * 1024 * 1024;

/** Where a sequence is broken: record, counted from 1, and the octet in the file at which it begins. */
export interface SequenceProblem {
  readonly record: number;
  readonly offset: number;
  readonly why: string;
}

export interface SequenceReader {
  /** Takes the next octets, split anywhere. False once a problem was found: nothing more is read. */
  push(chunk: Uint8Array): boolean;
  /** The file ends here. */
  end(): boolean;
  readonly records: number;
}

/**
 * A reader of one file. Values go to `onRecord` with their number and offset; it returns null or in words what is wrong
 * with the record. The first problem ends the reading: what was signed and hashed has no excuse for being broken. Never
 * throws; holds one record and one chunk.
 */
export function sequenceReader(
  onRecord: (value: unknown, record: number, offset: number) => string | null,
  onProblem: (problem: SequenceProblem) => void,
): SequenceReader {
  let rest: Uint8Array[] = [];
  let held = 0;
  /** Where the record in hand begins; before the first separator nothing may stand. */
  let begun = 0;
  let position = 0;
  let records = 0;
  let broken = false;

  function fail(why: string, offset = begun): boolean {
    broken = true;
    rest = [];
    onProblem({ record: Math.max(1, records), offset, why });
    return false;
  }

  function hold(part: Uint8Array): boolean {
    if (part.length === 0) return true;
    held += part.length;
    if (held > MAX_RECORD) return fail(`a record is longer than ${MAX_RECORD} octets`);
    rest.push(part);
    return true;
  }

  /** The record in hand is whole. */
  function take(): boolean {
    const octets = rest.length === 1 ? rest[0]! : Buffer.concat(rest);
    rest = [];
    held = 0;
    if (records === 0) return octets.length === 0 || fail('it does not begin with a record separator (0x1e)', 0);
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('utf8');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return fail('no JSON text, or one that is cut short');
    }
    const why = onRecord(value, records, begun);
    return why === null || fail(why);
  }

  function push(chunk: Uint8Array): boolean {
    if (broken) return false;
    for (let at = 0; at < chunk.length; ) {
      const next = chunk.indexOf(SEPARATOR, at);
      const end = next < 0 ? chunk.length : next;
      // The chunk is the caller's again when this returns: what outlives it is copied.
      const part = chunk.subarray(at, end);
      if (!hold(next < 0 ? Uint8Array.prototype.slice.call(part) : part)) return false;
      if (next >= 0) {
        if (!take()) return false;
        records++;
        begun = position + next;
      }
      at = end + 1;
    }
    position += chunk.length;
    return true;
  }

  function end(): boolean {
    if (broken) return false;
    if (records === 0) return fail('it holds no record', 0);
    return take();
  }

  return {
    push,
    end,
    get records() {
      return records;
    },
  };
}
