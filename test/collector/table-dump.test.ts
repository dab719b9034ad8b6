import { MessageChannel } from 'node:worker_threads';
import { expect } from 'chai';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import type { SeatedPeer } from '../../src/collector/seating.ts';
import { beginTableDump } from '../../src/collector/table-dump.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import type { FromSource } from '../../src/mrt/archive-messages.ts';
import { encodePeerIndex } from '../../src/mrt/peer-index.ts';
import { PEER_INDEX_TABLE, TABLE_DUMP_V2 } from '../../src/mrt/record-types.ts';
import { parseAddress } from '../../src/net/address.ts';
import { newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { hex } from '../bgp/octets.ts';
import { elementsIn } from '../mrt/dump.ts';
import { nextHop, nlri, ORIGIN_IGP, path, reach, record, update } from '../mrt/octets.ts';

const NOON = Date.UTC(2026, 2, 1, 12, 0);

describe('collector/table-dump', () => {
  it('writes every route that a peer holds, paths with their identifiers, in slices, waiting to be taken', async () => {
    const rib = newRib();
    const silent = { describe: () => null as never, mark: () => {}, tell: () => {}, now: () => 0 };
    const memo = new VerdictMemo(rib);
    const ingest = createIngest(
      rib,
      { memo, book: new Contradictions(silent), paths: createPathCheck(rib, () => undefined) },
      {
        endOfRib: () => {},
        malformed: () => {},
        passedOver: () => {},
      },
    );
    const peers = [
      { as: 64496, as4: true, pathIds: [] },
      { as: 64497, as4: false, pathIds: [] },
      { as: 64498, as4: true, pathIds: [1, 2] },
    ].map(({ as, as4, pathIds }, number) => {
      const table = newPeerTable(pathIds);
      rib.tables[number] = table;
      const addPath = pathIds.map(afi => ({ afi, safi: 1 }));
      const common = { as4, ebgp: true, ipv4: true, ipv6: true, localAs: 64500, counts: noCounts(), addPath };
      const say = (body: string) => {
        const message = hex(body);
        expect(ingest.update({ ...common, number, table } as never, message, 19, message.length)).to.equal(null);
      };
      const address = parseAddress(`192.0.2.${number + 1}`)!;
      const seated = {
        row: { number },
        archived: { peer: () => ({ address, as }) },
        session: { status: () => ({ negotiated: { peerId: `203.0.113.${number}` } }) },
      } as unknown as SeatedPeer;
      return { say, seated };
    });
    const [wide, narrow, several] = peers as [(typeof peers)[0], (typeof peers)[0], (typeof peers)[0]];
    const attributes = (as: number, width: 2 | 4 = 4) => ORIGIN_IGP + path([as], width) + nextHop('192.0.2.77');
    for (let i = 0; i < 3000; i++) wide.say(update('', attributes(64496), nlri(`10.${i >> 8}.${i & 255}.0/24`)));
    wide.say(update('', ORIGIN_IGP + path([64496, 7]) + reach(2, ['2001:db8::9'], '2020010db8'), ''));
    narrow.say(update('', attributes(64497, 2), nlri('10.0.0.0/24')));
    several.say(update('', attributes(64498), `00000001${nlri('10.0.0.0/24')}`));
    several.say(update('', ORIGIN_IGP + path([64498, 8]) + nextHop('192.0.2.78'), `00000002${nlri('10.0.0.0/24')}`));

    const { port1, port2 } = new MessageChannel();
    const got: FromSource[] = [];
    port2.on('message', (message: FromSource) => got.push(message));
    const dump = beginTableDump(
      rib,
      peers.map(({ seated }) => seated),
      NOON,
      port1,
    );
    let slices = 1;
    while (!dump.step()) slices++;
    expect(slices).to.be.above(1);
    await new Promise(resolve => setTimeout(resolve, 20));
    port1.close();
    expect(got.map(({ type }) => type)).to.deep.equal(['rib', 'rib-end']);
    const index = encodePeerIndex({ collector: hex('c0000209'), view: '', peers: dump.peers });
    const head = record(TABLE_DUMP_V2, PEER_INDEX_TABLE, Buffer.from(index).toString('hex'), NOON / 1000);
    const records = got.flatMap(message => (message.type === 'rib' ? [message.octets] : []));
    const { elements, gaps, faults } = elementsIn(Buffer.concat([hex(head), ...records]));
    expect([gaps, faults]).to.deep.equal([[], []]);
    expect(elements[0]?.peers).to.deep.equal(
      [0, 1, 2].map(i => ({ id: `203.0.113.${i}`, address: `192.0.2.${i + 1}`, as: 64496 + i })),
    );
    expect(elements).to.have.length(1 + 3000 + 1 + 1 + 2);
    const shown = (prefix: string) =>
      elements
        .filter(one => one.prefix === prefix)
        .map(({ peerAs, pathId, path: as, nextHop: hop }) => [peerAs, pathId, as, hop]);
    expect(shown('10.0.0.0/24')).to.deep.equal([
      [64496, undefined, [64496], '192.0.2.77'],
      [64497, undefined, [64497], '192.0.2.77'],
      [64498, 1, [64498], '192.0.2.77'],
      [64498, 2, [64498, 8], '192.0.2.78'],
    ]);
    expect(shown('2001:db8::/32')).to.deep.equal([[64496, undefined, [64496, 7], '2001:db8::9']]);
  });
});
