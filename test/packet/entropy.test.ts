import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { entropyOf } from '../../src/packet/entropy.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { capture, captureNames, forEachRecord } from './captures.ts';

const UDP = 17;
const TCP = 6;
const random = (seed: string, length: number) =>
  Uint8Array.from(createHash('sha512').update(seed).digest().subarray(0, length));
const text = (words: string) => Uint8Array.from(Buffer.from(words.padEnd(40).slice(0, 40)));

describe('packet/entropy', () => {
  it('tells constants, counters and words from noise', () => {
    expect(entropyOf(new Uint8Array(40), null)).to.equal('guessable');
    expect(entropyOf(new Uint8Array(0), null)).to.equal('guessable');
    expect(
      entropyOf(
        Uint8Array.from({ length: 40 }, (_, i) => i),
        null,
      ),
      'ping',
    ).to.equal('guessable');
    expect(
      entropyOf(
        Uint8Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? i : 0xaa ^ (i % 4))),
        null,
      ),
    ).to.equal('guessable');
    expect(entropyOf(text('GET /index.html HTTP/1.1\r\nHost: www.example'), null)).to.equal('guessable');
    expect(entropyOf(random('a', 8), null), 'no more than 8 octets').to.equal('guessable');
    expect(entropyOf(random('a', 18), null)).to.equal('fair');
    for (let i = 0; i < 100; i++) expect(entropyOf(random(`${i}`, 40), null), `${i}`).to.equal('high');
  });

  it('counts no field of a header that the kind of packet tells', () => {
    const header = Uint8Array.from([...random('ports', 8), ...new Uint8Array(32)]);
    expect(entropyOf(header, UDP)).to.equal('guessable');
    // A SYN: 32 bits of sequence number, and what the options have.
    const syn = Uint8Array.from(
      Buffer.from(`c00001bb${'9a4c71e3'}000000008002faf0beef0000020405b40103030801010402`, 'hex'),
    );
    expect(entropyOf(syn, TCP)).to.equal('guessable');
    const data = Uint8Array.from([...syn.subarray(0, 20), ...random('payload', 20)]);
    expect(entropyOf(data, TCP)).to.equal('fair');
  });

  it('never grows when octets become constant', () => {
    const rank = { guessable: 0, fair: 1, high: 2 };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(null, 1, TCP, UDP, 58), (octets, protocol) => {
        const zeroes = new Uint8Array(octets.length);
        expect(rank[entropyOf(zeroes, protocol)]).to.be.at.most(rank[entropyOf(octets, protocol)]);
        expect(rank[entropyOf(octets, protocol)]).to.be.at.most(rank[entropyOf(octets, null)]);
      }),
    );
  });

  it('finds most of what floods and scans repeat, and little of what is new', function () {
    if (captureNames().length === 0) {
      console.log('      skipped: the captures are not here');
      this.skip();
    }
    const layers = newLayers();
    const counts = { near: 0, nearGuessable: 0, far: 0, farGuessable: 0, farHigh: 0 };
    for (const name of captureNames()) {
      // The last packets of the same protocol and length, in this capture.
      const earlier = new Map<string, Uint8Array[]>();
      forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType }) => {
        findLayers(bytes, offset, offset + captured, wire, linkType, layers);
        if (layers.count === 0 || layers.fault[0] !== null) return;
        const upper = bytes.slice(layers.upper[0]!, Math.min(layers.end[0]!, layers.upper[0]! + 40));
        const kind = `${layers.protocol[0]} ${layers.length[0]}`;
        const others = earlier.get(kind) ?? [];
        const differing = (other: Uint8Array) => upper.reduce((sum, octet, i) => sum + (octet === other[i] ? 0 : 1), 0);
        const nearest = Math.min(...others.map(differing));
        const entropy = entropyOf(upper, layers.protocol[0]!);
        if (nearest <= 4) {
          counts.near++;
          if (entropy === 'guessable') counts.nearGuessable++;
        } else if (nearest >= 17 && nearest < 41) {
          counts.far++;
          if (entropy === 'guessable') counts.farGuessable++;
          if (entropy === 'high') counts.farHigh++;
        }
        earlier.set(kind, [...others.slice(-31), upper]);
      });
    }
    const { near, nearGuessable, far, farGuessable, farHigh } = counts;
    console.log(`      ${near} like an earlier one, ${nearGuessable} of them guessable`);
    console.log(`      ${far} like none, ${farGuessable} of them guessable, ${farHigh} high`);
    expect(nearGuessable / near).to.be.above(0.85);
    expect(farGuessable / far).to.be.below(0.06);
    expect(farHigh / far).to.be.above(0.7);
  });
});
