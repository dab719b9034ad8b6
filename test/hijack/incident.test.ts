import { expect } from 'chai';
import fc from 'fast-check';
import { AGREED, createIncidents, type Incidents, WINDOW } from '../../src/hijack/incident.ts';
import { type Agreement, type Opened, play, steps, torn } from './incident-histories.ts';

const T0 = Date.UTC(2026, 10, 22, 4);

describe('hijack/incident', () => {
  let number = 0;
  const one = (opened: number, offender: number | null, victim: number, upstream = number + 1) => ({
    id: `2026-11-22-${String(++number).padStart(2, '0')}`,
    opened,
    offender,
    expected: [victim],
    witnesses: [
      {
        ...{ peer: 'a', as: 64500, address: '203.0.113.1', since: opened, until: null, state: 'holds' as const },
        path: [64500, upstream, offender ?? 64999],
      },
    ],
  });
  beforeEach(() => {
    number = 0;
  });

  it('puts cases of one offender together for as long as one is not over', () => {
    const incidents = createIncidents();
    const first = incidents.place(one(T0, 64666, 64496));
    expect(first).to.equal('I2026-11-22-01');
    expect(incidents.place(one(T0 + 5 * WINDOW, 64666, 64497))).to.equal(first);
    incidents.leave(first, 64666, T0 + 6 * WINDOW);
    expect(incidents.place(one(T0 + 7 * WINDOW, 64666, 64498)), 'one is left').to.equal(first);
    for (let i = 0; i < 2; i++) incidents.leave(first, 64666, T0 + 8 * WINDOW);
    expect(incidents.place(one(T0 + 9 * WINDOW, 64666, 64498))).to.equal('I2026-11-22-04');
  });
  it('puts cases of one upstream or one victim together that begin within minutes', () => {
    const incidents = createIncidents();
    const first = incidents.place(one(T0, 64666, 64496, 64510));
    expect(incidents.place(one(T0 + WINDOW, 64667, 64497, 64510)), 'upstream').to.equal(first);
    expect(incidents.place(one(T0 + WINDOW, 64668, 64496)), 'victim').to.equal(first);
    expect(incidents.place(one(T0 + 2 * WINDOW + 1, 64669, 64496)), 'too late').to.equal('I2026-11-22-04');
    expect(incidents.place(one(T0 + WINDOW, 64670, 64498)), 'nothing in common').to.equal('I2026-11-22-05');
  });
  it('does not take one AS_SET for another', () => {
    const incidents = createIncidents();
    incidents.place(one(T0, null, 64496));
    expect(incidents.place(one(T0, null, 64497))).to.equal('I2026-11-22-02');
  });
  it('goes on after a restart', () => {
    const incidents = createIncidents();
    incidents.restore({ ...one(T0, 64666, 64496), incident: 'I2026-11-21-07' });
    expect(incidents.place(one(T0 + 9 * WINDOW, 64666, 64499))).to.equal('I2026-11-21-07');
  });

  describe('where other books have cases too', () => {
    /** What all books ask, answered as the database does (store/postgresql/incidents.ts, where the two are compared). */
    function agreement(): Agreement {
      const latest = new Map<string, { readonly incident: string; readonly time: number }>();
      const cases = new Map<string, Opened>();
      return {
        async link(asks) {
          return asks.map(({ keys, otherwise, offender, opened, runs }) => {
            const goesOn = (incident: string) =>
              runs || [...cases.values()].some(one => one.incident === incident && one.offender === offender);
            const found = keys.flatMap(key => {
              const before = latest.get(key);
              const joins =
                before !== undefined &&
                (Math.abs(opened - before.time) <= WINDOW || (key === `o${offender}` && goesOn(before.incident)));
              return joins ? [before.incident] : [];
            });
            const incident = found[0] ?? otherwise;
            for (const key of keys) latest.set(key, { incident, time: opened });
            return incident;
          });
        },
        async wrote(one, over) {
          if (over) cases.delete(one.id);
          else cases.set(one.id, { ...one, ended: null });
        },
      };
    }
    const answer = (book: Incidents, incidents: readonly string[]) =>
      book.agreed(new Map(book.asks().map(({ incident }, i) => [incident, incidents[i]!])));

    it('asks once for all of an offender that come together, and calls them by what it was told', () => {
      const book = createIncidents(true);
      const [a, b] = [one(T0, 64666, 64496, 64510), one(T0 + 1000, 64666, 64496, 64510)];
      expect(book.place(a)).to.equal('I2026-11-22-01');
      expect(book.place(b)).to.equal('I2026-11-22-01');
      expect(book.asks()).to.deep.equal([
        {
          incident: 'I2026-11-22-01',
          otherwise: 'I2026-11-22-01',
          keys: ['o64666', 'u64510', 'v64496'],
          offender: 64666,
          opened: T0,
          runs: false,
        },
      ]);
      book.agreed(new Map([['I2026-11-22-01', 'I2026-11-22-09']]));
      expect(book.place(one(T0 + AGREED, 64666, 64496, 64510))).to.equal('I2026-11-22-09');
      expect(book.asks()).to.deep.equal([]);
    });
    it('asks again when what it was told is not of just now, or when something else links the case', () => {
      const book = createIncidents(true);
      book.place(one(T0, 64666, 64496, 64510));
      answer(book, ['I2026-11-22-09']);
      book.place(one(T0 + AGREED + 1, 64666, 64496, 64510));
      expect(book.asks()).to.have.length(1);
      book.agreed(new Map([['I2026-11-22-02', 'I2026-11-22-09']]));
      book.place(one(T0 + AGREED + 1, 64666, 64497, 64510));
      const [ask] = book.asks();
      expect(ask).to.include({ incident: 'I2026-11-22-03', otherwise: 'I2026-11-22-09', runs: true });
    });
    it('knows after the answer that the offender goes on, and for how long', () => {
      const book = createIncidents(true);
      book.place(one(T0, 64666, 64496));
      answer(book, ['I2026-11-22-09']);
      const later = T0 + 3 * WINDOW;
      book.place(one(later, 64666, 64497));
      expect(book.asks()[0]).to.include({ otherwise: 'I2026-11-22-09', runs: true });
      book.agreed(new Map([['I2026-11-22-02', 'I2026-11-22-09']]));
      for (let i = 0; i < 2; i++) book.leave('I2026-11-22-09', 64666, later);
      book.place(one(later + WINDOW + 1, 64666, 64498));
      expect(book.asks()[0]).to.include({ otherwise: 'I2026-11-22-03', runs: false });
    });
    it('asks for nothing where nothing can link the case', () => {
      const book = createIncidents(true);
      const of = { ...one(T0, null, 64496), expected: [], witnesses: [] };
      expect(book.place(of)).to.equal('I2026-11-22-01');
      expect(book.asks()).to.deep.equal([]);
    });
    it('comes to what one book with all cases would, whichever books they are in', async () => {
      const apart = fc.integer({ min: AGREED + 1, max: WINDOW });
      await fc.assert(
        fc.asyncProperty(steps(apart), async history => {
          const [alone, together] = [await play(history, null), await play(history, agreement())];
          expect(together.map(({ incident }) => incident)).to.deep.equal(alone.map(({ incident }) => incident));
        }),
        { numRuns: 1000 },
      );
    });
    it('never tears what an offender does at one time apart, however fast cases come and clocks differ', async () => {
      await fc.assert(
        fc.asyncProperty(steps(fc.integer({ min: -5000, max: 2 * AGREED })), async history => {
          expect(torn(history, await play(history, agreement()))).to.equal(null);
        }),
        { numRuns: 1000 },
      );
    });
  });
});
