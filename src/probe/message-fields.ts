/** Readers of the fields of maps that came from elsewhere: each looks at a field before it is believed. */
import type { Vantage } from './question.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The first thing found wrong with a message, in words. What is read after it stands in for a value and is thrown away. */
export interface Finding {
  wrong: string | null;
}

export function fail<T>(finding: Finding, reason: string, standIn: T): T {
  finding.wrong ??= reason;
  return standIn;
}

export function fields(f: Finding, value: unknown, name: string): Fields {
  const map = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return map ? (value as Fields) : fail(f, `${name} is not a map`, {});
}

export function list(f: Finding, from: Fields, name: string, most: number): readonly unknown[] {
  const value = from[name];
  return Array.isArray(value) && value.length <= most ? value : fail(f, `${name} is not a list of at most ${most}`, []);
}

export function integer(f: Finding, from: Fields, name: string, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = from[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most
    ? value
    : fail(f, `${name} is not an integer from 0 to ${most}`, 0);
}

export function share(f: Finding, from: Fields, name: string): number {
  const value = from[name];
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : fail(f, `${name} is not between 0 and 1`, 0);
}

export function flag(f: Finding, from: Fields, name: string): boolean {
  const value = from[name];
  return typeof value === 'boolean' ? value : fail(f, `${name} is neither true nor false`, false);
}

export function text(f: Finding, from: Fields, name: string, most: number): string {
  const value = from[name];
  return typeof value === 'string' && value.length <= most
    ? value
    : fail(f, `${name} is not a text of at most ${most}`, '');
}

export function interval(f: Finding, from: Fields): { from: number; to: number } {
  const begin = integer(f, from, 'from');
  const end = integer(f, from, 'to');
  return begin <= end ? { from: begin, to: end } : fail(f, 'to is before from', { from: 0, to: 0 });
}

const DIRECTIONS: readonly Vantage['direction'][] = ['in', 'out', 'inside', 'unknown'];

export function vantage(f: Finding, value: unknown): Vantage {
  const from = fields(f, value, 'vantage');
  const direction =
    DIRECTIONS.find(one => one === from.direction) ??
    fail(f, 'direction is none of in, out, inside, unknown', 'inside');
  const neighbor = from.neighbor === null ? null : integer(f, from, 'neighbor', 0xffffffff);
  if (neighbor !== null && (direction === 'inside' || direction === 'unknown'))
    fail(f, `neighbor is not null, ${direction}`, null);
  return { direction, neighbor };
}
