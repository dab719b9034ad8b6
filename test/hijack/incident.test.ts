import { expect } from 'chai';
import { createIncidents, WINDOW } from '../../src/hijack/incident.ts';

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
});
