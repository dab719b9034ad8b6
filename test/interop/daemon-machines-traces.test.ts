/** Cases on one machine, traces on another: what is asked where, and what each of them shows. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CaseDetail } from '../../src/control/daemon.ts';
import type { StandingRow } from '../../src/control/standing-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { hex, RAW } from '../packet/packets.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import {
  feedStatements,
  type Machine,
  machinesOf,
  OFFENDER,
  prefixOf,
  type Shared,
  sharedServers,
  startFeed,
} from './machines.ts';
import type { Speaker } from './speaker.ts';

/** UDP from 198.51.100.7 to 10.0.0.9, which is of the first prefix. */
const FRAME = Uint8Array.from([
  ...hex('4500003c 00010000 40110000 c6336407 0a000009 14e900350028abcd'),
  ...Array.from({ length: 32 }, (_, i) => (i * 37 + 5) & 255),
]);

describe('interop/daemon-machines-traces', function () {
  this.timeout(240_000);
  let shared: Shared;
  let keeper: Machine;
  let tracer: Machine;
  let feed: Speaker;
  const feedAt = loopbackAddress();
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-traces-'));
  const eve = join(directory, 'eve.json');

  /** The statements of a machine that traces. */
  function traceback(): string {
    const { key, certificate } = makeIdentity(64500, directory);
    writeFileSync(join(directory, 'secret'), 'the secret of a federation', { mode: 0o600 });
    writeFileSync(eve, '');
    return `
ids suricata { eve file "${eve}"; on alert signature 99; }
traceback {
    identity "${key}" certificate "${certificate}";
    federation "test" { secret "${join(directory, 'secret')}"; }
}`;
  }

  before(async function () {
    const servers = await sharedServers(4);
    if (servers === null) return this.skip();
    shared = servers;
    keeper = shared.machine('collector cases', feedStatements(feedAt));
    tracer = shared.machine('traceback', traceback);
    await Promise.all([keeper.start(), tracer.start()]);
    feed = await startFeed(feedAt, keeper);
    feed.announce([prefixOf(0)], 64497, 64511, OFFENDER);
    feed.endOfRib();
    await until('both are there', async () => (await machinesOf(keeper)).length === 2);
  });
  after(async () => {
    feed?.close();
    await shared?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('traces packets of a case that another machine has, and shows the trace with the case there', async () => {
    let of: Case | undefined;
    await until('the case', async () => {
      of = ((await tracer.ask('show', 'case')) as Case[])[0];
      return of !== undefined;
    });
    const { id } = of!;
    const refused = await keeper.itctl('trace', 'case', id);
    expect(refused.stderr).to.contain(
      'this machine is collector and cases and does not trace: ask one that is traceback',
    );
    expect(refused.status).to.equal(1);

    const begun = await tracer.itctl('trace', 'case', id);
    expect(begun.stderr).to.equal('');
    expect(begun.stdout).to.contain(`packets to ${prefixOf(0)}`);
    const alert = {
      ...{ timestamp: new Date().toISOString().replace('Z', '+0000'), flow_id: 1, event_type: 'alert' },
      alert: { signature_id: 7, signature: 'a rule', category: 'c', severity: 3 },
      ...{ packet: Buffer.from(FRAME).toString('base64'), packet_info: { linktype: RAW } },
    };
    const standing = async () => (await tracer.ask('show', 'trace', 'standing')) as StandingRow[];
    await until('a packet comes', async () => {
      appendFileSync(eve, `${JSON.stringify(alert)}\n`);
      return (await standing())[0]!.traced > 0;
    });
    const detail = async (): Promise<CaseDetail> => keeper.case(id);
    await until('the trace is with the case', async () =>
      ((await detail()).traces ?? []).some(({ state }) => state === 'final'),
    );
    const [trace] = (await detail()).traces!;
    for (const at of [tracer, keeper]) {
      const [shown] = (await at.ask('show', 'trace', trace!.id)) as Trace[];
      expect(shown).to.include({ id: trace!.id, caseId: id, source: 'ids suricata' });
    }
    await until('the timeline says who, and what', async () => {
      const lines = (await detail()).timeline.map(({ what }) => what).join('\n');
      return lines.includes(`packets to ${prefixOf(0)} are traced`) && lines.includes(`is traced: ${trace!.id}`);
    });
    expect((await keeper.itctl('case', id)).stdout).to.match(/\nTraces: the latest 1 of its packets\n/);

    feed.withdraw(prefixOf(0));
    await until('nothing stands once the case is over', async () => (await standing()).length === 0);
  });

  it('asks for no trace that it cannot write down', async () => {
    await shared.postgresql.kill();
    await tracer.end();
    await tracer.start();
    const digest = '0123456789abcdef';
    const { stderr, status } = await tracer.itctl('trace', 'digest', digest, new Date().toISOString());
    expect(stderr).to.contain('the audit log cannot be written: traces and the audit log wait for the database');
    expect(status).to.equal(1);
    await shared.postgresql.start();
    await until('it can be written', async () => {
      const again = await tracer.itctl('trace', 'digest', digest, new Date().toISOString());
      return again.stdout.includes(', final after');
    });
  });
});
