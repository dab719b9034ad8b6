/** BMP messages (RFC 7854 section 4) as values. What they carry of BGP is left in place, for the decoder of bgp/. */
import { HEADER_LENGTH as BGP_HEADER, UPDATE } from '../bgp/message.ts';
import { Cursor } from '../net/cursor.ts';
import type { BmpError } from './errors.ts';
import {
  HEADER_LENGTH,
  INITIATION,
  PEER_DOWN,
  PEER_UP,
  ROUTE_MIRRORING,
  ROUTE_MONITORING,
  STATISTICS_REPORT,
  TERMINATION,
} from './framer.ts';
import { decodeInformation, type Information, REASON } from './information.ts';
import { decodeMirroring, type Mirrored } from './mirroring.ts';
import { decodePeerDown, type PeerDown } from './peer-down.ts';
import { decodePeerHeader, FLAG_V, LOC_RIB, PEER_HEADER_LENGTH, type PeerHeader } from './peer-header.ts';
import { decodePeerUp, type PeerUp } from './peer-up.ts';
import { decodeStatistics, type Statistic } from './statistics.ts';

export type BmpMessage =
  /** The whole UPDATE stands in the buffer from `start` to `end`, its BGP header included. */
  | { readonly kind: 'route-monitoring'; readonly peer: PeerHeader; readonly start: number; readonly end: number }
  | { readonly kind: 'statistics'; readonly peer: PeerHeader; readonly statistics: readonly Statistic[] }
  | { readonly kind: 'peer-down'; readonly peer: PeerHeader; readonly down: PeerDown }
  | { readonly kind: 'peer-up'; readonly peer: PeerHeader; readonly up: PeerUp }
  | { readonly kind: 'initiation'; readonly information: readonly Information[] }
  | { readonly kind: 'termination'; readonly information: readonly Information[] }
  | { readonly kind: 'route-mirroring'; readonly peer: PeerHeader; readonly mirrored: Mirrored }
  /** To be passed over (RFC 7854 section 4.1). */
  | { readonly kind: 'unknown'; readonly type: number };

/** Reads a whole message, its length already checked by the framer. */
export function decodeMessage(buffer: Uint8Array, start: number, end: number): BmpMessage | BmpError {
  const type = buffer[start + 5] ?? -1;
  const c = new Cursor(buffer, start + HEADER_LENGTH, end);
  const wrong = (clause: string, what: string): BmpError => ({
    offset: Math.min(c.offset, end) - start,
    clause: `RFC 7854 ${clause}`,
    what,
  });
  if (type === INITIATION || type === TERMINATION) {
    const information = decodeInformation(c);
    if (information === null)
      return wrong(type === INITIATION ? '4.3' : '4.5', 'an information TLV overruns the message');
    return { kind: type === INITIATION ? 'initiation' : 'termination', information };
  }
  if (type < ROUTE_MONITORING || type > ROUTE_MIRRORING) return { kind: 'unknown', type };

  const peer = decodePeerHeader(c);
  if (c.failed) return wrong('4.2', `the per-peer header has ${PEER_HEADER_LENGTH} octets`);
  switch (type) {
    case STATISTICS_REPORT: {
      const statistics = decodeStatistics(c);
      return typeof statistics === 'string' ? wrong('4.8', statistics) : { kind: 'statistics', peer, statistics };
    }
    case PEER_DOWN: {
      const down = decodePeerDown(c);
      return typeof down === 'string' ? wrong('4.9', down) : { kind: 'peer-down', peer, down };
    }
    case PEER_UP: {
      const up = decodePeerUp(c, peer.type !== LOC_RIB && (peer.flags & FLAG_V) !== 0);
      return typeof up === 'string' ? wrong('4.10', up) : { kind: 'peer-up', peer, up };
    }
    case ROUTE_MIRRORING: {
      const mirrored = decodeMirroring(c);
      return typeof mirrored === 'string' ? wrong('4.7', mirrored) : { kind: 'route-mirroring', peer, mirrored };
    }
    default: {
      const error = checkRouteMonitoring(buffer, start, end);
      return error ?? { kind: 'route-monitoring', peer, start: start + UPDATE_AT, end };
    }
  }
}

/** Where the UPDATE of a Route Monitoring message begins, counted from the start of the message. */
export const UPDATE_AT = HEADER_LENGTH + PEER_HEADER_LENGTH;
/** Where the body of that UPDATE begins. */
export const UPDATE_BODY_AT = UPDATE_AT + BGP_HEADER;

/** What keeps a message from being exactly one UPDATE behind its per-peer header (RFC 7854 section 4.6); null when it is. */
export function checkRouteMonitoring(buffer: Uint8Array, start: number, end: number): BmpError | null {
  const at = start + UPDATE_AT;
  const clause = 'RFC 7854 4.6';
  if (end - at < BGP_HEADER) return { offset: end - start, clause, what: 'no UPDATE behind the per-peer header' };
  for (let i = at; i < at + 16; i++)
    if (buffer[i] !== 0xff) return { offset: i - start, clause, what: 'no BGP message behind the per-peer header' };
  const length = (buffer[at + 16]! << 8) | buffer[at + 17]!;
  if (length !== end - at) {
    const what = `an UPDATE of ${length} octets, where ${end - at} are left`;
    return { offset: UPDATE_AT + 16, clause, what };
  }
  if (buffer[at + 18] === UPDATE) return null;
  return { offset: UPDATE_AT + 18, clause, what: `a BGP message of type ${buffer[at + 18]}, UPDATE is expected` };
}

/** Reasons of a Termination (RFC 7854 section 4.5). */
const TERMINATIONS = [
  'administratively closed',
  'unspecified reason',
  'out of resources',
  'redundant connection',
  'permanently administratively closed',
];

/** Why a router ends its reports, in words. */
export function terminationReason(information: readonly Information[]): string {
  const value = information.find(({ type }) => type === REASON)?.value;
  if (value === undefined || value.length !== 2) return 'no reason told';
  const code = (value[0]! << 8) | value[1]!;
  return TERMINATIONS[code] ?? `reason ${code}`;
}
