import { expect } from 'chai';
import type { FlowPlace } from '../../src/probe/flows/flow-question.ts';
import { renderPriors } from '../../src/vty/render/flow.ts';

const PLACE: FlowPlace = {
  ...{ vantage: { direction: 'in', neighbor: 64496 }, exporter: '192.0.2.1', input: 3, output: 4 },
  ...{ records: 12, packets: 40, sampling: 1000, first: 0, last: 1 },
};
const RETAINED = { from: 0, to: 1 };

describe('vty/flow', () => {
  it('says of flow records that they are a prior', () => {
    const places: FlowPlace[] = [
      PLACE,
      { ...PLACE, vantage: { direction: 'out', neighbor: 64497 }, records: 1, packets: 1, sampling: 1 },
      { ...PLACE, vantage: { direction: 'unknown', neighbor: null }, input: 0, sampling: 0 },
    ];
    expect(renderPriors([{ probe: 'flows1', places, retained: RETAINED }])).to.deep.equal([
      'flow: 12 records of flows1 say in from AS64496 (192.0.2.1 interface 3), 40 packets, sampled 1:1000; a prior, no sighting',
      'flow: 1 record of flows1 says out to AS64497 (192.0.2.1 interface 4), 1 packet; a prior, no sighting',
      'flow: 12 records of flows1 say unknown (192.0.2.1), 40 packets, sampling not stated; a prior, no sighting',
    ]);
  });

  it('says when there is none, and what that is worth', () => {
    expect(renderPriors(undefined)).to.deep.equal([]);
    expect(renderPriors([{ probe: 'flows1', places: [], retained: null }])).to.deep.equal([
      'flow: flows1 has no flow records yet',
    ]);
    expect(renderPriors([{ probe: 'flows1', places: [], retained: RETAINED }])[0]).to.match(
      /no record of these headers/,
    );
  });
});
