import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { CaseSheet, ContactSheet } from '../../src/control/contact-rows.ts';
import { autnum, httpServer, json, type SmallServer, whoisServer } from '../notify/contacts/servers.ts';
import { type Relay, relay } from '../notify/smtp.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const OFFENDER = 64666;
const UPSTREAM = 64511;

const RPSL = `route: 192.0.2.0/24
origin: AS64500
mnt-by: MAINT-OWNER
source: JPIRR

aut-num: AS${OFFENDER}
as-name: OFFENDER-AS
tech-c: OF1-EX
notify: notify@offender.example
mnt-by: MAINT-OFFENDER
source: JPIRR

mntner: MAINT-OFFENDER
upd-to: upd@offender.example
mnt-by: MAINT-OFFENDER
source: JPIRR
`;

/** A daemon that hears a hijack, and small servers that know whom to call. */
describe('interop/daemon-contacts', function () {
  this.timeout(240_000);
  const [ours, feedAt] = [loopbackAddress(), loopbackAddress()];
  const servers: SmallServer[] = [];
  let daemon: Intertrackd;
  let feed: Speaker;
  let smtp: Relay;
  let rdap: SmallServer;
  // A server of its own: once it says that it is asked too much nothing more is asked of it, whoever is next.
  let busy: SmallServer;
  let whois: SmallServer;

  before(async () => {
    smtp = await relay();
    rdap = await httpServer((path, response) => {
      if (path === `/autnum/${OFFENDER}`) json(response, autnum(OFFENDER));
      else response.writeHead(404).end();
    });
    busy = await httpServer((_, response) => response.writeHead(429, { 'retry-after': '600' }).end());
    // It takes the question and never answers: nothing may wait for it but who asked.
    whois = await whoisServer(() => {});
    servers.push(rdap, busy, whois);
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', RPSL);
    const services = [
      [[`${OFFENDER}`], [rdap.url]],
      [[`${UPSTREAM}`], [busy.url]],
    ];
    writeFileSync(daemon.at('asn.json'), JSON.stringify({ version: '1.0', services }));
    writeFileSync(
      daemon.at('peeringdb.json'),
      JSON.stringify({
        net: { data: [{ id: 1, asn: UPSTREAM, name: 'Upstream', status: 'ok' }] },
        poc: {
          data: [
            { net_id: 1, role: 'NOC', name: 'Upstream NOC', email: 'noc@upstream.example', phone: '+81300000000' },
          ],
        },
        netixlan: { data: [{ net_id: 1, name: 'EXAMPLE-IX', ipaddr4: '203.0.113.11' }] },
      }),
    );
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp feed { neighbor ${feedAt} as 64497; local address ${ours}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; group noc; hold up 6s; hold down 1s; }
group noc { mail "oncall@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtp.port}; tls none; language ja, en; }
contacts {
    rdap bootstrap "${daemon.directory}";
    peeringdb file "${daemon.at('peeringdb.json')}";
    whois "127.0.0.1" port ${whois.port};
}
`);
    await daemon.start();
    feed = await startSpeaker({ from: feedAt, to: ours, port: PORT, as: 64497 });
    await until('the feed is up', async () => (await daemon.neighbor('feed')).state === 'Established');
    feed.announce(['192.0.2.0/24'], 64497, UPSTREAM, OFFENDER);
    await until('a mail', () => smtp.received.length === 1, 30_000);
  });
  after(async () => {
    feed?.close();
    await daemon?.close();
    await smtp?.close();
    await Promise.all(servers.map(server => server.close()));
  });

  it('tells in the mail whom to call, by which source, with a draft to each; and waits for nobody', () => {
    const { text = '' } = smtp.received[0]!.mail;
    expect(text).to.contain('NOC (Example NOC): noc@example.net [rdap, new]');
    expect(text).to.contain('NOC (Upstream NOC): noc@upstream.example, +81300000000 [peeringdb,');
    expect(text).to.contain('--- draft to AS64666 ---').and.to.contain('--- AS64511宛の文案 ---');
    expect(whois.asked, 'the silent server was asked').to.include(`AS${OFFENDER}`);
  });

  it('shows what each source says, or why it says nothing', async () => {
    const [sheet] = await daemon.json<ContactSheet[]>('show', 'contact', `AS${OFFENDER}`);
    const of = (source: string) => sheet!.findings.find(one => one.source.startsWith(source));
    expect(of('irr JPIRR')!.name).to.equal('OFFENDER-AS');
    expect(of('rdap')!.contacts.map(({ emails }) => emails[0])).to.include('noc@example.net');
    expect(of('whois')!.why).to.match(/no answer for 8 s/);
    const [up] = await daemon.json<ContactSheet[]>('show', 'contact', `AS${UPSTREAM}`);
    expect(up!.findings.find(({ source }) => source === 'rdap')!.why).to.match(/429, it is asked too much/);
    expect(up!.findings.find(({ source }) => source === 'peeringdb')!.present).to.deep.equal([
      'EXAMPLE-IX 203.0.113.11',
    ]);
    await daemon.ask('show', 'contact', `AS${UPSTREAM}`);
    expect(busy.asked, 'it is left alone').to.have.length(1);
    const prefix = await daemon.json<ContactSheet[]>('show', 'contact', '192.0.2.0/24');
    expect(prefix.map(({ subject }) => subject)).to.deep.equal(['192.0.2.0/24', 'AS64500']);
  });

  it('drafts for a case, in either language', async () => {
    const { id } = (await daemon.cases())[0]!;
    const calls = await daemon.json<CaseSheet[]>('show', 'contact', id, 'ja');
    expect(calls.map(({ subject }) => subject)).to.deep.equal([`AS${OFFENDER}`, `AS${UPSTREAM}`]);
    expect(calls[0]!.draft).to.match(/^宛先: noc@example.net, abuse@example.net/);
    expect((await daemon.itctl('show', 'contact', id)).stdout).to.contain(
      'Subject: Unauthorised BGP announcement of 192.0.2.0/24 by AS64666',
    );
    expect((await daemon.itctl('show', 'contact', '2026-01-01-01')).stderr).to.contain('there is no case');
  });

  it('knows it after a restart without asking', async () => {
    await daemon.end('SIGKILL');
    await daemon.start();
    const [sheet] = await daemon.json<ContactSheet[]>('show', 'contact', `AS${OFFENDER}`);
    expect(sheet!.findings.find(({ source }) => source === 'rdap')!.contacts[0]!.emails).to.deep.equal([
      'noc@example.net',
    ]);
    expect(rdap.asked.filter(path => path === `/autnum/${OFFENDER}`)).to.have.length(1);
  });
});
