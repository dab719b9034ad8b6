import { expect } from 'chai';
import { type MailDoor, type Moment, mailDoor, type Taken } from '../lab/machines/mail-door.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import {
  about,
  feedStatements,
  type Machine,
  OFFENDER,
  prefixOf,
  type Shared,
  sharedServers,
  startFeed,
} from './machines.ts';

/** A machine that is killed in the middle of a mail, early and late. */
describe('interop/daemon-machines-doubt', function () {
  this.timeout(240_000);
  const feedAt = loopbackAddress();
  const taken: Taken[] = [];
  let shared: Shared;
  let door: MailDoor;
  let machine: Machine;

  before(async function () {
    const servers = await sharedServers(4, { mail: 'retry 1s;' });
    if (servers === null) return this.skip();
    shared = servers;
    door = await mailDoor(one => taken.push(one));
    const { nats, postgresql } = shared;
    const by = { nats: nats.host, postgresql: postgresql.host, smtp: door.port };
    machine = shared.machine('collector, cases', feedStatements(feedAt), by);
    await machine.start();
  });
  after(async () => {
    await shared?.close();
    await door?.close();
  });

  /** Kills the machine at a moment of the next mail, when these are announced, and starts it again. */
  async function killedAt(at: Moment, ...prefixes: string[]): Promise<void> {
    const feed = await startFeed(feedAt, machine);
    let gone: Promise<unknown> | null = null;
    door.trap(at, () => {
      gone = machine.end('SIGKILL');
    });
    feed.announce(prefixes, 64497, 64511, OFFENDER);
    feed.endOfRib();
    await until(`it dies: ${at}`, () => gone !== null);
    await gone;
    feed.close();
    await machine.start();
  }
  const mailsOf = (prefix: string) => about(taken, prefix).map(({ mail }) => mail);

  it('sends one that had no end as if for the first time', async () => {
    await killedAt('data', prefixOf(0));
    await until('the mail comes', () => mailsOf(prefixOf(0)).length === 1);
    expect(mailsOf(prefixOf(0))[0]!.headers.has('x-intertrack-doubt')).to.equal(false);
  });

  it('sends one again that may have been taken, and says so', async () => {
    await killedAt('taken', prefixOf(0), prefixOf(1));
    await until('the mail comes again', () => mailsOf(prefixOf(1)).length === 2);
    const [first, again] = mailsOf(prefixOf(1));
    expect(first!.headers.has('x-intertrack-doubt')).to.equal(false);
    expect(again!.headers.has('x-intertrack-doubt')).to.equal(true);
    expect(again!.messageId).to.equal(first!.messageId);
    const id = first!.messageId!.slice(1).split('.')[0]!;
    await until('the case tells of it', async () =>
      (await machine.case(id)).timeline.some(({ what }) => /mail of its begin to oncall@\S+ goes again/.test(what)),
    );
    await until('it is recorded', async () => (await machine.case(id)).notices.every(({ state }) => state === 'sent'));
    const { stdout } = await machine.itctl('show', 'case', id);
    expect(stdout).to.match(/begin: delivered at attempt 1, may have come before at/);
  });
});
