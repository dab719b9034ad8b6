import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'chai';
import { encodeCaseMessage, OLDEST } from '../../src/bus/case-event.ts';
import type { Bus } from '../../src/bus/connection.ts';
import { createPublisher } from '../../src/bus/publisher.ts';
import { readPartition } from '../../src/bus/stream.ts';
import { judgedSubject, STREAM } from '../../src/bus/subjects.ts';
import { until } from '../interop/bgp-peers.ts';
import { judgedChange } from './judged.ts';
import { busTo, type NatsCluster, natsCluster } from './nats.ts';

/** Three servers with three copies of the stream. */
describe('bus/cluster', function () {
  this.timeout(180_000);
  let nats: NatsCluster;
  const closers: (() => Promise<void> | void)[] = [];
  before(async function () {
    const started = await natsCluster();
    if (started === null) return this.skip();
    nats = started;
  });
  after(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await nats?.close();
  });
  const bus = (machine: string): Bus => {
    const made = busTo(nats.servers, machine);
    closers.push(() => made.close());
    return made;
  };

  it('costs nothing but delay to lose the server that leads the stream, with its disk', async () => {
    const read: number[] = [];
    let last = 0;
    const reader = readPartition({
      ...{ bus: bus('10-9-9-9'), partition: 0, replicas: 3, mayRead: () => true, log: () => {} },
      async take(messages) {
        for (const { message } of messages) {
          if (message.sequence <= last) continue;
          expect(message.sequence, 'no message is left out').to.equal(++last);
          for (const event of message.events)
            if (event.what === 'judged') read.push(...event.changes.map(({ time }) => time));
        }
      },
    });
    closers.push(() => reader.close());
    const publisher = createPublisher({
      ...{ bus: bus('10-0-0-1'), partitions: 1, life: Date.now(), resync: () => {}, log: () => {} },
    });
    closers.push(() => publisher.close(0));
    let told = 0;
    let enough = false;
    const telling = (async () => {
      while (!enough) {
        await publisher.tell({ what: 'judged', changes: [judgedChange(told + 1)] });
        told++;
        await new Promise(resolve => setTimeout(resolve, 10));
      }
    })();
    const readOn = (by: number) => {
      const from = read.length;
      return until('what is told is read', () => read.length >= from + by, 60_000);
    };

    await readOn(50);
    await nats.whole();
    const leader = await nats.leader();
    await leader.kill();
    leader.empty();
    await readOn(50);
    await leader.start();
    await nats.whole();
    await readOn(50);
    enough = true;
    await telling;
    await until('all is read', () => read.length >= told);
    expect(read).to.deep.equal(Array.from({ length: told }, (_, i) => i + 1));
    expect(publisher.report()).to.include({ waiting: 0, dropped: 0 });
  });

  it('reads on where no server serves the consumer of a partition any more', async () => {
    const said: string[] = [];
    const read = new Set<number>();
    const reader = readPartition({
      ...{
        bus: bus('10-9-9-8'),
        partition: 1,
        replicas: 3,
        mayRead: () => true,
        log: (_, text) => void said.push(text),
      },
      async take(messages) {
        for (const { message } of messages)
          for (const event of message.events)
            if (event.what === 'judged') for (const { time } of event.changes) read.add(time);
      },
    });
    closers.push(() => reader.close());
    const nc = await bus('10-0-0-2').ready;
    const judged = (time: number) => ({ what: 'judged', changes: [judgedChange(time)] }) as const;
    const tell = (time: number) =>
      jetstream(nc).publish(
        judgedSubject('10-0-0-2', 1),
        encodeCaseMessage({ life: 1, sequence: time, events: [judged(time)] }, OLDEST),
      );
    await until('the consumer is there', () => reader.backlog().waiting !== null, 60_000);
    await tell(1);
    await until('it is read', () => read.has(1));
    // One copy of it, on a server that is gone: it is known, and nobody has it.
    const { consumers } = await jetstreamManager(nc, { checkAPI: false });
    await consumers.update(STREAM, 'cases-1', { num_replicas: 1 });
    const at = async () => (await consumers.info(STREAM, 'cases-1').catch(() => null))?.cluster;
    await until('it is on one server', async () => {
      const cluster = await at();
      return cluster?.leader !== undefined && (cluster.replicas ?? []).length === 0;
    });
    const name = (await at())!.leader;
    const server = nats.servers.find(({ host }) => host === name)!;
    await server.kill();
    try {
      const stored = () =>
        tell(2).then(
          () => true,
          () => false,
        );
      await until('a message is stored', stored, 60_000);
      await until('it is read all the same', () => read.has(2), 120_000);
      expect(said).to.include('partition 1: no server of NATS serves its consumer: it is made anew');
    } finally {
      await server.start();
    }
  });
});
