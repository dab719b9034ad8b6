/** What the routes of a peer of a table begin with: a table has one time and few peers, so it is made once for each. */
import type { MrtRecord } from './records.ts';
import { writeCopy } from './text-octets.ts';
import type { DumpedRoute } from './walk.ts';

/** Octets that suffice for it. */
const PEER_ROOM = 256;

/** Writes to `out` at `at` and returns the offset behind what was written; up to three octets more are written. */
export type WriteRoute = (out: DataView, at: number, record: MrtRecord, route: DumpedRoute) => number;

interface PeerText {
  readonly afi: 1 | 2;
  readonly as: number;
  readonly address: Uint8Array;
  readonly text: DataView;
  readonly length: number;
}

/** Places for peers; those that share one cost time, no more. */
const PLACES = 1024;

function isOf(known: PeerText, { peerAfi, peerAs, peerBytes, peerAddress }: DumpedRoute): boolean {
  if (known.as !== peerAs || known.afi !== peerAfi) return false;
  const { address } = known;
  let same = 0;
  while (same < address.length && address[same] === peerBytes[peerAddress + same]) same++;
  return same === address.length;
}

/** Writes what `make` writes, or a copy of it. It must depend on type, subtype and seconds of the record and on the peer. */
export function peerText(make: WriteRoute): WriteRoute {
  const peers: (PeerText | null)[] = Array.from({ length: PLACES }, () => null);
  let type = 0;
  let subtype = 0;
  let seconds = 0;
  return (out, at, record, route) => {
    if (record.seconds !== seconds || record.subtype !== subtype || record.type !== type) {
      ({ type, subtype, seconds } = record);
      peers.fill(null);
    }
    const place = (route.peerIndex < 0 ? route.peerAs : route.peerIndex) & (PLACES - 1);
    let known = peers[place]!;
    if (known === null || !isOf(known, route)) {
      const { peerBytes, peerAddress, peerAfi: afi, peerAs: as } = route;
      const text = new DataView(new ArrayBuffer(PEER_ROOM));
      const address = peerBytes.slice(peerAddress, peerAddress + (afi === 1 ? 4 : 16));
      known = { afi, as, address, text, length: make(text, 0, record, route) };
      peers[place] = known;
    }
    return writeCopy(out, at, known.text, 0, known.length);
  };
}
