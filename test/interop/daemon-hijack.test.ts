import { expect } from 'chai';
import type { CaseDetail, NoticeRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import { type Relay, relay } from '../notify/smtp.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const OFFENDER = 64666;
/** The routers that the daemon hears, with the names of its peers. */
const TYO = 64496;
const OSA = 64497;
const SCRIPTED = 64498;
const OWNER = 64501;

const object = (type: string, prefix: string, origin: number, maintainer: string, keiro = '') =>
  `${type}:      ${prefix}\ndescr:      Example Inc.\n            Chiyoda-ku, Tokyo\n${keiro === '' ? '' : `            X-Keiro: ${keiro}\n`}origin:     AS${origin}\nmnt-by:     ${maintainer}\nsource:     JPIRR\n\n`;

const RPSL = [
  object('route', '192.0.2.0/24', OWNER, 'MAINT-OWNER', 'keiro@owner.example, noc@owner.example'),
  object('route', '198.51.100.0/24', OWNER, 'MAINT-OWNER'),
  object('route', '203.0.113.0/24', 64502, 'MAINT-MEMBER', 'keiro@member.example'),
  object('route6', '2001:db8:1::/48', OWNER, 'MAINT-OWNER', 'keiro@owner.example'),
  object('route', '198.18.0.0/24', OFFENDER, 'MAINT-OWNER', 'keiro@owner.example'),
  object('route', '198.18.1.0/24', OWNER, 'MAINT-NOBODY'),
].join('');

interface Hijack {
  readonly what: string;
  readonly announced: string;
  readonly kind: Case['kind'];
  readonly decidedBy: string;
  readonly registered: number;
  readonly watches: readonly string[];
  readonly recipients: readonly string[];
  readonly evidence: string;
}

const HIJACKS: readonly Hijack[] = [
  {
    what: 'a registered prefix, watched by its maintainer and by X-Keiro',
    announced: '192.0.2.0/24',
    kind: 'origin',
    decidedBy: '192.0.2.0/24',
    registered: OWNER,
    watches: ['ours', 'members'],
    recipients: ['keiro@owner.example', 'noc@owner.example', 'oncall@example.net'],
    evidence: 'X-Keiro: keiro@owner.example, noc@owner.example',
  },
  {
    what: 'a more-specific, watched by its maintainer alone',
    announced: '198.51.100.128/25',
    kind: 'more-specific',
    decidedBy: '198.51.100.0/24',
    registered: OWNER,
    watches: ['ours'],
    recipients: ['oncall@example.net'],
    evidence: 'route:      198.51.100.0/24',
  },
  {
    what: 'a prefix that the configuration gives an origin',
    announced: '198.19.0.0/24',
    kind: 'origin',
    decidedBy: '198.19.0.0/24',
    registered: OWNER,
    watches: ['dns'],
    recipients: ['oncall@example.net'],
    evidence: 'watch dns { prefix 198.19.0.0/24 origin 64501; }',
  },
  {
    what: 'a prefix of another maintainer, watched by X-Keiro alone',
    announced: '203.0.113.0/24',
    kind: 'origin',
    decidedBy: '203.0.113.0/24',
    registered: 64502,
    watches: ['members'],
    recipients: ['keiro@member.example'],
    evidence: 'mnt-by:     MAINT-MEMBER',
  },
  {
    what: 'a more-specific of IPv6',
    announced: '2001:db8:1:8000::/49',
    kind: 'more-specific',
    decidedBy: '2001:db8:1::/48',
    registered: OWNER,
    watches: ['ours', 'members'],
    recipients: ['keiro@owner.example', 'oncall@example.net'],
    evidence: 'route6:      2001:db8:1::/48',
  },
];

/** The offender's router has sessions with two others, and the daemon with those: two witnesses, each one up the path. */
describe('interop/daemon-hijack', function () {
  this.timeout(240_000);
  const [ours, offenderAt, tyoAt, osaAt, scriptedAt] = Array.from({ length: 5 }, loopbackAddress) as [
    string,
    string,
    string,
    string,
    string,
  ];
  let daemon: Intertrackd;
  let smtp: Relay;
  let offender: Router;
  let speaker: Speaker;
  const routers: Router[] = [];

  const started = async (address: string, as: number, neighbors: readonly (readonly [string, number, boolean])[]) => {
    const router = await startRouter('bird', {
      address,
      port: PORT,
      as,
      neighbors: neighbors.map(([peer, peerAs, passive]) => ({ address: peer, port: PORT, as: peerAs, passive })),
      prefixes: [],
    });
    routers.push(router);
    return router;
  };
  const caseOf = async (prefix: string) => (await daemon.cases()).find(one => one.prefix === prefix);
  const inState = (prefix: string, state: Case['state'], limit = 30_000) =>
    until(`${prefix} is ${state}`, async () => (await caseOf(prefix))?.state === state, limit);
  /** Mails about a case: `RECIPIENT EVENT`, each as often as it arrived. */
  const mailsOf = (id: string) =>
    smtp.received
      .filter(({ mail }) => mail.subject?.includes(id))
      .map(({ recipients, mail }) => `${recipients.join()} ${mail.subject?.includes('[resolved]') ? 'end' : 'begin'}`)
      .sort();
  const mailOf = (id: string, event: 'begin' | 'end') =>
    smtp.received.find(
      ({ mail }) => mail.subject?.includes(id) && mail.subject.includes('[resolved]') === (event === 'end'),
    )!.mail;

  before(async function () {
    skipFor(this, whyNot('bird'));
    smtp = await relay();
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', RPSL);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
template bgp border { local address ${ours}; connect retry time 1s; ipv4; ipv6; }
protocol bgp tyo from border { neighbor ${tyoAt} port ${PORT} as ${TYO}; }
protocol bgp osa from border { neighbor ${osaAt} port ${PORT} as ${OSA}; passive; }
protocol bgp scripted from border { neighbor ${scriptedAt} as ${SCRIPTED}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER in JPIRR; group noc; hold down 1s; }
watch members { x-keiro in JPIRR; hold down 1s; }
watch dns { prefix 198.19.0.0/24 origin ${OWNER}; critical; group noc; hold down 1s; }
group noc { mail "oncall@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtp.port}; tls none; language en; retry 1s; }
`);
    const [first] = await Promise.all([
      started(offenderAt, OFFENDER, [
        [tyoAt, TYO, false],
        [osaAt, OSA, false],
      ]),
      started(tyoAt, TYO, [
        [offenderAt, OFFENDER, false],
        [ours, 64500, true],
      ]),
      started(osaAt, OSA, [
        [offenderAt, OFFENDER, false],
        [ours, 64500, false],
      ]),
      daemon.start(),
    ]);
    offender = first;
    speaker = await startSpeaker({ from: scriptedAt, to: ours, port: PORT, as: SCRIPTED });
    // The first route of all shows that the whole way is open.
    await offender.announce('198.18.0.0/24');
    await until('both hold the first route', async () => (await daemon.routes('198.18.0.0/24')).length === 2, 30_000);
  });
  after(async () => {
    speaker?.close();
    await daemon?.close();
    await Promise.all(routers.map(router => router.stop()));
    await smtp?.close();
  });

  describe('begins', () => {
    before(async () => {
      await offender.announce('198.18.1.0/24', ...HIJACKS.map(({ announced }) => announced));
      await until('both witnesses of each case', async () => {
        const cases = await daemon.cases();
        return cases.filter(({ peakWitnesses }) => peakWitnesses === 2).length === HIJACKS.length;
      });
      await until('all mails', async () => (await daemon.outbox()).length === 0);
    });

    for (const { what, announced, kind, decidedBy, registered, watches, recipients, evidence } of HIJACKS)
      it(`by ${what}: a case, and mail to those whom the registry names`, async () => {
        const found = (await daemon.json<Case[]>('show', 'case', 'open')).find(one => one.prefix === announced);
        expect(found).to.deep.include({
          kind,
          state: 'ongoing',
          offender: OFFENDER,
          expected: [registered],
          decidedBy,
          watches,
          critical: watches.includes('dns'),
          upstream: TYO,
          told: ['begin'],
        });
        expect(found!.witnesses.map(({ peer, as, path, state }) => ({ peer, as, path, state }))).to.have.deep.members([
          { peer: 'tyo', as: TYO, path: [TYO, OFFENDER], state: 'holds' },
          { peer: 'osa', as: OSA, path: [OSA, OFFENDER], state: 'holds' },
        ]);
        expect(mailsOf(found!.id)).to.deep.equal(recipients.map(address => `${address} begin`));
        const { subject, text } = mailOf(found!.id, 'begin');
        expect(subject).to.contain(`${announced} announced by AS${OFFENDER}, registered to AS${registered}`);
        expect(text).to.match(new RegExp(`Announced by +AS${OFFENDER}`));
        expect(text).to.match(new RegExp(`Registered to +AS${registered} \\(${decidedBy}\\)`));
        expect(text).to.match(/AS path +6449[67] 64666 \(from (tyo|osa)\)/);
        expect(text).to.match(/Seen by +\d peers?/);
        expect(text).to.contain(evidence);
      });

    it('opens no case for a route of the registered origin, nor for one that nobody watches', async () => {
      expect((await daemon.routes('198.18.0.0/24')).map(({ state }) => state)).to.deep.equal(['match', 'match']);
      expect((await daemon.routes('198.18.1.0/24')).map(({ state }) => state)).to.deep.equal(['mismatch', 'mismatch']);
      expect((await daemon.cases()).map(({ prefix }) => prefix)).to.have.members(HIJACKS.map(one => one.announced));
    });

    it('says in show case who was told', async () => {
      const { id } = (await caseOf('192.0.2.0/24'))!;
      const { notices } = await daemon.json<CaseDetail>('show', 'case', id);
      expect(notices.map(({ recipient, event, state }: NoticeRow) => `${recipient} ${event} ${state}`)).to.have.members(
        HIJACKS[0]!.recipients.map(address => `${address} begin sent`),
      );
    });
  });

  describe('goes on', () => {
    it('is out of sight, not over, when the sessions are lost; and nobody is told twice when they are back', async () => {
      const prefix = '192.0.2.0/24';
      const { id } = (await caseOf(prefix))!;
      const [, tyo, osa] = [offenderAt, tyoAt, osaAt].map(at => routers.find(({ setup }) => setup.address === at)!);
      await Promise.all([tyo!.shutdown(ours, 'works'), osa!.shutdown(ours, 'works')]);
      await inState(prefix, 'unseen');
      // A case that begins and ends in the meantime shows that the hold-down has passed.
      speaker.announce(['198.51.100.0/24'], SCRIPTED, OFFENDER);
      await inState('198.51.100.0/24', 'ongoing');
      speaker.withdraw('198.51.100.0/24');
      await inState('198.51.100.0/24', 'resolved');
      expect((await caseOf(prefix))?.state).to.equal('unseen');
      await Promise.all([tyo!.command('enable', 'n1'), osa!.command('enable', 'n1')]);
      await inState(prefix, 'ongoing', 30_000);
      await until('both are witnesses again', async () => {
        const { witnesses } = (await caseOf(prefix))!;
        return witnesses.every(({ state }) => state === 'holds');
      });
      expect(mailsOf(id)).to.deep.equal(HIJACKS[0]!.recipients.map(address => `${address} begin`));
      expect((await caseOf(prefix))?.id).to.equal(id);
    });
  });

  describe('ends', () => {
    before(async () => {
      await offender.withdraw(...HIJACKS.map(({ announced }) => announced));
      for (const { announced } of HIJACKS) await inState(announced, 'resolved');
      await until('all mails', async () => (await daemon.outbox()).length === 0);
    });

    for (const { what, announced, recipients } of HIJACKS)
      it(`by ${what}: the same people are told, with how long it lasted`, async () => {
        const over = (await caseOf(announced))!;
        expect(over.ended).to.be.at.least(over.opened);
        expect(mailsOf(over.id)).to.deep.equal(
          recipients.flatMap(address => [`${address} begin`, `${address} end`]).sort(),
        );
        const [begin, end] = [mailOf(over.id, 'begin'), mailOf(over.id, 'end')];
        expect(end.text).to.match(/Lasted +\d+ (second|minute)/);
        expect(end.text).to.contain('no peer has held it for the hold-down');
        expect(end.inReplyTo).to.match(new RegExp(`^<${over.id}\\.begin\\.\\d@`));
        expect([end.references].flat()).to.deep.equal([[begin.references].flat()[0], end.inReplyTo]);
        expect(begin.messageId).to.match(new RegExp(`^<${over.id}\\.begin\\.\\d@`));
      });
  });
});
