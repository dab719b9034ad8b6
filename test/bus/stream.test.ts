import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'chai';
import { createPublisher, type Publisher, type PublisherOptions } from '../../src/bus/publisher.ts';
import { type Incoming, type PartitionReader, readPartition } from '../../src/bus/stream.ts';
import { judgedSubject, partitionOf, STREAM } from '../../src/bus/subjects.ts';
import { copiesProblems, readProblems } from '../../src/daemon/machine-problems.ts';
import { until } from '../interop/bgp-peers.ts';
import { judgedChange } from './judged.ts';
import { natsOfSuite } from './nats.ts';

const PARTITIONS = 4;

describe('bus/stream', () => {
  const suite = natsOfSuite();
  const { bus, closing } = suite;
  const publisher = (machine: string, more: Partial<PublisherOptions> = {}): Publisher => {
    const made = createPublisher({
      ...{ bus: bus(machine), partitions: PARTITIONS, life: Date.now(), resync: () => {}, log: () => {} },
      ...more,
    });
    closing(() => made.close(0));
    return made;
  };
  const reader = (
    partition: number,
    take: (messages: readonly Incoming[]) => Promise<void>,
    onLost = () => {},
  ): PartitionReader => {
    const made = readPartition({
      bus: bus('10-9-9-9'),
      partition,
      replicas: 1,
      take,
      mayRead: () => true,
      onLost,
      log: () => {},
    });
    closing(() => made.close());
    return made;
  };
  /** Reads all partitions, and keeps of each collector the numbers of its changes, in their order. */
  function readAll(): Map<string, number[]> {
    const read = new Map<string, number[]>();
    const last = new Map<string, number>();
    for (let partition = 0; partition < PARTITIONS; partition++)
      reader(partition, async messages => {
        for (const { collector, message } of messages) {
          const key = `${collector}/${partition}/${message.life}`;
          if (message.sequence <= (last.get(key) ?? 0)) continue;
          expect(message.sequence, key).to.equal((last.get(key) ?? 0) + 1);
          last.set(key, message.sequence);
          for (const event of message.events)
            if (event.what === 'judged')
              for (const { prefix, time } of event.changes) {
                expect(partitionOf(prefix, PARTITIONS)).to.equal(partition);
                read.set(collector, [...(read.get(collector) ?? []), time]);
              }
        }
      });
    return read;
  }
  const sorted = (numbers: readonly number[] = []) => [...numbers].sort((a, b) => a - b);
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const tell = (to: Publisher, from: number, count: number) =>
    to.tell({ what: 'judged', changes: upTo(count).map(i => judgedChange(from + i - 1)) });

  it('brings what two collectors tell to the readers of the partitions, each once and in its order', async () => {
    const [a, b] = [publisher('10-0-0-1'), publisher('10-0-0-2')];
    const read = readAll();
    await Promise.all([tell(a, 1, 500), tell(b, 1, 300), tell(a, 501, 200)]);
    await until(
      'all is read',
      () => (read.get('10-0-0-1')?.length ?? 0) >= 700 && read.get('10-0-0-2')?.length === 300,
    );
    expect(sorted(read.get('10-0-0-1'))).to.deep.equal(upTo(700));
    expect(sorted(read.get('10-0-0-2'))).to.deep.equal(upTo(300));
    expect(a.report()).to.include({ waiting: 0, dropped: 0 });
  });

  it('leaves in the stream what is of a version that is not known, and what is behind it', async () => {
    const [newer, other] = [bus('10-0-4-1'), publisher('10-0-4-2')];
    const partition = partitionOf(judgedChange(1).prefix, PARTITIONS);
    const nc = await newer.ready;
    const put = (sequence: number, v: number) =>
      nc.publish(
        judgedSubject('10-0-4-1', partition),
        JSON.stringify({ v, life: 1, sequence, events: [{ what: 'registry' }] }),
      );
    const got: string[] = [];
    const take = async (messages: readonly Incoming[]) => {
      for (const { collector, message } of messages) got.push(`${collector} ${message.sequence}`);
    };
    const first = reader(partition, take);
    for (const [sequence, version] of [1, 200, 1].entries()) put(sequence + 1, version);
    await nc.flush();
    await other.tell({ what: 'judged', changes: [judgedChange(1)] });
    await until('the other one is read', () => got.includes('10-0-4-2 1'));
    await until('it is held', () => first.backlog().held.get('10-0-4-1') === 200);
    put(4, 1);
    await other.tell({ what: 'judged', changes: [judgedChange(1)] });
    await until('the other one goes on', () => got.includes('10-0-4-2 2'));
    await first.close();
    expect(got.filter(one => one.startsWith('10-0-4-1'))).to.deep.equal(['10-0-4-1 1']);
    expect(first.backlog().trouble).to.equal('');
    const second = reader(partition, take);
    await until('the next one holds it too', () => second.backlog().held.size === 1);
    expect(got.filter(one => one.startsWith('10-0-4-1'))).to.deep.equal(['10-0-4-1 1']);
    await second.close();
    // What a newer program would find: all three, in their order.
    const { streams } = await jetstreamManager(nc);
    const kept = await streams.info(STREAM, { subjects_filter: judgedSubject('10-0-4-1', partition) });
    expect(kept.state.subjects).to.deep.equal({ [judgedSubject('10-0-4-1', partition)]: 3 });
    await streams.purge(STREAM, { filter: judgedSubject('10-0-4-1', partition) });
  });

  it('is told in the version that is asked for with each message', async () => {
    let version = 2;
    const a = publisher('10-0-5-1', { version: () => version });
    const read = readAll();
    await tell(a, 1, 300);
    version = 1;
    await tell(a, 301, 10);
    await until('all is read', () => (read.get('10-0-5-1')?.length ?? 0) >= 310);
    expect(sorted(read.get('10-0-5-1'))).to.deep.equal(upTo(310));
  });

  it('warns that there is no stream yet, and publishes once a reader has made it', async () => {
    const lines: string[] = [];
    const { streams } = await jetstreamManager(await bus('10-9-9-9').ready);
    await streams.delete(STREAM).catch(() => {}); // there was none
    const a = publisher('10-0-6-1', { log: (level, text) => void lines.push(`${level} ${text}`) });
    const told = a.tell({ what: 'hello' });
    await until('it is said', () => lines.length > 0);
    expect(lines.map(one => one.slice(0, 5))).to.deep.equal(['warn ']);
    const read = readAll();
    await told;
    await tell(a, 1, 10);
    await until('all is read', () => read.get('10-0-6-1')?.length === 10);
  });

  it('says where the stream has another number of copies than is configured', async () => {
    await publisher('10-0-6-2').tell({ what: 'hello' });
    const lines: string[] = [];
    const of = bus('10-9-9-9');
    const made = readPartition({
      ...{ bus: of, partition: 0, replicas: 3, take: async () => {}, mayRead: () => true },
      log: (level, text) => void lines.push(`${level} ${text}`),
    });
    closing(() => made.close());
    await until('it is known', () => made.backlog().copies === 1);
    expect(lines.join()).to.match(/^warn partition 0: replicas 3 is configured, and the stream is kept 1 time/);
    const running = new Map([0, 1].map(partition => [partition, made] as const));
    expect(copiesProblems(running, 3)).to.have.length(1);
    expect(copiesProblems(running, 1)).to.deep.equal([]);
  });

  it('says of a stream that somebody else has made what is wrong with it, and reads it once that is deleted', async () => {
    const { streams } = await jetstreamManager(await bus('10-9-9-9').ready);
    const madeWith = async (subjects: string[]) => {
      await streams.delete(STREAM).catch(() => {}); // there was none
      await streams.add({ name: STREAM, subjects });
    };
    const running = () => new Map(readers.map((one, partition) => [partition, one] as const));
    await madeWith(['intertrack.judged.*.1']);
    let taken = 0;
    const take = async (messages: readonly Incoming[]) => {
      taken += messages.length;
    };
    const readers = [0, 1].map(partition => reader(partition, take));
    await until('both say it', () => readers.every(one => one.backlog().trouble !== ''));
    expect(readProblems(running())).to.have.length(1);
    expect(readProblems(running())[0]).to.match(
      /^partitions 0, 1 on the bus: the stream .* takes intertrack\.judged\.\*\.1 and not .*, and keeps .*: nats stream rm/,
    );
    await streams.delete(STREAM);
    const a = publisher('10-0-6-3');
    await tell(a, 1, 20);
    await until('it is read', () => taken > 0 && readProblems(running()).length === 0);
    await madeWith(['intertrack.judged.*.*']);
    await until('what is only odd is said too', () =>
      readProblems(running()).join().includes('made by this program, and keeps what was taken in until it is full:'),
    );
    await streams.delete(STREAM);
    await until('it is as it should be', () => readProblems(running()).length === 0);
    for (const one of readers) await one.close();
  });

  it('gives what one reader had in hand to the next one at once', async () => {
    const a = publisher('10-0-1-1');
    const partition = partitionOf(judgedChange(1).prefix, PARTITIONS);
    const stuck = Promise.withResolvers<void>();
    let seen = 0;
    const first = reader(partition, () => {
      seen++;
      return stuck.promise;
    });
    await a.tell({ what: 'judged', changes: [judgedChange(1)] });
    await until('it has it in hand', () => seen > 0);
    const got: number[] = [];
    reader(partition, async messages => {
      for (const { message } of messages)
        for (const event of message.events)
          if (event.what === 'judged') got.push(...event.changes.map(one => one.time));
    });
    await until('the next one has it', () => got.length > 0);
    expect(got).to.deep.equal([1]);
    stuck.reject(new Error('the lease is lost'));
    await first.close();
  });

  it('goes on after the server was killed and frozen, without loss, doubling or another order', async () => {
    const a = publisher('10-0-2-1');
    const read = readAll();
    let told = 0;
    const telling = (async () => {
      for (; told < 400; told += 20) {
        await tell(a, told + 1, 20);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    })();
    const some = (count: number) => until(`${count} told`, () => told >= count);
    await some(60);
    await suite.nats.kill();
    await new Promise(resolve => setTimeout(resolve, 1_000));
    await suite.nats.start();
    await some(200);
    suite.nats.signal('SIGSTOP');
    await new Promise(resolve => setTimeout(resolve, 6_000));
    suite.nats.signal('SIGCONT');
    await telling;
    await until('all is read', () => new Set(read.get('10-0-2-1')).size >= 400);
    expect(sorted(read.get('10-0-2-1'))).to.deep.equal(upTo(400));
  });

  it('says that the stream was lost, and of one that was only away that it was not', async () => {
    const a = publisher('10-0-4-1');
    const numbers: number[] = [];
    let lost = 0;
    const one = reader(
      0,
      async messages => void numbers.push(...messages.map(({ message }) => message.sequence)),
      () => lost++,
    );
    await a.tell({ what: 'hello' });
    await until('it is read', () => numbers.length === 1);
    await suite.nats.kill();
    await suite.nats.start();
    await a.tell({ what: 'resync' });
    // What was taken in comes once more where the server was killed before it had written that down; the cursor leaves it out.
    await until('it is read on', () => numbers.at(-1) === 2);
    expect(lost).to.equal(0);
    const newer = bus('10-0-4-9');
    (await newer.ready).publish(judgedSubject('10-0-4-9', 0), JSON.stringify({ v: 200 }));
    await until('what nobody here can read is left alone', () => one.backlog().held.size === 1);
    await suite.nats.kill();
    suite.nats.empty();
    await suite.nats.start();
    await until('it is said', () => lost === 1);
    expect(one.backlog().held.size, 'what was left alone is lost too').to.equal(0);
    await a.tell({ what: 'resync' });
    await until('what is told after that is read', () => numbers.at(-1) === 3);
    expect(lost).to.equal(1);
  });

  it('reads anew where the server has lost the end of the stream', async () => {
    const seen: number[] = [];
    let lost = 0;
    reader(
      0,
      async messages => {
        for (const { collector, message } of messages) if (collector === '10-0-0-7') seen.push(message.sequence);
      },
      () => void lost++,
    );
    const from = publisher('10-0-0-7');
    const last = () => Math.max(0, ...seen);
    for (let i = 1; i <= 20; i++) {
      void from.tell({ what: 'registry' });
      await until('it has come', () => last() === i);
    }
    await suite.nats.kill();
    // What the server keeps of its readers stays.
    const messages = join(suite.nats.directory, 'store', 'jetstream', '$G', 'streams', STREAM, 'msgs');
    for (const file of readdirSync(messages)) rmSync(join(messages, file));
    await suite.nats.start();
    await until('it is found out', () => lost > 0);
    void from.tell({ what: 'registry' });
    await until('what is told after has come', () => last() === 21);
  });

  /** While there is no bus nothing waits for others. */
  async function connected(machine: string, patience: number): Promise<Publisher> {
    const to = bus(machine);
    await to.ready;
    return publisher(machine, { bus: to, patience });
  }

  it('lets a route that is gone wait for what else there is to tell, and nothing else', async () => {
    const a = await connected('10-0-8-1', 600_000);
    const of = (time: number, what: 'held' | 'gone') =>
      a.tell({ what: 'judged', changes: [judgedChange(1, { time, what })] });
    // By their numbers: what is acknowledged late comes twice.
    const got = new Map<number, readonly number[]>();
    reader(partitionOf(judgedChange(1).prefix, PARTITIONS), async messages => {
      for (const { collector, message } of messages)
        if (collector === '10-0-8-1')
          got.set(
            message.sequence,
            message.events.flatMap(one => (one.what === 'judged' ? one.changes.map(({ time }) => time) : [])),
          );
    });
    await of(1, 'held');
    await Promise.all([of(2, 'gone'), of(3, 'gone'), of(4, 'held')]);
    // So many that they wait for no more.
    await Promise.all(upTo(64).map(i => of(4 + i, 'gone')));
    void of(69, 'gone');
    await a.close(30_000);
    await until('all is read', () => got.size === 4);
    expect([...got.values()]).to.deep.equal([[1], [2, 3, 4], upTo(64).map(i => 4 + i), [69]]);
  });

  it('tells that a route is gone though nothing else is to be told', async () => {
    const a = await connected('10-0-8-2', 20);
    await a.tell({ what: 'judged', changes: [judgedChange(1, { what: 'gone' })] });
    expect(a.report()).to.include({ published: 1, waiting: 0 });
  });

  it('makes nobody wait while there is no server, and has all told anew where too much was dropped', async () => {
    let resyncs = 0;
    const a = publisher('10-0-3-1', { mostSpooled: 100, resync: () => resyncs++ });
    await tell(a, 1, 10);
    await suite.nats.kill();
    await until('it is missed', () => a.problems().length > 0);
    for (let i = 0; i < 20; i++) await tell(a, 11 + i * 10, 10);
    expect(a.report().dropped).to.be.above(0);
    expect(a.problems().join()).to.contain('changes were dropped while there was no bus');
    expect(resyncs).to.equal(0);
    await suite.nats.start();
    await until('it is back', () => a.problems().length === 0);
    await tell(a, 900, 5);
    await until('all is told anew', () => resyncs === 1);
    expect(a.report().waiting).to.equal(0);
  });
});
