import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../interop/bgp-peers.ts';
import { programFile } from '../programs.ts';

const PROGRAM = programFile('intertrackd');

interface Run {
  readonly child: ChildProcess;
  said: string;
  ended: string | null;
}

describe('daemon/signals', () => {
  let directory: string;
  let run: Run;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-signals-'));
    const at = (name: string) => `"${join(directory, name)}"`;
    const file = join(directory, 'intertrackd.conf');
    writeFileSync(join(directory, 'test.db'), 'route: 192.0.2.0/24\norigin: AS64500\nsource: TEST\n');
    writeFileSync(
      file,
      `router id 192.0.2.1; local as 64500; log stderr; state ${at('state')};
       control socket ${at('ctl')}; probe socket ${at('probe')}; irr TEST { dump ${at('test.db')}; }`,
    );
    const args = ['--disable-warning=ExperimentalWarning', PROGRAM, '-c', file];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const mine: Run = { child, said: '', ended: null };
    child.stderr.on('data', chunk => {
      mine.said += chunk;
    });
    child.on('exit', (code, signal) => {
      mine.ended = String(signal ?? code);
    });
    run = mine;
  });
  afterEach(() => {
    run.child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  const says = (text: string) => until(text, async () => run.said.includes(text) || run.ended !== null);

  it('reloads after it has started when SIGHUP came before', async () => {
    await says(' starts, process ');
    run.child.kill('SIGHUP');
    await says('reload: nothing has changed');
    expect(run.said).to.contain('reload: nothing has changed');
    expect(run.ended).to.equal(null);
  });

  it('stands a storm of SIGHUPs', async () => {
    await says('registry generation 1 in force');
    for (let i = 0; i < 200; i++) {
      run.child.kill('SIGHUP');
      if (i % 10 === 0) await new Promise(resolve => setTimeout(resolve, 1));
    }
    await says('reload: nothing has changed');
    run.child.kill('SIGTERM');
    await until('it ends', async () => run.ended !== null);
    expect(run.ended, run.said).to.equal('0');
  });
});
