import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/index.ts';
import { createConfigAnswers } from '../../src/daemon/config-answers.ts';
import { asDutiesSay } from '../../src/daemon/duties.ts';
import { nextConfig } from '../../src/daemon/next-config.ts';

describe('daemon/config-answers', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds against what is in force only what this machine does of it', async () => {
    const file = join(folder, 'shared');
    writeFileSync(
      file,
      `router id 192.0.2.10; local as 64500; role cases;
      bus nats "nats://192.0.2.1"; store postgresql "postgresql://keiro@192.0.2.2/keiro";
      protocol bgp tyo1 { neighbor 192.0.2.1 as 64496; }`,
      { mode: 0o600 },
    );
    const loaded = await loadConfig(file);
    if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join());
    const { configDiff } = createConfigAnswers(() => asDutiesSay(loaded.config), file);
    expect(await configDiff()).to.deep.equal({ file, errors: [], changes: [] });
  });

  it('says of what a machine is among others that it needs another start, and leaves it as it is', async () => {
    const file = join(folder, 'machine');
    const write = (routerId: string, role: string, more = '') =>
      writeFileSync(
        file,
        `router id ${routerId}; local as 64500; ${role}
        bus nats "nats://192.0.2.1"; store postgresql "postgresql://keiro@192.0.2.2/keiro";
        protocol bgp tyo1 { neighbor 192.0.2.1 as 64496; ${more} }`,
        { mode: 0o600 },
      );
    const read = async () => {
      const loaded = await loadConfig(file);
      if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join());
      return loaded.config;
    };
    write('192.0.2.10', 'role collector;');
    const running = asDutiesSay(await read());
    const { configDiff } = createConfigAnswers(() => running, file);
    write('192.0.2.10', 'role cases;', 'description "first";');
    expect((await configDiff()).changes.map(({ words }) => words)).to.deep.equal([
      'peer tyo1: now description "first"',
      'machines role: role collector is now role cases (in force at the next start)',
    ]);
    const { next, refused } = nextConfig(running, await read());
    expect([next.duties, next.peers.map(({ name }) => name), refused]).to.deep.equal([['collector'], ['tyo1'], '']);
    write('192.0.2.11', '');
    expect((await configDiff()).changes.map(({ words }) => words)).to.have.members([
      'machines role: removed (in force at the next start)',
      'router id: router id 192.0.2.10 is now router id 192.0.2.11 (needs a restart)',
    ]);
    expect(nextConfig(running, await read()).refused).to.match(/192\.0\.2\.10 is the name .* needs a restart$/);
  });

  it('holds the file as it is now against what is in force, and shows no secret', async () => {
    const file = join(folder, 'conf');
    const write = (more: string) =>
      writeFileSync(file, `router id 192.0.2.10; local as 64500; ${more}`, { mode: 0o600 });
    const mail = (password: string) =>
      `notify mail { from "a@b.example"; smtp "mail.example"; user "u"; password "${password}"; to x-keiro; }`;
    write(mail('hunter2'));
    const loaded = await loadConfig(file);
    if (!loaded.ok) throw new Error('it is right');
    const { configText, configDiff, configCheck } = createConfigAnswers(() => loaded.config, file);
    expect(await configDiff()).to.deep.equal({ file, errors: [], changes: [] });
    expect(await configText())
      .to.contain('password "***";')
      .and.not.contain('hunter2');
    write(`${mail('hunter3')} protocol bgp tyo1 { neighbor 192.0.2.1 as 64496; }`);
    const { changes } = await configDiff();
    expect(changes.map(({ words, hard }) => [words, hard])).to.deep.equal([
      ['peer tyo1: added', true],
      ['notify mail: password is another', false],
    ]);
    expect((await configCheck()).risks.map(({ risk }) => risk)).to.deep.equal(['bgp-no-limit']);
    write('local as 0;');
    const { errors } = await configDiff();
    expect(errors.length).to.be.greaterThan(0);
    expect((await configCheck()).errors).to.deep.equal(errors);
  });
});
