/**
 * The route path of a family whose routes come with path identifiers (ADD-PATH, RFC 7911 section 3), several for one prefix. A
 * slower road than that of ingest.ts, chosen once for a field of NLRI.
 */
import type { Afi } from '../net/address.ts';
import { addCount, pathsOf, type Rib } from '../rib/adj-rib-in.ts';
import { putPath, takePath } from '../rib/paths.ts';
import type { IngestPeer } from './ingest-peer.ts';
import type { NlriIds } from './nlri-ids.ts';
import type { VerdictMemo } from './verdict-memo.ts';
import type { Witnesses } from './witness.ts';

/** `excess`: a path was not held, for the prefix has too many; `group`: one to a multicast group was ignored. */
export function createPathIngest(
  rib: Rib,
  memo: VerdictMemo,
  witnesses: Witnesses,
  ids: NlriIds,
  excess: (peer: IngestPeer) => void,
  group: () => void,
) {
  const { ids4, ids6, attributes } = rib;

  function put(peer: IngestPeer, afi: Afi, id: number, pathId: number, attribute: number): void {
    const { table } = peer;
    const capacity = afi === 1 ? ids4.capacity : ids6.capacity;
    const before = putPath(pathsOf(table, afi)!, capacity, id, pathId, attribute);
    if (before === -1) {
      excess(peer);
      return;
    }
    if (before === 0) addCount(table, afi, 1);
    if (before !== attribute) {
      attributes.retain(attribute, 1);
      if (before !== 0) attributes.release(before);
    }
    if (memo.snapshot === null) return;
    const { number } = peer;
    if (memo.marked(afi, id) || witnesses.find(afi, id, attributes.originOf(attribute), attribute, number) !== null)
      witnesses.judgePaths(peer, afi, id, 'update', 'replaced');
  }

  /** Withdraws one path; nothing happens where it is not held. */
  function take(peer: IngestPeer, afi: Afi, id: number, pathId: number): void {
    const before = id < 0 ? 0 : takePath(pathsOf(peer.table, afi)!, id, pathId);
    if (before === 0) return;
    addCount(peer.table, afi, -1);
    attributes.release(before);
    witnesses.left(peer, afi, id, 'withdraw');
  }

  return {
    take,
    /** NLRI with path identifiers: `attribute` 0 withdraws. False when one is malformed. */
    nlri(peer: IngestPeer, afi: Afi, bytes: Uint8Array, start: number, end: number, attribute: number): boolean {
      const form = { pathIds: true, intern: attribute !== 0, group };
      return ids.walk(bytes, afi, start, end, form, (id, pathId) =>
        attribute === 0 ? take(peer, afi, id, pathId) : put(peer, afi, id, pathId, attribute),
      );
    },
  };
}
