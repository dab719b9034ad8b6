import { expect } from 'chai';
import fc from 'fast-check';
import { type DeterministicNat, insideOf, outsideOf, portsOf } from '../../src/flow/deterministic-nat.ts';
import { logPattern } from '../../src/flow/log-pattern.ts';
import type { FlowEnds } from '../../src/flow/translation.ts';
import { LOG_FORMATS, type LogFormat, type Logged } from '../../src/flow/translation-log.ts';
import { formatAddress } from '../../src/net/address.ts';

const show = (address: Uint8Array | null) =>
  address === null ? '*' : formatAddress({ afi: address.length === 4 ? 1 : 2, bytes: address });
const side = ({ source, sourcePort, destination, destinationPort }: FlowEnds) =>
  `${show(source)}:${sourcePort ?? '*'}>${show(destination)}:${destinationPort ?? '*'}`;
const said = ({ time, event, protocol, inside, outside, block }: Logged) =>
  `${event} ${protocol ?? '*'} ${side(inside)} = ${side(outside)}${block ? ` ${block.first}-${block.last}/${block.step}` : ''} @${time}`;

const table: readonly [format: keyof typeof LOG_FORMATS, line: string, ...says: string[]][] = [
  [
    'juniper',
    'Jun 28 15:29:20 cypher (FPC Slot 5, PIC Slot 0) {NG1}[FWNAT]: JSERVICES_NAT_PORT_BLOCK_ALLOC: 10.0.0.10 -> 192.0.2.3:1024-1087 0x59412760',
    'block-create * 10.0.0.10:*>*:* = 192.0.2.3:*>*:* 1024-1087/1 @null',
  ],
  [
    'juniper',
    'Oct 30 21:48:35  graphite 2011-10-31 04:48:34 [FWNAT]:ASP_NAT_PORT_BLOCK_RELEASE: 3002:0:0:0:0:0:0:1 -> 192.0.2.3:1050-1099',
    'block-delete * 3002::1:*>*:* = 192.0.2.3:*>*:* 1050-1099/1 @null',
  ],
  [
    'juniper',
    '<14>1 2022-04-04T14:45:38.000Z mx RT_NAT - RT_SRC_NAT_PBA_ALLOC [internal-ip="10.0.10.10" block-used="1" block-port-low="48640" block-port-high="48895" reflexive-ip="192.0.2.172" nat-pool-name="guest"]',
    `block-create * 10.0.10.10:*>*:* = 192.0.2.172:*>*:* 48640-48895/1 @${Date.UTC(2022, 3, 4, 14, 45, 38)}`,
  ],
  ['juniper', 'RT_SRC_NAT_PBA_ALLOC [internal-ip="10.0.10.10"]'],
  ['juniper', 'RT_FLOW_SESSION_CREATE [source-address="10.0.0.1"]'],
  [
    'cisco',
    '1 2011 May 31 10:30:45 192.168.2.3 - - NAT44 - [UserbasedA - 10.32.0.1 ivrf - 192.0.2.6 - 12544 12671 - -]',
    'block-create * 10.32.0.1:*>*:* = 192.0.2.6:*>*:* 12544-12671/1 @null',
  ],
  [
    'cisco',
    'NAT44 - [SessionbasedAD TCP 10.32.0.1 ivrf - 192.0.2.6 5555 12544 - 198.51.100.1 80][UserbasedW - 10.32.0.2 ivrf - 192.0.2.6 - 1024 1151 - -]',
    'create 6 10.32.0.1:5555>198.51.100.1:80 = 192.0.2.6:12544>198.51.100.1:80 @null',
    'block-delete * 10.32.0.2:*>*:* = 192.0.2.6:*>*:* 1024-1151/1 @null',
  ],
  ['cisco', '[Portblockrunout TCP 10.32.0.1 ivrf - 192.0.2.6 5555 12544 - - -] [UserbasedA]'],
  [
    'conntrack',
    '[1795323345.270000]\t    [NEW] udp      17 30 src=192.168.7.10 dst=10.3.0.10 sport=5555 dport=9999 [UNREPLIED] src=10.3.0.10 dst=10.1.9.2 sport=9999 dport=1024',
    'create 17 192.168.7.10:5555>10.3.0.10:9999 = 10.1.9.2:1024>10.3.0.10:9999 @1795323345270',
  ],
  [
    'conntrack',
    '[DESTROY] icmp     1 src=192.168.7.10 dst=10.3.0.10 type=8 code=0 id=77 src=10.3.0.10 dst=10.1.9.2 type=0 code=0 id=3',
    'delete 1 192.168.7.10:77>10.3.0.10:77 = 10.1.9.2:3>10.3.0.10:3 @null',
  ],
  [
    'conntrack',
    '[UPDATE] tcp      6 60 SYN_RECV src=203.0.113.9 dst=192.0.2.1 sport=40000 dport=80 src=10.0.0.2 dst=203.0.113.9 sport=8080 dport=40000',
    'seen 6 203.0.113.9:40000>192.0.2.1:80 = 203.0.113.9:40000>10.0.0.2:8080 @null',
  ],
  [
    'conntrack',
    '[NEW] udp      17 30 src=10.0.0.1 dst=10.3.0.10 sport=5555 dport=9999 [UNREPLIED] src=10.3.0.10 dst=10.0.0.1 sport=9999 dport=5555',
  ],
];

describe('flow/translation-log', () => {
  for (const [format, line, ...says] of table)
    it(`${format}: ${line.slice(0, 90)}`, () => expect(LOG_FORMATS[format](line).map(said)).to.deep.equal(says));

  it('never throws, whatever the line', () => {
    const lines = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc
        .constantFrom(...table.map(([, line]) => line))
        .chain(line =>
          fc
            .tuple(fc.nat(line.length), fc.nat(line.length), fc.string({ maxLength: 5 }))
            .map(([a, b, text]) => line.slice(0, a) + text + line.slice(b)),
        ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(LOG_FORMATS)), lines, (format, line) => {
        for (const { inside, outside, block } of format(line)) {
          expect(inside.source).to.be.an.instanceOf(Uint8Array);
          expect(outside.source).to.be.an.instanceOf(Uint8Array);
          if (block !== null) expect(block.first).to.be.at.most(block.last);
        }
      }),
    );
  });
});

describe('flow/log-pattern', () => {
  const A10 =
    '^(?<time>\\S+) \\S+ NAT-(?<protocol>TCP|UDP)-(?<event>[A-Z]): (?<inside>[\\d.]+):(?<insideport>\\d+) -> (?<outside>[\\d.]+):(?<outsideport>\\d+)';
  it('reads lines by the groups of an expression', () => {
    const format = logPattern(A10) as LogFormat;
    expect(format('2026-11-29T10:00:00+09:00 ax NAT-TCP-C: 10.0.0.1:1234 -> 192.0.2.1:40000').map(said)).to.deep.equal([
      `create 6 10.0.0.1:1234>*:* = 192.0.2.1:40000>*:* @${Date.UTC(2026, 10, 29, 1)}`,
    ]);
    expect(format('1795323345.5 ax NAT-UDP-F: 10.0.0.1:1234 -> 192.0.2.1:40000').map(said)).to.deep.equal([
      'delete 17 10.0.0.1:1234>*:* = 192.0.2.1:40000>*:* @1795323345500',
    ]);
    expect(format('Nov 29 10:00:00 ax NAT-UDP-F')).to.deep.equal([]);
  });
  it('reads blocks', () => {
    const format = logPattern(
      '(?<event>Released|Assigned) (?<inside>\\S+) (?<outside>\\S+) (?<first>\\d+)-(?<last>\\d+)',
    ) as LogFormat;
    expect(format('Assigned 10.0.0.1 192.0.2.1 1024-2047').map(said)).to.deep.equal([
      'block-create * 10.0.0.1:*>*:* = 192.0.2.1:*>*:* 1024-2047/1 @null',
    ]);
    expect(format('Released 10.0.0.1 192.0.2.1 1024-2047')[0]?.event).to.equal('block-delete');
    expect(format('Released 10.0.0.999 192.0.2.1 1024-2047')).to.deep.equal([]);
  });
  for (const [text, wrong] of [
    ['(', 'Unterminated group'],
    ['(?<inside>x)', 'it has no group `outside`'],
    ['(?<inside>x)(?<outside>y)(?<colour>z)', 'it has a group `colour`'],
    ['(?<inside>(x+)+)(?<outside>y)', 'may take for ever'],
    ['(?<inside>(?:x*y)*)(?<outside>y)', 'may take for ever'],
    ['(?<inside>x+)(?<outside>(\\+\\*)[(+*]{2,})', ''],
  ] as const)
    it(`says of ${text}: ${wrong || 'nothing'}`, () => {
      const format = logPattern(text);
      if (wrong === '') expect(format).to.be.a('function');
      else expect(format).to.be.a('string').and.to.include(wrong);
    });
});

describe('flow/deterministic-nat', () => {
  const pool: DeterministicNat = {
    ...{ inside: { first: 0x64400000, count: 4096 }, outside: { first: 0xc0000200, count: 16 } },
    ...{ reserved: 1024, dynamic: 0 },
  };
  it('gives each inside address its ports, as in section 2.2 of RFC 7422', () => {
    // 256 to one: (65536 - 1024) / 256 = 252 ports each
    expect(portsOf(pool)).to.equal(252);
    expect(outsideOf(pool, 0x64400000)).to.deep.equal({
      address: 0xc0000200,
      block: { first: 1024, last: 1275, step: 1 },
    });
    expect(outsideOf(pool, 0x64400101)).to.deep.equal({
      address: 0xc0000201,
      block: { first: 1276, last: 1527, step: 1 },
    });
    expect(insideOf(pool, 0xc0000201, 1276)).to.equal(0x64400101);
    expect(insideOf(pool, 0xc0000201, 1000), 'reserved').to.equal(null);
    expect(insideOf(pool, 0xc0000210, 1276), 'of another pool').to.equal(null);
    expect(outsideOf(pool, 0x64401000)).to.equal(null);
    expect(insideOf({ ...pool, dynamic: 64 }, 0xc0000200, 65535), 'given out on demand').to.equal(null);
  });
  it('finds every inside address by each of its ports, and no other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 64 }),
        fc.nat(30_000),
        fc.nat(100),
        fc.nat(),
        (count, outsides, reserved, dynamic, pick) => {
          const nat = { inside: { first: 1000, count }, outside: { first: 9000, count: outsides }, reserved, dynamic };
          const inside = 1000 + (pick % count);
          const found = outsideOf(nat, inside);
          if (found === null) {
            expect(portsOf(nat)).to.equal(0);
            return;
          }
          const { address, block } = found;
          expect(address).to.be.within(9000, 9000 + outsides - 1);
          expect(block.last).to.be.below(65536);
          for (const port of [block.first, block.last]) expect(insideOf(nat, address, port)).to.equal(inside);
          for (const port of [block.first - 1, block.last + 1])
            expect(insideOf(nat, address, port)).to.not.equal(inside);
        },
      ),
    );
  });
});
