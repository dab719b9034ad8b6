import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bgpdumpLines } from '../../src/mrt/bgpdump.ts';
import type { MrtGap, MrtRecord } from '../../src/mrt/records.ts';
import { openMrt, readMrt } from '../../src/mrt/source.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { attribute, hex } from '../bgp/octets.ts';
import { DATA, dataFile, dataFiles, linesOf, realBgpdump } from './dump.ts';
import {
  address,
  ends,
  entry,
  nextHop,
  nlri,
  number,
  ORIGIN_IGP,
  PEERS,
  path,
  reach,
  record,
  rib,
  shortReach,
  unreach,
  update,
} from './octets.ts';

/** Every kind of line in hex, each kind of file once. */
const PATH = path([64496, 64497]);
const PATH2 = path([64496, 23456, 23456], 2);
const HOP = nextHop('192.0.2.9');
const V6 = '2001:db8::9';
const plain = ORIGIN_IGP + PATH + HOP;
const announce = (attributes: string, routes = nlri('10.0.0.0/8')) =>
  record(16, 4, ends() + update('', attributes, routes));
const path2 = (segments: string) => announce(ORIGIN_IGP + attribute(0x40, 2, segments) + HOP);
const as4 = (extra: string) =>
  record(16, 1, ends(undefined, undefined, false) + update('', ORIGIN_IGP + PATH2 + HOP + extra, nlri('10.0.0.0/8')));
const sequence = (asns: number[], type = 2, width = 4) =>
  number(type, 1) + number(asns.length, 1) + asns.map(as => number(as, width)).join('');
const as4Path = (segments: string) => attribute(0xc0, 17, segments);
const aggregator = (as: string, code = 7) => attribute(0xc0, code, as + address('192.0.2.7'));
const plain2 = ORIGIN_IGP + path([64496, 64497], 2) + HOP;
const tableDump = (prefix: string, length: number, peer: string, attributes: string) =>
  record(
    12,
    peer.includes(':') ? 2 : 1,
    `00000001${address(prefix)}${number(length, 1)}015f5e1000${address(peer)}fbf0${number(attributes.length / 2, 2)}${attributes}`,
  );
const range = (count: number, from: number) => Array.from({ length: count }, (_, i) => from + i);

const CASES: Record<string, string> = {
  'announce and withdraw': record(
    16,
    4,
    ends() + update(nlri('10.9.0.0/16'), plain, nlri('10.0.0.0/8') + nlri('10.1.2.0/23')),
  ),
  'withdraw only': record(16, 4, ends() + update(nlri('0.0.0.0/0'), '', '')),
  microseconds: record(17, 4, `0000002a${ends()}${update(nlri('10.9.0.0/16'), plain, nlri('10.0.0.0/8'))}`),
  'state changes':
    record(16, 5, `${ends()}00010006`) +
    record(16, 0, `${ends(undefined, undefined, false)}00060001`) +
    record(17, 5, `000f423f${ends('2001:db8::1', '2001:db8::2')}00070008`),
  'a state change with octets behind it': record(16, 5, `${ends()}000100060000`),
  'next hop and origin missing': announce(''),
  'an unknown origin': announce(`40010103${PATH}${HOP}`),
  'metrics beyond 31 bits': announce(plain + attribute(0x80, 4, 'ee6b2800') + attribute(0x40, 5, 'ee6b2800')),
  'metrics of IPv4 in MP_REACH_NLRI': announce(
    plain +
      attribute(0x80, 4, 'ee6b2800') +
      attribute(0x40, 5, 'ee6b2801') +
      reach(1, ['192.0.2.8'], nlri('11.0.0.0/8')),
    '',
  ),
  'short and long metrics': announce(plain + attribute(0x80, 4, '0001') + attribute(0x40, 5, '000000010002')),
  aggregates:
    announce(plain + attribute(0x40, 6, '') + aggregator('fa56ea01')) +
    announce(plain + attribute(0xc0, 7, 'fbf3c0000207')) +
    announce(plain + attribute(0xc0, 7, '0000fbf3ffffffff')),
  communities: announce(plain + attribute(0xc0, 8, 'fbf00001 ffffff01 ffffff02 ffffff03 ffffff04 ffff029a')),
  'communities of an odd length': announce(plain + attribute(0xc0, 8, '000100020003')),
  'a thousand communities': announce(
    plain +
      attribute(
        0xd0,
        8,
        range(1000, 50000)
          .map(low => `fbf0${number(low, 2)}`)
          .join(''),
      ),
  ),
  'large and extended communities': announce(
    plain + attribute(0xc0, 32, '0000fbf00000000100000002') + attribute(0xc0, 16, '0002fbf000000001'),
  ),
  'segments of all types': path2(
    sequence([65001], 3) +
      sequence([65002, 65003], 4) +
      sequence([1, 2]) +
      sequence([3, 4], 1) +
      sequence([5]) +
      sequence([6], 1) +
      sequence([7], 1),
  ),
  'empty segments': path2(
    sequence([1, 2]) + sequence([]) + sequence([3]) + sequence([], 1) + sequence([4]) + sequence([]),
  ),
  'an empty path': path2(''),
  'what is no path': path2('070100000001') + path2(`${sequence([1, 2])}020500000001`),
  'a path of a thousand ASes': announce(
    `${ORIGIN_IGP}${attribute(
      0x50,
      2,
      range(4, 0)
        .map(() => sequence(range(250, 4200000000)))
        .join(''),
    )}${HOP}`,
  ),
  'AS4_PATH merged': as4(as4Path(sequence([4200000001, 4200000002])) + aggregator('5ba0') + aggregator('fa56ea09', 18)),
  'AS4_PATH stale': as4(as4Path(sequence([4200000001, 4200000002])) + aggregator('fbf3') + aggregator('fa56ea09', 18)),
  'AS4_PATH too long, and as long': as4(as4Path(sequence([1, 2, 3, 4]))) + as4(as4Path(sequence([1, 2, 3]))),
  'AS4_PATH that is no path': as4(as4Path('020700000001')),
  'AS4_PATH with sets and confederations':
    record(
      16,
      1,
      ends(undefined, undefined, false) +
        update(
          '',
          ORIGIN_IGP +
            attribute(0x40, 2, sequence([64496, 23456], 2, 2) + sequence([5, 6], 1, 2) + sequence([7], 2, 2)) +
            HOP +
            as4Path(sequence([8, 9], 1) + sequence([10])),
          nlri('10.0.0.0/8'),
        ),
    ) +
    record(
      16,
      1,
      ends(undefined, undefined, false) +
        update(
          '',
          ORIGIN_IGP +
            attribute(0x40, 2, sequence([65001], 3, 2) + sequence([64496, 23456], 2, 2)) +
            HOP +
            as4Path(sequence([10])),
          nlri('10.0.0.0/8'),
        ),
    ),
  'AS4_PATH from who needs none': announce(
    plain + as4Path(sequence([9, 10])) + aggregator('00005ba0') + aggregator('fa56ea09', 18),
  ),
  'host bits and lengths beyond 32': announce(plain, '0c0aff') + announce(plain, '280a01020304'),
  'a prefix that is cut off': announce(plain, `${nlri('10.0.0.0/8')}180a`),
  'an attribute that is cut off': announce(`${plain}40050400`),
  'a message that is cut off': record(
    16,
    4,
    (ends() + update('', plain, nlri('10.0.0.0/8') + nlri('11.0.0.0/8'))).slice(0, -2),
  ),
  'lengths beyond the message':
    record(16, 4, `${ends()}${'ff'.repeat(16)}0018020009080a`) +
    record(16, 4, `${ends()}${'ff'.repeat(16)}001b02000000ff40010100`),
  'IPv6 addresses of all shapes': announce(
    ORIGIN_IGP +
      PATH +
      reach(
        2,
        [V6],
        [
          '::ffff:1.2.3.4',
          '::1.2.3.4',
          '::1',
          '1:0:0:2::3',
          '1:0:2:3:4:5:6:7',
          '::',
          '0:0:1::',
          '0:1:2:3:4:5:6:7',
          '2001:db8:0:0:1:0:0:1',
          '::1:0:0',
          '::fffe:1.2.3.4',
          '0:0:0:0:ffff:0:1:2',
          '1:2:3:4:5:6:7:0',
          'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        ]
          .map(text => `80${address(text)}`)
          .join(''),
      ),
    '',
  ),
  'both families in one message': announce(
    plain + reach(2, [V6, 'fe80::1'], nlri('2001:db8::/32')) + unreach(2, nlri('2001:db9::/32')),
  ),
  'multicast, and families nobody shows': [1, 2, 3, 4, 128]
    .map(safi =>
      announce(plain + reach(1, ['192.0.2.8'], nlri('11.0.0.0/8'), safi) + unreach(1, nlri('12.0.0.0/8'), safi), ''),
    )
    .join(''),
  'IPv4 with a next hop of IPv6': announce(ORIGIN_IGP + PATH + reach(1, [V6], nlri('11.0.0.0/8')), ''),
  SNPAs: announce(
    ORIGIN_IGP + PATH + attribute(0x80, 14, `00020110${address(V6)}01020000${nlri('2001:db8::/32')}`),
    '',
  ),
  'type BGP':
    record(
      5,
      1,
      `073dc1cb0001316ec1cb0002${update(nlri('9.0.0.0/8'), ORIGIN_IGP + path([1853, 5], 2) + HOP, nlri('10.0.0.0/8')).slice(38)}`,
    ) +
    record(5, 3, '073dc1cb000100010006') +
    record(5, 7, '073dc1cb0001316ec1cb0002'),
  'type BGP with communities': record(
    5,
    1,
    `073dc1cb0001316ec1cb0002${update('', ORIGIN_IGP + path([1853, 5], 2) + HOP + attribute(0x80, 4, 'ee6b2800') + attribute(0xc0, 8, '0001000200030004') + aggregator('fbf3'), nlri('10.0.0.0/8')).slice(38)}`,
  ),
  'RIB of IPv4':
    PEERS +
    rib(2, '10.0.0.0/8', entry(0, plain), entry(1, plain), entry(2, plain + reach(1, ['192.0.2.8'], ''))) +
    rib(3, '11.0.0.0/8', entry(0, plain)),
  'RIB of IPv6':
    PEERS +
    rib(
      4,
      '2001:db8::/32',
      entry(0, ORIGIN_IGP + PATH + shortReach(V6)),
      entry(1, ORIGIN_IGP + PATH + shortReach(V6, 'fe80::1')),
      entry(2, ORIGIN_IGP + PATH + reach(2, [V6], nlri('2001:db8::/32'))),
      entry(0, plain),
    ),
  'RIB with other next hops':
    PEERS +
    rib(
      2,
      '10.0.0.0/8',
      entry(0, ORIGIN_IGP + PATH + shortReach(V6)),
      entry(1, ORIGIN_IGP + PATH + shortReach('192.0.2.8')),
      entry(1, plain + reach(2, [V6], '', 2)),
    ),
  'RIB with path identifiers':
    PEERS +
    rib(8, '10.0.0.0/8', entry(0, plain, 5)) +
    rib(10, '2001:db8::/32', entry(1, ORIGIN_IGP + PATH + shortReach(V6), 4294967295)),
  TABLE_DUMP:
    tableDump('10.0.0.0', 8, '192.0.2.1', plain2 + reach(1, ['192.0.2.8'], '')) +
    tableDump('2001:db8::', 32, V6, plain2 + shortReach(V6)) +
    tableDump('2001:db8::', 32, V6, plain2 + reach(2, [V6], nlri('2001:db8::/32'))),
};
// Every subtype of BGP4MP, each family over each.
for (const subtype of [1, 4, 6, 7, 8, 9, 10, 11]) {
  const wide = [4, 7, 9, 11].includes(subtype);
  const id = subtype >= 8 ? '80000007' : '';
  const attributes = ORIGIN_IGP + path([64496, 64497], wide ? 4 : 2);
  for (const [peer, local] of [
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8::1', '2001:db8::2'],
  ] as const) {
    const at = ends(peer, local, wide);
    CASES[`subtype ${subtype} from ${peer}`] =
      record(16, subtype, at + update(id + nlri('10.9.0.0/16'), attributes + HOP, id + nlri('10.0.0.0/8'))) +
      record(
        16,
        subtype,
        at +
          update(
            '',
            attributes + reach(2, [V6], id + nlri('2001:db8::/32')) + unreach(2, id + nlri('2001:db9::/32')),
            '',
          ),
      ) +
      record(
        17,
        subtype,
        `0000002a${at}${update(id + nlri('10.9.0.0/16'), attributes + HOP, id + nlri('10.0.0.0/8'))}`,
      );
  }
}

describe('mrt/bgpdump', () => {
  describe('prints what the real bgpdump prints', () => {
    let dir = '';
    before(() => {
      dir = mkdtempSync(join(tmpdir(), 'mrt-'));
    });
    after(() => rmSync(dir, { recursive: true }));

    for (const [name, text] of Object.entries(CASES))
      it(`of ${name}`, function () {
        const file = join(dir, 'case.mrt');
        writeFileSync(file, hex(text));
        const real = realBgpdump(file);
        if (real === null) {
          if (process.env.REQUIRE_PEERS === '1') expect.fail('bgpdump is not installed');
          this.skip();
        }
        expect(linesOf(hex(text)).text).to.equal(real);
      });

    for (const name of dataFiles().filter(file => /(\.mrt|\d\.gz|path\.gz|records\.gz)$/.test(file)))
      it(`of ${name}`, function () {
        const real = realBgpdump(join(DATA, name));
        if (real === null) this.skip();
        const { text, gaps, faults } = linesOf(dataFile(name)!);
        expect(gaps).to.deep.equal([]);
        expect(faults).to.deep.equal([]);
        if (name !== 'bird6_bgp.mrt') {
          expect(text === real, firstDifference(text, real)).to.equal(true);
          return;
        }
        // Routes with path identifiers in records that say they have none: behind them the real one prints two lines for
        // each message from memory it never wrote to. Ours are all there, in order.
        const theirs = real.split('\n');
        let at = 0;
        for (const line of text.split('\n')) {
          at = theirs.indexOf(line, at) + 1;
          expect(at, line).to.be.greaterThan(0);
        }
      });
  });

  it('prints as much of a torn bzip2 file as bzip2(1) unpacks', async function () {
    const file = join(DATA, 'rib.20140523.0600_firstMB.bz2');
    const real = dataFiles().includes('rib.20140523.0600_firstMB.bz2') ? realBgpdump(file) : null;
    if (real === null) this.skip();
    const parts: Uint8Array[] = [];
    const lines = bgpdumpLines(text => parts.push(text));
    const walker = createWalker(lines);
    const gaps: MrtGap[] = [];
    const events = {
      record: (record: MrtRecord) => void walker.walk(record),
      gap: (gap: MrtGap) => void gaps.push(gap),
    };
    const failure = await readMrt(openMrt(file), events).catch((error: Error) => error.message);
    lines.flush();
    const text = Buffer.concat(parts).toString('latin1');
    // The library that bgpdump uses gives the last 5,000 octets too; the program keeps them when it finds the end torn.
    expect(real.startsWith(text)).to.equal(true);
    expect(text.length).to.be.greaterThan(real.length - 20_000);
    expect([failure, gaps.length]).to.deep.equal(['Compressed file ends unexpectedly;', 1]);
  });

  for (const name of dataFiles().filter(file => file.endsWith('.expect.txt.gz')))
    it(`prints the lines kept in ${name}`, () => {
      const kept = Buffer.from(dataFile(name)!).toString('latin1');
      const { text } = linesOf(dataFile(name.replace('.expect.txt.gz', ''))!);
      expect(text === kept, firstDifference(text, kept)).to.equal(true);
    });
});

/** Where two texts part, for the message of a failed test. */
function firstDifference(ours: string, theirs: string): string {
  const [a, b] = [ours.split('\n'), theirs.split('\n')];
  const line = a.findIndex((text, i) => text !== b[i]);
  return `line ${line + 1}: ${a[line]} instead of ${b[line]}`;
}
