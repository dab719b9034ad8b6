import { AckPolicy, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { expect } from 'chai';
import { type Looked, lookAt } from '../../src/bus/stream-looks.ts';
import { STREAM } from '../../src/bus/subjects.ts';
import { until } from '../interop/bgp-peers.ts';
import { natsOfSuite } from './nats.ts';

describe('bus/stream-looks', () => {
  const suite = natsOfSuite();

  it('asks for all readers of a connection at once, and for none that has ended', async () => {
    const bus = suite.bus('10-0-0-1');
    const manager = await jetstreamManager(await bus.ready);
    await manager.streams.add({ name: STREAM, subjects: ['judged.*'], retention: RetentionPolicy.Workqueue });
    for (const part of ['a', 'b'])
      await manager.consumers.add(STREAM, {
        durable_name: part,
        filter_subject: `judged.${part}`,
        ack_policy: AckPolicy.Explicit,
      });
    const nc = await bus.ready;
    for (const subject of ['judged.a', 'judged.b', 'judged.b']) nc.publish(subject, 'one');
    await nc.flush();
    await until('all of them are there', async () => (await manager.streams.info(STREAM)).state.messages === 3);

    const heard = new Map<string, (Looked | 'unavailable' | null)[]>([
      ['a', []],
      ['b', []],
      ['missing', []],
    ]);
    const ends = [...heard].map(([consumer, all]) =>
      lookAt(bus, { consumer, highest: () => (consumer === 'b' ? 4 : 3), told: looked => void all.push(looked) }),
    );
    await until('each is told', () => [...heard.values()].every(all => all.length > 0));
    expect(heard.get('a')![0]).to.deep.equal({ waiting: 1, short: false });
    expect(heard.get('b')![0], 'a fourth message had come').to.deep.equal({ waiting: 2, short: true });
    expect(heard.get('missing')![0]).to.equal(null);

    ends[0]!();
    // One look may be under way.
    const [a, b] = [heard.get('a')!.length, heard.get('b')!.length];
    await until('the others are looked at', () => heard.get('b')!.length >= b + 2);
    expect(heard.get('a')!.length).to.be.at.most(a + 1);
    for (const end of ends) end();
  });

  it('says that the server is not there', async () => {
    const bus = suite.bus('10-0-0-2');
    await suite.nats.kill();
    const heard: (Looked | 'unavailable' | null)[] = [];
    const end = lookAt(bus, { consumer: 'a', highest: () => 0, told: looked => void heard.push(looked) });
    await until('it is told', () => heard.includes(null));
    end();
    await suite.nats.start();
  });
});
