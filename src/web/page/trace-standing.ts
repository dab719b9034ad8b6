/** How an AS stands to the exchange of traces, in one word: what the table and the drawing say of it. */
import type { TracebackPeerRow } from '../../control/traceback-rows.ts';
import type { BelievedRecord } from '../../traceback/belief.ts';

/**
 * `up`: its session is; `down`: it is a peer without one; `idle`: a member that is dialled when there is something to ask;
 * `disabled`: its session is held down here; `known`: it has said that it takes part, and is no peer; `doubted`: nobody
 * vouches for that; `withdrawn`: it takes part no more; `absent`: nothing is known of its taking part.
 */
export type Standing = 'own' | 'up' | 'down' | 'idle' | 'disabled' | 'known' | 'doubted' | 'withdrawn' | 'absent';

/** Classes of colours as in the tree of a trace, and marks, so that nothing is said by colour alone. */
export const LOOKS: Readonly<Record<Standing, { readonly look: string; readonly mark: string }>> = {
  own: { look: 'own', mark: '◆' },
  up: { look: 'seen', mark: '●' },
  down: { look: 'silent', mark: '✗' },
  idle: { look: 'weak', mark: '◐' },
  disabled: { look: 'declined', mark: '⏸' },
  known: { look: 'weak', mark: '◐' },
  doubted: { look: 'conflict', mark: '!' },
  withdrawn: { look: 'declined', mark: '–' },
  absent: { look: 'absent', mark: '○' },
};

export function standingOf(peer: TracebackPeerRow | undefined, record: BelievedRecord | null | undefined): Standing {
  if (peer !== undefined && peer.disabled !== null) return 'disabled';
  if (peer?.state === 'Established') return 'up';
  if (record?.record.withdrawn) return 'withdrawn';
  if (peer?.kind === 'peer') return 'down';
  if (peer !== undefined) return peer.lastError === '' ? 'idle' : 'down';
  if (record == null) return 'absent';
  return record.believed === 'none' ? 'doubted' : 'known';
}
