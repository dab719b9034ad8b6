import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { CaseLineRow, CheckedEvidence, DrillReport, IncidentDetail } from '../../src/control/case-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { IncidentSummary } from '../../src/hijack/incident-summary.ts';
import { type Relay, relay } from '../notify/smtp.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const [TRANSIT, OFFENDER, SCRUBBER] = [64497, 64511, 64510];
const ITCTL = fileURLToPath(new URL('../../bin/itctl', import.meta.url));

const object = (prefix: string) =>
  `route: ${prefix}\ndescr: Example\n       X-Keiro: keiro@owner.example\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n\n`;

/** What people and other programs do with cases, on a running daemon. */
describe('interop/daemon-cases', function () {
  this.timeout(240_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let peer: Speaker;
  let smtp: Relay;

  const configure = (watch: string) =>
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp transit { neighbor ${from} as ${TRANSIT}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
archive mrt { directory "mrt"; }
watch ours { maintainer MAINT-OWNER; group noc; hold down 1s; ${watch} }
group noc { mail "noc@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${smtp.port}; tls none; language ja, en; }
`);
  const dial = async () => {
    peer = await startSpeaker({ from, to: ours, port: PORT, as: TRANSIT });
  };
  const caseOf = async (prefix: string) =>
    (await daemon.cases()).find(one => one.prefix === prefix && one.state !== 'resolved');
  const opened = async (prefix: string, origin = OFFENDER): Promise<Case> => {
    peer.announce([prefix], TRANSIT, origin);
    await until(`a case of ${prefix}`, async () => (await caseOf(prefix))?.state === 'ongoing');
    return (await caseOf(prefix))!;
  };
  const killed = async () => {
    await daemon.end('SIGKILL');
    await daemon.start();
  };

  before(async () => {
    smtp = await relay();
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', Array.from({ length: 9 }, (_, i) => object(`198.18.${i}.0/24`)).join(''));
    configure('');
    await daemon.start();
    await dial();
  });
  after(async () => {
    peer?.close();
    await daemon?.close();
    await smtp?.close();
  });

  it('says how grave a case is, why it may be harmless, and by which objects', async () => {
    const { id } = await opened('198.18.0.128/25');
    const one = await daemon.case(id);
    expect(one).to.include({ severity: 'major', kind: 'more-specific', incident: `I${id}` });
    expect(one.why).to.deep.include({ irr: 'mismatch-covering', rov: 'not-found', severity: 'major' });
    expect(one.why!.objects).to.deep.equal([
      { source: 'JPIRR', serial: null, prefix: '198.18.0.0/24', origin: 64501, decides: true, disputed: null },
    ]);
    const customer = await opened('198.18.1.128/25', 64512);
    peer.announce(['198.18.1.128/25'], TRANSIT, 64501, 64499);
    await until('another case', async () => (await daemon.cases()).some(({ offender }) => offender === 64499));
    const [theirs] = (await daemon.cases()).filter(({ offender }) => offender === 64499);
    expect([theirs!.severity, theirs!.hints!.map(({ hint }) => hint)]).to.deep.equal(['minor', ['customer-pa']]);
    expect(theirs!.incident, 'the same upstream, and the same victim').to.equal(customer.incident);
    await until('its mail', async () =>
      smtp.received.some(({ mail }) => mail.messageId?.startsWith(`<${theirs!.id}.`)),
    );
    const mail = smtp.received.find(({ mail }) => mail.messageId?.startsWith(`<${theirs!.id}.`))!.mail.text!;
    expect(mail.replace(/\s+/g, ' ')).to.include('probably its customer. If so, register this object.');
    const shown = await daemon.itctl('show', 'case', theirs!.id, 'detail');
    expect(shown.stdout).to.match(
      /^Severity: +minor: IRR mismatch-covering and ROV not-found make it major; customer-pa -1/m,
    );
    expect(shown.stdout).to.match(/^ {4}route: {6}198\.18\.1\.128\/25$/m);
    peer.withdraw('198.18.0.128/25', '198.18.1.128/25');
  });

  it('keeps what people say of it through kill -9, with who it was', async () => {
    const { id } = await opened('198.18.2.0/24');
    expect((await daemon.itctl('case', 'ack', id, 'reason', 'called AS64511')).stdout).to.equal(
      `Case ${id}: ongoing; acknowledged: called AS64511\n`,
    );
    await killed();
    expect(await daemon.case(id)).to.deep.nested.include({ 'acknowledged.reason': 'called AS64511' });
    expect((await daemon.itctl('case', 'dismiss', id, 'reason', 'a customer', 'for', '7d')).stdout).to.match(
      /: dismissed; dismissed until \d{4}-.*Z: a customer\n$/,
    );
    await killed();
    const { state, timeline, dismissed } = await daemon.case(id);
    expect([state, dismissed!.reason]).to.deep.equal(['dismissed', 'a customer']);
    for (const { by } of timeline.filter(({ what }) => /^(acknowledged|dismissed)/.test(what)))
      expect(by).to.match(new RegExp(`^uid ${process.getuid!()}( \\(\\S+\\))?, pid \\d+$`));
    await dial();
    peer.announce(['198.18.2.0/24'], TRANSIT, OFFENDER);
    await until('it is held', async () => (await daemon.case(id)).witnesses[0]!.state === 'holds');
    expect((await daemon.itctl('show', 'case')).stdout).to.not.include(id);
    expect((await daemon.itctl('case', 'reopen', id)).status).to.equal(0);
    await until('it goes on', async () => (await daemon.case(id)).state === 'ongoing');
    peer.endOfRib(); // after a restart no end is believed before
    peer.withdraw('198.18.2.0/24');
    await until('it is over', async () => (await daemon.case(id)).state === 'resolved');
    expect((await daemon.itctl('case', 'note', id, 'it was a typing error')).status).to.equal(0);
    await killed();
    await dial();
    expect((await daemon.case(id)).timeline.at(-1)!.what).to.equal('note: it was a typing error');
    expect(await daemon.json<CheckedEvidence>('check', 'evidence', id), 'its chain went on').to.include({
      fault: null,
    });
    const refused = await daemon.itctl('case', 'ack', id);
    expect([refused.status, refused.stderr]).to.deep.equal([
      1,
      `itctl: case ${id} is over: only a note can be written\n`,
    ]);
  });

  it('sets aside what an exception allows, until it is taken out', async () => {
    configure(`except prefix 198.18.3.0/24 origin ${SCRUBBER} until 2099-12-31 reason "scrubbing";`);
    expect((await daemon.itctl('reload')).stdout).to.include('except prefix 198.18.3.0/24');
    const before = smtp.received.length;
    peer.announce(['198.18.3.0/24'], TRANSIT, SCRUBBER);
    await until('it is dismissed', async () => (await caseOf('198.18.3.0/24'))?.state === 'dismissed');
    const { id, ...one } = (await caseOf('198.18.3.0/24'))!;
    expect([one.severity, one.hints![0]!.hint, one.dismissed!.by]).to.deep.equal(['info', 'scrubbing', 'watch ours']);
    configure('');
    await daemon.itctl('reload');
    await until('it is told of', async () => (await daemon.case(id)).told.includes('begin'));
    expect((await daemon.case(id)).timeline.map(({ what }) => what)).to.include(
      'taken up again: the exception is no longer configured',
    );
    await until('its mails', async () => smtp.received.length === before + 2);
    peer.withdraw('198.18.3.0/24');
  });

  it('freezes evidence that can be verified, shown and given to others', async () => {
    const { id } = await opened('198.18.4.0/24');
    peer.withdraw('198.18.4.0/24');
    await until('it is over', async () => (await daemon.case(id)).state === 'resolved');
    const checked = await daemon.json<CheckedEvidence>('check', 'evidence', id);
    expect(checked).to.include({ case: id, fault: null });
    const shown = (await daemon.itctl('show', 'case', id, 'evidence')).stdout;
    expect(shown).to.match(/^Evidence of case \S+: \d+ records, the chain is whole$/m);
    expect(shown).to.match(/^ {4}MRT: \d{4}\.\d\d\/updates\.\d{8}\.\d{4}\.gz at \d{4}-/m);
    const document = JSON.parse((await daemon.itctl('case', 'export', id)).stdout);
    expect(document.evidence.at(-1).hash).to.equal(checked.hash);
    const xml = (await daemon.itctl('case', 'export', id, 'iodef')).stdout;
    expect(xml).to.match(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<IODEF-Document version="2.00"/);
    const lint = spawnSync('xmllint', ['--nonet', '--noout', '-'], { input: xml, encoding: 'utf8' });
    if (lint.error === undefined) expect([lint.status, lint.stderr]).to.deep.equal([0, '']);

    await daemon.end();
    const db = new DatabaseSync(daemon.at('state/intertrack.db'));
    db.prepare('UPDATE evidence SET body = replace(body, ?, ?) WHERE case_id = ? AND number = 2').run(
      '64511',
      '64512',
      id,
    );
    db.close();
    await daemon.start();
    await dial();
    const forged = await daemon.itctl('check', 'evidence', id);
    expect([forged.status, forged.stderr]).to.deep.equal([
      1,
      `itctl: the evidence of case ${id} is broken at record 2: its hash is not that of its content\n`,
    ]);
  });

  it('puts together what belongs together', async () => {
    const first = await opened('198.18.5.0/24', 64505);
    const second = await opened('198.18.6.0/24', 64505);
    expect(second.incident).to.equal(first.incident);
    const rows = await daemon.json<IncidentSummary[]>('show', 'incident');
    const row = rows.find(({ incident }) => incident === first.incident)!;
    expect(row.offenders).to.include(64505);
    const { cases } = await daemon.json<IncidentDetail>('show', 'incident', first.incident!);
    expect(cases.map(({ id }) => id)).to.include.members([first.id, second.id]);
    expect((await daemon.itctl('show', 'incident', 'all')).stdout).to.include(first.incident!);
    const none = await daemon.itctl('show', 'incident', 'I2020-01-01-01');
    expect([none.status, none.stderr]).to.deep.equal([1, 'itctl: there is no incident I2020-01-01-01\n']);
    peer.withdraw('198.18.5.0/24', '198.18.6.0/24');
  });

  it('is watched as it happens, by a person and by a program', async () => {
    const said = { text: '', json: '' };
    const watching: ChildProcess[] = [];
    for (const [how, words] of [
      ['text', ['watch', 'cases']],
      ['json', ['-j', 'watch', 'cases']],
    ] as const) {
      const child = spawn(ITCTL, ['-s', daemon.at('ctl'), ...words], {
        env: PROGRAM_ENV,
      });
      child.stdout.on('data', (chunk: Buffer) => {
        said[how] += chunk;
      });
      watching.push(child);
    }
    try {
      // They watch from some moment on, which programs are told: what happens before it is not told.
      await until('it is watched', async () => said.json !== '');
      for (let i = 0; said.text === '' || said.json.split('\n').length < 3; i++) {
        const prefix = `198.18.7.${(i % 60) * 4}/30`;
        peer.announce([prefix], TRANSIT, OFFENDER);
        await until('it is told of', async () => (await caseOf(prefix)) !== undefined);
        peer.withdraw(prefix);
      }
      const rows = () =>
        said.json
          .trimEnd()
          .split('\n')
          .slice(1)
          .map(line => JSON.parse(line) as CaseLineRow);
      await until('an end', async () => rows().some(({ notice }) => notice === 'end'));
      expect(rows()[0]).to.include({ offender: OFFENDER });
      expect(said.text).to.match(
        /^\d{4}-\S+ \S+ \d{4}-\d\d-\d\d-\d+ ongoing major more-specific 198\.18\.7\.\d+\/30 AS64511 1\/1 \[begin\]: at once, without a hold-up$/m,
      );
    } finally {
      for (const child of watching) child.kill();
    }
  });

  it('measures by a drill how long people wait, and says that it is one', async () => {
    const before = smtp.received.length;
    const report = await daemon.json<DrillReport>('drill', '198.18.8.0/24', String(OFFENDER));
    expect(report).to.include({ prefix: '198.18.8.0/24', as: OFFENDER, severity: 'major' });
    for (const notices of [report.begin, report.end]) {
      expect(notices.map(({ recipient, state }) => [recipient, state]).sort()).to.deep.equal([
        ['keiro@owner.example', 'sent'],
        ['noc@example.net', 'sent'],
      ]);
      for (const { after } of notices) expect(after).to.be.a('number');
    }
    const mails = smtp.received.slice(before).filter(({ mail }) => mail.messageId?.startsWith(`<${report.case}.`));
    expect(mails).to.have.length(4);
    for (const { mail } of mails) {
      expect(mail.subject).to.match(/^\[InterTrack\] \[drill\]/);
      expect(mail.text).to.include('[drill] This is a drill').and.to.include('[drill] これは訓練です');
    }
    expect(await daemon.case(report.case)).to.include({ state: 'resolved', drill: true });
    expect(await daemon.routes('198.18.8.0/24'), 'no route anywhere').to.deep.equal([]);
    for (const [prefix, as, why] of [
      ['198.18.8.0/24', '64501', 'is match by the IRR and not-found by the RPKI: it would open no case'],
      ['203.0.113.0/24', '64511', 'falls under no watch'],
    ] as const) {
      const refused = await daemon.itctl('drill', prefix, as);
      expect([refused.status, refused.stderr]).to.deep.equal([1, refused.stderr]);
      expect(refused.stderr).to.include(why);
    }
  });
});
