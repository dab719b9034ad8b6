/** What the commands about bridges need of the daemon. */
import type { BridgeRow } from '../bridge/bridged.ts';
import type { RidEntry } from '../bridge/rid-book.ts';
import type { RidDesk, RidPeerRow } from '../bridge/rid-desk.ts';

export type { BridgeRow, RidEntry, RidPeerRow };

export interface BridgeAnswers {
  bridges(): Promise<readonly BridgeRow[]>;
  ridPeers(): Promise<readonly RidPeerRow[]>;
  ridEntries(): Promise<readonly RidEntry[]>;
  /** Rejects, in words, when no request of this number waits. */
  readonly ridDecide: RidDesk['decide'];
  /** Rejects, in words, when there is no such peer; what became of it at the peer is in the entry. */
  readonly ridSend: RidDesk['send'];
}
