import { expect } from 'chai';
import { outOfDate, troubleOf } from '../../src/registry/source-trouble.ts';

const HOUR = 3_600_000;
const row = (transport: string, age: number | null, more: { stale?: boolean; lastError?: string } = {}) => ({
  transport,
  age,
  stale: false,
  lastError: '',
  ...more,
});

describe('registry/source-trouble', () => {
  const rows: [what: string, row: ReturnType<typeof row>, out: boolean, trouble: string[]][] = [
    ['a fresh copy', row('nrtm', 60_000), false, []],
    ['a source that is only asked', row('none', null), false, []],
    ['one that failed a moment ago', row('https', HOUR, { lastError: 'x' }), false, ['x']],
    ['one that failed for long', row('https', HOUR, { lastError: 'x', stale: true }), true, ['x']],
    ['a file that is gone', row('file', HOUR, { lastError: 'no such file' }), true, ['no such file']],
    ['one that is awaited', row('https', null), true, ['no copy of it has come yet']],
    ['a file of the day before yesterday', row('file', 47 * HOUR), false, []],
    ['an older one', row('file', 49.5 * HOUR), true, ['stale: its file was written 49 hours ago']],
    [
      'one whose look lasts',
      row('nrtm', 4321, { stale: true }),
      true,
      ['stale: its copy was the newest one for certain 4 seconds ago'],
    ],
    [
      'one whose look lasts for ever',
      row('ftp', 200_000, { stale: true }),
      true,
      ['stale: its copy was the newest one for certain 3 minutes ago'],
    ],
  ];
  for (const [what, status, out, trouble] of rows)
    it(`tells of ${what}: ${trouble.join() || 'nothing'}`, () => {
      expect(outOfDate(status)).to.equal(out);
      expect(troubleOf(status)).to.deep.equal(trouble);
    });

  it('is never out of date without a word', () => {
    for (const transport of ['file', 'https', 'nrtm', 'nrtm4', 'none'])
      for (const age of [null, 0, 100 * HOUR])
        for (const stale of [false, true])
          for (const lastError of ['', 'x']) {
            const status = row(transport, age, { stale, lastError });
            if (outOfDate(status)) expect(troubleOf(status)).to.have.length(1);
          }
  });
});
