import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import { changesSince, dueOf, FLAP_SUMMARY, remindersDue, standingOf, type Told } from '../../src/notify/cadence.ts';
import { begun } from './cases.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe('notify/cadence', () => {
  const reminders: readonly (readonly [hours: number, due: number])[] = [
    [0, 0],
    [23.9, 0],
    [24, 1],
    [71.9, 1],
    [72, 2],
    [168, 3],
    [360, 4],
    [-5, 0],
  ];
  for (const [hours, due] of reminders)
    it(`has ${due} reminders due after ${hours} h`, () => {
      expect(remindersDue(1000, 1000 + hours * HOUR)).to.equal(due);
    });

  const standing = { critical: false, severity: 'high', seen: 2 };
  const changes: readonly (readonly [what: string, now: Partial<typeof standing>, told: object])[] = [
    ['nothing', {}, { grave: [], wide: [] }],
    ['it has become critical', { critical: true }, { grave: [{ what: 'critical', now: true }], wide: [] }],
    ['it is less grave', { severity: 'low' }, { grave: [{ what: 'severity', from: 'high', to: 'low' }], wide: [] }],
    ['some more peers have it', { seen: 6 }, { grave: [], wide: [] }],
    ['many more peers have it', { seen: 8 }, { grave: [], wide: [{ what: 'seen', from: 2, to: 8 }] }],
    ['fewer have it', { seen: 0 }, { grave: [], wide: [] }],
  ];
  for (const [what, now, told] of changes)
    it(`finds worth telling: ${what}`, () => {
      expect(changesSince(standing, { ...standing, ...now })).to.deep.equal(told);
    });

  const told: Told = {
    begun: 0,
    last: 0,
    reminders: 0,
    changes: 0,
    flappings: 0,
    standing: standingOf(begun),
  };
  const due = (of: Partial<Case>, now: number, before: Partial<Told> = {}) => {
    const found = dueOf({ ...begun, ...of }, { ...told, ...before }, now);
    return found && `${found.event} ${found.ordinal}`;
  };

  it('reminds after a day, two more, four more; not when somebody has acknowledged it', () => {
    expect(due({}, 23 * HOUR)).to.equal(null);
    expect(due({}, 24 * HOUR)).to.equal('reminder 1');
    expect(due({}, 30 * HOUR, { reminders: 1 })).to.equal(null);
    expect(due({}, 72 * HOUR, { reminders: 1 })).to.equal('reminder 2');
    expect(due({}, 400 * HOUR), 'down for long: the latest only').to.equal('reminder 4');
    const acknowledged = { time: 0, by: 'root', reason: '' };
    expect(due({ acknowledged }, 24 * HOUR)).to.equal(null);
    for (const state of ['suspected', 'resolved', 'dismissed'] as const)
      expect(due({ state }, 24 * HOUR)).to.equal(null);
    for (const state of ['dormant', 'unseen'] as const) expect(due({ state }, 24 * HOUR)).to.equal('reminder 1');
  });
  it('tells soon that it is graver, later that it is wider, and from then on by the new standing', () => {
    expect(due({ critical: true }, 30_000)).to.equal(null);
    expect(due({ critical: true }, MINUTE)).to.equal('change 1');
    expect(due({ critical: true }, 7 * MINUTE, { changes: 3 }), 'to and fro: less and less often').to.equal(null);
    expect(due({ critical: true }, 8 * MINUTE, { changes: 3 })).to.equal('change 4');
    expect(due({ peakWitnesses: 40 }, 9 * MINUTE)).to.equal(null);
    expect(due({ peakWitnesses: 40 }, 10 * MINUTE)).to.equal('change 1');
    const first = dueOf({ ...begun, peakWitnesses: 40 }, told, 10 * MINUTE)!;
    expect(first.changes).to.deep.equal([{ what: 'seen', from: 3, to: 40 }]);
    expect(dueOf({ ...begun, peakWitnesses: 41 }, first.told, 30 * MINUTE)).to.equal(null);
  });
  it('sums up a flapping case at once, then every half hour, and reminds of nothing else meanwhile', () => {
    const flapping = { state: 'flapping', flaps: 4, critical: true } as const;
    expect(due(flapping, MINUTE)).to.equal('flapping 1');
    expect(due(flapping, MINUTE + FLAP_SUMMARY - 1, { flappings: 1, last: MINUTE })).to.equal(null);
    expect(due(flapping, MINUTE + FLAP_SUMMARY, { flappings: 1, last: MINUTE })).to.equal('flapping 2');
  });
});
