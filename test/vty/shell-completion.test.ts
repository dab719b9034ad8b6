import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ControlServer, openControl } from '../../src/control/server.ts';
import { completionLines } from '../../src/vty/shell-completion.ts';
import { scriptedDaemon } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { PROGRAM_ENV, skipFor } from '../programs.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** bash and zsh, asked as somebody who presses Tab behind these words. */
describe('vty/shell-completion', () => {
  let folder: string;
  let server: ControlServer;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    server = await openControl({ socket: { path: join(folder, 'ctl') }, daemon: scriptedDaemon(), log() {} });
    symlinkSync(join(ROOT, 'bin/itctl'), join(folder, 'itctl'));
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const environment = () => ({
    ...PROGRAM_ENV,
    PATH: `${folder}:${process.env.PATH}`,
    INTERTRACK_SOCKET: join(folder, 'ctl'),
  });
  const run = (program: string, script: string) =>
    new Promise<string[]>((resolve, reject) => {
      execFile(program, ['-c', script], { env: environment(), cwd: folder }, (error, stdout) =>
        error === null ? resolve(stdout.split('\n').filter(Boolean)) : reject(error),
      );
    });
  const bash = (...words: string[]) => {
    const quoted = ['itctl', ...words].map(word => `'${word}'`).join(' ');
    const set = `COMP_WORDS=(${quoted}) COMP_CWORD=${words.length}`;
    return run('bash', `. ${ROOT}contrib/completion/itctl.bash; ${set}; _itctl; printf '%s\\n' "\${COMPREPLY[@]}"`);
  };

  it('offers words of the language and live names in bash', async () => {
    expect(await bash('show', 'bgp', '')).to.deep.equal(['neighbor', 'summary']);
    expect(await bash('show', 'bgp', 'neighbor', 'ty')).to.deep.equal(['tyo1']);
    expect(await bash('sho')).to.deep.equal(['show']);
    expect(await bash('no', 'such', '')).to.deep.equal([]);
  });

  it('offers filters behind a bar, as it is quoted', async () => {
    for (const bar of ['|', '\\|', '"|"'])
      expect(
        (await completionLines(null, ['show', 'status', bar, 'co'])).map(line => line.split('\t')[0]),
      ).to.deep.equal(['count']);
    expect(await bash('show', 'status', '\\|', 'inc')).to.deep.equal(['include']);
    expect(await bash('watch', 'show', 'status', 'ev')).to.deep.equal(['every']);
  });

  it('offers filters in a bash on a terminal, behind a bar that is quoted', async function () {
    this.timeout(90_000);
    skipFor(this, spawnSync('tmux', ['-V']).error === undefined ? null : 'no tmux here');
    const tmux = (...words: string[]) =>
      spawnSync('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...words], {
        ...{ encoding: 'utf8', env: { ...process.env, ...environment() }, cwd: folder },
      }).stdout;
    const screen = () => tmux('capture-pane', '-p');
    tmux('new-session', '-d', '-x', '80', '-y', '24', 'bash --norc --noprofile');
    try {
      tmux('send-keys', `PS1='ready> '; . ${ROOT}contrib/completion/itctl.bash`, 'Enter');
      await until('bash is there', () => /^ready> $/m.test(`${screen().trimEnd()} `));
      tmux('send-keys', "bind 'set show-all-if-ambiguous on'", 'Enter');
      tmux('send-keys', '-l', 'itctl show status \\| ');
      tmux('send-keys', 'Tab');
      await until('the filters', () => /^begin +count +exclude +include +json *$/m.test(screen()));
    } finally {
      tmux('kill-server');
    }
  });

  it('offers files where a file may stand', async () => {
    expect(await bash('trace', 'packet', 'it')).to.deep.equal(['itctl']);
    expect(await bash('decode', 'mrt', 'it')).to.deep.equal(['itctl']);
  });

  it('offers what needs no daemon where there is none', async () => {
    const words = (await completionLines(null, [''])).map(line => line.split('\t')[0]);
    expect(words).to.include.members(['decode', 'digest']);
    expect((await completionLines(null, ['decode', 'm'])).map(line => line.split('\t')[0])).to.deep.equal(['mrt']);
  });

  it('is right zsh', function () {
    const checked = spawnSync('zsh', ['-n', join(ROOT, 'contrib/completion/_itctl')], { encoding: 'utf8' });
    skipFor(this, checked.error === undefined ? null : 'no zsh here');
    expect(checked.stderr).to.equal('');
    expect(checked.status).to.equal(0);
  });
});
