import { expect } from 'chai';
import fc from 'fast-check';
import {
  type ArchivedPeer,
  decodeMessage,
  messageRecordLength,
  stateRecordLength,
  writeMessageRecord,
  writeStateRecord,
} from '../../src/mrt/bgp4mp.ts';
import { decodePeerIndex, encodePeerIndex } from '../../src/mrt/peer-index.ts';
import { MESSAGE_SUBTYPES, RIB_SUBTYPES } from '../../src/mrt/record-types.ts';
import { decodeRibHead, emptyRibEntry, readRibEntry } from '../../src/mrt/rib.ts';
import { formatAddress } from '../../src/net/address.ts';
import { Cursor } from '../../src/net/cursor.ts';
import { hex, MARKER, toHex } from '../bgp/octets.ts';
import { elementsIn, linesOf } from './dump.ts';
import {
  ends,
  entry,
  message,
  nextHop,
  nlri,
  number,
  ORIGIN_IGP,
  PEERS,
  path,
  reach,
  record,
  rib,
  ribRecord,
  shortReach,
  unreach,
  update,
} from './octets.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyAddress = fc.oneof(
  octets(4).map(bytes => ({ afi: 1 as const, bytes })),
  octets(16).map(bytes => ({ afi: 2 as const, bytes })),
);
const uint32 = fc.integer({ min: 0, max: 0xffffffff });

describe('mrt/walk', () => {
  it('reads a PEER_INDEX_TABLE (RFC 6396 section 4.3.1)', () => {
    const table = decodePeerIndex(new Cursor(hex(PEERS.slice(24))));
    if (typeof table === 'string') expect.fail(table);
    expect(table.view).to.equal('view');
    expect(table.peers.map(({ address, as }) => [formatAddress(address), as])).to.deep.equal([
      ['10.0.0.1', 4200000000],
      ['2001:db8::a', 64497],
      ['10.0.0.3', 64498],
    ]);
  });
  it('writes the peer table that it reads', () => {
    const peer = fc.record({ id: octets(4), address: anyAddress, as: uint32 });
    fc.assert(
      fc.property(
        octets(4),
        fc.string({ maxLength: 20 }),
        fc.array(peer, { maxLength: 9 }),
        (collector, view, peers) => {
          fc.pre(view.isWellFormed());
          const table = { collector, view, peers };
          expect(decodePeerIndex(new Cursor(encodePeerIndex(table)))).to.deep.equal(table);
        },
      ),
    );
  });
  it('writes the RIB records that it reads', () => {
    const route = fc.record({
      peerIndex: fc.integer({ min: 0, max: 0xffff }),
      originated: uint32,
      pathId: uint32,
      attributes: fc.uint8Array({ maxLength: 300 }),
    });
    const subtypes = fc.constantFrom(...Object.values(RIB_SUBTYPES));
    fc.assert(
      fc.property(
        subtypes,
        octets(16),
        fc.nat(128),
        fc.array(route, { maxLength: 5 }),
        (subtype, prefix, bits, routes) => {
          const length = subtype.afi === 1 ? bits % 33 : bits;
          const out = ribRecord(1, { afi: subtype.afi, bytes: prefix, length }, subtype.addPath, routes);
          const body = new Cursor(out, 12);
          const head = decodeRibHead(body, subtype);
          if (typeof head === 'string') expect.fail(head);
          expect(head).to.include({ sequence: 0, prefixLength: length, entries: routes.length, ...subtype });
          expect(out.slice(head.prefix, head.prefix + ((length + 7) >> 3))).to.deep.equal(
            prefix.slice(0, (length + 7) >> 3),
          );
          for (const written of routes) {
            const found = emptyRibEntry();
            expect(readRibEntry(body, subtype.addPath, found)).to.equal(true);
            const { attributesStart, attributesEnd, ...rest } = found;
            expect({ ...rest, attributes: out.slice(attributesStart, attributesEnd) }).to.deep.equal({
              ...written,
              pathId: subtype.addPath ? written.pathId : 0,
            });
          }
          expect(body.left).to.equal(0);
        },
      ),
    );
  });
  it('writes the messages and state changes that it reads', () => {
    const both = fc.oneof(fc.tuple(octets(4), octets(4)), fc.tuple(octets(16), octets(16)));
    const body = fc.uint8Array({ maxLength: 100 });
    const flags = fc.record({ as4: fc.boolean(), addPath: fc.boolean() });
    const time = fc.integer({ min: 0, max: 4e15 });
    fc.assert(
      fc.property(both, uint32, uint32, flags, time, body, ([peer, local], as, localAs, negotiated, when, content) => {
        const afi = peer.length === 4 ? 1 : 2;
        const archived: ArchivedPeer = {
          address: { afi, bytes: peer },
          localAddress: { afi, bytes: local },
          as,
          localAs,
          ...negotiated,
        };
        const whole = hex(message(2, toHex(content)));
        const out = new Uint8Array(messageRecordLength(archived, whole) + stateRecordLength(archived));
        const behind = writeMessageRecord(out, 0, archived, when, whole);
        expect(writeStateRecord(out, behind, archived, when, 6, 1)).to.equal(out.length);
        const { elements, records, gaps, faults } = elementsIn(out);
        expect([records, gaps, faults]).to.deep.equal([2, [], []]);
        const ends = {
          time: Math.floor(when / 1e6) * 1000 + (when % 1e6) / 1000,
          peerAddress: formatAddress(archived.address),
          localAddress: formatAddress(archived.localAddress),
        };
        expect(elements.at(-1)).to.deep.include({ ...ends, peerAs: as, localAs, from: 'Established', to: 'Idle' });
        const subtype = MESSAGE_SUBTYPES[(out[6]! << 8) | out[7]!]!;
        const decoded = decodeMessage(new Cursor(out, 16, behind), subtype);
        if (typeof decoded === 'string') expect.fail(decoded);
        expect(out.slice(decoded.start, decoded.end)).to.deep.equal(content);
        const short = (number: number) => (negotiated.as4 || number < 65536 ? number : 23456);
        expect(decoded).to.include({
          ...negotiated,
          local: false,
          peerAs: short(as),
          localAs: short(localAs),
          missing: 0,
        });
      }),
    );
  });

  describe('tells what is wrong with a record and goes on', () => {
    const plain = ORIGIN_IGP + path([64496]) + nextHop('192.0.2.9');
    const cases: readonly (readonly [name: string, record: string, fault: string])[] = [
      ['a RIB without peers', rib(2, '10.0.0.0/8', entry(0, plain)), 'no PEER_INDEX_TABLE stands before it'],
      [
        'an entry of an unknown peer',
        PEERS + rib(2, '10.0.0.0/8', entry(3, plain)),
        'entry 0 is of peer 3, the table has 3',
      ],
      [
        'an entry that is cut off',
        PEERS + record(13, 2, `00000000080a0002${entry(0, plain)}`),
        'the record is cut off inside entry 1',
      ],
      ['a prefix that is too long', PEERS + record(13, 2, '00000000210a0000000a0000'), 'prefix length 33'],
      ['more peers than fit', record(13, 1, '010101010000ffff'), '65535 peers in 0 octets'],
      ['an address family nobody has', record(16, 4, '0000fbf00000fbf400000003'), 'address family 3'],
      ['a bad marker', record(16, 4, `${ends()}${'00'.repeat(16)}001304`), 'the marker of the message is not all ones'],
      ['a message shorter than its header', record(16, 4, `${ends()}${MARKER}001204`), 'message of 18 octets'],
      ['a state change without states', record(16, 5, ends()), 'the record is cut off before its states'],
      ['an unknown table', record(12, 0, '00'), 'subtype 0'],
    ];
    for (const [name, torn, fault] of cases)
      it(name, () => {
        const bytes = hex(torn + record(16, 5, `${ends()}00010006`));
        const { faults, text } = linesOf(bytes);
        expect(faults).to.deep.equal([fault]);
        expect(text).to.match(/\|STATE\|192\.0\.2\.1\|64496\|1\|6\n$/);
        expect(elementsIn(bytes).faults).to.deep.equal([fault]);
      });
  });

  it('never throws, whatever the records hold', () => {
    const attributes =
      ORIGIN_IGP +
      path([64496, 64497]) +
      nextHop('192.0.2.9') +
      reach(2, ['2001:db8::9'], nlri('2001:db8::/32')) +
      unreach(2, nlri('2001:db9::/32'));
    const bodies: readonly (readonly [number, number, string])[] = [
      [13, 1, PEERS.slice(24)],
      ...Object.keys(RIB_SUBTYPES).map(
        subtype =>
          [
            13,
            Number(subtype),
            `00000007${nlri('10.0.0.0/8')}0001${entry(0, attributes + shortReach('2001:db8::9'), Number(subtype) > 7 ? 1 : undefined)}`,
          ] as const,
      ),
      [13, 6, `00000007000101${nlri('10.0.0.0/8')}0001${entry(0, attributes)}`],
      [12, 1, `000000010a00000008015f5e1000c0000201fbf0${number(attributes.length / 2, 2)}${attributes}`],
      ...Object.keys(MESSAGE_SUBTYPES).flatMap(subtype =>
        [16, 17].map(
          type =>
            [
              type,
              Number(subtype),
              `${type === 17 ? '00000001' : ''}${ends()}${update(nlri('10.9.0.0/16'), attributes, nlri('10.0.0.0/8'))}`,
            ] as const,
        ),
      ),
      [16, 4, ends() + message(1, '04fbf000b401010101020206410400 00fbf0'.replaceAll(' ', ''))],
      [16, 4, ends() + message(3, '0602026869')],
      [5, 1, `fbf0c1cb0001316ec1cb0002${update(nlri('9.0.0.0/8'), attributes, nlri('10.0.0.0/8')).slice(38)}`],
    ];
    const mutated = fc
      .tuple(
        fc.constantFrom(...bodies),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        fc.nat(),
        fc.boolean(),
      )
      .map(([[type, subtype, body], changes, cut, torn]) => {
        const bytes = hex(body);
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
        return record(type, subtype, toHex(torn ? bytes.subarray(0, cut % bytes.length) : bytes));
      });
    const random = fc
      .tuple(fc.constantFrom(5, 12, 13, 16, 17), fc.nat(12), fc.uint8Array({ minLength: 4, maxLength: 120 }))
      .map(([type, subtype, body]) => record(type, subtype, toHex(body)));
    fc.assert(
      fc.property(fc.array(fc.oneof(mutated, random), { maxLength: 5 }), records => {
        const bytes = hex(PEERS + records.join(''));
        linesOf(bytes);
        for (const element of elementsIn(bytes).elements) JSON.stringify(element);
      }),
      { numRuns: 1500 },
    );
  });
});
