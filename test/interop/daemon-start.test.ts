import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { loopbackAddress } from './bgp-peers.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';

describe('interop/daemon-start', function () {
  this.timeout(240_000);
  const ours = loopbackAddress();
  let daemon: Intertrackd;
  before(async () => {
    daemon = intertrackd(ours);
    daemon.configure('');
    await daemon.start();
  });
  after(() => daemon.close());

  /** Starts a daemon that cannot run. */
  const refused = async (file: string, text: string) =>
    run('intertrackd', '-c', daemon.write(file, `router id ${ours}; local as 64500; ${text}`));

  it('-t accepts a good file in silence', async () => {
    expect(await run('intertrackd', '-t', '-c', daemon.at('conf'))).to.deep.equal({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('-t names file, line and column of every error, and what was expected', async () => {
    const file = daemon.write('bad', 'router id 192.0.2.10;\nlocal as 64500;\nwatsch ours { }\nlocal as x;\n');
    const { status, stderr } = await run('intertrackd', '-t', '-c', file);
    expect(status).to.equal(1);
    expect(stderr).to.match(new RegExp(`^${file}:3:1: .*watch`, 'm'));
    expect(stderr).to.match(new RegExp(`^${file}:4:10: .*expected`, 'm'));
  });

  it('says which file is not there', async () => {
    const { status, stderr } = await run('intertrackd', '-c', daemon.at('none'));
    expect(status).to.equal(1);
    expect(stderr).to.match(/none.*no such file/i);
  });

  it('gives the control socket to its owner and group alone', () => {
    expect(statSync(daemon.at('ctl')).mode & 0o777).to.equal(0o660);
    expect(statSync(daemon.at('state')).mode & 0o777).to.equal(0o700);
  });

  it('refuses a state directory that another daemon works in', async () => {
    const text = `state "${daemon.at('state')}"; control socket "${daemon.at('ctl2')}";`;
    const { status, stderr } = await refused('same-state', text);
    expect(status).to.equal(71);
    expect(stderr).to.match(/cannot start: state directory .* is in use by another process/);
  });

  it('refuses a control socket that another daemon answers on, and leaves it alone', async () => {
    const text = `log file "${daemon.at('log2')}"; state "${daemon.at('state2')}"; control socket "${daemon.at('ctl')}"; probe socket "${daemon.at('probe2')}";`;
    const { status, stderr } = await refused('same-socket', text);
    expect(status).to.equal(71);
    expect(stderr).to.match(/^intertrackd: cannot start: control socket .*: another daemon answers on it$/m);
    expect((await daemon.itctl('show', 'status')).status).to.equal(0);
  });

  it('lives on when nobody reads its standard error any more', async () => {
    daemon.deafen();
    for (let i = 0; i < 3; i++) await daemon.json('reload'); // each writes lines
    expect((await daemon.status()).problems.join()).to.match(/standard error: .*EPIPE/);
  });

  it('refuses a state directory that it cannot make, and a control socket in none', async () => {
    writeFileSync(daemon.at('file'), '');
    const unmade = await refused(
      'no-state',
      `state "${daemon.at('file')}/state"; control socket "${daemon.at('ctl3')}";`,
    );
    expect(unmade.status).to.equal(71);
    expect(unmade.stderr).to.match(/cannot start: state directory .*file\/state: .*(EEXIST|ENOTDIR)/);
    mkdirSync(daemon.at('state4'));
    const unheard = await refused(
      'no-socket',
      `state "${daemon.at('state4')}"; control socket "${daemon.at('no/ctl')}"; probe socket "${daemon.at('probe4')}";`,
    );
    expect(unheard.status).to.equal(71);
    expect(unheard.stderr).to.match(/control socket .*: there is no directory/);
  });
});
