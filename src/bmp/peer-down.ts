import type { SessionError } from '../bgp/errors.ts';
import { HEADER_LENGTH as BGP_HEADER, NOTIFICATION } from '../bgp/message.ts';
import { decodeNotification, encodeNotification, formatNotification } from '../bgp/notification.ts';
import type { Cursor } from '../net/cursor.ts';
import { decodeInformation, encodeInformation, type Information } from './information.ts';

/** What stands behind the reason of a Peer Down. */
type Data = 'notification' | 'event' | 'information' | 'nothing';

/** Reasons of a Peer Down: RFC 7854 section 4.9, 6 is RFC 9069 section 5.3. */
const REASONS: readonly (readonly [Data, string] | undefined)[] = [
  undefined,
  ['notification', 'the router ended the session, sent'],
  ['event', 'the router ended the session'],
  ['notification', 'the peer ended the session, sent'],
  ['nothing', 'the peer ended the session without a word'],
  ['nothing', 'the router no longer monitors the peer'],
  ['information', 'the router closed the table'],
];

/** Peer Down Notification behind its per-peer header (RFC 7854 section 4.9). */
export interface PeerDown {
  readonly reason: number;
  /** Reasons 1 and 3. */
  readonly notification: SessionError | null;
  /** Reason 2: the event of the FSM (RFC 4271 section 8.1), 0 when there is none to tell. */
  readonly event: number;
  /** Reason 6. */
  readonly information: readonly Information[];
}

/** Reads the body. Returns what is wrong in words, with the cursor near the place. A reason that is unknown is kept. */
export function decodePeerDown(c: Cursor): PeerDown | string {
  const reason = c.u8();
  if (c.failed) return 'a Peer Down without a reason';
  const down = { reason, notification: null, event: 0, information: [] };
  switch (REASONS[reason]?.[0]) {
    case 'notification': {
      const marker = c.view(16);
      const length = c.u16();
      const type = c.u8();
      const start = c.offset;
      c.skip(length - BGP_HEADER);
      const sound = !c.failed && type === NOTIFICATION && length >= BGP_HEADER + 2;
      if (!sound || marker.some(octet => octet !== 0xff)) return 'the NOTIFICATION of the Peer Down is none';
      return { ...down, notification: decodeNotification(c.bytes, start, c.offset) };
    }
    case 'event': {
      const event = c.u16();
      return c.failed ? 'a Peer Down without its FSM event' : { ...down, event };
    }
    case 'information': {
      const information = decodeInformation(c);
      return information === null ? 'an information TLV overruns the message' : { ...down, information };
    }
    default:
      return down;
  }
}

/** The body of a Peer Down; reasons 1 and 3 need a notification. */
export function encodePeerDown({ reason, notification, event, information }: PeerDown): Uint8Array {
  switch (REASONS[reason]?.[0]) {
    case 'notification':
      return Uint8Array.from([reason, ...(notification === null ? [] : encodeNotification(notification))]);
    case 'event':
      return Uint8Array.of(reason, event >> 8, event & 0xff);
    case 'information':
      return Uint8Array.from([reason, ...encodeInformation(information)]);
    default:
      return Uint8Array.of(reason);
  }
}

/** Why the session went down, in words: `the peer ended the session, sent Cease/Administrative Reset`. */
export function formatPeerDown({ reason, notification, event }: PeerDown): string {
  const words = REASONS[reason]?.[1] ?? `reason ${reason}`;
  if (notification !== null) return `${words} ${formatNotification(notification)}`;
  return event === 0 ? words : `${words}, FSM event ${event}`;
}
