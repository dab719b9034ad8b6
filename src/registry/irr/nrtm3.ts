/**
 * NRTM, versions 1 and 3, as octets: what a server answers to `-g SOURCE:VERSION:FIRST-LAST`.
 *
 *     %START Version: 3 JPIRR 1001-1003          (IRRd adds FILTERED when it leaves objects out)
 *
 *     ADD 1001                                   (version 1: no serial)
 *
 *     route: 192.0.2.0/24
 *     …
 *
 *     DEL 1003
 *
 *     …
 *
 *     %END JPIRR
 *
 * There is no standard; this is what RIPE's server and IRRd send. In version 3 serials may be missing (gaps), in version 1
 * they are counted. Without `%END` the answer was cut, and nothing of it may be used. Other lines with `%` are remarks, but
 * for errors (`%ERROR:401: …`, `%% ERROR: …`) and IRRd's word that there is nothing new. All these stand where a paragraph
 * begins: within an object they are its own text, and a registrant cannot end a stream.
 */
import { MAX_LINE, MAX_OBJECT, quote, type RpslObject, readRpslObject } from '../rpsl.ts';

/** What stands in a stream, each with its line, counted from 1. */
export type NrtmEvent =
  | {
      readonly kind: 'start';
      readonly version: 1 | 3;
      readonly source: string;
      readonly first: number;
      readonly last: number;
      readonly line: number;
    }
  | {
      readonly kind: 'operation';
      readonly op: 'add' | 'del';
      readonly serial: number;
      readonly object: RpslObject;
      readonly line: number;
    }
  /** An operation whose object cannot be read; those behind it can. */
  | { readonly kind: 'unreadable'; readonly serial: number; readonly why: string; readonly line: number }
  /** `octets` of the stream up to and with this line. */
  | { readonly kind: 'end'; readonly source: string; readonly octets: number; readonly line: number }
  | { readonly kind: 'nothing-new'; readonly line: number }
  | { readonly kind: 'error'; readonly why: string; readonly line: number }
  /** This is no NRTM, or it is cut short: nothing since `start` may be used, and nothing more is read. */
  | { readonly kind: 'broken'; readonly why: string; readonly line: number };

export interface NrtmReader {
  /** Takes the next octets, split anywhere. */
  push(chunk: Uint8Array): void;
  /** The connection or the file ends here. */
  end(): void;
}

const LF = 0x0a;
const CR = 0x0d;

const START = /^% *START *Version: *(\d+) +([\w-]+) +(\d{1,15})-(\d{1,15})( +FILTERED)? *$/i;
const END = /^% *END +([\w-]+) *$/i;
const ERROR = /^%+ *ERROR\b/i;
const NOTHING_NEW = /^%+ *WARNING\b.*\bno (newer )?updates\b/i;
const OPERATION = /^(ADD|DEL)(?: +(\d{1,15}))? *$/i;

/**
 * A reader of one answer, or of several one after the other as a journal has them. Never throws on any input; it holds
 * one object and one line at most.
 */
export function nrtmReader(onEvent: (event: NrtmEvent) => void): NrtmReader {
  let line = 1;
  /** What has come of the line in hand. */
  let part: Buffer = Buffer.alloc(0);
  let start: (NrtmEvent & { kind: 'start' }) | null = null;
  /** The operation whose object is awaited or being read. */
  let operation: { readonly op: 'add' | 'del'; readonly serial: number; readonly line: number } | null = null;
  /** The lines of its object. */
  let lines: Buffer[] = [];
  let octets = 0;
  /** Octets of all lines up to and with the one in hand. */
  let consumed = 0;
  /** Serial of the last operation; operations since `start`. */
  let serial = 0;
  let broken = false;

  function fail(why: string): void {
    broken = true;
    onEvent({ kind: 'broken', why, line });
  }

  function finishObject(): void {
    if (operation === null) return;
    const { op, serial: its, line: where } = operation;
    operation = null;
    const unreadable = (why: string) => onEvent({ kind: 'unreadable', serial: its, why, line: where });
    if (octets > MAX_OBJECT) unreadable(`object longer than ${MAX_OBJECT} octets`);
    else if (lines.length === 0) unreadable('operation without an object');
    else {
      const object = readRpslObject(Buffer.concat(lines));
      if (object === null) unreadable(`${quote(lines[0]!.toString('latin1').trimEnd())} is no attribute`);
      else onEvent({ kind: 'operation', op, serial: its, object, line: where });
    }
    lines = [];
    octets = 0;
  }

  /** Each of these answers what is wrong, in words; '' when nothing is. */
  function begin([, version, source = '', first, last]: RegExpExecArray): string {
    if (start !== null) return '%START within an answer';
    if (version !== '1' && version !== '3') return `NRTM version ${version} is not known`;
    start = {
      kind: 'start',
      version: version === '1' ? 1 : 3,
      source: source.toUpperCase(),
      first: Number(first),
      last: Number(last),
      line,
    };
    if (start.first > start.last) return `range of serials ${first}-${last} is backwards`;
    serial = start.first - 1;
    onEvent(start);
    return '';
  }

  function operate([, word = '', stated]: RegExpExecArray): string {
    if (start === null) return 'operation before %START';
    finishObject();
    if (start.version === 3 && stated === undefined) return `${word} without a serial`;
    const its = start.version === 1 ? serial + 1 : Number(stated);
    if (its > start.last) return `serial ${its} is beyond the range ${start.first}-${start.last}`;
    if (its < start.first) return `serial ${its} is before the range ${start.first}-${start.last}`;
    if (its <= serial) return `serial ${its} comes after ${serial}`;
    serial = its;
    operation = { op: word.toUpperCase() === 'ADD' ? 'add' : 'del', serial: its, line };
    return '';
  }

  function finish([, name = '']: RegExpExecArray): string {
    if (start === null) return '%END without %START';
    finishObject();
    const source = name.toUpperCase();
    if (source !== start.source) return `%END of ${source} in an answer of ${start.source}`;
    start = null;
    onEvent({ kind: 'end', source, octets: consumed, line });
    return '';
  }

  function refuse(text: string): string {
    start = null;
    operation = null;
    onEvent({ kind: 'error', why: text.replace(/^%+ */, '').slice(0, 200), line });
    return '';
  }

  /** A line that is not within an object. */
  function takeWord(text: string, bytes: Buffer): string {
    const starts = START.exec(text);
    if (starts !== null) return begin(starts);
    const ends = END.exec(text);
    if (ends !== null) return finish(ends);
    if (ERROR.test(text)) return refuse(text);
    if (NOTHING_NEW.test(text)) onEvent({ kind: 'nothing-new', line });
    if (text.startsWith('%') || text.startsWith('#')) return '';
    const operates = OPERATION.exec(text);
    if (operates !== null) return operate(operates);
    // Whatever else stands after an operation is its object, if a bad one.
    if (operation === null) return `${quote(text)} is no line of NRTM`;
    keep(bytes);
    return '';
  }

  function keep(bytes: Buffer): void {
    octets += bytes.length + 1;
    // What is beyond is not kept, but the object must not be taken for a shorter one.
    if (octets <= MAX_OBJECT) lines.push(Buffer.from(bytes), NEWLINE);
  }

  function takeLine(bytes: Buffer): void {
    const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
    if (end === 0) {
      if (lines.length > 0) finishObject();
    } else if (operation !== null && (lines.length > 0 || isAttribute(bytes))) keep(bytes);
    else {
      const why = takeWord(bytes.toString('latin1', 0, end), bytes);
      if (why !== '') fail(why);
    }
  }

  return {
    push(chunk) {
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      while (!broken) {
        const lf = rest.indexOf(LF);
        if (part.length + (lf < 0 ? rest.length : lf) > MAX_LINE) {
          fail(`line longer than ${MAX_LINE} octets`);
          return;
        }
        if (lf < 0) {
          part = part.length === 0 ? Buffer.from(rest) : Buffer.concat([part, rest]);
          return;
        }
        consumed += part.length + lf + 1;
        takeLine(part.length === 0 ? rest.subarray(0, lf) : Buffer.concat([part, rest.subarray(0, lf)]));
        part = Buffer.alloc(0);
        rest = rest.subarray(lf + 1);
        line++;
      }
    },
    end() {
      if (broken) return;
      if (part.length > 0) takeLine(part);
      if (start !== null && !broken) fail('cut short: there is no %END');
    },
  };
}

const NEWLINE = Buffer.from('\n');

/** An object begins with an attribute; a word of the protocol has no colon, or a `%` in front. */
const isAttribute = (bytes: Buffer): boolean => bytes[0] !== 0x25 && bytes[0] !== 0x23 && bytes.includes(0x3a);
