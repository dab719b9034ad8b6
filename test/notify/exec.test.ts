import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createExec } from '../../src/notify/exec.ts';
import { notice, program } from './cases.ts';

describe('notify/exec', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-exec-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const at = (name: string) => join(directory, name);
  let number = 0;
  const script = (text: string): string => {
    const file = at(`program ${number++} $(touch pwned)`);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const still = new AbortController().signal;
  const run = (file: string, more: Parameters<typeof program>[1] = {}, signal = still) =>
    createExec(program(file, more)).send(notice, signal);

  it('gives the notice on standard input, and what it is about in the environment', async () => {
    process.env.INTERTRACK_TEST_SECRET = 'x';
    const file = script(`cat >'${at('in')}'; env >'${at('env')}'; pwd >'${at('pwd')}'; echo $# >'${at('args')}'`);
    expect(await run(file)).to.deep.equal({ result: 'sent' });
    delete process.env.INTERTRACK_TEST_SECRET;
    expect(JSON.parse(readFileSync(at('in'), 'utf8'))).to.deep.equal(notice);
    const env = readFileSync(at('env'), 'utf8');
    expect(env).to.include('INTERTRACK_EVENT=begin\n').and.to.include('INTERTRACK_CASE=2026-11-22-01\n');
    expect(env).to.not.include('INTERTRACK_TEST_SECRET');
    expect(readFileSync(at('pwd'), 'utf8')).to.equal('/\n');
    expect(readFileSync(at('args'), 'utf8')).to.equal('0\n');
    expect(existsSync('/pwned'), 'no shell has read the name').to.equal(false);
  });

  const endings: readonly (readonly [string, object])[] = [
    ['exit 0', { result: 'sent' }],
    ['exit 1', { result: 'deferred', error: 'it ended with status 1' }],
    [
      'echo early >&2; echo "no pager" >&2; exit 75',
      { result: 'deferred', error: 'it ended with status 75: no pager' },
    ],
    ['exit 65', { result: 'refused', error: 'it ended with status 65 (EX_DATAERR)' }],
    ['exit 67', { result: 'refused', error: 'it ended with status 67 (EX_NOUSER)' }],
    ['exit 77', { result: 'refused', error: 'it ended with status 77 (EX_NOPERM)' }],
    ['kill -TERM $$', { result: 'deferred', error: 'it was ended by SIGTERM' }],
    ["printf 'a\\033[2Jb' >&2; exit 2", { result: 'deferred', error: 'it ended with status 2: a\\u{1b}[2Jb' }],
  ];
  for (const [text, outcome] of endings)
    it(`takes \`${text}\` for ${(outcome as { result: string }).result}`, async () => {
      expect(await run(script(text))).to.deep.equal(outcome);
    });

  it('kills what runs too long, with all that it has started', async () => {
    const file = script(`sh -c 'sleep 60 & echo $! >"${at('child')}"; wait'`);
    expect(await run(file, { timeout: 1000 })).to.deep.equal({ result: 'deferred', error: 'it ran longer than 1 s' });
    const child = Number(readFileSync(at('child'), 'utf8'));
    const lives = () => {
      try {
        process.kill(child, 0);
        return readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1]![0] !== 'Z';
      } catch {
        return false;
      }
    };
    while (lives()) await new Promise(done => setTimeout(done, 5));
  });
  it('is not kept by a child that outlives its program', async () => {
    const file = script(`sleep 60 & echo $! >"${at('left')}"; exit 3`);
    expect(await run(file)).to.deep.equal({ result: 'deferred', error: 'it ended with status 3' });
    process.kill(Number(readFileSync(at('left'), 'utf8')));
  });
  it('keeps little of what a program says without end', async () => {
    const outcome = await run(script('yes "$(printf %01000d 0)" | head -c 10000000 >&2; exit 1'));
    expect(outcome).to.include({ result: 'deferred' });
    expect(outcome).to.have.property('error').that.has.length.below(600);
  });
  it('defers what cannot be started', async () => {
    const missing = await run(at('missing'));
    expect(missing).to.include({ result: 'deferred' }).and.to.have.property('error').that.includes('ENOENT');
    const plain = at('plain');
    writeFileSync(plain, '#!/bin/sh\n', { mode: 0o644 });
    expect(await run(plain))
      .to.have.property('error')
      .that.includes('EACCES');
  });
  it('is cut off when the daemon ends', async () => {
    const cut = new AbortController();
    const running = run(script(`touch '${at('begun')}'; sleep 60`), { timeout: 60_000 }, cut.signal);
    while (!existsSync(at('begun'))) await new Promise(done => setTimeout(done, 5));
    cut.abort();
    expect(await running).to.deep.equal({ result: 'deferred', error: 'it was cut off' });
  });
});
