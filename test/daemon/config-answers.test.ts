import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/index.ts';
import { createConfigAnswers } from '../../src/daemon/config-answers.ts';
import { asDutiesSay } from '../../src/daemon/duties.ts';

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
