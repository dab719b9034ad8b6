import { expect } from 'chai';
import fc from 'fast-check';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { createFramer, encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { AS4, routePath, sequence } from './route-path.ts';

const prefixes = ['10.0.0.0/8', '192.0.2.0/24', '0.0.0.0/0', '198.51.100.128/25'].map(text => parsePrefix(text)!);
const prefixes6 = ['2001:db8::/32', '2001:db8::1/128', '::/0'].map(text => parsePrefix(text)!);
const path = sequence(64496, 64497);
const messages = [
  ...encodeAnnounce(prefixes, { originCode: 0, path, nextHop: '192.0.2.1', communities: [] }, AS4),
  ...encodeAnnounce(prefixes6, { originCode: 0, path, nextHop: '2001:db8::1', communities: [1] }, AS4),
  ...encodeWithdraw(prefixes.slice(1)),
  ...encodeWithdraw(prefixes6.slice(1)),
];

describe('collector/look-ahead', () => {
  it('changes nothing and never throws, whatever the octets and wherever they are cut', () => {
    const { peer, ingest, held, rib } = routePath();
    const p = peer(0);
    for (const message of messages.slice(0, 2)) ingest.update(p, message, 19, message.length);
    const state = () => JSON.stringify([held(p), rib.attributes.live, rib.attributes.generation, rib.ids4, rib.ids6]);
    const before = state();
    const message = fc.oneof(
      fc.constantFrom(...messages),
      fc.uint8Array({ maxLength: 200 }).map(body => encodeMessage(UPDATE, body)),
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.constantFrom(...messages), fc.nat(), fc.nat(255)).map(([sound, at, octet]) => {
        const damaged = sound.slice();
        damaged[16 + (at % (damaged.length - 16))] = octet;
        return damaged;
      }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.nat(2000), fc.nat(2000), (stream, start, end) => {
        const bytes = Buffer.concat(stream);
        ingest.lookAhead(p, bytes, start % (bytes.length + 1), end % (bytes.length + 1));
        ingest.lookAhead(p, bytes, 0, bytes.length);
      }),
      { numRuns: 500 },
    );
    expect(state()).to.equal(before);
  });

  it('looks at no more routes than it remembers', () => {
    const { peer, ingest } = routePath();
    const p = peer(0);
    const defaults = encodeMessage(UPDATE, Uint8Array.from([0, 0, 0, 0, ...new Array<number>(5000).fill(0)]));
    ingest.lookAhead(p, defaults, 0, defaults.length);
  });

  it('is shown by the framer each message that a chunk holds, once and before it comes', () => {
    const stream = Buffer.concat(Array.from({ length: 500 }, (_, i) => messages[i % messages.length]!));
    const told: string[] = [];
    let shownTo = 0;
    const { push } = createFramer(
      (_type, _buffer, start) => {
        if (start >= shownTo) told.push(`message at ${start} was not shown`);
        return true;
      },
      (_buffer, start, end) => {
        if (start < shownTo) told.push(`shown again at ${start}`);
        shownTo = end;
      },
    );
    push(stream);
    expect(told).to.deep.equal([]);
    expect(shownTo).to.equal(stream.length);
  });
});
