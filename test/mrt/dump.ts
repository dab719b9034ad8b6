import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { bgpdumpLines } from '../../src/mrt/bgpdump.ts';
import { elementLines } from '../../src/mrt/element-lines.ts';
import { type MrtGap, mrtReader } from '../../src/mrt/records.ts';
import { createWalker, type MrtVisitor } from '../../src/mrt/walk.ts';

export const DATA = new URL('../../../shared/data/bgp/mrt/', import.meta.url).pathname;

/** What was found in a file besides what the visitor saw. */
export interface Found {
  readonly records: number;
  readonly gaps: readonly MrtGap[];
  readonly faults: readonly string[];
}

/** Reads a file that is given in pieces of `chunk` octets. */
export function readAll(bytes: Uint8Array, visitor: MrtVisitor, chunk = 1 << 16): Found {
  const reader = mrtReader();
  const walker = createWalker(visitor);
  const gaps: MrtGap[] = [];
  const faults: string[] = [];
  for (let at = 0; ; ) {
    const step = reader.next();
    if (step === 'end') return { records: reader.record.number, gaps, faults };
    if (step === 'record') {
      const wrong = walker.walk(reader.record);
      if (wrong !== null) faults.push(wrong);
    } else if (step !== 'more') gaps.push(step);
    else if (at < bytes.length) {
      // A copy: what was given stays the giver's, who may write there again.
      reader.feed(bytes.slice(at, at + chunk));
      at += chunk;
    } else reader.finish();
  }
}

/** The lines of a file. */
export function linesOf(bytes: Uint8Array, chunk?: number): Found & { readonly text: string } {
  const parts: Uint8Array[] = [];
  const lines = bgpdumpLines(text => parts.push(text));
  const found = readAll(bytes, lines, chunk);
  lines.flush();
  return { ...found, text: Buffer.concat(parts).toString('latin1') };
}

/** The elements of a file. */
export function elementsIn(
  bytes: Uint8Array,
): Found & { readonly elements: readonly Readonly<Record<string, unknown>>[] } {
  const parts: Uint8Array[] = [];
  const lines = elementLines(text => parts.push(text));
  const found = readAll(bytes, lines);
  lines.flush();
  const elements = Buffer.concat(parts)
    .toString()
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line));
  return { ...found, elements };
}

/** Names of the files of the data folder; none when it is not there. */
export const dataFiles = (): readonly string[] => (existsSync(DATA) ? readdirSync(DATA, { encoding: 'utf8' }) : []);

/** The octets of a file of the data folder; null when it is not there. */
export function dataFile(name: string): Uint8Array | null {
  const file = `${DATA}${name}`;
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** What the real bgpdump prints; null when it is not installed. */
export function realBgpdump(file: string): string | null {
  try {
    return execFileSync('bgpdump', ['-m', file], {
      encoding: 'latin1',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
