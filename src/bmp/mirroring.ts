import type { Cursor } from '../net/cursor.ts';

/** Route Mirroring behind its per-peer header (RFC 7854 section 4.7): messages as the router got them, malformed or not. */
export interface Mirrored {
  /** Each a whole BGP message, or what the router held for one; views, not copies. */
  readonly messages: readonly Uint8Array[];
  /** The router says that a message was malformed. */
  readonly errored: boolean;
  /** The router says that it could not mirror all. */
  readonly lost: boolean;
}

const BGP_MESSAGE = 0;
const INFORMATION = 1;
const ERRORED_PDU = 0;
const MESSAGES_LOST = 1;

/** Reads the body; TLVs of unknown types are passed over. Returns what is wrong in words, with the cursor near the place. */
export function decodeMirroring(c: Cursor): Mirrored | string {
  const messages: Uint8Array[] = [];
  const codes: number[] = [];
  while (c.left > 0) {
    const type = c.u16();
    const value = c.sub(c.u16());
    if (c.failed) break;
    if (type === BGP_MESSAGE) messages.push(value.view(value.left));
    else if (type === INFORMATION) codes.push(value.u16());
  }
  if (c.failed) return 'a mirroring TLV overruns the message';
  return { messages, errored: codes.includes(ERRORED_PDU), lost: codes.includes(MESSAGES_LOST) };
}

/** The body of a Route Mirroring message. */
export function encodeMirroring({ messages, errored, lost }: Mirrored): Uint8Array {
  const code = (value: number) => [0, INFORMATION, 0, 2, 0, value];
  return Uint8Array.from([
    ...(errored ? code(ERRORED_PDU) : []),
    ...(lost ? code(MESSAGES_LOST) : []),
    ...messages.flatMap(message => [0, BGP_MESSAGE, message.length >> 8, message.length & 0xff, ...message]),
  ]);
}
