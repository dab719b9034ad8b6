import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { MOST_ERRORS } from '../../src/config/report.ts';

/**
 * bad.txt: bad configurations, each followed by `---`, all that is said about it, and `===`. Before each text stands a
 * line with what every configuration must have, so that lines count from 2.
 */
const table = readFileSync(new URL('bad.txt', import.meta.url), 'utf8')
  .split('===\n')
  .filter(part => part !== '')
  .map(part => part.split('\n---\n') as [string, string]);

const said = (text: string): string => {
  const loaded = parseConfig(text, 'c');
  return loaded.ok ? '' : formatErrors(loaded.errors);
};

describe('config/errors', () => {
  for (const [text, errors] of table)
    it(text.replace(/\s+/g, ' ').slice(0, 90), () =>
      expect(said(`router id 192.0.2.10; local as 64500;\n${text}\n`)).to.equal(errors),
    );

  it('has a table of some size', () => expect(table.length).to.be.greaterThan(80));

  it('takes no more communities than an UPDATE holds', () => {
    const of = (count: number) => Array.from({ length: count }, (_, i) => `64500:${i}`).join(', ');
    const text = (count: number) =>
      `router id 192.0.2.10; local as 64500; protocol bgp a { neighbor 192.0.2.1 as 64501; announce { prefix 10.0.0.0/8 community ${of(count)}; } }`;
    expect(said(text(960))).to.equal('');
    expect(said(text(961))).to.include('it has more communities than one UPDATE can hold');
  });

  it('says what every configuration must have', () => {
    expect(said('')).to.equal(
      'c:1:1: missing `router id`, expected `router id ROUTERID;`\n  \n  ^\n' +
        'c:1:1: missing `local as`, expected `local as ASN;`\n  \n  ^\n',
    );
  });

  it('stops at a number of errors, and says so', () => {
    const errors = said('x;\n'.repeat(5000));
    expect(errors.match(/unknown statement/g)).to.have.length(MOST_ERRORS);
    expect(errors).to.match(/c: more than 100 errors; what follows was not checked\n$/);
  });

  it('shows no control characters, and only a part of a long line', () => {
    const errors = said(`router id \u001b[31m192.0.2.1${' '.repeat(300)}oops;`);
    expect(errors).to.not.include('\u001b');
    for (const line of errors.split('\n')) expect(line.length).to.be.lessThan(200);
  });

  it('marks an octet that is not UTF-8 and a file that is too large', () => {
    expect(said('router id 192.0.2.1; local as 1; # \ufffd')).to.include('c:1:36: expected UTF-8, found other octets');
    expect(said(' '.repeat((1 << 20) + 1))).to.equal('c: it is larger than 1 MiB\n');
  });
});
