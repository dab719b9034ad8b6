/** What the commands about bridges need of the daemon. */
import type { BridgeRow } from '../bridge/bridged.ts';
import type { EntryContacts } from '../bridge/conclusion.ts';
import type { RidEntry } from '../bridge/rid-book.ts';
import type { RidPeerRow } from '../bridge/rid-counts.ts';
import type { RidDesk } from '../bridge/rid-desk.ts';
import type { Trace } from '../traceback/trace.ts';

export type { BridgeRow, RidEntry, RidPeerRow };

export interface BridgeAnswers {
  /** Our AS, and the federation whose keys digests are made with; empty: none. */
  tracesAs(): { readonly as: number; readonly federation: string };
  /** Whom to call about its entry: what is known at once, or, with a signal, what the sources answer until it aborts. */
  traceContacts(trace: Trace, signal: AbortSignal | null): Promise<readonly EntryContacts[]>;
  bridges(): Promise<readonly BridgeRow[]>;
  ridPeers(): Promise<readonly RidPeerRow[]>;
  ridEntries(): Promise<readonly RidEntry[]>;
  /** Rejects, in words, when no request of this number waits. */
  readonly ridDecide: RidDesk['decide'];
  /** Rejects, in words, when there is no such peer; what became of it at the peer is in the entry. */
  readonly ridSend: RidDesk['send'];
}
