import { isSessionError, type SessionError } from '../bgp/errors.ts';
import { HEADER_LENGTH as BGP_HEADER, OPEN } from '../bgp/message.ts';
import { decodeOpen, encodeOpen, type Open } from '../bgp/open.ts';
import type { Cursor } from '../net/cursor.ts';
import { decodeInformation, encodeInformation, type Information } from './information.ts';
import { decodePeerAddress, encodePeerAddress } from './peer-header.ts';

/** Peer Up Notification behind its per-peer header (RFC 7854 section 4.10). */
export interface PeerUp {
  /** The router's end of the session. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly remotePort: number;
  /** What the router sent and received; an OPEN that no BGP speaker would take is the error it is. */
  readonly sent: Open | SessionError;
  readonly received: Open | SessionError;
  readonly information: readonly Information[];
}

/** Reads the body; `ipv6` is the V flag. Returns what is wrong in words, with the cursor near the place. */
export function decodePeerUp(c: Cursor, ipv6: boolean): PeerUp | string {
  const localAddress = decodePeerAddress(c, ipv6);
  const localPort = c.u16();
  const remotePort = c.u16();
  const sent = decodePdu(c);
  if (sent === null) return 'the OPEN that the router sent is none';
  const received = decodePdu(c);
  if (received === null) return 'the OPEN that the router received is none';
  const information = decodeInformation(c);
  if (information === null) return 'an information TLV overruns the message';
  return { localAddress, localPort, remotePort, sent, received, information };
}

/** An OPEN with its BGP header; null when there is no such message. */
function decodePdu(c: Cursor): Open | SessionError | null {
  const marker = c.view(16);
  const length = c.u16();
  const type = c.u8();
  const start = c.offset;
  c.skip(length - BGP_HEADER);
  if (c.failed || type !== OPEN || marker.some(octet => octet !== 0xff)) return null;
  return decodeOpen(c.bytes, start, c.offset);
}

/** The body of a Peer Up; an OPEN that is an error becomes one that says nothing. */
export function encodePeerUp({ localAddress, localPort, remotePort, sent, received, information }: PeerUp): Uint8Array {
  const pdu = (open: Open | SessionError) =>
    encodeOpen(isSessionError(open) ? { version: 4, as: 1, holdTime: 0, id: '0.0.0.1', capabilities: [] } : open);
  return Uint8Array.from([
    ...encodePeerAddress(localAddress),
    ...[localPort >> 8, localPort & 0xff, remotePort >> 8, remotePort & 0xff],
    ...pdu(sent),
    ...pdu(received),
    ...encodeInformation(information),
  ]);
}
