/** The header of a window file, in JSON: every field is looked at before it is believed. */
import type { Span } from '../covered-time.ts';
import type { KeptWindow, SealedVantage } from '../filters/kept-window.ts';
import { type Fields, type Finding, fail, fields, integer, list, text, vantage } from '../message-fields.ts';
import { MIXED_KEYS, WINDOW_SECONDS } from '../window-messages.ts';

/** What a window file says of its window before the filters' octets come. */
export interface WindowHeader extends Omit<KeptWindow, 'filters' | 'hashes' | 'hiddenKey'> {
  /** 64 hex digits. */
  readonly hiddenKey: string;
  /** Octets of each filter. */
  readonly filters: readonly number[];
}

const MOST_VANTAGES = 65_536;
/** More digests than so many filters take don't come in ten seconds. */
const MOST_FILTERS = 1024;

/** Reads a header; a text says what is wrong with it. */
export function readHeader(json: string): WindowHeader | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'its header is no JSON';
  }
  const f: Finding = { wrong: null };
  const header = headerOf(f, fields(f, value, 'header'));
  return f.wrong ?? header;
}

function headerOf(f: Finding, from: Fields): WindowHeader {
  const number = integer(f, from, 'number', 0xffffffff / WINDOW_SECONDS);
  const bits = integer(f, from, 'bits') === 8 ? 8 : 16;
  if (from.bits !== bits) fail(f, 'bits are neither 8 nor 16', null);
  const filters = list(f, from, 'filters', MOST_FILTERS).map(octets =>
    typeof octets === 'number' && Number.isInteger(octets) && octets > 0 && octets <= 0x7fffffff
      ? octets
      : fail(f, 'a filter has no length', 0),
  );
  if ((filters.length & (filters.length - 1)) !== 0) fail(f, 'filters are no power of two', null);
  return {
    number,
    part: integer(f, from, 'part', 0xffff),
    sealed: integer(f, from, 'sealed'),
    covered: list(f, from, 'covered', WINDOW_SECONDS).map(value => span(f, value, number)),
    sampling: sampling(f, from),
    digestKey:
      from.digestKey === null || from.digestKey === MIXED_KEYS ? from.digestKey : keyName(f, from, 'digestKey'),
    storageKey: keyName(f, from, 'storageKey'),
    hiddenKey: hexText(f, from, 'hiddenKey', 64),
    bits,
    vantages: list(f, from, 'vantages', MOST_VANTAGES).map(value => sealedVantage(f, value, number)),
    filters,
  };
}

const keyName = (f: Finding, from: Fields, name: string) => hexText(f, from, name, 16);

function hexText(f: Finding, from: Fields, name: string, digits: number): string {
  const value = text(f, from, name, digits);
  return value.length === digits && /^[0-9a-f]*$/.test(value)
    ? value
    : fail(f, `${name} is not ${digits} hex digits`, '');
}

/** A power of two from 2^-32 to 1. */
function sampling(f: Finding, from: Fields): number {
  const value = from.sampling;
  const power = typeof value === 'number' && value > 0 ? Math.log2(value) : Number.NaN;
  return Number.isInteger(power) && power <= 0 && power >= -32 ? 2 ** power : fail(f, 'sampling is no share', 1);
}

function span(f: Finding, value: unknown, number: number): Span {
  const from = fields(f, value, 'span');
  const first = integer(f, from, 'from');
  const end = integer(f, from, 'to');
  const begin = number * WINDOW_SECONDS;
  return first >= begin && first < end && end <= begin + WINDOW_SECONDS
    ? { from: first, to: end }
    : fail(f, 'covered is beyond the window', { from: begin, to: begin });
}

function sealedVantage(f: Finding, value: unknown, number: number): SealedVantage {
  const from = fields(f, value, 'vantage');
  const first = integer(f, from, 'first');
  const last = integer(f, from, 'last');
  const begin = number * WINDOW_SECONDS;
  if (first < begin || first > last || last >= begin + WINDOW_SECONDS) fail(f, 'seconds are beyond the window', null);
  return {
    vantage: vantage(f, from.vantage),
    first,
    last,
    packets: integer(f, from, 'packets'),
    lost: integer(f, from, 'lost'),
  };
}
