/** A window that has ended: the digests seen in ten seconds, in filters that don't change any more. */
import type { Span } from '../covered-time.ts';
import type { Vantage } from '../question.ts';
import type { FingerprintBits, SealedFilter } from './sealed-filter.ts';

/** What one vantage saw of a window. */
export interface SealedVantage {
  readonly vantage: Vantage;
  /** First and last second in which something was seen, both included. */
  readonly first: number;
  readonly last: number;
  readonly packets: number;
  readonly lost: number;
}

export interface KeptWindow {
  readonly number: number;
  /** 0, or more for what came after the window was sealed. */
  readonly part: number;
  /** When it was sealed, ms since the epoch. */
  readonly sealed: number;
  /** Seconds of it in which all that came was taken in, without their ends. */
  readonly covered: readonly Span[];
  /** Share of the digests kept, by their value: a power of two. */
  readonly sampling: number;
  /** Names the key that the digests were made with (packet/itk1.ts, keyCheck); null when that is not known. */
  readonly digestKey: string | null;
  /** Names the key that the digests are stored under: 16 hex digits. */
  readonly storageKey: string;
  /** What hides the window's own key until that is told (proof/window-tree.ts), 32 octets. */
  readonly hiddenKey: Uint8Array;
  readonly bits: FingerprintBits;
  readonly vantages: readonly SealedVantage[];
  /**
   * 2^n filters, one for each range of digests by their upper bits; none when all that was seen was lost. Their vantages
   * are positions in `vantages`.
   */
  readonly filters: readonly SealedFilter[];
  /**
   * Hashes of all shards of all filters in their order, and the one beside the tree, 32 octets each: of these a proof of
   * sight is made (proof/window-tree.ts).
   */
  readonly hashes: Uint8Array;
}

/** What a window, each of its vantages and each of its tables weigh besides the filters' octets, as it was measured. */
const WINDOW_OCTETS = 2048;
const VANTAGE_OCTETS = 128;
const TABLE_OCTETS = 256;

/** Octets of memory that a window takes; `mapped` ones have their filters' octets elsewhere. */
export function windowOctets({ vantages, filters, hashes }: KeptWindow, mapped: boolean): number {
  const tables = filters.reduce((sum, filter) => sum + filter.tables.length, 0);
  const own = WINDOW_OCTETS + VANTAGE_OCTETS * vantages.length + TABLE_OCTETS * tables;
  return mapped ? own : filters.reduce((sum, { octets }) => sum + octets.byteLength, own + hashes.byteLength);
}

/** Place of the filter that a digest with this upper half belongs to. */
export function rangeOf(high: number, filters: number): number {
  return filters <= 1 ? 0 : high >>> (32 - Math.log2(filters));
}
