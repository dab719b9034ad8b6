import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { replayOptions } from '../../src/daemon/replay-options.ts';
import { programFile } from '../programs.ts';
import { announces, keepalive, stage, tokyo, withdraws } from './replayed.ts';

const PROGRAM = programFile('intertrackd');

/** Runs `intertrackd replay` to its end. */
function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'replay', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('daemon/replay-options', () => {
  it('gives each file the collector before it', () => {
    expect(
      replayOptions(['-qs', '-c', 'x.conf', 'a', '-C', 'rrc00', 'b', 'c', '--collector=rrc01', '-']),
    ).to.deep.equal({
      config: 'x.conf',
      quiet: true,
      summary: true,
      files: [
        { file: 'a', collector: '' },
        { file: 'b', collector: 'rrc00' },
        { file: 'c', collector: 'rrc00' },
        { file: '-', collector: 'rrc01' },
      ],
    });
  });
  it('says what is wrong', () => {
    expect(replayOptions([])).to.equal('a file is missing');
    expect(replayOptions(['-', '-'])).to.equal('the standard input can be read once');
    expect(replayOptions(['--fast', 'a'])).to.equal("Unknown option '--fast'");
    expect(replayOptions(['-h'])).to.equal(null);
  });
});

describe('intertrackd replay', () => {
  let here: ReturnType<typeof stage>;
  before(() => {
    here = stage();
  });
  after(() => here.end());

  it('prints an object a line, the summary last, and nothing but the summary with -s', () => {
    const dump = here.write('a.db', 'route: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-A\nsource: A\n');
    const config = here.write(
      'intertrackd.conf',
      `router id 192.0.2.10; local as 64999; state "${here.at('state')}"; irr A { dump "${dump}"; }
       watch ours { maintainer MAINT-A; }`,
    );
    const file = here.mrt(
      announces(0, tokyo, '192.0.2.0/24', [64500, 64666]),
      withdraws(10, tokyo, '192.0.2.0/24'),
      keepalive(1000, tokyo),
    );
    const { status, stdout, stderr } = run('-q', '-c', config, file);
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.map(({ what }) => what)).to.deep.equal(['begin', 'change', 'end', 'summary']);
    expect(run('-c', config, file).stdout).to.equal(stdout);
    expect(run('-qs', '-c', config, file).stdout).to.equal(`${stdout.trimEnd().split('\n').at(-1)}\n`);
  });
  it('tells a wrong command line and a wrong configuration from damaged files', () => {
    expect(run().status).to.equal(64);
    expect(run('--fast', 'a').stderr).to.equal("intertrackd: Unknown option '--fast'\n");
    expect(run('-h')).to.deep.include({ status: 0, stderr: '' });
    const wrong = here.write('wrong.conf', 'router id 192.0.2.10; local as;');
    const { status, stderr } = run('-c', wrong, 'a');
    expect(status).to.equal(1);
    expect(stderr).to.match(/^.*wrong\.conf:1:\d+: /);
  });
});
