/** When a mirrored source is out of date, and what is wrong with it in words: for the log, `show status`, `show irr`, `explain`. */
import type { SourceStatus } from './held-source.ts';

const HOUR = 3_600_000;
/** A source is out of date when its file has not been written for so long. */
const STALE = 48 * HOUR;

export type TroubledSource = Pick<SourceStatus, 'transport' | 'stale' | 'age' | 'lastError'>;

/**
 * A server may be busy, so it has three looks; a file that is wrong now will be wrong at the next look, and one that nobody
 * writes any more is not vouched for by anybody.
 */
export function outOfDate({ transport, stale, age, lastError }: TroubledSource): boolean {
  if (transport === 'none') return false;
  return stale || age === null || (transport === 'file' && (age > STALE || lastError !== ''));
}

/** What is wrong with a source, a line at most; nothing when it is well, or not mirrored. */
export function troubleOf(row: TroubledSource): string[] {
  const { transport, age, lastError } = row;
  if (lastError !== '') return [lastError];
  if (!outOfDate(row)) return [];
  if (age === null) return ['no copy of it has come yet'];
  const ago = `${inWords(age)} ago`;
  return [`stale: ${transport === 'file' ? 'its file was written' : 'its copy was the newest one for certain'} ${ago}`];
}

/** The largest unit of which there are at least two. */
function inWords(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 120) return `${seconds} seconds`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} minutes` : `${Math.floor(seconds / 3600)} hours`;
}
