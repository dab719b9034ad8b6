/**
 * The two kinds of fault a peer can cause, as values. A session error ends the session: it maps one to one to the
 * NOTIFICATION that says so. An attribute error is one damage in one UPDATE, with its place, and what RFC 7606 makes of it.
 */

/** What is sent in the NOTIFICATION (RFC 4271 section 4.5). */
export interface SessionError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  /** In words, for the log and for `show`. */
  readonly what?: string;
}

/**
 * The error-handling approaches of RFC 7606 section 2, weakest first; the strongest of one UPDATE wins (section 3 h).
 * `accept` stands before them: nothing was wrong.
 */
export const ACTIONS = ['accept', 'attribute-discard', 'treat-as-withdraw', 'session-reset'] as const;
export type Action = (typeof ACTIONS)[number];

/** One damage in an UPDATE. */
export interface AttributeError {
  /** Path attribute type code; 0 when the damage is in the list of attributes or in an NLRI field. */
  readonly code: number;
  /** Offset of the bad octet in the buffer that was decoded. */
  readonly offset: number;
  /** The text that makes it an error: RFC and section. */
  readonly clause: string;
  readonly what: string;
  readonly action: Action;
}

const NO_DATA = new Uint8Array(0);

/** Builds a session error; `data` is the Data field of the NOTIFICATION, empty by default. */
export function sessionError(code: number, subcode: number, what: string, data: Uint8Array = NO_DATA): SessionError {
  return { code, subcode, data, what };
}

/** The stronger of two actions. */
export function stronger(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) >= ACTIONS.indexOf(b) ? a : b;
}

/** True for the error half of an answer that is either a value or the error that ends the session. */
export function isSessionError(answer: object): answer is SessionError {
  return 'subcode' in answer;
}
