import { expect } from 'chai';
import type { Bus } from '../../src/bus/connection.ts';
import { type Alive, openPresence, readAlive } from '../../src/bus/presence.ts';
import { countRefused } from '../../src/bus/refused.ts';
import { createResyncs } from '../../src/daemon/resyncs.ts';
import { until } from '../interop/bgp-peers.ts';

const ALIVE: Alive = {
  ...{ version: '1', roles: ['collector'], started: 1, peers: 1, established: 1, routes: 1, published: 0 },
  ...{ waiting: 0, dropped: 0, partitions: [], problems: [], time: 1 },
};

describe('bus/presence', () => {
  it('asks a collector that is slow once, and tells meanwhile what was known', async () => {
    const published: Alive[] = [];
    const connection = {
      subscribe: () => ({ unsubscribe() {}, async *[Symbol.asyncIterator]() {} }),
      publish: (_: string, text: string) => void published.push(readAlive(Buffer.from(text))!),
    };
    const bus = { machine: '10-0-0-1', ready: Promise.resolve(connection), up: true, refused: countRefused(() => {}) };
    let asked = 0;
    const slow = Promise.withResolvers<Alive>();
    const presence = openPresence({
      ...{ bus: bus as unknown as Bus, onChange: () => {}, every: 5, now: () => 7 },
      self: async () => (asked++ === 0 ? ALIVE : slow.promise),
    });
    await until('it is told again and again', () => published.length >= 5);
    expect(asked).to.equal(2);
    expect(published[4]).to.deep.equal({ ...ALIVE, time: 7 });
    slow.resolve({ ...ALIVE, routes: 2 });
    await until('it is told what is known now', () => published.some(({ routes }) => routes === 2));
    presence.close();
  });

  it('remembers of the collectors that were asked only those that must not be asked again yet', async () => {
    let time = 0;
    const asked: string[] = [];
    const resyncs = createResyncs(
      async collector => asked.push(collector) > 0,
      () => time,
    );
    const answers: Promise<boolean>[] = [];
    for (let i = 0; i < 1_000; i++)
      for (let twice = 0; twice < 2; twice++) answers.push(resyncs.ask(`10-0-${i >> 8}-${i & 255}`));
    await until('each is asked', () => asked.length === 1_000);
    expect(await Promise.all(answers)).to.deep.equal(answers.map(() => true));
    expect(resyncs.size).to.equal(1_000);
    time = 10_000;
    void resyncs.ask('10-0-0-0');
    expect(resyncs.size).to.equal(1);
  });
});
