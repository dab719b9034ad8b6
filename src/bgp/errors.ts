import type { Family } from './family.ts';

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
  /** Offset of the bad octet in the buffer that was decoded, where it is one octet that is bad. */
  readonly offset?: number;
}

/**
 * The error-handling approaches of RFC 7606 section 2, weakest first; the strongest of one UPDATE wins (section 3 h).
 * `accept` stands before them: nothing was wrong. `ignore-route` is that of RFC 4271 section 6.3 for a next hop that
 * is well-formed and of no use: its routes are withdrawn as with treat-as-withdraw, but nothing was malformed.
 */
export const ACTIONS = [
  'accept',
  'attribute-discard',
  'ignore-route',
  'treat-as-withdraw',
  'afi-safi-disable',
  'session-reset',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What is wrong with the value of an attribute, where the attribute's own rule does not say all of it. */
export interface Damage {
  readonly what: string;
  /** The text that makes it an error, when it is not the one of the rule. */
  readonly clause?: string;
  /** The family that the attribute spoke of, as far as it can be told. */
  readonly family?: Family;
}

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
  /** The family to be disabled (RFC 4760 section 7), with `afi-safi-disable`. */
  readonly family?: Family;
}

/** Something odd and yet acceptable: the route is stored, and the operator is told. */
export interface Remark {
  readonly code: number;
  readonly offset: number;
  readonly clause: string;
  readonly what: string;
}

const NO_DATA = new Uint8Array(0);

/** Builds a session error; `data` is the Data field of the NOTIFICATION, empty by default. */
export function sessionError(code: number, subcode: number, what: string, data: Uint8Array = NO_DATA): SessionError {
  return { code, subcode, data, what };
}

/** The same with the place of the bad octet. */
export function sessionErrorAt(
  offset: number,
  code: number,
  subcode: number,
  what: string,
  data: Uint8Array = NO_DATA,
): SessionError {
  return { code, subcode, data, what, offset };
}

/** The stronger of two actions. */
export function stronger(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) >= ACTIONS.indexOf(b) ? a : b;
}

/** True for the error half of an answer that is either a value or the error that ends the session. */
export function isSessionError(answer: object): answer is SessionError {
  return 'subcode' in answer;
}
