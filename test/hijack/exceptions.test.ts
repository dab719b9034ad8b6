import { expect } from 'chai';
import { parseConfig } from '../../src/config/index.ts';
import { exceptionEnds, exceptionFor, exceptionsAt } from '../../src/hijack/exceptions.ts';

const NEW_YEAR = Date.UTC(2027, 0, 1);

function watches(text: string) {
  const loaded = parseConfig(
    `router id 192.0.2.10; local as 64500; watch ours { prefix 192.0.2.0/24 origin 64496; ${text} }`,
    'conf',
  );
  if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join());
  return loaded.config.watches;
}

describe('hijack/exceptions', () => {
  const allowed = watches('except prefix 192.0.2.0/24 origin 64520, 64521 until 2026-12-31 reason "scrubbing";');

  it('holds to the end of its day', () => {
    expect(exceptionsAt(allowed, NEW_YEAR - 1)).to.deep.equal([
      { watch: 'ours', prefix: '192.0.2.0/24', origins: [64520, 64521], until: NEW_YEAR, reason: 'scrubbing' },
    ]);
    expect(exceptionsAt(allowed, NEW_YEAR)).to.deep.equal([]);
    const minute = watches('except prefix 192.0.2.0/24 origin 64520 until 2026-12-31T12:30Z reason "x";');
    expect(exceptionsAt(minute, 0)[0]?.until).to.equal(Date.UTC(2026, 11, 31, 12, 30));
    const open = watches('except prefix 192.0.2.0/24 origin 64520 reason "x";');
    expect(exceptionsAt(open, NEW_YEAR * 2)).to.have.length(1);
  });
  it('is for its prefix and what lies in it, and for its origins', () => {
    const now = exceptionsAt(allowed, NEW_YEAR - 1);
    expect(exceptionFor(now, '192.0.2.0/24', 64520)?.reason).to.equal('scrubbing');
    expect(exceptionFor(now, '192.0.2.128/25', 64521)?.reason).to.equal('scrubbing');
    for (const [prefix, origin] of [
      ['192.0.2.0/24', 64666],
      ['192.0.2.0/23', 64520],
      ['198.51.100.0/24', 64520],
      ['192.0.2.0/24', null],
    ] as const)
      expect(exceptionFor(now, prefix, origin), `${prefix} ${origin}`).to.equal(null);
  });
  it('tells its end once, not what was over at the start', () => {
    const ends = exceptionEnds();
    expect(ends(allowed, NEW_YEAR - 1)).to.deep.equal([]);
    expect(ends(allowed, NEW_YEAR).map(({ reason }) => reason)).to.deep.equal(['scrubbing']);
    expect(ends(allowed, NEW_YEAR + 1)).to.deep.equal([]);
    expect(exceptionEnds()(allowed, NEW_YEAR + 1)).to.deep.equal([]);
  });
  it('refuses dates that are none', () => {
    for (const date of ['2026-02-30', '2026-13-01', '31.12.2026', '2026-12-31T25:00Z', '2026-12-31T12:00'])
      expect(() => watches(`except prefix 192.0.2.0/24 origin 64520 until ${date} reason "x";`), date).to.throw(
        /expected a date/,
      );
  });
});
