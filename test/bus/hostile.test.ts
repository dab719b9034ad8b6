import { expect } from 'chai';
import { answerQuestions, askMachine } from '../../src/bus/asking.ts';
import { decodeCaseMessage } from '../../src/bus/case-event.ts';
import type { Bus } from '../../src/bus/connection.ts';
import { type Alive, openPresence, type Presence, readAlive } from '../../src/bus/presence.ts';
import { readPartition } from '../../src/bus/stream.ts';
import { aliveSubject, askSubject, judgedSubject, partitionOf } from '../../src/bus/subjects.ts';
import { until } from '../interop/bgp-peers.ts';
import { judgedChange } from './judged.ts';
import { natsOfSuite } from './nats.ts';

const octets = (text: string) => new TextEncoder().encode(text);
const message = (events: unknown, more: object = {}) =>
  octets(JSON.stringify({ v: 1, life: 1, sequence: 1, events, ...more }));
const change = (more: object) => message([{ what: 'judged', changes: [{ ...judgedChange(1), ...more }] }]);
/** Lists in lists: more than a recursion could follow. */
const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
const ALIVE: Alive = {
  ...{ version: '0.1.0', roles: ['collector'], started: 5, peers: 1, established: 1, routes: 7 },
  ...{ published: 3, waiting: 0, dropped: 0, partitions: [], problems: [], time: 9 },
};

describe('bus: a hostile machine', () => {
  describe('a message of the stream', () => {
    for (const [what, of, why] of [
      ['nested without end', octets(DEEP), 'it is no object'],
      ['with a version nested without end', octets(`{"v":${DEEP}}`), /^v: /],
      [
        'with an event nested without end',
        octets(`{"v":1,"life":1,"sequence":1,"events":[{"what":${DEEP}}]}`),
        /^events\[0\]: what/,
      ],
      ['of a life beyond the years', message([], { life: 2 ** 53 - 1 }), 'life: no time'],
      ['with a number beyond 2^53', octets('{"v":1,"life":1,"sequence":9007199254740993,"events":[]}'), /^sequence/],
      ['with a number that is infinite', octets('{"v":1,"life":1e999,"sequence":1,"events":[]}'), 'life: no time'],
      ['with a number that is none', octets('{"v":1,"life":NaN,"sequence":1,"events":[]}'), 'it is no JSON in UTF-8'],
      ['of a time that is no date', change({ time: 2 ** 53 - 1 }), 'events[0]: changes[0]: time'],
      ['with a prefix in another spelling', change({ prefix: '010.0.0.0/8' }), 'events[0]: changes[0]: prefix'],
      ['with IPv6 in capitals', change({ prefix: '2001:DB8::/32' }), 'events[0]: changes[0]: prefix'],
      ['with IPv6 that is not shortened', change({ prefix: '2001:db8:0::/32' }), 'events[0]: changes[0]: prefix'],
      ['with a prefix without its length', change({ prefix: '192.0.2.1' }), 'events[0]: changes[0]: prefix'],
      ['with a length that has a zero before', change({ prefix: '10.0.0.0/08' }), 'events[0]: changes[0]: prefix'],
      ['with a peer that steers a terminal', change({ peer: 'a\u001b[2Jb' }), 'events[0]: changes[0]: peer'],
      ['with a peer that turns the text', change({ peer: 'a\u202eb' }), 'events[0]: changes[0]: peer'],
      ['with a peer of two lines', message([{ what: 'session', peer: 'a\nb' }]), 'events[0]: peer: no name'],
      [
        'with an address that steers a terminal',
        change({ peerAddress: '\u009b2J' }),
        'events[0]: changes[0]: peerAddress',
      ],
      [
        'with too many peers',
        message([{ what: 'peers', names: Array.from({ length: 20_001 }, (_, i) => `p${i}`) }]),
        'events[0]: names: no list of names',
      ],
      ['with too many changes', message([{ what: 'judged', changes: Array(1_001).fill({}) }]), /no list of 1000/],
      ['with a path that is too long', change({ path: Array(4_097).fill(1) }), 'events[0]: changes[0]: path'],
    ] as const)
      it(`is refused that is ${what}`, () => {
        const read = decodeCaseMessage(of);
        if (why instanceof RegExp) expect(read).to.match(why);
        else expect(read).to.equal(why);
      });

    it('is read that has as much as may be', () => {
      const names = Array.from({ length: 20_000 }, (_, i) => `p${i}`);
      expect(decodeCaseMessage(message([{ what: 'peers', names }]))).to.be.an('object');
    });
  });

  describe('what a machine says of itself', () => {
    const said = (more: object) => octets(JSON.stringify({ ...ALIVE, ...more }));
    for (const [what, of] of [
      ['is too long', said({ problems: ['x'.repeat(500)], more: 'x'.repeat(20_000) })],
      ['is nested without end', octets(`{"version":${DEEP.slice(0, 5_000)}`)],
      ['has more partitions than there are', said({ partitions: Array(257).fill(1) })],
      ['has a count that is none', said({ routes: 1e300 })],
      ['has a count below 0', said({ waiting: -1 })],
      ['has a time that is no date', said({ started: 9e15 })],
      ['has a clock that is no date', said({ time: 'noon' })],
      ['has problems without end', said({ problems: Array(65).fill('') })],
    ] as const)
      it(`is refused that ${what}`, () => {
        expect(readAlive(of)).to.equal(null);
      });

    it('has no field but those that are known', () => {
      expect(readAlive(said({ machine: '10-9-9-9', heard: 0, self: true }))).to.deep.equal(ALIVE);
    });
  });

  describe('on a bus', () => {
    const { bus, closing } = natsOfSuite();
    const presence = (of: Bus, heard: string[] = []): Presence => {
      const made = openPresence({
        ...{ bus: of, self: () => ALIVE },
        onChange: (machine, missed) => void heard.push(`${machine} ${missed}`),
      });
      closing(() => made.close());
      return made;
    };

    it('cannot stop a partition with what nobody can read', async () => {
      const [engine, hostile] = [bus('10-0-0-1'), bus('10-0-0-2')];
      const read: number[] = [];
      const partition = partitionOf(judgedChange(1).prefix, 4);
      const reader = readPartition({
        ...{ bus: engine, partition, replicas: 1, mayRead: () => true, log: () => {} },
        take: async messages => void read.push(...messages.map(one => one.message.sequence)),
      });
      closing(() => reader.close());
      const nc = await hostile.ready;
      const publish = (body: Uint8Array) => nc.request(judgedSubject('10-0-0-2', partition), body);
      await until('there is a stream', async () =>
        publish(octets(`{"v":${DEEP}}`)).then(
          () => true,
          () => false,
        ),
      );
      await publish(new Uint8Array(1_000_000));
      await publish(change({}));
      await until('what can be read is read', () => read.length > 0);
      expect(read).to.deep.equal([1]);
      const [row] = engine.refused.rows();
      expect(row).to.include({ what: 'judged', machine: '10.0.0.2' });
      expect(row!.times).to.be.at.least(2);
      expect(engine.refused.problems()[0]).to.match(
        /^refused \d+ times: what 10\.0\.0\.2 judged: it is no JSON in UTF-8$/,
      );
    });

    it('cannot stop a partition with messages of versions that nobody knows', async () => {
      const [engine, hostile, other] = [bus('10-0-6-1'), bus('10-0-6-2'), bus('10-0-6-3')];
      const read: string[] = [];
      const partition = partitionOf(judgedChange(1).prefix, 4);
      const reader = readPartition({
        ...{ bus: engine, partition, replicas: 1, mayRead: () => true, log: () => {} },
        take: async messages => void read.push(...messages.map(one => one.collector)),
      });
      closing(() => reader.close());
      const [nc, theirs] = [await hostile.ready, await other.ready];
      await until('there is a stream', async () =>
        theirs.request(judgedSubject('10-0-6-3', partition), change({})).then(
          () => true,
          () => false,
        ),
      );
      for (let i = 0; i < 1_000; i++) nc.publish(judgedSubject('10-0-6-2', partition), '{"v":200}');
      await nc.flush();
      await theirs.request(judgedSubject('10-0-6-3', partition), change({}));
      await until('what the other one tells is read', () => read.length >= 2);
      expect(read).to.not.include('10-0-6-2');
      await until('what is too much is refused', () => (engine.refused.rows()[0]?.times ?? 0) >= 700);
      expect(engine.refused.rows()[0]).to.include({ machine: '10.0.6.2', what: 'judged' });
    });

    it('cannot crowd out the others with names, nor speak for them', async () => {
      const [mine, hostile] = [bus('10-0-1-1'), bus('10-0-1-2')];
      const known = presence(mine);
      await until('it hears itself', () => known.machines().length === 1);
      const nc = await hostile.ready;
      const say = (machine: string, more: object = {}) =>
        nc.publish(aliveSubject(machine), JSON.stringify({ ...ALIVE, ...more }));
      for (let i = 0; i < 1_100; i++) say(`10-1-${i >> 8}-${i & 255}`, { machine: '10-0-1-1', routes: 666 });
      nc.publish(aliveSubject('nobody'), '{}');
      nc.publish(aliveSubject('10-0-1-2'), '{');
      await nc.flush();
      await until('all is heard', () => mine.refused.rows().length === 2);
      expect(known.machines()).to.have.length(1_000);
      expect(known.machines().find(({ machine }) => machine === '10-0-1-1')).to.include({ routes: 7 });
      expect(mine.refused.rows().map(({ machine, why }) => `${machine} ${why}`)).to.include.members([
        '10.0.1.2 it cannot be read',
      ]);
    });

    it('is heard ten times a second and no more, and the others are', async () => {
      const [mine, hostile] = [bus('10-0-5-1'), bus('10-0-5-2')];
      const known = presence(mine);
      await until('it hears itself', () => known.machines().length === 1);
      const nc = await hostile.ready;
      for (let i = 0; i < 2_000; i++) nc.publish(aliveSubject('10-0-5-2'), JSON.stringify(ALIVE));
      nc.publish(aliveSubject('10-0-5-3'), JSON.stringify(ALIVE));
      await nc.flush();
      await until('the other one is heard', () => known.machines().length === 3);
      expect(mine.refused.rows()).to.have.length(1);
      expect(mine.refused.rows()[0]).to.include({ machine: '10.0.5.2', why: 'it comes more than 10 times a second' });
      expect(mine.refused.rows()[0]!.times).to.be.above(1_000);
    });

    it('that bears the name of another is told from one that was started again', async () => {
      const [mine, other] = [bus('10-0-2-1'), bus('10-0-2-2')];
      const known = presence(mine);
      const nc = await other.ready;
      const say = async (started: number) => {
        nc.publish(aliveSubject('10-0-2-2'), JSON.stringify({ ...ALIVE, started }));
        await until('it is heard', () => known.machines().some(one => one.started === started));
      };
      await mine.ready;
      await until('somebody listens', () => known.machines().length === 1);
      await say(1_000);
      await say(2_000);
      const one = () => known.machines().find(({ machine }) => machine === '10-0-2-2');
      expect(one()).to.include({ twice: false });
      expect(known.lifeOf('10-0-2-2')).to.equal(2_000);
      await say(1_000);
      expect(one()).to.include({ twice: true });
      expect(known.lifeOf('10-0-2-2')).to.equal(null);
    });

    it('gets 32 questions answered at a time, and others are told to wait', async () => {
      const [mine, hostile] = [bus('10-0-3-1'), bus('10-0-3-2')];
      const gate = Promise.withResolvers<void>();
      answerQuestions(mine, async ({ ask }) => {
        if (ask === 'wait') await gate.promise;
        if (ask === 'large') return 'x'.repeat(2_000_000);
        return 'done';
      });
      const nc = await hostile.ready;
      const ask = (text: string) => nc.request(askSubject('10-0-3-1'), text, { timeout: 20_000 });
      await until('it answers', async () =>
        ask('{"ask":"now"}').then(
          () => true,
          () => false,
        ),
      );
      const waiting = Array.from({ length: 32 }, () => ask('{"ask":"wait"}'));
      expect((await ask('{"ask":"wait"}')).string()).to.contain('it is asked too much');
      gate.resolve();
      for (const one of await Promise.all(waiting)) expect(one.string()).to.equal('{"ok":"done"}');
      for (const text of ['{', DEEP, 'null', '{"ask":7}', `{"ask":${DEEP}}`])
        expect((await ask(text)).string(), text.slice(0, 20)).to.contain('it is no question');
      expect((await ask('{"ask":"large"}')).string()).to.contain('the answer is too long');
      expect(mine.refused.rows()).to.have.length(1);
      expect(mine.refused.rows()[0]).to.include({ what: 'question', machine: '', times: 6 });
    });

    it('answers what cannot be read, or never, and whoever asked is told', async () => {
      const [mine, hostile] = [bus('10-0-4-1'), bus('10-0-4-2')];
      const answers = [octets('{'), octets(DEEP), new Uint8Array(1_000_000), octets('{"error":{}}')];
      const nc = await hostile.ready;
      let at = 0;
      nc.subscribe(askSubject('10-0-4-2'), {
        callback: (_, asked) => void (answers[at] && asked.respond(answers[at])),
      });
      await nc.flush();
      const ask = async (milliseconds: number) =>
        askMachine(mine, '10-0-4-2', { ask: 'look' }, milliseconds).then(
          () => 'answered',
          (error: Error) => error.message,
        );
      await until('both are there', () => mine.up);
      for (; at < answers.length; at++) expect(await ask(20_000)).to.equal('what it answered cannot be read');
      expect(await ask(200)).to.equal('it did not answer within 0.2 s');
      expect(mine.refused.rows()[0]).to.include({ what: 'answer', machine: '10.0.4.2', times: 4 });
    });
  });
});
