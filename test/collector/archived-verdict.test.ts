import { expect } from 'chai';
import fc from 'fast-check';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { createReplay } from '../../src/mrt/archive-replay.ts';
import { type ArchivedPeer, messageRecordLength, writeMessageRecord } from '../../src/mrt/bgp4mp.ts';
import { mrtReader } from '../../src/mrt/records.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { parseAddress } from '../../src/net/address.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';
import { AS4, routePath } from './route-path.ts';

const PEER: ArchivedPeer = {
  address: parseAddress('192.0.2.1')!,
  as: 64496,
  localAddress: parseAddress('192.0.2.9')!,
  localAs: 64500,
  as4: true,
  addPath: false,
};

/** What a replay of these messages holds of a family. */
function replayed(messages: readonly Uint8Array[], afi: 1 | 2): string[] {
  const all = parsePrefix(afi === 1 ? '0.0.0.0/0' : '::/0')!;
  const between = () => ({ from: 0, to: Number.POSITIVE_INFINITY });
  const replay = createReplay(all, 'inside', between, () => {});
  const walker = createWalker(replay.visitor);
  for (const message of messages) {
    const record = new Uint8Array(messageRecordLength(PEER, message));
    writeMessageRecord(record, 0, PEER, 1_700_000_000_000_000, message);
    const reader = mrtReader();
    reader.feed(record);
    reader.finish();
    if (reader.next() === 'record') walker.walk(reader.record);
  }
  return replay
    .held()
    .map(({ prefix }) => formatPrefix(prefix))
    .sort();
}

describe('the past of a prefix', () => {
  const octets = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
  const arbitraryPrefix: fc.Arbitrary<Prefix> = fc.oneof(
    fc.tuple(octets(4), fc.nat(32)).map(([bytes, length]) => prefixOf({ afi: 1, bytes }, length)),
    fc.tuple(octets(16), fc.nat(128)).map(([bytes, length]) => prefixOf({ afi: 2, bytes }, length)),
    fc.constantFrom('192.0.2.0/24', '192.0.2.0/25', '2001:db8::/32', '224.0.0.0/8').map(t => parsePrefix(t)!),
  );
  const path = fc
    .array(fc.integer({ min: 1, max: 4294967295 }), { minLength: 1, maxLength: 3 })
    .map(asns => [{ type: AS_SEQUENCE, asns }]);
  const message = fc.oneof(
    fc.record({ prefix: arbitraryPrefix, path, communities: fc.array(fc.nat(), { maxLength: 4 }) }).map(one => {
      const nextHop = one.prefix.afi === 1 ? '192.0.2.1' : '2001:db8::1';
      const { path: asPath, communities } = one;
      return encodeAnnounce([one.prefix], { originCode: 0, path: asPath, nextHop, communities }, AS4)[0]!;
    }),
    fc.array(arbitraryPrefix, { minLength: 1, maxLength: 4 }).map(prefixes => encodeWithdraw(prefixes)[0]!),
  );
  const damaged = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 }))
    .map(([whole, changes]) => {
      const copy = whole.slice();
      for (const [at, octet] of changes) if (19 + at < copy.length) copy[19 + at] = octet;
      return copy;
    });

  it('is what was held, of malformed messages too', () => {
    fc.assert(
      fc.property(fc.array(damaged, { maxLength: 20 }), messages => {
        const { peer, ingest, held } = routePath();
        const p = peer(0, { anyNextHop: true });
        for (const one of messages) if (ingest.update(p, one, 19, one.length) !== null) return; // the session has ended
        const prefixes = held(p).map(text => text.split(' ')[0]!);
        expect([...replayed(messages, 1), ...replayed(messages, 2)].sort()).to.deep.equal(prefixes.sort());
      }),
      { numRuns: 500 },
    );
  });
});
