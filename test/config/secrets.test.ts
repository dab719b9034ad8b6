import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MACHINE } from '../../src/config/files.ts';
import { diffConfig, formatErrors, parseConfig, printConfig } from '../../src/config/index.ts';
import { readSecretOf } from '../../src/config/secrets.ts';

describe('config/secrets', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  };
  const ENVIRONMENT: Record<string, string> = {
    MD5_TYO1: 'hunter2',
    HOOK: 'https://hooks.example.net/T0/B0',
    EMPTY: '',
  };
  const parse = (text: string, readableByAll = false) =>
    parseConfig(
      `router id 192.0.2.10; local as 64500; ${text}`,
      join(folder, 'intertrackd.conf'),
      { ...MACHINE, secret: readSecretOf(ENVIRONMENT) },
      readableByAll,
      () => null,
    );
  const read = (text: string) => {
    const loaded = parse(text);
    if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
    return loaded.config;
  };
  const peer = (password: string) => `protocol bgp tyo1 { neighbor 192.0.2.1 as 64496; password ${password}; }`;
  const MAIL = (password: string) =>
    `notify mail { from "a@example.net"; smtp "192.0.2.25"; user "u"; password ${password}; to x-keiro; }`;

  it('are read from files, by the first line, and from the environment', () => {
    put('md5', 'correct horse\nanother line\n');
    expect(read(peer('file "md5"')).peers[0]!.password).to.equal('correct horse');
    expect(read(peer(`file "${folder}/md5"`)).peers[0]!.password).to.equal('correct horse');
    expect(read(peer('environment MD5_TYO1')).peers[0]!.password).to.equal('hunter2');
    expect(read(MAIL('environment MD5_TYO1')).notify[0]).to.include({ password: 'hunter2' });
    expect(read('notify webhook environment HOOK { secret file "md5"; }').notify[0]).to.include({
      url: 'https://hooks.example.net/T0/B0',
      secret: 'correct horse',
    });
  });

  it('are the same as those that stand in the configuration, and are never shown', () => {
    const [given, elsewhere] = [read(peer('"hunter2"')), read(peer('environment MD5_TYO1'))];
    expect(elsewhere).to.deep.equal(given);
    expect(printConfig(elsewhere, { secrets: 'hidden' }))
      .to.include('password "***";')
      .and.not.include('hunter2');
    const [change] = diffConfig(given, read(peer('"another"')));
    expect(change!.words).to.equal('peer tyo1: password is another');
  });

  it('may be in a configuration that everybody can read only when they stand elsewhere', () => {
    expect(parse(peer('"hunter2"'), true).warnings.map(({ message }) => message)).to.deep.equal([
      `every user can read this password: ${folder}/intertrackd.conf is readable by all`,
    ]);
    expect(parse(peer('environment MD5_TYO1'), true).warnings).to.deep.equal([]);
    expect(parse(MAIL('environment MD5_TYO1'), true).warnings).to.deep.equal([]);
  });

  const wrong: readonly (readonly [string, string])[] = [
    [
      'file "nowhere"',
      'expected the name of a file with a password in double quotes, found "nowhere": cannot read it: ENOENT',
    ],
    ['file "open"', 'found "open": others than its owner and group may use it, expected mode 0600 or 0640'],
    ['file "long"', 'found "long": what it holds is not a password in double quotes: it is longer than 255 characters'],
    ['file "empty"', 'found "empty": what it holds is not a password in double quotes: it is empty'],
    ['file "huge"', 'found "huge": it is larger than 4096 octets'],
    ['file "."', 'found ".": it is no file'],
    ['file md5', 'expected the name of a file with a password in double quotes, found `md5`'],
    ['environment NOT_THERE', 'found `NOT_THERE`: it is not set'],
    ['environment EMPTY', 'found `EMPTY`: it is not set'],
    ['environment "MD5_TYO1"', 'expected the name of a variable of the environment, found "MD5_TYO1"'],
    ['environment', 'expected the name of a variable of the environment, found `;`'],
  ];
  for (const [words, message] of wrong)
    it(`refuses password ${words}`, () => {
      put('open', 'hunter2\n', 0o644);
      put('long', `hunter2${'x'.repeat(300)}\n`);
      put('empty', '\n');
      put('huge', 'hunter2'.repeat(1000));
      const loaded = parse(peer(words));
      const said = loaded.ok ? '' : formatErrors(loaded.errors);
      expect(said).to.contain(message).and.not.contain('hunter2');
    });
});
