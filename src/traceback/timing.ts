/** How long the parts of a session between two ASes wait for each other. */

/** Times of the session, ms; `hold` is offered in OPEN in whole seconds. */
export interface Timing {
  readonly hold: number;
  /** TLS and OPEN together. */
  readonly open: number;
  readonly retryFirst: number;
  readonly retryMost: number;
  /** How long a peer that overran a limit is not spoken to. */
  readonly shun: number;
  /** How long a session on demand stays up after the last QUERY. */
  readonly idle: number;
  /** How long what is in work is kept when the connection is cut: told in OPEN in whole seconds. */
  readonly restart: number;
  /** How often it is looked whether the certificate that began a session is still believed. */
  readonly belief: number;
}

export const TIMING: Timing = {
  hold: 30_000,
  open: 10_000,
  retryFirst: 1000,
  retryMost: 60_000,
  shun: 10_000,
  idle: 600_000,
  restart: 5000,
  belief: 60_000,
};
