import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TracebackConfig } from '../../src/config/traceback-tree.ts';
import { openSecrets } from '../../src/daemon/trace-files.ts';

describe('daemon/trace-files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
  after(() => rmSync(directory, { recursive: true }));

  it('tells of secrets that every user can read, and of no others', () => {
    const [key, secret, gone] = ['as.key', 'fed.key', 'gone.key'].map(name => join(directory, name)) as [
      string,
      string,
      string,
    ];
    for (const file of [key, secret]) writeFileSync(file, 'x');
    const federations = [secret, secret, gone].map(one => ({ secret: one }));
    const config = { identity: key, federations } as unknown as TracebackConfig;
    const told = (...modes: readonly [number, number]) => {
      for (const [i, file] of [key, secret].entries()) chmodSync(file, modes[i]!);
      return openSecrets(config);
    };
    const of = (file: string) => `every user of this machine can read the secret in ${file}: \`chmod o= ${file}\``;
    expect(told(0o600, 0o640)).to.deep.equal([]);
    expect(told(0o644, 0o640)).to.deep.equal([of(key)]);
    expect(told(0o604, 0o444)).to.deep.equal([of(key), of(secret)]);
    expect(openSecrets(null)).to.deep.equal([]);
  });
});
