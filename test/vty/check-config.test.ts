import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { offlineCommand } from '../../src/vty/offline.ts';

describe('vty/check-config', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What `itctl config check FILE` prints of a file with this text, and its exit code. */
  async function check(content: string, json = false) {
    const file = join(folder, 'conf');
    writeFileSync(file, content);
    const stdout = new PassThrough();
    const words = ['config', 'check', file];
    const streams = { stdin: new PassThrough(), stdout, err: () => {} };
    const code = await offlineCommand(words)!.run(words.slice(2), json, streams as never);
    stdout.end();
    return { code, out: (await text(stdout)).replaceAll(folder, '') };
  }
  const BEGIN = 'router id 192.0.2.10; local as 64500;';

  it('says that nothing is wrong', async () => {
    expect(await check(BEGIN)).to.deep.equal({ code: 0, out: '/conf: nothing is wrong\n' });
  });

  it('shows errors, each with its place, and fails', async () => {
    const { code, out } = await check('router id 192.0.2.10;\nlocal as 0;\n');
    expect(code).to.equal(1);
    expect(out).to.match(/^\/conf:2:10: expected an AS number.*\n {2}local as 0;\n {2} {9}\^\n/);
    expect(out).to.match(/\n1 error, 0 warnings, 0 risks\n$/);
  });

  it('shows risks with how to accept them, and does not fail', async () => {
    const risky = `${BEGIN}\nprotocol bgp tyo1 { neighbor 192.0.2.1 as 64496; }\n`;
    const { code, out } = await check(risky);
    expect(code).to.equal(0);
    expect(out).to.match(/^\/conf:2:1: risk bgp-no-limit: peer tyo1 .*`accept risk bgp-no-limit for tyo1;`\n/);
    const { out: json } = await check(risky, true);
    expect(JSON.parse(json).risks[0]).to.include({ risk: 'bgp-no-limit', line: 2, column: 1 });
    expect(await check(`${risky}accept risk bgp-no-limit;`)).to.include({ out: '/conf: nothing is wrong\n' });
  });

  it('leaves the same words without a file to the daemon', () => {
    expect(offlineCommand(['config', 'check'])).to.equal(null);
    expect(offlineCommand(['config', 'check', 'x'])).not.to.equal(null);
  });
});
