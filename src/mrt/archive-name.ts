/** Names in an archive, as RIPE RIS has them: `2026.03/updates.20260301.1205.gz`, `2026.03/bview.20260301.0800.gz`, in UTC. */

/** How files are packed; the name's end tells. */
export type Compression = 'gzip' | 'zstd' | 'none';

export type ArchiveKind = 'updates' | 'bview';

export interface ArchiveName {
  readonly kind: ArchiveKind;
  /** Begin of the window, milliseconds since the epoch, a whole minute. */
  readonly start: number;
  readonly compress: Compression;
  /** A table whose writing was broken off: its end is missing, though each record is whole. */
  readonly incomplete: boolean;
}

const ENDS: Readonly<Record<Compression, string>> = { gzip: '.gz', zstd: '.zst', none: '' };
const PATTERN =
  /^(?:\d{4}\.\d{2}\/)?(updates|bview)\.(\d{4})(\d{2})(\d{2})\.(\d{2})(\d{2})(\.incomplete)?(\.gz|\.zst)?$/;

/** Path of a file below the archive's directory. */
export function formatArchiveName({ kind, start, compress, incomplete }: ArchiveName): string {
  const [year, month, day, hour, minute] = new Date(start).toISOString().split(/[-T:]/);
  const name = `${kind}.${year}${month}${day}.${hour}${minute}`;
  return `${year}.${month}/${name}${incomplete ? '.incomplete' : ''}${ENDS[compress]}`;
}

/** What a name says, with or without its folder; null for a name that is none of ours. */
export function parseArchiveName(name: string): ArchiveName | null {
  const match = PATTERN.exec(name);
  if (match === null) return null;
  const [, kind, year, month, day, hour, minute, incomplete, end] = match;
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  const compress = end === '.gz' ? 'gzip' : end === '.zst' ? 'zstd' : 'none';
  return { kind: kind as ArchiveKind, start, compress, incomplete: incomplete !== undefined };
}

/** The begin of the window of `length` milliseconds that holds `time`. Windows begin at midnight UTC and multiples after it. */
export const windowOf = (time: number, length: number): number => Math.floor(time / length) * length;
