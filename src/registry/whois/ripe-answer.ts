/**
 * Answers to RIPE-style whois queries: RPSL objects parted by an empty line, remarks of the server in lines with a `%`, two
 * empty lines at the end (RIPE Database documentation, "Querying"; IRRd's, "Whois queries"). They have no length: the
 * end is the two empty lines, or that of the connection.
 */

/** An answer as a client gets it. */
export interface RipeAnswer {
  /** The objects as the server sent them, octets and all, each with its last newline. */
  readonly objects: readonly Buffer[];
  /** Lines with a `%`, without it. */
  readonly remarks: readonly string[];
  /** `%% ERROR: …`, `%ERROR:108: …`: the question was not understood, or was refused; '' otherwise. */
  readonly error: string;
}

/** What parts two objects, and what ends an answer, behind the newline of the last object. */
export const RIPE_BETWEEN = '\n';
export const RIPE_END = '\n\n';
export const RIPE_NOT_FOUND = `%  No entries found for the selected source(s).\n${RIPE_END}`;

/** An error in words. Control characters become blanks. */
export const ripeError = (message: string): string => `%% ERROR: ${message.replace(/\p{Cc}+/gu, ' ')}\n${RIPE_END}`;

/** Octets of one line, remarks kept of one answer. */
const MAX_LINE = 64 * 1024;
const MAX_REMARKS = 1000;

const LF = 0x0a;
const CR = 0x0d;
const PERCENT = 0x25;
const NEWLINE = Buffer.from([LF]);

export interface RipeReader {
  /** Takes the next octets, split anywhere. Returns null, or in words why no more can be read of this connection. */
  push(chunk: Uint8Array): string | null;
  /** The connection ends here, and so does an answer in hand. */
  end(): void;
}

/** Reads answers; one whose objects have more than `most` octets ends the reading. */
export function ripeReader(onAnswer: (answer: RipeAnswer) => void, most: number): RipeReader {
  let broken: string | null = null;
  let rest: Buffer = Buffer.alloc(0);
  let objects: Buffer[] = [];
  let lines: Buffer[] = [];
  let remarks: string[] = [];
  let error = '';
  let octets = 0;
  /** Empty lines since the last that was none; -1: nothing of an answer has come yet. */
  let empty = -1;

  function closeObject(): void {
    if (lines.length > 0) objects.push(Buffer.concat(lines));
    lines = [];
  }

  function finish(): void {
    closeObject();
    onAnswer({ objects, remarks, error });
    objects = [];
    remarks = [];
    error = '';
    octets = 0;
    empty = -1;
  }

  /** One line without its newline, and without a CR before it. */
  function take(line: Buffer): void {
    if (line.length === 0) {
      if (empty < 0) return;
      closeObject();
      if (++empty === 2) finish();
      return;
    }
    empty = 0;
    if (line[0] === PERCENT) {
      const text = line.toString('utf8').slice(1);
      const said = /^%?\s*error\s*:\s*(.*)$/i.exec(text);
      // RIPE's error 101 says that there is no such object, which is an answer.
      if (said !== null && !said[1]!.startsWith('101:')) error ||= said[1]!;
      if (remarks.length < MAX_REMARKS) remarks.push(text.trim());
      return;
    }
    octets += line.length + 1;
    if (octets > most) broken = `the answer has more than ${most} octets`;
    else lines.push(Buffer.from(line), NEWLINE);
  }

  function push(chunk: Uint8Array): string | null {
    if (broken !== null) return broken;
    const all = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let lf = all.indexOf(LF); lf >= 0 && broken === null; lf = all.indexOf(LF, at)) {
      take(all.subarray(at, lf > at && all[lf - 1] === CR ? lf - 1 : lf));
      at = lf + 1;
    }
    rest = all.subarray(at);
    if (rest.length > MAX_LINE) broken ??= `a line of more than ${MAX_LINE} octets`;
    return broken;
  }

  return {
    push,
    end() {
      if (broken !== null) return;
      if (rest.length > 0) take(rest);
      rest = Buffer.alloc(0);
      if (empty >= 0) finish();
    },
  };
}
