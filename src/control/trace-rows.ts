/** Rows about those with whom traces are exchanged. */

/** Row of `show traceback`. */
export interface TracePeerRow {
  readonly as: number;
  readonly address: string;
  readonly state: string;
  readonly since: number;
  readonly in: 'allow' | 'deny';
  readonly out: 'allow' | 'deny';
  /** Questions sent to it, and its questions answered and refused here. */
  readonly asked: number;
  readonly answered: number;
  readonly refused: number;
  readonly lastError: string;
  /** The last word of a peer that ended the session; empty when it said nothing, and when a session is up. */
  readonly said: string;
  /** By whom the session is held down, and with which words; null when it is not. */
  readonly disabled: { readonly by: string; readonly reason: string } | null;
}

/** What keeps a session with a trace peer from being up, in words: what was ordered here, what the peer said, what went wrong. */
export function peerTrouble({
  disabled,
  said,
  lastError,
}: Pick<TracePeerRow, 'disabled' | 'said' | 'lastError'>): string {
  if (disabled !== null) return `disabled by ${disabled.by}${disabled.reason === '' ? '' : `: ${disabled.reason}`}`;
  if (said === '') return lastError;
  const since = lastError === `peer says ${said}` ? '' : `; ${lastError}`;
  return `peer says ${said}${since}`;
}
