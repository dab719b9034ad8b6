import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/nats-core/internal';
import { expect } from 'chai';
import { openBus } from '../../src/bus/connection.ts';
import { readCredentials } from '../../src/bus/credentials.ts';
import { until } from '../interop/bgp-peers.ts';
import { natsServer } from './nats.ts';

describe('bus/credentials', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-credentials-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  let files = 0;
  const file = (text: string, mode = 0o600): string => {
    const path = join(directory, `${files++}`);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const user = nkeys.createUser();
  const seed = new TextDecoder().decode(user.getSeed());

  it('are refused when others can read them', () => {
    for (const mode of [0o644, 0o640, 0o620, 0o606])
      expect(() => readCredentials(file('tokyo:s3cret', mode))).to.throw(
        /others than its owner can read it .*chmod 600/,
      );
  });

  it('are told to be none without what is in them', () => {
    const begun = `-----BEGIN NATS USER JWT-----\nc3cret.c3cret.c3cret\n------END NATS USER JWT------\n`;
    for (const text of ['', 's3cret', ':s3cret', `${seed}X`, begun, begun.slice(0, 40), 'x'.repeat(70_000)]) {
      const path = file(text);
      expect(() => readCredentials(path))
        .to.throw(path)
        .with.property('message')
        .not.match(/s3cret|c3cret|SU[A-Z2-7]{20}/);
    }
    expect(() => readCredentials(join(directory, 'nowhere'))).to.throw(/nowhere/);
  });

  it('are a user and a password, a seed, or what nsc writes, in the words of the protocol', () => {
    expect(readCredentials(file('tokyo:a:b c\n'))('')).to.deep.equal({ user: 'tokyo', pass: 'a:b c' });
    const signed = readCredentials(file(`${seed}\r\n`))('nonce') as { readonly nkey: string; readonly sig: string };
    expect(signed.nkey).to.equal(user.getPublicKey());
    const creds = `-----BEGIN NATS USER JWT-----\neyJ0.eyJq.c2ln\n------END NATS USER JWT------\n\nkeep it\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
    expect(readCredentials(file(creds))('nonce')).to.include({ jwt: 'eyJ0.eyJq.c2ln', nkey: user.getPublicKey() });
  });

  it('get in by a seed', async function () {
    const nats = await natsServer(`authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`);
    if (nats === null) return this.skip();
    const open = (credentials: string) =>
      openBus({
        ...{ servers: [nats.url], authorities: null, certificate: null, key: null, machine: '192-0-2-10' },
        ...{ credentials, onState: () => {} },
      });
    const other = open(file(new TextDecoder().decode(nkeys.createUser().getSeed())));
    const right = open(file(seed));
    try {
      await right.ready;
      await until('the other one is refused', () => /authorization/i.test(other.trouble));
      expect(other.up).to.equal(false);
    } finally {
      await Promise.all([right.close(), other.close()]);
      await nats.close();
    }
  });
});
