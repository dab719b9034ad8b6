import { expect } from 'chai';
import { type FlowRecord, newFlowRecord } from '../../src/flow/flow-record.ts';
import { flowStore } from '../../src/flow/flow-store.ts';
import { hex } from '../packet/packets.ts';
import { NOW } from './collected.ts';

const HOUR = 3_600_000;
const KEY = {
  ...{ protocol: 17, source: hex('c0000201'), destination: hex('c6336402') },
  ...{ sourcePort: 5353, destinationPort: 53 },
};

/** A record of the packet above, with these changes. */
function recordOf(changes: Partial<FlowRecord> = {}): FlowRecord {
  return {
    ...newFlowRecord(),
    ...{ bytes: hex('c0000201 c6336402'), family: 4, source: 0, destination: 4, protocol: 17 },
    ...{ sourcePort: 5353, destinationPort: 53, packets: 2, octets: 100, sampling: 1000, input: 3, output: 4 },
    ...{ first: NOW - 5000, last: NOW - 1000 },
    ...changes,
  };
}

describe('flow/flow-store', () => {
  it('counts records of a packet by the place they are of', () => {
    const store = flowStore({ retention: HOUR, memory: 2 ** 24 });
    store.put(recordOf(), 1, 0, NOW);
    store.put(recordOf({ first: NOW - 900, last: NOW, packets: 3 }), 1, 0, NOW);
    store.put(recordOf({ sampling: 0 }), 2, 1, NOW);
    const found = store.ask(KEY, NOW - 10_000, NOW);
    expect(found).to.deep.equal([
      {
        ...{ vantage: 1, exporter: 0, input: 3, output: 4, records: 2, packets: 5, octets: 200, sampling: 1000 },
        ...{ first: NOW - 5000, last: NOW },
      },
      {
        ...{ vantage: 2, exporter: 1, input: 3, output: 4, records: 1, packets: 2, octets: 100, sampling: 0 },
        ...{ first: NOW - 5000, last: NOW - 1000 },
      },
    ]);
  });

  it('counts no other packet', () => {
    const store = flowStore({ retention: HOUR, memory: 2 ** 24 });
    store.put(recordOf(), 1, 0, NOW);
    const asked = (changes: Partial<typeof KEY>) => store.ask({ ...KEY, ...changes }, NOW - 10_000, NOW).length;
    expect(asked({})).to.equal(1);
    expect(asked({ protocol: 6 })).to.equal(0);
    expect(asked({ sourcePort: 5354 })).to.equal(0);
    expect(asked({ destinationPort: 54 })).to.equal(0);
    expect(asked({ source: KEY.destination, destination: KEY.source })).to.equal(0);
    expect(store.ask(KEY, NOW - 900, NOW), 'after its last').to.deep.equal([]);
    expect(store.ask(KEY, NOW - 9000, NOW - 6000), 'before its first').to.deep.equal([]);
    expect(store.ask({ ...KEY, sourcePort: null as never, destinationPort: null as never }, 0, NOW)).to.have.length(1);
  });

  it('drops the oldest when memory is short, and says since when it holds all', () => {
    const store = flowStore({ retention: HOUR, memory: 2 ** 21 });
    for (let i = 0; i < 30_000; i++) store.put(recordOf({ last: NOW + i }), 1, 0, NOW + i);
    const { records, octets, droppedForMemory, retained } = store.status();
    expect(octets).to.be.at.most(2 ** 21);
    expect(records + droppedForMemory).to.equal(30_000);
    expect(retained).to.deep.equal({ from: NOW + droppedForMemory, to: NOW + 29_999 });
  });

  it('drops what is too old', () => {
    const store = flowStore({ retention: HOUR, memory: 2 ** 24 });
    for (let i = 0; i < 20_000; i++) store.put(recordOf(), 1, 0, NOW);
    store.expire(NOW + HOUR / 2);
    expect(store.status().records).to.equal(20_000);
    store.expire(NOW + HOUR + 1);
    expect(store.status()).to.deep.include({ records: 0, octets: 0, retained: { from: NOW + 1, to: NOW + 1 } });
  });
});
