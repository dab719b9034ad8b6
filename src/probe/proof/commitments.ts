/**
 * What a probe commits to, as lines that form a chain: each begins with a hash over the line before it and its own text,
 * so that none can be changed, left out or put in later without changing all hashes after it. One who has kept a hash can
 * check everything up to it.
 *
 *     <SHA-256 of "previous-hash text", 64 hex digits> <text: an entry in JSON>
 */
import { createHash } from 'node:crypto';
import { type Fields, type Finding, fail, fields, integer, text } from '../message-fields.ts';

/** Times are ms since the epoch, hashes and roots hex. */
export type Commitment =
  /** A storage key was made for an hour. */
  | { readonly what: 'key'; readonly at: number; readonly epoch: number; readonly key: string }
  | {
      readonly what: 'window';
      readonly at: number;
      readonly epoch: number;
      readonly number: number;
      readonly part: number;
      readonly packets: number;
      readonly root: string;
    }
  /** The storage key of an hour was destroyed, and its windows with it. `root` is that over the roots of its windows. */
  | {
      readonly what: 'destroyed';
      readonly at: number;
      readonly epoch: number;
      readonly key: string;
      readonly windows: number;
      readonly root: string;
    }
  /** The lines before this one are in a file that was damaged, or long, and put aside: up to the hash `after` it was right. */
  | { readonly what: 'begun'; readonly at: number; readonly after: string };

/** The hash before the first line. */
export const FIRST_HASH = '0'.repeat(64);

/** A line without its end, and its hash. */
export function commit(previous: string, entry: Commitment): { readonly line: string; readonly hash: string } {
  const json = JSON.stringify(entry);
  const hash = hashOf(previous, json);
  return { line: `${hash} ${json}`, hash };
}

function hashOf(previous: string, json: string): string {
  return createHash('sha256').update(`${previous} ${json}`).digest('hex');
}

/** Reads a line that follows one with the hash `previous`; a text says what is wrong with it. */
export function readCommitment(previous: string, line: string): { entry: Commitment; hash: string } | string {
  const hash = line.slice(0, 64);
  const json = line.slice(65);
  if (line[64] !== ' ' || hashOf(previous, json) !== hash) return 'its hash is another one';
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'it is no JSON';
  }
  const f: Finding = { wrong: null };
  const entry = entryOf(f, fields(f, value, 'entry'));
  return f.wrong ?? { entry, hash };
}

function entryOf(f: Finding, from: Fields): Commitment {
  const at = integer(f, from, 'at');
  if (from.what === 'begun') return { what: 'begun', at, after: text(f, from, 'after', 64) };
  const epoch = integer(f, from, 'epoch', 0xffffffff);
  switch (from.what) {
    case 'key':
      return { what: 'key', at, epoch, key: hex(f, from, 'key', 16) };
    case 'window':
      return {
        what: 'window',
        at,
        epoch,
        number: integer(f, from, 'number', 0xffffffff),
        part: integer(f, from, 'part', 0xffff),
        packets: integer(f, from, 'packets'),
        root: hex(f, from, 'root', 64),
      };
    case 'destroyed':
      return {
        what: 'destroyed',
        at,
        epoch,
        key: hex(f, from, 'key', 16),
        windows: integer(f, from, 'windows'),
        root: hex(f, from, 'root', 64),
      };
    default:
      return fail(f, 'what is none of key, window, destroyed, begun', { what: 'begun', at, after: '' });
  }
}

function hex(f: Finding, from: Fields, name: string, digits: number): string {
  const value = text(f, from, name, digits);
  return value.length === digits && /^[0-9a-f]*$/.test(value)
    ? value
    : fail(f, `${name} is not ${digits} hex digits`, '');
}
