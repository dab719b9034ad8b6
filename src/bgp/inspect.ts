import type { UpdateContext } from './context.ts';
import type { Action, AttributeError, SessionError } from './errors.ts';
import { isSessionError, sessionErrorAt } from './errors.ts';
import {
  checkHeader,
  HEADER_LENGTH,
  MAX_EXTENDED_LENGTH,
  MAX_LENGTH,
  messageName,
  NOTIFICATION,
  OPEN,
  ROUTE_REFRESH,
  UPDATE,
} from './message.ts';
import { roleMismatch } from './negotiate.ts';
import { decodeNotification } from './notification.ts';
import { roleOf } from './offers.ts';
import { decodeOpen, type Open } from './open.ts';
import { decodeRouteRefresh, type RouteRefresh } from './route-refresh.ts';
import { type DecodedUpdate, decodeUpdate } from './update.ts';

/** What the reading of a message depends on. */
export interface MessageContext extends UpdateContext {
  /** Messages may be 65535 octets long (RFC 8654). */
  readonly extendedMessage: boolean;
  /** The AS that the peer must be; any without. */
  readonly peerAs?: number;
}

/** One message read whole, of whatever type, with the verdict on it. */
export interface Inspection {
  /** Message type; 0 when the message ends before it. */
  readonly type: number;
  readonly action: Action;
  /** What is to be sent when the action is `session-reset`. */
  readonly notification: SessionError | null;
  /** Offsets count from the first octet of the marker. */
  readonly errors: readonly AttributeError[];
  /** What the message says; null when it says nothing (KEEPALIVE) or is not to be read. */
  readonly body:
    | { readonly open: Open }
    | { readonly update: DecodedUpdate }
    | { readonly received: SessionError }
    | { readonly refresh: RouteRefresh }
    | null;
}

/**
 * Reads one whole message, marker and all, and judges it: header (RFC 4271 section 6.1), OPEN (section 6.2), UPDATE (RFC
 * 7606), ROUTE-REFRESH (RFC 7313 section 5). `message` must hold the message and nothing behind it.
 */
export function inspectMessage(message: Uint8Array, context: MessageContext): Inspection {
  const type = message[HEADER_LENGTH - 1] ?? 0;
  const end = message.length;
  const header = headerError(message, context.extendedMessage ? MAX_EXTENDED_LENGTH : MAX_LENGTH);
  if (header !== null) return reset(type, header, 'RFC 4271 6.1');

  if (type === OPEN) {
    const open = decodeOpen(message, HEADER_LENGTH, end);
    if (isSessionError(open)) return reset(type, open, OPEN_CLAUSES[open.subcode] ?? 'RFC 4271 6.2');
    const refused = refusal(open, context);
    if (refused === null) return sound(type, { open });
    return { ...reset(type, refused, REFUSAL_CLAUSES[refused.subcode] ?? 'RFC 4271 6.2'), body: { open } };
  }
  if (type === ROUTE_REFRESH) {
    const refresh = decodeRouteRefresh(message, HEADER_LENGTH, end);
    return isSessionError(refresh) ? reset(type, refresh, 'RFC 7313 5') : sound(type, { refresh });
  }
  if (type === NOTIFICATION) return sound(type, { received: decodeNotification(message, HEADER_LENGTH, end) });
  if (type === UPDATE) {
    const update = decodeUpdate(message, HEADER_LENGTH, end, context);
    const { action, notification, errors } = update;
    return { type, action, notification, errors, body: { update } };
  }
  return sound(type, null);
}

/** Texts besides RFC 4271 section 6.2 that say what an OPEN must not hold, by subcode. */
const OPEN_CLAUSES: Readonly<Record<number, string>> = { 2: 'RFC 7607 2', 3: 'RFC 6286 2.2' };

/** Texts by which an OPEN that is well-formed is refused, by subcode. */
const REFUSAL_CLAUSES: Readonly<Record<number, string>> = { 11: 'RFC 9234 4.2' };

/** Why an OPEN ends the session that says nothing wrong in itself: another AS, or a role that does not go with ours. */
function refusal({ as, capabilities }: Open, { ebgp, role, peerAs }: MessageContext): SessionError | null {
  if (peerAs !== undefined && as !== peerAs)
    return sessionErrorAt(HEADER_LENGTH + 1, 2, 2, `peer is AS ${as}, AS ${peerAs} is expected`);
  if (!ebgp) return null;
  const contradicts = roleOf(capabilities) === 'contradicting' ? 'the peer says two roles' : null;
  const mismatch = role === undefined ? contradicts : roleMismatch(role.ours, capabilities, false);
  return mismatch === null ? null : sessionErrorAt(HEADER_LENGTH + 9, 2, 11, mismatch);
}

function headerError(message: Uint8Array, maxLength: number): SessionError | null {
  const octets = message.length;
  if (octets < HEADER_LENGTH) return sessionErrorAt(octets, 1, 2, `${octets} octets, a header has ${HEADER_LENGTH}`);
  const error = checkHeader(message, 0, maxLength);
  if (error !== null) return error;
  const field = message.subarray(16, 18);
  const length = (field[0]! << 8) | field[1]!;
  if (length === octets) return null;
  const what = `${messageName(message[18]!)} of ${length} octets by its header, ${octets} are there`;
  return sessionErrorAt(16, 1, 2, what, new Uint8Array(field));
}

function sound(type: number, body: Inspection['body']): Inspection {
  return { type, action: 'accept', notification: null, errors: [], body };
}

function reset(type: number, notification: SessionError, clause: string): Inspection {
  const { offset = 0, what = '' } = notification;
  const errors: AttributeError[] = [{ code: 0, offset, clause, what, action: 'session-reset' }];
  return { type, action: 'session-reset', notification, errors, body: null };
}
