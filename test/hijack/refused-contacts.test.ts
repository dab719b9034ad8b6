import { expect } from 'chai';
import { MAX_RECIPIENTS } from '../../src/hijack/recipients.ts';
import { refusedContacts } from '../../src/hijack/refused-contacts.ts';

const object = (...lines: string[]) => ({
  source: 'JPIRR',
  prefix: '192.0.2.0/24',
  origin: 64501,
  maintainers: [],
  text: ['route: 192.0.2.0/24', 'descr: A', ...lines, 'origin: AS64501', 'source: JPIRR'].join('\n'),
});
const recipients = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ address: `m${i}@example.jp`, because: 'x-keiro' }));

describe('hijack/refused-contacts', () => {
  it('tells of no address that is right', () => {
    const right = object('  X-Keiro: noc@example.jp, NOC@example.net');
    expect(refusedContacts({ objects: [right], recipients: [] })).to.deep.equal([]);
  });

  const forged: readonly (readonly [what: string, line: string, why: RegExp])[] = [
    ['a header line', 'X-Keiro: a@example.jp\\r\\nBcc:b@example.jp', /no plain mail address/],
    ['a local name', 'X-Keiro: root', /"root" is no plain mail address/],
    ['a local domain', 'X-Keiro: root@localhost', /"root@localhost" is no plain mail address/],
    ['a pipe', 'X-Keiro: |/bin/sh@example.jp', /no plain mail address/],
    ['a file', 'X-Keiro: /etc/passwd@example.jp', /no plain mail address/],
    ['a literal', 'X-Keiro: a@[127.0.0.1]', /no plain mail address/],
    ['a quoted string', 'X-Keiro: "a b"@example.jp', /no plain mail address/],
  ];
  for (const [what, line, why] of forged)
    it(`tells of ${what}`, () => {
      const told = refusedContacts({ objects: [object(`  ${line}`)], recipients: [] });
      expect(told.length).to.be.at.least(1);
      expect(told[0])
        .to.match(why)
        .and.to.match(/^JPIRR: [\x20-\x7e]+$/);
    });

  it('tells of those who are too many, of one object and of one case', () => {
    const many = object(...Array.from({ length: 40 }, (_, i) => `  X-Keiro: a${i}@example.jp`));
    expect(refusedContacts({ objects: [many], recipients: [] })).to.deep.equal([
      'JPIRR: X-Keiro: more than 16 addresses, the rest is refused',
    ]);
    const late = object('  X-Keiro: late@example.jp, m3@example.jp');
    expect(refusedContacts({ objects: [late], recipients: recipients(MAX_RECIPIENTS) })).to.deep.equal([
      `JPIRR: late@example.jp is one more than ${MAX_RECIPIENTS} recipients of one case: refused`,
    ]);
  });

  it('says no more than can be read', () => {
    const objects = Array.from({ length: 150 }, (_, i) => object(`  X-Keiro: local${i}`));
    const told = refusedContacts({ objects, recipients: [] });
    expect(told).to.have.length(101);
    expect(told.at(-1)).to.equal('50 more');
  });
});
