import { expect } from 'chai';
import { datesOf, lastTouched } from '../../src/registry/dates.ts';
import { expiryState, forecast, JPIRR_EXPIRY } from '../../src/registry/expiry.ts';
import { type RpslProblem, readRpslObject } from '../../src/registry/rpsl.ts';

function dates(lines: string) {
  const problems: RpslProblem[] = [];
  return { ...datesOf(readRpslObject(Buffer.from(`route: 192.0.2.0/24\n${lines}\n`))!, problems), problems };
}

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

describe('registry/dates', () => {
  const changes: [value: string, date: string | null][] = [
    ['noc@example.jp 20260401', '2026-04-01'],
    ['noc@example.jp  20240229 # leap', '2024-02-29'],
    ['"N. Oc" <noc@example.jp> 20260401', '2026-04-01'],
    ['20260401', '2026-04-01'],
    ['noc@example.jp 960417', '1996-04-17'],
    ['noc@example.jp 050417', '2005-04-17'],
    ['noc@example.jp 20260231', null],
    ['noc@example.jp 20261301', null],
    ['noc@example.jp 00000000', null],
    ['noc@example.jp', null],
    ['noc20260401', null],
    ['', null],
  ];
  for (const [value, date] of changes)
    it(`changed: ${value} is ${date ?? 'no date'}`, () => {
      const { changed, problems } = dates(`changed: ${value}`);
      expect(changed).to.equal(date === null ? null : day(date));
      expect(problems.map(({ line }) => line)).to.deep.equal(date === null ? [2] : []);
    });

  it('takes the latest of several, in any order', () =>
    expect(dates('changed: a@b 20250101\nchanged: a@b 20260101\nchanged: a@b 20240101').changed).to.equal(
      day('2026-01-01'),
    ));

  const instants: [value: string, time: string | null][] = [
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z'],
    ['2026-03-01T21:00:00+09:00', '2026-03-01T12:00:00Z'],
    ['2026-03-01', '2026-03-01T00:00:00Z'],
    ['2026-02-30T12:00:00Z', null],
    ['yesterday', null],
  ];
  for (const [value, time] of instants)
    it(`last-modified: ${value} is ${time ?? 'no date'}`, () =>
      expect(dates(`last-modified: ${value}`).lastModified).to.equal(time === null ? null : Date.parse(time)));

  it('knows an object by its latest date', () => {
    expect(lastTouched(dates('created: 2019-01-01\nchanged: a@b 20200101'))).to.equal(day('2020-01-01'));
    expect(lastTouched(dates('descr: x'))).to.equal(null);
  });
});

describe('registry/expiry', () => {
  const cases: [changed: string, notice: string, removal: string][] = [
    ['20260401', '2027-04-01', '2027-06-01'],
    ['20251231', '2026-12-31', '2027-02-28'],
    ['20240229', '2025-02-28', '2025-04-29'],
  ];
  for (const [changed, notice, removal] of cases)
    it(`of an object changed ${changed} by JPIRR's rule`, () =>
      expect(forecast(dates(`changed: a@b ${changed}`), JPIRR_EXPIRY)).to.deep.equal({
        notice: day(notice),
        removal: day(removal),
      }));

  it('is not known of an object without a date', () =>
    expect(forecast(dates('descr: x'), JPIRR_EXPIRY)).to.equal(null));

  it('is fresh, due for notice, or due for removal', () => {
    const due = forecast(dates('changed: a@b 20260401'), JPIRR_EXPIRY)!;
    expect(expiryState(due, day('2027-03-31'))).to.equal('fresh');
    expect(expiryState(due, day('2027-04-01'))).to.equal('notice');
    expect(expiryState(due, day('2027-06-01'))).to.equal('removal');
  });
});
