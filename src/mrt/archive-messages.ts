/**
 * What crosses the border to the archive's thread: plain messages and buffers that are handed over. Collectors speak to it
 * through ports of their own, so that no batch passes the main thread.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ArchiveOptions, ArchiveStatus, ClosedFile } from './archive.ts';
import type { PeerIndex } from './peer-index.ts';

/** From the main thread. The first is `open`. */
export type ToArchive =
  | { readonly type: 'open'; readonly options: ArchiveOptions }
  /** The other end of a port that a collector has. */
  | { readonly type: 'connect'; readonly port: MessagePort }
  /** A table begins; so many collectors each send their part of it and its end. */
  | { readonly type: 'rib-begin'; readonly time: number; readonly table: PeerIndex; readonly parts: number }
  | { readonly type: 'sync'; readonly id: number }
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'close' };

/** From a collector, its octets transferred. */
export type FromSource =
  /** Whole BGP4MP records (`recordBatch`). */
  | { readonly type: 'records'; readonly octets: Uint8Array }
  /** Whole RIB records (`ribRecordWriter`) of the table of `time`; no more than `took` said may be under way. */
  | { readonly type: 'rib'; readonly time: number; readonly octets: Uint8Array }
  | { readonly type: 'rib-end'; readonly time: number };

/** To a collector: so many octets of its records, or of its RIB records, were written or given up. */
export type ToSource = { readonly type: 'took'; readonly of: 'records' | 'rib'; readonly octets: number };

/** To the main thread. */
export type FromArchive =
  | { readonly type: 'opened' }
  /** It cannot be opened. */
  | { readonly type: 'failed'; readonly error: string }
  | { readonly type: 'closed-file'; readonly file: ClosedFile }
  | { readonly type: 'alarm'; readonly text: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'rib-due'; readonly time: number }
  | { readonly type: 'answer'; readonly id: number; readonly status: ArchiveStatus }
  | { readonly type: 'closed' };
