import { expect } from 'chai';
import type { SMTPServerOptions } from 'smtp-server';
import type { Case } from '../../src/hijack/case.ts';
import { answer, type Relay, relay } from '../notify/smtp.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const PORT = 1790;
const OFFENDER = 64666;
const RECIPIENTS = ['keiro@owner.example', 'oncall@example.net'];
/** One for each test: a case of its own. */
const PREFIXES = Array.from({ length: 9 }, (_, i) => `198.18.${i}.0/24`);

const RPSL = PREFIXES.map(
  prefix =>
    `route: ${prefix}\ndescr: Example\n       X-Keiro: keiro@owner.example\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n\n`,
).join('');

describe('interop/daemon-crash', function () {
  this.timeout(240_000);
  const [ours, routerAt] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let smtp: Relay;
  let smtpPort = 0;
  let router: Router;
  /** What the mail server does at each stage of a conversation; nothing by default. */
  let stage: { at: string; answers: () => Promise<Error | null> } | null = null;
  /** Runs when the server has a whole mail and has not said so yet. */
  let taking: (() => null) | null = null;
  const every: Relay['received'] = [];

  async function listen(): Promise<void> {
    const reach = (at: string, done: (error?: Error | null) => void) => {
      if (stage?.at !== at) return done();
      stage.answers().then(done, done);
    };
    const options: SMTPServerOptions = {
      onConnect: (_session, done) => reach('connect', done),
      onMailFrom: (_from, _session, done) => reach('mail', done),
      onRcptTo: ({ address }, _session, done) => reach(`rcpt ${address}`, done),
    };
    smtp = await relay({ port: smtpPort, accepting: () => taking?.() ?? null, ...options });
    smtpPort = smtp.port;
  }
  async function hangUp(): Promise<void> {
    every.push(...smtp.received);
    await smtp.close();
  }

  const caseOf = async (prefix: string): Promise<Case | undefined> =>
    (await daemon.cases()).find(one => one.prefix === prefix);
  const inState = (prefix: string, state: Case['state'], limit = 30_000) =>
    until(`${prefix} is ${state}`, async () => (await caseOf(prefix))?.state === state, limit);
  /** Mails about a case that the server took: `RECIPIENT EVENT`, each as often as it came. */
  const taken = (id: string) =>
    [...every, ...smtp.received]
      .filter(({ mail }) => mail.messageId?.startsWith(`<${id}.`))
      .map(({ recipients, mail }) => `${recipients.join()} ${mail.messageId!.slice(id.length + 2).split('.')[0]}`)
      .sort();
  /** The same with what came again under its Message-ID left out: the kill may fall behind another mail's 250. */
  const meant = (id: string) => {
    const mails = new Map(
      [...every, ...smtp.received]
        .filter(({ mail }) => mail.messageId?.startsWith(`<${id}.`))
        .map(({ recipients, mail }) => [mail.messageId!, recipients.join()]),
    );
    return [...mails].map(([message, to]) => `${to} ${message.slice(id.length + 2).split('.')[0]}`).sort();
  };
  const delivered = (id: string, ...events: string[]) =>
    until(`mails of ${events}, not ${taken(id)}`, async () => {
      const wanted = events.flatMap(event => RECIPIENTS.map(address => `${address} ${event}`));
      return wanted.every(mail => taken(id).includes(mail)) && (await daemon.outbox()).length === 0;
    });
  const once = (...events: string[]) =>
    events.flatMap(event => RECIPIENTS.map(address => `${address} ${event}`)).sort();
  const witnessed = (prefix: string) =>
    until(`${prefix} is seen`, async () => (await caseOf(prefix))?.witnesses[0]?.state === 'holds', 30_000);
  async function restart(): Promise<void> {
    await daemon.end('SIGKILL');
    await daemon.start();
  }

  before(async function () {
    skipFor(this, whyNot('bird'));
    await listen();
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', RPSL);
    daemon.configure(`
protocol bgp border { neighbor ${routerAt} port ${PORT} as ${OFFENDER}; local address ${ours}; connect retry time 1s; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; group noc; hold down 1s; }
group noc { mail "oncall@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtpPort}; tls none; language en; retry 1s; }
`);
    const neighbors = [{ address: ours, port: PORT, as: 64500, passive: true }];
    [router] = await Promise.all([
      startRouter('bird', { address: routerAt, port: PORT, as: OFFENDER, neighbors, prefixes: [] }),
      daemon.start(),
    ]);
    await until('Established', async () => (await daemon.neighbor('border')).state === 'Established', 30_000);
  });
  afterEach(() => {
    stage = null;
  });
  after(async () => {
    await daemon?.close();
    await router?.stop();
    await smtp?.close();
  });

  /** Kills the daemon when the mail server has come to this stage of a conversation, and lets that one hang. */
  const killAt = (at: string) =>
    new Promise<void>((resolve, reject) => {
      stage = {
        at,
        answers: async () => {
          stage = null;
          await daemon.end('SIGKILL').then(() => resolve(), reject);
          return answer(421, 'too late');
        },
      };
    });

  for (const [i, at] of ['connect', 'mail', `rcpt ${RECIPIENTS[0]}`].entries())
    it(`killed while it delivers (${at.split(' ')[0]}): after the restart each recipient has its mail, once`, async () => {
      const prefix = PREFIXES[i]!;
      const killed = killAt(at);
      await router.announce(prefix);
      await killed;
      await daemon.start();
      await witnessed(prefix);
      const one = (await caseOf(prefix))!;
      expect(one.told).to.deep.equal(['begin']);
      await delivered(one.id, 'begin');
      expect(meant(one.id)).to.deep.equal(once('begin'));
    });

  it('killed before it heard that the server has the mail: sent again, under the same Message-ID', async () => {
    const prefix = PREFIXES[8]!;
    const killed = new Promise<void>((resolve, reject) => {
      taking = () => {
        taking = null;
        daemon.end('SIGKILL').then(() => resolve(), reject);
        return null;
      };
    });
    await router.announce(prefix);
    await killed;
    await daemon.start();
    const { id } = (await caseOf(prefix))!;
    await delivered(id, 'begin');
    const ids = [...every, ...smtp.received].map(({ mail }) => mail.messageId).filter(of => of?.startsWith(`<${id}.`));
    expect(new Set(ids).size).to.equal(RECIPIENTS.length);
    expect(ids.length).to.be.within(RECIPIENTS.length, RECIPIENTS.length + 2);
  });

  it('killed when all is told: the case goes on where it was, and nobody is told again', async () => {
    const prefix = PREFIXES[3]!;
    await router.announce(prefix);
    await inState(prefix, 'ongoing');
    const before = (await caseOf(prefix))!;
    await delivered(before.id, 'begin');
    await until('recorded', async () => (await daemon.case(before.id)).notices.every(({ state }) => state === 'sent'));
    await restart();
    await witnessed(prefix);
    const after = (await caseOf(prefix))!;
    expect(after).to.deep.include({ id: before.id, opened: before.opened, state: 'ongoing', told: ['begin'] });
    expect(after.timeline.map(({ what }) => what)).to.include('taken up again after a restart');
    await router.withdraw(prefix);
    await inState(prefix, 'resolved');
    await delivered(before.id, 'begin', 'end');
    expect(taken(before.id)).to.deep.equal(once('begin', 'end'));
  });

  it('killed while the hold-down runs, or down when the hijack ends: the end is told once', async () => {
    const [running, down] = [PREFIXES[4]!, PREFIXES[5]!];
    await router.announce(running, down);
    await Promise.all([inState(running, 'ongoing'), inState(down, 'ongoing')]);
    // What was taken and is not recorded would rightly come again.
    for (const prefix of [running, down])
      await until('recorded', async () =>
        (await daemon.case((await caseOf(prefix))!.id)).notices.every(({ state }) => state === 'sent'),
      );
    await router.withdraw(running);
    await until('nobody holds it', async () => (await caseOf(running))?.witnesses[0]?.state === 'gone');
    await daemon.end('SIGKILL');
    await router.withdraw(down);
    await daemon.start();
    await Promise.all([inState(running, 'resolved', 30_000), inState(down, 'resolved', 30_000)]);
    for (const prefix of [running, down]) {
      const { id } = (await caseOf(prefix))!;
      await delivered(id, 'begin', 'end');
      expect(taken(id)).to.deep.equal(once('begin', 'end'));
    }
  });

  it('with no mail server, killed and started: the notices wait in the outbox, and go when there is one', async () => {
    const prefix = PREFIXES[6]!;
    await hangUp();
    await router.announce(prefix);
    await inState(prefix, 'ongoing');
    await until('tried', async () => (await daemon.outbox()).every(({ attempts }) => attempts > 0));
    expect((await daemon.status()).problems.join()).to.match(/not delivered: .*ECONNREFUSED/);
    await restart();
    const { id } = (await caseOf(prefix))!;
    const waiting = await daemon.outbox();
    expect(waiting.map(({ caseId, recipient, event }) => `${caseId} ${recipient} ${event}`)).to.have.members(
      RECIPIENTS.map(address => `${id} ${address} begin`),
    );
    expect(waiting[0]!.lastError).to.match(/ECONNREFUSED/);
    expect((await daemon.status()).outbox.pending).to.equal(2);
    await listen();
    await delivered(id, 'begin');
    expect(taken(id)).to.deep.equal(once('begin'));
    expect((await daemon.status()).problems, 'what is over is no problem any more').to.deep.equal([]);
  });

  it('refused for one recipient: that one stays in the outbox with the words of the server, and is told later', async () => {
    const prefix = PREFIXES[7]!;
    stage = { at: `rcpt ${RECIPIENTS[0]}`, answers: async () => answer(451, '4.3.0 greylisted, come back') };
    await router.announce(prefix);
    await inState(prefix, 'ongoing');
    const { id } = (await caseOf(prefix))!;
    await until('the other one is told', () => taken(id).includes(`${RECIPIENTS[1]} begin`));
    await until('tried', async () => ((await daemon.outbox())[0]?.attempts ?? 0) > 0);
    const [waiting, ...others] = await daemon.outbox();
    expect(others).to.deep.equal([]);
    expect(waiting).to.include({ caseId: id, recipient: RECIPIENTS[0], event: 'begin', state: 'pending' });
    expect(waiting!.lastError).to.contain('451 4.3.0 greylisted, come back');
    const { stdout } = await daemon.itctl('show', 'outbox');
    expect(stdout).to.contain('greylisted');
    stage = null;
    await delivered(id, 'begin');
    expect(taken(id)).to.deep.equal(once('begin'));
  });
});
