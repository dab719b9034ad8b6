/**
 * Malformed messages, kept for the operator (RFC 7606 section 6): the whole message, where it is wrong and by which text, what
 * was done about it, and the routes it hit. One ring for each peer; a peer that sends nothing but rubbish costs a bounded
 * amount of memory, and what was lost is counted.
 */
import { attributeName } from './attributes.ts';
import type { Action } from './errors.ts';
import type { Inspection } from './inspect.ts';
import { messageName } from './message.ts';
import { formatNlri } from './nlri.ts';

/** One damage, with its place in the message. */
export interface QuarantinedError {
  /** Type code of the attribute; 0 when it is in none. */
  readonly code: number;
  /** Of the bad octet, from the first octet of the marker. */
  readonly offset: number;
  /** The clause that it goes against: RFC and section. */
  readonly clause: string;
  readonly what: string;
  /** What was done about it, as RFC 7606 has it. */
  readonly action: Action;
}

/** One malformed message. Plain data: it crosses threads as it is. */
export interface Quarantined {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Message type. */
  readonly type: number;
  /** The whole message, marker and all. */
  readonly message: Uint8Array;
  /** The gravest of what was done about its errors. */
  readonly action: Action;
  /** Every damage that was found in it. */
  readonly errors: readonly QuarantinedError[];
  /** The first routes that were withdrawn for it, as text. */
  readonly prefixes: readonly string[];
  /** How many there were in all. */
  readonly hit: number;
}

/** Bounds of one ring. */
export interface QuarantineLimits {
  /** Messages kept. */
  readonly messages: number;
  /** Octets of messages kept: at least one message stays whatever its length. */
  readonly octets: number;
}

/** The malformed messages of one peer, the latest ones. */
export interface Quarantine {
  add(entry: Quarantined): void;
  /** Oldest first. */
  entries(): readonly Quarantined[];
  /** Messages ever added, and those that gave way to later ones. */
  counts(): { readonly added: number; readonly dropped: number };
}

/** So many routes of a message are named. */
const MAX_PREFIXES = 50;

/** An entry of a message that was inspected with something wrong. Copies the message. */
export function quarantine(at: number, message: Uint8Array, { type, action, errors, body }: Inspection): Quarantined {
  const update = body !== null && 'update' in body ? body.update : null;
  const gone = update === null ? [] : [...update.withdrawn, ...update.otherWithdrawn];
  return {
    at,
    type,
    message: message.slice(),
    action,
    errors: errors.map(({ code, offset, clause, what, action: made }) => ({
      code,
      offset,
      clause,
      what,
      action: made,
    })),
    prefixes: gone.slice(0, MAX_PREFIXES).map(formatNlri),
    hit: gone.length,
  };
}

/** An empty ring. */
export function createQuarantine(limits: QuarantineLimits): Quarantine {
  const kept: Quarantined[] = [];
  let octets = 0;
  let added = 0;
  return {
    add(entry) {
      kept.push(entry);
      added++;
      octets += entry.message.length;
      while (kept.length > 1 && (kept.length > limits.messages || octets > limits.octets))
        octets -= kept.shift()!.message.length;
    },
    entries: () => [...kept],
    counts: () => ({ added, dropped: added - kept.length }),
  };
}

/** Octets in a line of the dump. */
const WIDTH = 16;
/** A line is shown when one so many lines off has a bad octet. */
const NEAR = [-2, -1, 0, 1, 2];

/**
 * An entry as text: what was wrong by which clause, the octets in hex with carets under those that are wrong, and the routes
 * hit. Of a long message the lines around the bad octets are shown, and how many octets were left out.
 */
export function renderQuarantine(entry: Quarantined): string[] {
  const { at, type, message, action, errors, prefixes, hit } = entry;
  const time = new Date(at).toISOString().replace('T', ' ');
  const lines = [`${time} ${messageName(type)} of ${message.length} octets: ${action}`];
  for (const { code, offset, clause, what } of errors) {
    const where = code === 0 || what.startsWith(attributeName(code)) ? '' : `${attributeName(code)}: `;
    lines.push(`  octet ${offset}: ${where}${what} (${clause})`);
  }
  lines.push(...dump(message, new Set(errors.map(error => error.offset))));
  if (hit > 0) {
    const more = hit > prefixes.length ? ` and ${hit - prefixes.length} more` : '';
    lines.push(`  ${hit === 1 ? '1 route' : `${hit} routes`} withdrawn: ${prefixes.join(' ')}${more}`);
  }
  return lines;
}

const octet = (value: number) => value.toString(16).padStart(2, '0');

function dump(message: Uint8Array, bad: ReadonlySet<number>): string[] {
  // One row more where octets are missing: the caret then stands behind the last one.
  const rows = Math.ceil((message.length + (bad.has(message.length) ? 1 : 0)) / WIDTH);
  const marked = new Set([...bad].map(offset => Math.floor(offset / WIDTH)));
  const lines: string[] = [];
  let left = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * WIDTH;
    const octets = [...message.subarray(at, at + WIDTH)];
    if (row > 0 && !NEAR.some(step => marked.has(row + step))) {
      left += octets.length;
      continue;
    }
    if (left > 0) lines.push(leftOut(left));
    left = 0;
    lines.push(`  ${at.toString(16).padStart(4, '0')}  ${octets.map(octet).join(' ')}`.trimEnd());
    const carets = Array.from({ length: WIDTH }, (_, i) => (bad.has(at + i) ? '^^' : '  ')).join(' ');
    if (marked.has(row)) lines.push(`        ${carets.trimEnd()}`);
  }
  if (left > 0) lines.push(leftOut(left));
  return lines;
}

const leftOut = (octets: number) => `        ... ${octets} octets`;
