import { expect } from 'chai';
import { parseInstant } from '../../src/control/instant.ts';

const NOW = Date.UTC(2026, 2, 1, 15, 30);
const HOUR = 3_600_000;

describe('control/instant', () => {
  const times: readonly [text: string, time: number | null][] = [
    ['2026-02-28T12:00:00Z', Date.UTC(2026, 1, 28, 12)],
    ['2026-02-28t12:00:00.250z', Date.UTC(2026, 1, 28, 12) + 250],
    ['2026-02-28T21:00+09:00', Date.UTC(2026, 1, 28, 12)],
    ['2026-02-28 12:00:00Z', Date.UTC(2026, 1, 28, 12)],
    ['12:00', Date.UTC(2026, 2, 1, 12)],
    ['12:00:05', Date.UTC(2026, 2, 1, 12, 0, 5)],
    ['-2h', NOW - 2 * HOUR],
    ['-1d', NOW - 24 * HOUR],
    ['-0s', NOW],
    ['24:00', null],
    ['12:60', null],
    ['2026-02-28', null],
    ['2026-02-28T12:00:00', null],
    ['2026-13-28T12:00:00Z', null],
    ['-2', null],
    ['2h', null],
    ['yesterday', null],
    ['', null],
  ];
  for (const [text, time] of times)
    it(`takes "${text}" for ${time === null ? 'no time' : new Date(time).toISOString()}`, () =>
      expect(parseInstant(text, NOW)).to.equal(time));
});
