import { expect } from 'chai';
import { OTHER_CLASSES } from '../../src/registry/other-objects.ts';
import { CLASSES, type PlainObject, plainObject } from '../../src/registry/plain-object.ts';
import { rpslReader } from '../../src/registry/rpsl.ts';

/** What is read of a dump, and what is left out of it. */
function read(text: string | Uint8Array) {
  const objects: PlainObject[] = [];
  const problems: string[] = [];
  const reader = rpslReader(
    rpsl => {
      const reading = plainObject(rpsl);
      if (reading.ok) objects.push(reading.object);
      for (const { line, why } of reading.ok ? reading.problems : [reading.problem]) problems.push(`${line}: ${why}`);
    },
    ({ line, why }) => problems.push(`${line}: ${why}`),
    CLASSES,
  );
  reader.push(typeof text === 'string' ? Buffer.from(text) : text);
  reader.end();
  return { objects, problems, counts: reader.counts };
}

/** An object of each class that can bear X-Keiro, `lines` after its first. */
const HEADS: Readonly<Record<string, readonly [head: string, tail: string]>> = {
  route: ['route:      192.0.2.0/24', 'origin:     AS64496'],
  route6: ['route6:     2001:db8::/32', 'origin:     AS64496'],
  'aut-num': ['aut-num:    AS64496', 'as-name:    EXAMPLE'],
  'as-set': ['as-set:     AS-EXAMPLE', 'members:    AS64496, AS-CUST'],
  'route-set': ['route-set:  RS-EXAMPLE', 'members:    192.0.2.0/24'],
  mntner: ['mntner:     MAINT-AS64496', 'auth:       CRYPT-PW HIDDENCRYPTPW'],
  'inet-rtr': ['inet-rtr:   rtr.example.jp', 'local-as:   AS64496'],
};

describe('registry: objects as they stand in the wild (research: hijack 4)', () => {
  it('has a head for each class that is read', () =>
    expect(Object.keys(HEADS)).to.have.members(['route', 'route6', ...OTHER_CLASSES]));

  // 4.2: (a) a mail script, (b) a mailer and its tests, (c) a dump, (d) the form for maintainers, (e) JPNIC.
  const spellings: [what: string, lines: string][] = [
    ['a line of 12 blanks below descr', 'descr:      Example Inc.\n            X-Keiro:noc@example.jp'],
    ['the second line of descr', 'descr:      Example Inc.\n            X-Keiro : noc@example.jp'],
    ['in mixed case', 'descr:      Example Inc.\n            X-keiro : noc@example.jp'],
    ['in the first line of descr', 'descr:      X-Keiro: noc@example.jp'],
    ['in a descr of its own', 'descr:      Example Inc.\ndescr:      X-KEIRO:  noc@example.jp'],
    ['in remarks', 'remarks:    x-keiro: noc@example.jp'],
    ['below remarks, after a tab', 'remarks:    see\n\tX-Keiro\t:\tnoc@example.jp'],
    ['after a plus', 'descr:      Example Inc.\n+ X-Keiro: noc@example.jp'],
    ['an attribute', 'X-Keiro:    noc@example.jp'],
    ['an attribute with blanks before its colon', 'x-keiro :   noc@example.jp'],
    ['in angle brackets, with a comment', 'descr:      A\n            X-Keiro: <noc@example.jp> # day and night'],
    ['with a full-width colon and blank', 'descr:      A\n            X-Keiro\uff1a\u3000noc@example.jp'],
    ['twice', 'descr:      A\n            X-Keiro: noc@example.jp, NOC@example.jp'],
  ];
  for (const [what, lines] of spellings)
    it(`reads X-Keiro in every class: ${what}`, () => {
      for (const [name, [head, tail]] of Object.entries(HEADS))
        for (const end of ['\n', '\r\n']) {
          const { objects, problems } = read([head, lines, tail, ''].join('\n').replaceAll('\n', end));
          expect(problems, name).to.deep.equal([]);
          expect(objects[0]!.keiro, name).to.deep.equal(['noc@example.jp']);
        }
    });

  it('reads several addresses, parted as people part them', () => {
    const { objects } = read(
      'route: 192.0.2.0/24\ndescr: A\n X-Keiro: a@example.jp, b@example.net;c@example.org\u3001d@example.com\n x-keiro:e@example.jp\norigin: AS1\n',
    );
    expect(objects[0]!.keiro).to.deep.equal([
      'a@example.jp',
      'b@example.net',
      'c@example.org',
      'd@example.com',
      'e@example.jp',
    ]);
  });

  it('reads the objects of JPIRR', () => {
    const { objects, problems } = read(`route:      192.0.2.0/24
descr:      Example Inc.
            X-Keiro : alert@example.jp
origin:     AS64496
member-of:  RS-EXAMPLE
notify:     noc@example.jp
mnt-by:     MAINT-AS64496
changed:    noc@example.jp 20260401
source:     JPIRR

route6:     2001:db8::/32
descr:      Example Inc.
            X-Keiro : alert@example.jp
origin:     AS64496
mnt-by:     MAINT-AS64496
changed:    noc@example.jp 20260401
source:     JPIRR

mntner:     MAINT-AS64496
descr:      Example Inc.
            X-Keiro: noc@example.jp
admin-c:    AA000JP
upd-to:     noc@example.jp
mnt-nfy:    noc@example.jp
auth:       CRYPT-PW HIDDENCRYPTPW
mnt-by:     MAINT-AS64496
source:     JPIRR

aut-num:    AS64496
as-name:    EXAMPLE
import:     from AS64500 accept ANY
export:     to AS64500 announce AS-EXAMPLE
source:     JPIRR

as-set:     AS-EXAMPLE
descr:      Example and customers
members:    AS64496, AS-CUST
mbrs-by-ref: ANY
tech-c:     BB000JP
mnt-by:     MAINT-AS64496
source:     JPIRR
`);
    expect(problems).to.deep.equal([]);
    expect(objects.map(({ class: c, key, keiro }) => [c, key, keiro])).to.deep.equal([
      ['route', '192.0.2.0/24AS64496', ['alert@example.jp']],
      ['route6', '2001:db8::/32AS64496', ['alert@example.jp']],
      ['mntner', 'MAINT-AS64496', ['noc@example.jp']],
      ['aut-num', 'AS64496', []],
      ['as-set', 'AS-EXAMPLE', []],
    ]);
  });

  it('counts the objects that JPIRR deletes in place, of every class', () => {
    const dead = ['*xxte: 192.0.2.0/24', '*xxte6: 2001:db8::/32', '*xxner: MAINT-X', '*xx-num: AS1', '*xxset: AS-X'];
    const { objects, problems, counts } = read(dead.map(line => `${line}\norigin: AS64496\n\n`).join(''));
    expect([objects, problems, counts.dead, counts.skipped]).to.deep.equal([[], [], 5, 0]);
  });

  it('takes what RFC 2622 allows on a route and IRRd adds', () => {
    const { objects, problems } = read(`route: 192.0.02.0/24
origin: as64496
holes: 192.0.2.128/26,
       192.0.2.192/26
inject: at 192.0.2.1
components: <^AS64496>
export-comps: {192.0.2.0/25}
aggr-mtd: outbound
max-length: 24
rpki-ov-state: valid
last-modified: 2026-04-01T12:00:00Z
source: RPKI
`);
    expect(problems).to.deep.equal([]);
    expect(objects[0]).to.deep.include({
      prefix: '192.0.2.0/24',
      origin: 64496,
      holes: ['192.0.2.128/26', '192.0.2.192/26'],
      lastModified: Date.parse('2026-04-01T12:00:00Z'),
    });
  });

  it('never fails on a class or an attribute that it does not know', () => {
    const { objects, problems, counts } = read(
      'key-cert: PGPKEY-1\ncertif: x\n\nroute: 192.0.2.0/24\norigin: AS64496\nfancy-new: 1\nx_y-2: z\n\npoem: P\n',
    );
    expect([objects.length, problems, counts.skipped]).to.deep.equal([1, [], 2]);
  });

  it('keeps what is ASCII between octets of any encoding', () => {
    for (const octets of [[0xc6, 0xfc, 0xcb, 0xdc], [0x93, 0xfa, 0x96, 0x7b], [0xfc], [0xff, 0xfe], [0]]) {
      const dump = Buffer.concat([
        Buffer.from('mntner: M\ndescr: '),
        Uint8Array.from(octets),
        Buffer.from('\n X-Keiro: noc@example.jp\nmnt-by: M\n'),
      ]);
      const { objects, problems } = read(dump);
      expect([objects[0]!.keiro, objects[0]!.mntBy, problems]).to.deep.equal([['noc@example.jp'], ['M'], []]);
    }
  });
});
