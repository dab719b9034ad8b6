import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NeighborRow } from '../../src/collector/messages.ts';
import type { StatusReport } from '../../src/control/daemon.ts';
import { programFile } from '../programs.ts';
import { until, whyNot } from './bgp-peers.ts';
import { answerAt } from './intertrackd.ts';
import { record } from './matrix.ts';
import { twoNamespaces, whyNoNamespaces } from './namespaces.ts';

const PORT = 1790;

/** The whole daemon and BIRD, each in a namespace, over IPv6. */
describe('interop/protection over IPv6', function () {
  this.timeout(240_000);
  let dir = '';
  let lab: ReturnType<typeof twoNamespaces>;
  let daemonSays = () => '';
  let birdSays = () => '';

  const file = (name: string) => join(dir, name);
  const sessions = (keyOfDialled: string) => `
    router id 192.0.2.9; local as 64500; log stderr; state "${dir}/state";
    control socket "${dir}/control"; probe socket "${dir}/probe";
    bgp listen :: port ${PORT};
    template bgp t { ttl security; connect retry time 1s; }
    protocol bgp dialled from t { neighbor 2001:db8:1::2 port ${PORT} as 64496; local address 2001:db8:1::1; password "${keyOfDialled}"; }
    protocol bgp awaited from t { neighbor 2001:db8:1::3 as 64496; passive; password "waiting"; }
    protocol bgp nearby from t { neighbor fe80::2 port ${PORT} as 64496; local address fe80::1; interface "left"; password "near"; }
    protocol bgp nearer from t { neighbor fe80::3 as 64496; local address fe80::11; interface "left"; passive; }
    protocol bgp wrong from t { neighbor 2001:db8:1::4 as 64496; passive; password "ours"; }
    protocol bgp far { neighbor range 2001:db8:2::/48 as 64496; password "range"; }`;

  /** BIRD has one session with an address: each is with another one of ours. */
  const birdSession = (name: string, local: string, neighbor: string, more: string) => `
    protocol bgp ${name} {
      local ${local} port ${PORT} as 64496; neighbor ${neighbor} port ${PORT} as 64500;
      strict bind; connect delay time 1; connect retry time 2; error wait time 1, 2; ${more}
      ipv6 { import all; export all; };
    }`;
  const near = 'direct; ttl security on;';
  const bird = `
    log stderr all; router id 192.0.2.2;
    protocol device { scan time 1; }
    protocol static { ipv6; route 2001:db8:77::/48 blackhole; }
    ${birdSession('dialled', '2001:db8:1::2', '2001:db8:1::1', `${near} passive; password "dialling";`)}
    ${birdSession('awaited', '2001:db8:1::3', '2001:db8:1::11', `${near} password "waiting";`)}
    ${birdSession('nearby', 'fe80::2', "fe80::1 % 'right'", `${near} passive; interface "right"; password "near";`)}
    ${birdSession('nearer', 'fe80::3', "fe80::11 % 'right'", `${near} interface "right";`)}
    ${birdSession('wrong', '2001:db8:1::4', '2001:db8:1::12', `${near} password "theirs";`)}
    ${birdSession('ranged', '2001:db8:2::5', '2001:db8:1::13', 'multihop; password "range";')}`;

  /** Asked at its socket, which is no part of a namespace: a process for each look would cost more than all else here. */
  const ask = async (...words: string[]) => (await answerAt(file('control'), words)).rows;
  const neighbors = async () => {
    const rows = (await ask('show', 'bgp', 'neighbor')) as NeighborRow[];
    return new Map(rows.map(row => [row.peer, row]));
  };
  const said = () => `daemon: ${daemonSays().slice(-1500)}\nBIRD: ${birdSays().slice(-1500)}`;

  before(async function () {
    const reason = whyNoNamespaces() ?? whyNot('bird');
    if (reason !== null) {
      if (process.env.REQUIRE_PEERS === '1' && whyNot('bird') !== null) throw new Error(reason);
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), 'protect-'));
    writeFileSync(file('daemon.conf'), sessions('dialling'), { mode: 0o600 });
    writeFileSync(file('bird.conf'), bird);
    lab = twoNamespaces([
      [
        ...['2001:db8:1::1/64', '2001:db8:1::11/64', '2001:db8:1::12/64', '2001:db8:1::13/64'],
        ...['fe80::1/64', 'fe80::11/64'],
      ],
      ['2001:db8:1::2/64', '2001:db8:1::3/64', '2001:db8:1::4/64', '2001:db8:2::5/64', 'fe80::2/64', 'fe80::3/64'],
    ]);
    const [ours, theirs] = lab.sides;
    execFile('ip', ['-n', ours.name, 'route', 'add', '2001:db8:2::/64', 'dev', ours.link]);
    birdSays = theirs.start('bird', '-f', '-c', file('bird.conf'), '-s', file('ctl'), '-P', file('pid')).output;
    daemonSays = ours.start(process.execPath, programFile('intertrackd'), '-c', file('daemon.conf')).output;
  });
  after(async () => {
    await lab?.close();
    if (dir !== '') rmSync(dir, { recursive: true, force: true });
  });

  const up = ['dialled', 'awaited', 'nearby', 'nearer', 'far-2001:db8:2::5'];

  it('has sessions with passwords and TTL security, dialled and awaited, also with link-local addresses', async () => {
    await until(`the daemon answers; ${said()}`, () => daemonSays().includes('listening for BGP'));
    for (const peer of up)
      await until(
        `${peer} is up; ${said()}`,
        async () => (await neighbors()).get(peer)?.state === 'Established',
        30_000,
      );
    await until(
      'all have their route',
      async () => [...(await neighbors())].filter(([, n]) => n.prefixes6 === 1).length === 5,
    );
    const { localAddress, protection } = (await neighbors()).get('nearby')!;
    const { leastTtl, password } = protection!;
    expect({ localAddress, leastTtl, password }).to.deep.equal({
      localAddress: 'fe80::1',
      leastTtl: 255,
      password: true,
    });
    record('bird', 'TCP MD5 and GTSM over IPv6');
  });

  it('has none with another password, and tells what the kernel dropped', async () => {
    await until(
      `drops are told; ${said()}`,
      async () => (await neighbors()).get('wrong')!.protection!.problems.length > 0,
    );
    const row = (await neighbors()).get('wrong')!;
    expect(row.state).to.equal('Active');
    expect(row.protection!.problems[0]).to.match(
      /^the kernel dropped TCP segments signed with another password \(\d+\), of this/,
    );
    const [{ problems }] = (await ask('show', 'status')) as [StatusReport];
    expect(problems.join('\n')).to.match(/signed with another password \(\d+\); peers that are not up: wrong/);
    expect(daemonSays()).to.match(/the kernel dropped TCP segments signed with another password/);
  });

  it('takes another password at a reload for one session, and leaves the others alone', async () => {
    const before = await neighbors();
    writeFileSync(file('daemon.conf'), sessions('changed'), { mode: 0o600 });
    const [report] = (await ask('reload')) as [{ changes: string[] }];
    expect(report.changes).to.deep.equal(['peer dialled: password is another']);
    // For a moment, between the old session and the new one, there is none.
    await until('it is silent', async () => /^no answer/.test((await neighbors()).get('dialled')?.lastError ?? ''));
    writeFileSync(file('daemon.conf'), sessions('dialling'), { mode: 0o600 });
    await ask('reload');
    await until(
      `it is up again; ${said()}`,
      async () => (await neighbors()).get('dialled')?.state === 'Established',
      30_000,
    );
    const now = await neighbors();
    for (const peer of up.slice(1)) expect(now.get(peer)!.since, peer).to.equal(before.get(peer)!.since);
    expect(daemonSays(), 'shows no password').to.not.match(/"(dialling|changed)"/);
  });

  it('refuses a reload that a session could not obey', async () => {
    writeFileSync(file('daemon.conf'), sessions('x'.repeat(81)), { mode: 0o600 });
    const refused = await ask('reload').then(
      () => 'nothing',
      (error: Error) => error.message,
    );
    expect(refused).to.match(/expected a password in double quotes.*: it is longer than 80 octets/);
    expect((await neighbors()).get('dialled')!.state).to.equal('Established');
  });
});
