/**
 * Answers to IRRd-style whois queries (IRRd's documentation, "Whois queries"): `A<octets>`, the data, `C`; or one line alone,
 * `C` (nothing to tell), `D` (no such key), `E` (more than one such key, old servers only) or `F` with words.
 */

/** An answer as a client gets it. */
export type IrrdAnswer =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-unique' }
  | { readonly kind: 'error'; readonly message: string };

export const IRRD_EMPTY = 'C\n';
export const IRRD_NOT_FOUND = 'D\n';

/** What stands before and behind `octets` octets of data, whose last one is the newline. */
export const irrdHead = (octets: number): string => `A${octets}\n`;
export const IRRD_TAIL = 'C\n';

/** An error in words. Control characters, which would end the answer, become blanks. */
export const irrdError = (message: string): string => `F ${message.replace(/\p{Cc}+/gu, ' ')}\n`;

/** Octets of a status line. */
const MAX_LINE = 4096;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

export interface IrrdReader {
  /**
   * Takes the next octets, split anywhere; answers go to `onAnswer` in their order. Returns null, or in words what is no
   * answer: nothing more can then be read of this connection, and what else comes is ignored.
   */
  push(chunk: Uint8Array): string | null;
  /** The connection ends here: null, or in words what it cut short. */
  end(): string | null;
}

/**
 * Reads answers. The length counts octets, whatever characters they make; servers that leave the last newline out of it, or
 * send `A0`, are understood. An answer with more than `most` octets is refused before any of it is kept.
 */
export function irrdReader(onAnswer: (answer: IrrdAnswer) => void, most: number): IrrdReader {
  let broken: string | null = null;
  let line = '';
  /** The data of the answer in hand; null between answers. `missing`: octets still to come. */
  let parts: Uint8Array[] | null = null;
  let missing = 0;

  function status(text: string): string | null {
    if (parts !== null) {
      if (text === '') return null; // the last newline, where the length leaves it out
      if (text !== 'C') return `${show(text)} where the answer should end with C`;
      onAnswer({ kind: 'data', data: Buffer.concat(parts) });
      parts = null;
      return null;
    }
    const rest = text.slice(1);
    switch (text[0]) {
      case 'A':
        if (!/^\d{1,12}$/.test(rest)) return `${show(text)} is no length`;
        if (Number(rest) > most) return `the answer has ${rest} octets, more than ${most}`;
        parts = [];
        missing = Number(rest);
        return null;
      case 'C':
      case 'D':
      case 'E':
        if (rest.trim() !== '') break;
        onAnswer({ kind: text[0] === 'C' ? 'empty' : text[0] === 'D' ? 'not-found' : 'not-unique' });
        return null;
      case 'F':
        onAnswer({ kind: 'error', message: Buffer.from(rest, 'latin1').toString('utf8').trim() });
        return null;
    }
    return `${show(text)} is no answer (A, C, D, E or F)`;
  }

  function push(chunk: Uint8Array): string | null {
    for (let at = 0; at < chunk.length && broken === null; ) {
      if (missing > 0) {
        // Copied: the data outlives the chunk.
        const part = Buffer.from(chunk.subarray(at, at + missing));
        parts?.push(part);
        missing -= part.length;
        at += part.length;
        continue;
      }
      const lf = chunk.indexOf(LF, at);
      const end = lf < 0 ? chunk.length : lf;
      if (line.length + end - at > MAX_LINE) {
        broken = `a line of more than ${MAX_LINE} octets where an answer should begin`;
        break;
      }
      line += Buffer.from(chunk.buffer, chunk.byteOffset + at, end - at).toString('latin1');
      at = end + 1;
      if (lf < 0) break;
      const text = line.charCodeAt(line.length - 1) === CR ? line.slice(0, -1) : line;
      line = '';
      broken = status(text);
    }
    return broken;
  }

  return {
    push,
    end: () => broken ?? (parts !== null || line !== '' ? 'the connection ended within an answer' : null),
  };
}

/** What a server sent, for a message: short and printable. */
function show(text: string): string {
  const printable = [...text.slice(0, 60)].map(c => (c.charCodeAt(0) < SPACE ? '.' : c)).join('');
  return JSON.stringify(printable);
}
