/** The route path by itself, fed with whole messages, and a book of contradictions whose tellings are kept as text. */
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { afiOf, Contradictions, prefixIdOf, type Telling } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { type IngestPeer, noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import { newPeerTable, newRib, routesOf } from '../../src/rib/adj-rib-in.ts';
import { prefixById } from '../../src/rib/query.ts';

/** The route path with a book whose tellings are kept as `PEER what why PREFIX origin`. */
export function routePath() {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const told: string[] = [];
  const telling: Telling = {
    now: () => 0,
    mark: (place, on) => memo.mark(afiOf(place), prefixIdOf(place), on),
    tell: c => told.push(`${c.peer} ${c.what} ${c.why} ${c.prefix} ${c.origin}`),
    describe: (place, peer, { origin, finding }) => ({
      peer: `p${peer}`,
      peerAs: 64496,
      peerAddress: '192.0.2.1',
      prefix: formatPrefix(prefixById(rib, afiOf(place), prefixIdOf(place))),
      origin,
      ...finding,
      path: [],
      state: 'mismatch',
      decidedBy: '',
    }),
  };
  const book = new Contradictions(telling);
  const eor: string[] = [];
  const malformed: string[] = [];
  const passedOver: string[] = [];
  const ingest = createIngest(
    rib,
    { memo, book, paths: createPathCheck(rib, () => undefined) },
    {
      passedOver: (peer, what, times) => passedOver.push(`p${peer.number} ${what} ${times}`),
      endOfRib: (peer, afi) => eor.push(`p${peer.number} ${afi}`),
      malformed(peer, body) {
        const { action, errors } = decodeUpdate(body, 0, body.length, peer);
        malformed.push(`${action}: ${errors.map(error => error.what).join('; ')}`);
      },
    },
  );
  const peer = (number: number, more: Partial<IngestPeer> = {}): IngestPeer => {
    const table = newPeerTable(more.addPath?.map(({ afi }) => afi));
    rib.tables[number] = table;
    const counts = noCounts();
    return { number, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64500, counts, ...more };
  };
  /** Feeds whole messages, header and all. */
  const feed = (to: IngestPeer, messages: readonly Uint8Array[]) =>
    messages.map(m => ingest.update(to, m, 19, m.length)).find(e => e !== null) ?? null;
  /** `PREFIX origin` of every route the peer holds, with its path identifier where it has one. */
  const held = (of: IngestPeer): string[] => {
    const rows: string[] = [];
    for (const afi of [1, 2] as const) {
      const ids = afi === 1 ? rib.ids4 : rib.ids6;
      for (let id = 0; id < ids.size; id++) {
        for (const { pathId, attribute } of routesOf(of.table, afi, id)) {
          const path = pathId === null ? '' : ` path ${pathId}`;
          rows.push(`${formatPrefix(prefixById(rib, afi, id))} ${rib.attributes.originOf(attribute)}${path}`);
        }
      }
    }
    return rows.sort();
  };
  const registry = (...objects: [prefix: string, origin: number, watched: boolean][]) => {
    const builder = snapshotBuilder();
    for (const [prefix, origin, watched] of objects) builder.add(parsePrefix(prefix)!, origin, watched);
    memo.snapshot = openSnapshot(builder.freeze());
    memo.forgetAll();
  };
  return { rib, memo, book, told, eor, malformed, passedOver, ingest, peer, feed, held, registry };
}

export const AS4 = { as4: true, ebgp: true };
export const sequence = (...asns: number[]) => [{ type: AS_SEQUENCE, asns }];
export const announce = (prefix: string, path: { type: number; asns: number[] }[]) => {
  const nextHop = prefix.includes(':') ? '2001:db8::1' : '192.0.2.1';
  return encodeAnnounce([parsePrefix(prefix)!], { originCode: 0, path, nextHop }, AS4);
};
export const withdraw = (...prefixes: string[]) => encodeWithdraw(prefixes.map(p => parsePrefix(p)!));
