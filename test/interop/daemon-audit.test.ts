/** The audit log of a running daemon, as an operator sees it, and as it is proved when the daemon is gone. */

import { userInfo } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import type { AuditRow } from '../../src/control/audit-rows.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';

const DIGEST = '0123456789abcdef';

describe('interop/daemon-audit', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  beforeEach(() => {
    daemon = intertrackd('192.0.2.10', 64500);
    const { key, certificate } = makeIdentity(64500, daemon.directory);
    daemon.configure(
      `traceback { identity "${key}" certificate "${certificate}"; ask { purpose misuse; reference "NOC-1"; } }`,
    );
  });
  afterEach(() => daemon.close());

  it('shows who traced what for which reason, and proves a cut and a change by the head that was kept', async () => {
    await daemon.start();
    const time = new Date(Date.now() - 60_000).toISOString();
    const traced = await daemon.itctl('trace', 'digest', DIGEST, time);
    expect(traced.status, traced.stderr).to.equal(3); // there is nobody to ask
    await daemon.itctl('trace', 'digest', DIGEST, time, '--purpose', 'fault', '--reference', 'CASE-7');
    const rows = await daemon.json<AuditRow[]>('show', 'audit');
    expect(rows.map(({ number, what }) => `${number} ${what}`)).to.deep.equal([
      '1 trace.start',
      '2 trace.end',
      '3 trace.start',
      '4 trace.end',
    ]);
    expect(rows[0]!.body).to.include({ purpose: 'misuse', reference: 'NOC-1' });
    expect(rows[0]!.body.by).to.match(new RegExp(`^uid ${process.getuid!()} \\(${userInfo().username}\\), pid \\d+$`));
    expect(rows[2]!.body).to.include({ purpose: 'fault', reference: 'CASE-7' });
    const id = String(rows[2]!.body.id);
    expect((await daemon.itctl('show', 'audit', 'trace', id)).stdout.split('\n')).to.have.length(3);
    expect((await daemon.itctl('show', 'audit', 'denied')).stderr).to.equal('itctl: no such line of the last day\n');
    const again = JSON.parse((await daemon.itctl('-j', 'trace', 'again', id)).stdout) as Trace;
    expect(again).to.include({ repeats: id, reference: 'CASE-7' });

    const [head] = (await daemon.itctl('show', 'audit', 'head')).stdout.split('\n');
    expect(head).to.match(/^6:[0-9a-f]{64}$/);
    const database = daemon.at('state/intertrack.db');
    const verify = () => run('itctl', 'audit', 'verify', database, '--head', head!);
    expect((await verify()).stdout, 'while it runs').to.match(/the chain is whole, and 1 kept head of it/);
    expect(await daemon.end()).to.equal(0);
    expect(daemon.log()).to.include(`audit log: head ${head}`);
    const exported = await run('itctl', 'audit', 'export', database);
    expect(exported.stdout.split('\n')).to.have.length(7);

    const db = new DatabaseSync(database);
    db.exec('DELETE FROM audit WHERE number > 4');
    db.close();
    const cut = await verify();
    expect([cut.status, cut.stdout]).to.deep.include(1);
    expect(cut.stdout).to.match(/BROKEN: the log ends with record 4, but there was a record 6: its end is cut off/);
  });
});
