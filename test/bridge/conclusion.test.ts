import { expect } from 'chai';
import { conclusionOf, toBeCalled } from '../../src/bridge/conclusion.ts';
import type { ContactDesk } from '../../src/daemon/contacts.ts';
import { createTraceContacts } from '../../src/daemon/trace-contacts.ts';
import { TRACE } from '../control/scripted.ts';

describe('bridge/conclusion', () => {
  it('says how sure it is, and never more', () => {
    for (const [change, words] of [
      [{}, 'entered at AS64510 via AS64520; no other AS remains possible'],
      [
        { certainty: 0.99985, ambiguity: [1] },
        'entered at AS64510 via AS64520 (99.98 %); 1 AS remains possible beyond it',
      ],
      [{ certainty: 1 }, 'entered at AS64510 via AS64520 (over 99.99 %); no other AS remains possible'],
      [{ entry: null, ambiguity: [1, 2] }, 'entry not found; 2 ASes remain possible'],
      [{ entry: null, state: 'partial' }, 'entry not yet known; no other AS remains possible'],
      [{ entry: { as: 5, via: null, source: true } }, 'began inside AS5; no other AS remains possible'],
      [
        { entry: { as: 5, via: null, source: false } },
        'traced to AS5, which does not say from where it came; no other AS remains possible',
      ],
    ] as const)
      expect(conclusionOf({ ...TRACE, ...change })).to.equal(words);
  });

  it('has the entry AS and who it had the packets from called, and nobody twice', () => {
    const called = (as: number, via: number | null) => toBeCalled({ entry: { as, via, source: false } }, 64500);
    expect(called(64510, 64520)).to.deep.equal([64510, 64520]);
    expect(called(64510, null)).to.deep.equal([64510]);
    expect(called(64500, 64520)).to.deep.equal([64520]);
    expect(toBeCalled({ entry: null }, 64500)).to.deep.equal([]);
  });

  it('tells what is known at once, and asks when there is time', async () => {
    const known = { role: 'noc', name: 'NOC', reach: ['noc@example.net'], source: 'irr JPIRR', age: null } as const;
    const asked: number[] = [];
    const ahead: number[] = [];
    const contacts = createTraceContacts(() => ({ localAs: 64500 }) as never, {
      lines: as => (as === 64510 ? [known] : []),
      ahead: as => void ahead.push(as),
      async contactsOf(subject) {
        asked.push('as' in subject ? subject.as : 0);
        return [{ subject: 'AS', findings: [] }];
      },
    } as Partial<ContactDesk> as ContactDesk);
    expect(await contacts(TRACE, null)).to.deep.equal([
      { as: 64510, lines: [known] },
      { as: 64520, lines: [] },
    ]);
    expect(ahead).to.deep.equal([64510, 64520]);
    expect(await contacts(TRACE, new AbortController().signal)).to.deep.equal([
      { as: 64510, lines: [] },
      { as: 64520, lines: [] },
    ]);
    expect(asked).to.deep.equal([64510, 64520]);
  });
});
