/**
 * RPSL as it stands in the dump files of IRRs (RFC 2622 section 2, RFC 2725, RFC 2769): objects of attributes, parted by
 * empty lines. Real files hold more than the grammar: server remarks (`%`), comment lines (`#`), CR LF, octets of old
 * encodings, objects that were deleted in place (their class overwritten with `*xx`), and no newline at the end.
 *
 * The reader works on octets and cuts out whole objects. Only objects of wanted classes are decoded; all others cost
 * one search for the next newline per line. What cannot be read is reported with its line and left out.
 */

/** One attribute. `value` has one line for the attribute's own and one for each continuation line, comments cut off. */
export interface RpslAttribute {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
  /** Line in the file, counted from 1. */
  readonly line: number;
}

export interface RpslObject {
  /** Name of the first attribute, lower case. */
  readonly class: string;
  readonly line: number;
  readonly attributes: readonly RpslAttribute[];
  /** The object's lines, newline-separated, without a newline at the end; undecodable octets are U+FFFD. */
  readonly text: string;
  /** Its octets in the reader's buffer: to be copied, if wanted, before the callback returns. */
  readonly bytes: Uint8Array;
}

/** Why something was left out, and in which line. */
export interface RpslProblem {
  readonly line: number;
  readonly why: string;
}

/** An object that was passed over: of a class not wanted, or deleted in place (then its class is as it stands, `*xxte`). */
export interface RpslSkipped {
  readonly line: number;
  readonly class: string;
  readonly dead: boolean;
}

export interface RpslCounts {
  /** Objects handed on. */
  objects: number;
  /** Objects of classes not wanted. */
  skipped: number;
  /** Objects deleted in place (`*xx…`). */
  dead: number;
  /** Problems reported. */
  problems: number;
  lines: number;
  octets: number;
  /** The file's last line that is not empty is the mark that many registries end a dump with: `# EOF`. */
  eof: boolean;
}

export interface RpslReader {
  /** Takes the next octets of the file, split anywhere. */
  push(chunk: Uint8Array): void;
  /** The file ends here; an object without an empty line behind it is complete. */
  end(): void;
  readonly counts: Readonly<RpslCounts>;
}

/** Octets of one line; longer ones cost their object. */
export const MAX_LINE = 64 * 1024;
/** Octets of one object of a wanted class. */
export const MAX_OBJECT = 256 * 1024;
/** Octets of an attribute's name. */
const MAX_NAME = 64;

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const HASH = 0x23;
const PERCENT = 0x25;
const ASTERISK = 0x2a;
const PLUS = 0x2b;
const COLON = 0x3a;

const END_OF_FILE = /^#\s*EOF\s*$/i;

const ROUTES: ReadonlySet<string> = new Set(['route', 'route6']);
/**
 * Classes of RFC 2622, RFC 4012 and the databases of RIPE and IRRd. None of them is an attribute of another: a line that
 * begins with one begins an object.
 */
const CLASS_NAMES: ReadonlySet<string> = new Set(
  (
    'route route6 aut-num as-set route-set mntner inet-rtr rtr-set peering-set filter-set as-block inetnum inet6num ' +
    'person role organisation key-cert irt domain dictionary repository limerick poem poetic-form'
  ).split(' '),
);

/**
 * Takes an object of a class straight from its octets, `octets[from..to)`, when it is one that it can read: true, and the
 * object is not handed on.
 */
export type PlainTaker = (objectClass: string, octets: Buffer, from: number, to: number) => boolean;

export interface RpslReaderOptions {
  readonly worth?: (objectClass: string, key: string) => boolean;
  readonly onSkipped?: (skipped: RpslSkipped) => void;
  readonly plain?: PlainTaker;
}

/**
 * A reader of one RPSL file. Objects whose class is in `wanted` (lower case; default route and route6) go to `onObject`
 * in the order of the file; whatever cannot be read goes to `onProblem`. Never throws on any input. It holds at most
 * one object, one line and one chunk. `worth` looks at class and key of an object, the key as it stands in its line, a
 * comment included: one that is not worth reading costs no more than one of a class that is not wanted. What is passed over
 * goes to `onSkipped`. `plain` is offered each object first.
 */
export function rpslReader(
  onObject: (object: RpslObject) => void,
  onProblem: (problem: RpslProblem) => void,
  wanted: ReadonlySet<string> = ROUTES,
  { worth, onSkipped, plain }: RpslReaderOptions = {},
): RpslReader {
  const counts: RpslCounts = { objects: 0, skipped: 0, dead: 0, problems: 0, lines: 0, octets: 0, eof: false };
  let hold = Buffer.allocUnsafe(MAX_LINE);
  /** `hold[0..fill)` is read; `at` is where the current line begins, `seek` how far it was searched for its end. */
  let fill = 0;
  let at = 0;
  let seek = 0;
  let state: 'between' | 'object' | 'skip' = 'between';
  /** Where the wanted object in hand begins, and its line. */
  let start = 0;
  let startLine = 0;
  let className = '';
  /** Where the lines of nothing but blanks begin that were the last in the object in hand; -1: the last one is none. */
  let blank = -1;
  let line = 1;
  /** The line in hand was too long, and its rest is being thrown away. */
  let overflow = false;

  function problem(where: number, why: string): void {
    counts.problems++;
    onProblem({ line: where, why });
  }

  function begin(end: number): void {
    const first = hold[at]!;
    if (first === PERCENT || first === HASH) {
      counts.eof = END_OF_FILE.test(hold.toString('latin1', at, Math.min(end, at + MAX_NAME)));
      return;
    }
    if (isBlank(end)) return;
    counts.eof = false;
    state = 'skip';
    blank = -1;
    if (first === BLANK || first === TAB || first === PLUS) {
      problem(line, 'continuation line where an object should begin');
      return;
    }
    let colon = at;
    while (colon < end && colon < at + MAX_NAME + 1 && hold[colon] !== COLON) colon++;
    className = hold[colon] === COLON && colon < end ? classAt(hold, at, colon) : '';
    if (first === ASTERISK && (hold[at + 1]! | 0x20) === 0x78 && (hold[at + 2]! | 0x20) === 0x78) {
      counts.dead++;
      onSkipped?.({ line, class: className, dead: true });
    } else if (!isName(className)) problem(line, 'object begins with a line that is no attribute (name, colon, value)');
    else if (!wanted.has(className) || worth?.(className, hold.toString('latin1', colon + 1, end).trim()) === false) {
      counts.skipped++;
      onSkipped?.({ line, class: className, dead: false });
    } else {
      state = 'object';
      start = at;
      startLine = line;
    }
  }

  /** Hands on the object in hand, which ends at `end`. */
  function hand(end: number): void {
    const bytes = hold.subarray(start, end);
    const text = textOf(bytes);
    onObject({ class: className, line: startLine, attributes: attributesOf(text, startLine, problem), text, bytes });
  }

  function finish(end: number): void {
    if (state === 'object') {
      counts.objects++;
      if (plain?.(className, hold, start, end) !== true) hand(end);
    }
    state = 'between';
  }

  /** Whether the line in hand is nothing but blanks. */
  function isBlank(end: number): boolean {
    for (let i = at; i < end; i++) if (hold[i] !== BLANK && hold[i] !== TAB) return false;
    return true;
  }

  /** Whether the line in hand begins an object wherever it stands: one of a class, or one that was deleted in place. */
  function beginsObject(end: number): boolean {
    const head = hold.toString('latin1', at, Math.min(end, at + MAX_NAME));
    return /^\*xx/i.test(head) || CLASS_NAMES.has(/^([\w-]+)\s*:/.exec(head)?.[1]?.toLowerCase() ?? '');
  }

  /**
   * One line within an object. A line of blanks goes on an attribute (RFC 2622 section 2), and nobody writes it for that: files
   * that were edited by hand or sent by mail have it where an empty line was. The object has ended there when the next line
   * begins another.
   */
  function within(end: number): void {
    const first = hold[at]!;
    if (first === BLANK || first === TAB) {
      if (!isBlank(end)) blank = -1;
      else if (blank < 0) blank = at;
    } else if (blank >= 0 && first !== PERCENT && first !== HASH) {
      if (beginsObject(end)) {
        finish(blank);
        begin(end);
      }
      blank = -1;
    }
  }

  function tooLong(): void {
    const first = hold[at]!;
    blank = -1;
    if (state === 'object' || (state === 'between' && first !== PERCENT && first !== HASH)) {
      problem(line, `line longer than ${MAX_LINE} octets: its object is left out`);
      state = 'skip';
    }
  }

  /** One whole line, `hold[at..lf)`. */
  function take(lf: number): void {
    const end = lf > at && hold[lf - 1] === CR ? lf - 1 : lf;
    if (line === 1 && hold[at] === 0xef && hold[at + 1] === 0xbb && hold[at + 2] === 0xbf && end - at >= 3) at += 3;
    if (lf - at > MAX_LINE) tooLong();
    else if (end === at) finish(blank < 0 ? at : blank);
    else if (state === 'between') begin(end);
    else within(end);
    if (state === 'object' && lf - start > MAX_OBJECT) {
      problem(startLine, `object longer than ${MAX_OBJECT} octets: left out`);
      state = 'skip';
    }
  }

  function makeRoom(octets: number): void {
    if (fill + octets <= hold.length) return;
    const from = state === 'object' ? start : at;
    const kept = fill - from;
    const next = kept + octets > hold.length ? Buffer.allocUnsafe(2 * (kept + octets)) : hold;
    hold.copy(next, 0, from, fill);
    hold = next;
    start -= from;
    if (blank >= 0) blank = Math.max(0, blank - from);
    at -= from;
    seek -= from;
    fill = kept;
  }

  function push(chunk: Uint8Array): void {
    counts.octets += chunk.length;
    makeRoom(chunk.length);
    hold.set(chunk, fill);
    fill += chunk.length;
    const filled = hold.subarray(0, fill);
    for (;;) {
      const lf = filled.indexOf(LF, seek);
      if (lf < 0) break;
      if (overflow) overflow = false;
      else take(lf);
      at = lf + 1;
      seek = at;
      line++;
      counts.lines++;
    }
    seek = fill;
    if (!overflow && fill - at > MAX_LINE) {
      tooLong();
      overflow = true;
    }
    if (overflow) at = fill;
  }

  function end(): void {
    if (!overflow && fill > at) {
      counts.lines++;
      take(fill);
    }
    overflow = false;
    finish(blank < 0 ? fill : blank);
    at = fill;
    seek = fill;
  }

  return { push, end, counts };
}

/**
 * Reads the octets of one object again, its lines counted from 1; null when there is no attribute in them. What was wrong
 * with some of its lines was told when they came.
 */
export function readRpslObject(bytes: Uint8Array): RpslObject | null {
  const text = textOf(bytes);
  const attributes = attributesOf(text, 1, () => {});
  const first = attributes[0];
  return first === undefined ? null : { class: first.name, line: 1, attributes, text, bytes };
}

/** The parts of a list: parted by commas and blanks (RFC 2622 section 2). */
export const listOf = (value: string): string[] => value.split(/[\s,]+/).filter(word => word !== '');

/** The names in every attribute of this name, such as `mnt-by`: parted by commas and blanks, upper case, each once. */
export function namesIn({ attributes }: RpslObject, attribute: string): string[] {
  const names = new Set<string>();
  for (const { name, value } of attributes)
    if (name === attribute) for (const word of listOf(value)) names.add(word.toUpperCase());
  return [...names];
}

/** The lines of an object's octets, without CR and without a newline at the end; undecodable octets are U+FFFD. */
function textOf(bytes: Uint8Array): string {
  let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (text.includes('\r\n')) text = text.replaceAll('\r\n', '\n');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** Cuts an object's text into attributes. A line that is none is reported and left out with its continuation lines. */
function attributesOf(
  text: string,
  firstLine: number,
  problem: (line: number, why: string) => void,
): readonly RpslAttribute[] {
  const attributes: RpslAttribute[] = [];
  let name = '';
  let value = '';
  let begun = firstLine;
  let line = firstLine;
  for (let at = 0; at <= text.length; line++) {
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const first = text.charCodeAt(at);
    if (first === BLANK || first === TAB || first === PLUS) {
      if (name !== '') value += `\n${valueAt(text, at + 1, end)}`;
    } else if (first !== PERCENT && first !== HASH && end > at) {
      if (name !== '') attributes.push({ name, value, line: begun });
      const head = text.slice(at, Math.min(end, at + MAX_NAME + 1));
      const colon = head.indexOf(':');
      name = colon < 0 ? '' : head.slice(0, colon).trimEnd().toLowerCase();
      begun = line;
      if (isName(name)) value = valueAt(text, at + colon + 1, end);
      else {
        problem(line, 'line is no attribute (name, colon, value): left out');
        name = '';
      }
    }
    at = end + 1;
  }
  if (name !== '') attributes.push({ name, value, line: begun });
  return attributes;
}

/** The class named in `octets[from..to)`, in lower case; without a string for those that registries are full of. */
function classAt(octets: Buffer, from: number, to: number): string {
  const length = to - from;
  if (length === 5 || length === 6)
    for (const name of ROUTES) {
      let i = 0;
      while (i < length && (octets[from + i]! | 0x20) === name.charCodeAt(i)) i++;
      if (i === length && i === name.length) return name;
    }
  return octets.toString('latin1', from, to).trimEnd().toLowerCase();
}

/** A `#` ends the value (RFC 2622 section 2). */
function valueAt(text: string, from: number, to: number): string {
  const value = text.slice(from, to);
  const hash = value.indexOf('#');
  return (hash < 0 ? value : value.slice(0, hash)).trim();
}

/** RFC 2622 section 2: letters, digits, `_` and `-`, a letter first; already in lower case. */
function isName(name: string): boolean {
  if (name === '') return false;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const letter = c >= 0x61 && c <= 0x7a;
    if (!letter && (i === 0 || !((c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x5f))) return false;
  }
  return true;
}

/** A stranger's words in a message: short and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
