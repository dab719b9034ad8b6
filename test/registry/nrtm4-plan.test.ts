import { expect } from 'chai';
import fc from 'fast-check';
import type { FileReference, Notification } from '../../src/registry/irr/nrtm4-notification.ts';
import {
  believableTime,
  doubtOfAge,
  type Held,
  type Plan,
  planUpdate,
  reload,
} from '../../src/registry/irr/nrtm4-plan.ts';

const [A, B] = ['ca128382-78d9-41d1-8927-1ecef15275be', 'db128382-78d9-41d1-8927-1ecef15275be'];
const HOUR = 3600_000;

const file = (version: number, kind = 'd'): FileReference => ({
  version,
  url: `${kind}${version}.json`,
  hash: `${kind === 'd' ? '1' : '2'}${version}`.padEnd(64, '0'),
});
/** Versions from first to last. */
const files = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => file(first + i));

/** A notification with this snapshot and these deltas. */
const notification = (snapshot: number, [first, last]: readonly number[], more: Partial<Notification> = {}) => ({
  source: 'EXAMPLE',
  session: A,
  version: Math.max(snapshot, last ?? 0),
  timestamp: 100 * HOUR,
  snapshot: file(snapshot, 's'),
  deltas: first === undefined ? [] : files(first, last!),
  nextKey: null,
  ...more,
});
const held = (version: number, more: Partial<Held> = {}): Held => ({
  session: A,
  version,
  timestamp: 99 * HOUR,
  snapshot: file(1, 's'),
  deltas: files(2, version),
  ...more,
});
/** `deltas 2 3`, `snapshot 1: 2 3`, `nothing`, `refuse why`. */
function words(plan: Plan): string {
  switch (plan.what) {
    case 'nothing':
      return 'nothing';
    case 'deltas':
      return `deltas ${plan.deltas.map(({ version }) => version).join(' ')}`;
    case 'snapshot':
      return `snapshot ${plan.snapshot.version}: ${plan.deltas.map(({ version }) => version).join(' ')}`.trim();
    case 'refuse':
      return `refuse ${plan.why}`;
  }
}

describe('registry/irr/nrtm4-plan', () => {
  const cases: readonly [string, Held | null, Notification, string | RegExp][] = [
    ['nothing held, a first snapshot', null, notification(1, []), 'snapshot 1:'],
    ['nothing held, deltas after and before the snapshot', null, notification(3, [2, 5]), 'snapshot 3: 4 5'],
    ['nothing held, a gap behind the snapshot', null, notification(3, [5, 6]), /refuse nothing leads/],
    ['the version held', held(4), notification(3, [2, 4]), 'nothing'],
    ['the version held, its deltas gone', held(4), notification(4, []), 'nothing'],
    ['one delta more', held(4), notification(3, [2, 5]), 'deltas 5'],
    ['several deltas more', held(4), notification(3, [5, 8]), 'deltas 5 6 7 8'],
    ['a newer snapshot beside deltas', held(4), notification(6, [2, 6]), 'deltas 5 6'],
    ['a newer snapshot and no deltas', held(4), notification(6, []), 'snapshot 6:'],
    ['a snapshot newer than the last delta', held(4), notification(7, [5, 6]), 'snapshot 7:'],
    ['deltas that begin too late', held(4), notification(7, [6, 8]), 'snapshot 7: 8'],
    [
      'deltas that begin too late, and too late for the snapshot',
      held(4),
      notification(3, [6, 8]),
      /refuse nothing lead/,
    ],
    ['a new session', held(4), notification(1, [2, 2], { session: B }), 'snapshot 1: 2'],
    ['a new session of the same version', held(4), notification(4, [], { session: B }), 'snapshot 4:'],
    [
      'another session, played again',
      held(4),
      notification(9, [], { session: B, timestamp: 98 * HOUR }),
      /refuse it is of another session/,
    ],
    ['one version less', held(4), notification(3, [2, 3]), /refuse it is one version older/],
    ['many versions less', held(40), notification(3, [2, 3]), /refuse its version went back from 40 to 3/],
    ['another source', held(4), notification(4, [], { source: 'OTHER' }), /refuse it is of the source OTHER/],
    [
      'another source, nothing held',
      null,
      notification(4, [], { source: 'OTHER' }),
      /refuse it is of the source OTHER/,
    ],
    [
      'the hash of a known delta changed',
      held(4),
      notification(3, [2, 5], { deltas: [...files(2, 3), { ...file(4), hash: '9'.repeat(64) }, file(5)] }),
      /refuse the hash of delta 4/,
    ],
    [
      'the hash of the known snapshot changed',
      held(4),
      notification(1, [2, 5], { snapshot: { ...file(1, 's'), hash: '9'.repeat(64) } }),
      /refuse the hash of snapshot 1/,
    ],
    [
      'hashes of another session say nothing',
      held(4),
      notification(1, [2, 2], { session: B, snapshot: { ...file(1, 's'), hash: '9'.repeat(64) } }),
      'snapshot 1: 2',
    ],
  ];
  for (const [name, has, offered, expected] of cases)
    it(name, () => {
      const plan = words(planUpdate('example', has, offered));
      if (typeof expected === 'string') expect(plan).to.equal(expected);
      else expect(plan).to.match(expected);
    });

  it('always leads to the version of the notification, without a gap, or refuses it', () => {
    const number = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(fc.option(number), number, number, number, fc.boolean(), (has, snapshot, first, length, same) => {
        const offered = notification(snapshot, [first + 1, first + length], { session: same ? A : B });
        const plan = planUpdate('EXAMPLE', has === null ? null : held(has), offered);
        const from = plan.what === 'snapshot' ? plan.snapshot.version : (has ?? 0);
        if (plan.what === 'refuse') return true;
        if (plan.what === 'nothing') return has === offered.version;
        const versions = plan.deltas.map(({ version }) => version);
        expect(versions).to.deep.equal(versions.map((_, i) => from + i + 1));
        expect(from + versions.length).to.equal(offered.version);
        return has === null || !same || offered.version > has;
      }),
    );
  });
  it('can be made to begin anew', () => {
    expect(words(reload(notification(3, [2, 5]), 'the deltas do not come'))).to.equal('snapshot 3: 4 5');
  });
  it('tells a publisher that stands still, and a clock that is wrong', () => {
    expect(doubtOfAge(0, 24 * HOUR)).to.equal('');
    expect(doubtOfAge(0, 49 * HOUR)).to.match(/49 hours ago/);
    expect(doubtOfAge(HOUR, 0)).to.match(/in the future/);
    expect(doubtOfAge(60_000, 0)).to.equal('');
    expect([believableTime(60_000, 0), believableTime(HOUR, 0)]).to.deep.equal([60_000, 0]);
  });
});
