import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { hex } from '../bgp/octets.ts';
import { ends, record } from '../mrt/octets.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');
const state = hex(record(16, 5, `${ends()}00010006`));
const LINE = 'BGP4MP|1700000000|STATE|192.0.2.1|64496|1|6\n';

/** Runs itctl; no daemon is there to ask. */
function itctl(args: readonly string[], input: Uint8Array | string = '') {
  const env = { ...process.env, INTERTRACK_SOCKET: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [ITCTL, ...args], { input, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

describe('itctl decode mrt', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'decode-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  it('prints the lines of a file and of the standard input', () => {
    const file = join(dir, 'updates.gz');
    writeFileSync(file, gzipSync(Buffer.concat([state, state])));
    expect(itctl(['decode', 'mrt', file])).to.deep.equal({ status: 0, stdout: LINE + LINE, stderr: '' });
    expect(itctl(['decode', 'mrt', '-'], state)).to.deep.equal({ status: 0, stdout: LINE, stderr: '' });
  });
  it('prints an object a line with -j', () => {
    const { status, stdout } = itctl(['-j', 'decode', 'mrt', '-'], Buffer.concat([state, state]));
    expect(status).to.equal(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(rows).to.have.length(2);
    expect(rows[0]).to.include({ what: 'state', from: 'Idle', to: 'Established' });
  });
  it('names record and octet of what is damaged, prints the rest, and fails', () => {
    const bad = hex(record(16, 4, '0000fbf00000fbf400000003'));
    const { status, stdout, stderr } = itctl(
      ['decode', 'mrt', '-'],
      Buffer.concat([state, bad, state, state.subarray(0, 20)]),
    );
    expect(status).to.equal(1);
    expect(stdout).to.equal(LINE + LINE);
    expect(stderr).to.equal(
      `itctl: standard input: record 2 at octet ${state.length}: address family 3\n` +
        `itctl: standard input: octet ${2 * state.length + bad.length}, after record 3: the file ends inside a record of ${state.length} octets; 20 octets are left out\n`,
    );
  });
  it('counts the complaints of a file that is damaged all over', () => {
    const bad = hex(record(16, 4, '0000fbf00000fbf400000003'));
    const { stderr } = itctl(['decode', 'mrt', '-'], Buffer.concat(Array(30).fill(bad)));
    expect(stderr.trimEnd().split('\n')).to.have.length(21);
    expect(stderr).to.match(/itctl: standard input: and 10 more\n$/);
  });
  it('refuses bad usage and files that are not there', () => {
    expect(itctl(['decode', 'mrt'])).to.deep.equal({
      status: 2,
      stdout: '',
      stderr: 'itctl: a file is missing; usage: itctl decode mrt FILE\n',
    });
    expect(itctl(['decode', 'mrt', 'a', 'b']).status).to.equal(2);
    expect(itctl(['decode', 'mrt', join(dir, 'nothing')])).to.deep.equal({
      status: 1,
      stdout: '',
      stderr: `itctl: ${join(dir, 'nothing')}: no such file or directory\n`,
    });
  });
  it('ends quietly when its reader has seen enough', async () => {
    const child = spawn(process.execPath, [ITCTL, 'decode', 'mrt', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', text => {
      stderr += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(Buffer.concat(Array(200_000).fill(state)));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise(resolve => {
      child.on('close', resolve);
    });
    expect([code, stderr]).to.deep.equal([0, '']);
  });
});
