/** What became of the routes that an archived UPDATE announces: an archive holds what was received, right or wrong. */
import { decodeUpdate } from '../bgp/update.ts';
import { NEXT_HOP } from './attribute-places.ts';
import type { DumpedMessage } from './bgp4mp.ts';

const UNICAST = [1, 2].map(afi => ({ afi, safi: 1 }));

/**
 * `withdrawn`: `why` in words (RFC 7606); `none`: the message ended the session, or its routes look as if they had path identifiers
 * that nobody agreed on (RFC 7911), and nothing of it counts.
 */
export type ArchivedVerdict =
  | { readonly routes: 'held' | 'none' }
  | { readonly routes: 'withdrawn'; readonly why: string };

/**
 * Judges an archived UPDATE. Of its session a record tells the AS numbers and the form of the message; what else was agreed on
 * is taken to allow all that is there. A next hop is not asked for, and none is of no use: routers that are monitored
 * (RFC 7854) show routes of their own without.
 */
export function archivedVerdict(bytes: Uint8Array, message: DumpedMessage): ArchivedVerdict {
  const { start, end, as4, addPath, peerAs, localAs } = message;
  const { errors, notification, remarks } = decodeUpdate(bytes, start, end, {
    as4,
    ebgp: peerAs !== localAs,
    ipv4: true,
    ipv6: true,
    addPath: addPath ? UNICAST : [],
    extendedNextHop: UNICAST.slice(0, 1),
  });
  if (notification !== null || remarks.some(({ clause }) => clause === 'RFC 7911 3')) return { routes: 'none' };
  const fault = errors.find(
    ({ action, code, clause }) => action === 'treat-as-withdraw' && !(code === NEXT_HOP && clause === 'RFC 7606 3 d'),
  );
  return fault === undefined ? { routes: 'held' } : { routes: 'withdrawn', why: `${fault.what} (${fault.clause})` };
}
