import { expect } from 'chai';
import fc from 'fast-check';
import { fourOctetAs, multiprotocol } from '../../src/bgp/capabilities.ts';
import type { Open } from '../../src/bgp/open.ts';
import { formatBmpError, isBmpError } from '../../src/bmp/errors.ts';
import { encodeMessage } from '../../src/bmp/framer.ts';
import { encodeInformation, textInformation, textOf } from '../../src/bmp/information.ts';
import { type BmpMessage, decodeMessage, terminationReason } from '../../src/bmp/messages.ts';
import { encodeMirroring } from '../../src/bmp/mirroring.ts';
import { encodePeerDown, formatPeerDown, type PeerDown } from '../../src/bmp/peer-down.ts';
import {
  encodePeerHeader,
  FLAG_A,
  FLAG_L,
  FLAG_O,
  FLAG_V,
  flagsAt,
  formatDistinguisher,
  LOC_RIB,
  type PeerHeader,
  peerKeyAt,
} from '../../src/bmp/peer-header.ts';
import { encodePeerUp, type PeerUp } from '../../src/bmp/peer-up.ts';
import { encodeStatistics, formatStatistic } from '../../src/bmp/statistics.ts';
import { hex, MARKER } from '../bgp/octets.ts';

const read = (bytes: Uint8Array): BmpMessage => {
  const message = decodeMessage(bytes, 0, bytes.length);
  if (isBmpError(message)) throw new Error(formatBmpError(message));
  return message;
};
/** Common header (RFC 7854 section 4.1) before a body in hex. */
const message = (type: number, body: string) => encodeMessage(type, hex(body));

// RFC 7854 section 4.2: type, flags, distinguisher, address, AS, BGP ID, seconds, microseconds.
const PEER4 = '00 00 0000000000000000 000000000000000000000000 c0000201 0000fbf0 c0000202 65000000 0007a120';
const PEER6 = '01 c0 0000fbf000000001 20010db8000000000000000000000001 0000fbf0 c0000202 65000000 00000000';
const HEADER4: PeerHeader = {
  type: 0,
  flags: 0,
  distinguisher: new Uint8Array(8),
  address: '192.0.2.1',
  as: 64496,
  id: '192.0.2.2',
  time: 0x65000000 * 1000 + 500,
};
// RFC 4271 section 4.2: an OPEN without optional parameters.
const OPEN = (as: string, id: string) => `${MARKER} 001d 01 04 ${as} 00b4 ${id} 00`;

describe('bmp/messages', () => {
  it('reads Initiation (RFC 7854 4.3)', () => {
    const found = read(message(4, '0001 0003 465252 0002 0005 6564676531 0000 0002 4142'));
    if (found.kind !== 'initiation') throw new Error(found.kind);
    expect([1, 2, 0, 3].map(type => textOf(found.information, type))).to.deep.equal(['FRR', 'edge1', 'AB', '']);
  });

  it('shows no control characters of a text, and 255 characters of it', () => {
    expect(textOf([textInformation(2, `a\u001b[2Jb\u202e${'c'.repeat(300)}`)], 2)).to.equal(
      `a [2Jb ${'c'.repeat(248)}`,
    );
    expect(textOf([{ type: 2, value: hex('61ff62') }], 2)).to.equal('a\ufffdb');
  });

  it('reads Termination (RFC 7854 4.5)', () => {
    const found = read(message(5, '0001 0002 0002'));
    expect(found).to.have.property('kind', 'termination');
    expect('information' in found && terminationReason(found.information)).to.equal('out of resources');
    expect(terminationReason([])).to.equal('no reason told');
    expect(terminationReason([{ type: 1, value: hex('0063') }])).to.equal('reason 99');
  });

  it('reads the per-peer header (RFC 7854 4.2) with the flags of RFC 8671 and 9069', () => {
    const peer = (text: string) => {
      const found = read(message(1, `${text} 00000000`));
      return 'peer' in found ? found.peer : null;
    };
    expect(peer(PEER4)).to.deep.equal(HEADER4);
    expect(peer(PEER6)).to.include({ type: 1, flags: FLAG_V | FLAG_L, address: '2001:db8::1', id: '192.0.2.2' });
    expect(peer(PEER4.replace('00 00', '00 30'))).to.include({ flags: FLAG_A | FLAG_O });
    // F of Loc-RIB stands where V stands for others: the address is no IPv6 one for that.
    const locRib = '03 80 0000000000000000 00000000000000000000000000000000 0000fbf4 c000020a 00000000 00000000';
    expect(peer(locRib)).to.include({ type: LOC_RIB, address: '0.0.0.0', as: 64500, id: '192.0.2.10', time: 0 });
  });

  it('tells peers apart by type, family, distinguisher and address alone', () => {
    const key = (peer: Partial<PeerHeader>) =>
      peerKeyAt(encodeMessage(1, encodePeerHeader({ ...HEADER4, ...peer })), 0);
    const same = key({});
    for (const peer of [{ flags: FLAG_L }, { flags: FLAG_A }, { as: 1 }, { id: '1.1.1.1' }, { time: 0 }])
      expect(key(peer)).to.equal(same);
    const others = [
      { type: 1 },
      { flags: FLAG_V },
      { address: '192.0.2.2' },
      { distinguisher: hex('0000000000000001') },
    ];
    expect(new Set([same, ...others.map(key)]).size).to.equal(1 + others.length);
    expect(flagsAt(encodeMessage(1, encodePeerHeader({ ...HEADER4, flags: FLAG_L })), 0)).to.equal(FLAG_L);
  });

  for (const [bytes, text] of [
    ['0000 fbf0 00000001', '64496:1'],
    ['0001 c0000201 0007', '192.0.2.1:7'],
    ['0002 0001 0001 0005', '65537:5'],
    ['00ff 000000000001', '00ff000000000001'],
  ] as const)
    it(`shows the distinguisher ${text} (RFC 4364 4.2)`, () => expect(formatDistinguisher(hex(bytes))).to.equal(text));

  it('reads Peer Up (RFC 7854 4.10, RFC 9069 5.3)', () => {
    const local = '000000000000000000000000 c000020a 00b3 8421';
    const body = `${PEER4} ${local} ${OPEN('fbf4', 'c000020a')} ${OPEN('fbf0', 'c0000202')} 0003 0003 524544`;
    const found = read(message(3, body));
    if (found.kind !== 'peer-up') throw new Error(found.kind);
    expect(found.up).to.include({ localAddress: '192.0.2.10', localPort: 179, remotePort: 0x8421 });
    expect(found.up.sent).to.include({ as: 64500, holdTime: 180, id: '192.0.2.10' });
    expect(found.up.received).to.include({ as: 64496, id: '192.0.2.2' });
    expect(textOf(found.up.information, 3)).to.equal('RED');
    const odd = read(message(3, body.replace(OPEN('fbf0', 'c0000202'), OPEN('0000', '00000000'))));
    expect(odd.kind === 'peer-up' && odd.up.received, 'an OPEN that no speaker takes').to.include({ code: 2 });
  });

  for (const [body, words] of [
    [`01 ${MARKER} 0015 03 06 02`, 'the router ended the session, sent Cease/Administrative Shutdown'],
    ['02 0018', 'the router ended the session, FSM event 24'],
    ['02 0000', 'the router ended the session'],
    [`03 ${MARKER} 0015 03 04 00`, 'the peer ended the session, sent Hold Timer Expired'],
    ['04', 'the peer ended the session without a word'],
    ['05', 'the router no longer monitors the peer'],
    ['06 0003 0003 524544', 'the router closed the table'],
    ['07 0102', 'reason 7'],
  ] as const)
    it(`reads Peer Down: ${words} (RFC 7854 4.9)`, () => {
      const found = read(message(2, `${PEER4} ${body}`));
      expect(found.kind === 'peer-down' && formatPeerDown(found.down)).to.equal(words);
    });

  it('reads a Statistics Report (RFC 7854 4.8)', () => {
    const body =
      '00000004 0000 0004 00000007 0007 0008 0000000000100000 0009 000b 0001 01 0000000100000000 fffb 0002 0001';
    const found = read(message(1, `${PEER4} ${body}`));
    expect(found.kind === 'statistics' && found.statistics).to.deep.equal([
      { type: 0, family: null, value: 7 },
      { type: 7, family: null, value: 0x100000 },
      { type: 9, family: [1, 1], value: 2 ** 32 },
    ]);
    const shown = found.kind === 'statistics' ? found.statistics.map(formatStatistic) : [];
    expect(shown).to.deep.equal(['rejected by policy', 'Adj-RIB-In', 'Adj-RIB-In of a family 1/1']);
    expect(formatStatistic({ type: 65531, family: null, value: 1 })).to.equal('statistic 65531');
  });

  it('reads Route Mirroring (RFC 7854 4.7)', () => {
    const found = read(message(6, `${PEER4} 0001 0002 0000 0000 0003 aabbcc 0001 0002 0001 0007 0001 00`));
    if (found.kind !== 'route-mirroring') throw new Error(found.kind);
    expect(found.mirrored).to.include({ errored: true, lost: true });
    expect(found.mirrored.messages.map(one => [...one])).to.deep.equal([[0xaa, 0xbb, 0xcc]]);
  });

  it('finds the UPDATE of Route Monitoring in place (RFC 7854 4.6)', () => {
    const bytes = message(0, `${PEER4} ${MARKER} 0017 02 0000 0000`);
    const found = read(Uint8Array.from([9, 9, ...bytes]).subarray(2));
    expect(found).to.deep.include({ kind: 'route-monitoring', start: 48, end: bytes.length });
  });

  it('passes over a type that it does not know (RFC 7854 4.1)', () => {
    expect(read(message(77, 'abcd'))).to.deep.equal({ kind: 'unknown', type: 77 });
  });

  const wrong: [number, string, string][] = [
    [4, '0001 0009 46', 'octet 10: an information TLV overruns the message (RFC 7854 4.3)'],
    [5, '0001', 'octet 8: an information TLV overruns the message (RFC 7854 4.5)'],
    [1, '00 00', 'octet 8: the per-peer header has 42 octets (RFC 7854 4.2)'],
    [1, `${PEER4} 00000001`, 'octet 52: a Statistics Report ends before its counters (RFC 7854 4.8)'],
    [1, `${PEER4} ffffffff`, 'octet 52: a Statistics Report ends before its counters (RFC 7854 4.8)'],
    [2, PEER4, 'octet 48: a Peer Down without a reason (RFC 7854 4.9)'],
    [2, `${PEER4} 01 ${MARKER} 0015 02 0602`, 'octet 70: the NOTIFICATION of the Peer Down is none (RFC 7854 4.9)'],
    [3, `${PEER4} 00`, 'octet 48: the OPEN that the router sent is none (RFC 7854 4.10)'],
    [6, `${PEER4} 0000 0100`, 'octet 52: a mirroring TLV overruns the message (RFC 7854 4.7)'],
    [0, PEER4, 'octet 48: no UPDATE behind the per-peer header (RFC 7854 4.6)'],
    [0, `${PEER4} ${MARKER} 0018 02 0000 0000`, 'octet 64: an UPDATE of 24 octets, where 23 are left (RFC 7854 4.6)'],
    [0, `${PEER4} ${MARKER} 0013 04`, 'octet 66: a BGP message of type 4, UPDATE is expected (RFC 7854 4.6)'],
    [0, `${PEER4} 00${MARKER} 0017 02 0000 00`, 'octet 48: no BGP message behind the per-peer header (RFC 7854 4.6)'],
  ];
  for (const [type, body, words] of wrong)
    it(`says ${words}`, () => {
      const bytes = message(type, body);
      const found = decodeMessage(bytes, 0, bytes.length);
      expect(isBmpError(found) && formatBmpError(found)).to.equal(words);
    });

  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const address = fc.oneof(
    octets(4).map(([a, b, c, d]) => `${a}.${b}.${c}.${d}`),
    fc.integer({ min: 1, max: 0xffff }).map(last => `2001:db8::${last.toString(16)}`),
  );
  const header = fc
    .record({
      type: fc.nat(2),
      flags: fc.nat(0x7f),
      distinguisher: octets(8),
      address,
      as: fc.nat(0xffffffff),
      id: octets(4).map(([a, b, c, d]) => `${a}.${b}.${c}.${d}`),
      time: fc.nat(2 ** 31).map(ms => ms * 1.5),
    })
    .map(one => ({ ...one, flags: one.flags | (one.address.includes(':') ? FLAG_V : 0) }));
  const information = fc.array(fc.record({ type: fc.nat(0xffff), value: fc.uint8Array({ maxLength: 40 }) }), {
    maxLength: 4,
  });
  const open: fc.Arbitrary<Open> = fc.record({
    version: fc.constant(4),
    as: fc.integer({ min: 1, max: 0xfffffffe }),
    holdTime: fc.integer({ min: 3, max: 65535 }),
    id: fc.constant('192.0.2.1'),
    capabilities: fc.constant([]),
  });
  const complete = (one: Open): Open => ({
    ...one,
    capabilities: [multiprotocol({ afi: 1, safi: 1 }), fourOctetAs(one.as)],
  });
  const up: fc.Arbitrary<PeerUp> = fc.record({
    localAddress: address,
    localPort: fc.nat(65535),
    remotePort: fc.nat(65535),
    sent: open.map(complete),
    received: open.map(complete),
    information,
  });
  const data = fc.uint8Array({ maxLength: 20 });
  const down: fc.Arbitrary<PeerDown> = fc.oneof(
    fc.record({
      reason: fc.constantFrom(1, 3),
      notification: fc.record({ code: fc.nat(255), subcode: fc.nat(255), data }),
      event: fc.constant(0),
      information: fc.constant([]),
    }),
    fc.record({
      reason: fc.constant(2),
      notification: fc.constant(null),
      event: fc.nat(65535),
      information: fc.constant([]),
    }),
    fc.record({ reason: fc.constant(6), notification: fc.constant(null), event: fc.constant(0), information }),
  );
  const statistics = fc.array(
    fc.oneof(
      fc.record({ type: fc.constantFrom(0, 6, 11, 13), family: fc.constant(null), value: fc.nat(0xffffffff) }),
      fc.record({ type: fc.constantFrom(7, 8, 14), family: fc.constant(null), value: fc.maxSafeNat() }),
      fc.record({ type: fc.constantFrom(9, 16), family: fc.tuple(fc.nat(65535), fc.nat(255)), value: fc.maxSafeNat() }),
    ),
    { maxLength: 6 },
  );

  it('reads back everything that it writes', () => {
    fc.assert(
      fc.property(header, up, down, statistics, information, data, (peer, u, d, s, i, octet) => {
        const head = encodePeerHeader(peer);
        const round = (type: number, ...parts: Uint8Array[]) => read(encodeMessage(type, ...parts));
        const near = { ...peer, time: Math.round(peer.time * 1000) / 1000 };
        const v6 = near.flags & FLAG_V;
        // The router's end of the session is of the family of the peer's.
        const own = { ...u, localAddress: v6 ? '2001:db8::a' : '192.0.2.10' };
        expect(round(3, head, encodePeerUp(own))).to.deep.equal({ kind: 'peer-up', peer: near, up: own });
        expect(round(2, head, encodePeerDown(d))).to.deep.equal({ kind: 'peer-down', peer: near, down: d });
        expect(round(1, head, encodeStatistics(s))).to.deep.equal({ kind: 'statistics', peer: near, statistics: s });
        expect(round(4, encodeInformation(i))).to.deep.equal({ kind: 'initiation', information: i });
        const mirrored = { messages: [octet], errored: true, lost: false };
        expect(round(6, head, encodeMirroring(mirrored))).to.deep.equal({
          kind: 'route-mirroring',
          peer: near,
          mirrored,
        });
      }),
    );
  });

  it('survives any octets, cuts and changes, and names a place in the message', () => {
    const whole = fc
      .tuple(header, up, down, statistics, fc.nat(6))
      .map(([peer, u, d, s, type]) =>
        encodeMessage(
          type,
          encodePeerHeader(peer),
          [new Uint8Array(0), encodeStatistics(s), encodePeerDown(d), encodePeerUp(u)][type] ?? new Uint8Array(4),
        ),
      );
    const changed = fc.tuple(whole, fc.nat(), fc.nat(255), fc.nat()).map(([bytes, at, octet, end]) => {
      const copy = Uint8Array.from(bytes);
      if (at % 3 > 0) copy[6 + (at % (copy.length - 6))] = octet;
      return copy.subarray(0, 6 + (end % (copy.length - 5)));
    });
    const any = fc
      .tuple(fc.nat(255), fc.uint8Array({ maxLength: 300 }))
      .map(([type, body]) => encodeMessage(type, body));
    fc.assert(
      fc.property(fc.oneof(changed, any), fc.nat(9), (bytes, offset) => {
        const buffer = new Uint8Array(offset + bytes.length + 9).fill(0xff);
        buffer.set(bytes, offset);
        const found = decodeMessage(buffer, offset, offset + bytes.length);
        const bare = decodeMessage(bytes, 0, bytes.length);
        if (isBmpError(found) || isBmpError(bare)) expect(found).to.deep.equal(bare);
        else expect(found.kind).to.equal(bare.kind);
        if (isBmpError(found)) expect(found.offset).to.be.within(0, bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
