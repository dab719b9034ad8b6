import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/index.ts';
import { readFingerprint } from '../../src/net/fingerprint.ts';
import { vouchedFor } from '../../src/net/tls.ts';
import { doubtOfChecklist } from '../../src/traceback/checklist.ts';
import { asOfCertificate } from '../../src/traceback/identity.ts';
import { offlineCommand, runOffline } from '../../src/vty/offline.ts';
import { makeCertificate } from '../traceback/certificates.ts';

const DAY = 86_400_000;

describe('itctl key and cert', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-cert-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const at = (name: string) => join(directory, name);
  /** Runs a command of itctl; words that begin with `@` are files of the directory. */
  async function itctl(text: string, json = false) {
    const words = text.split(' ').map(word => (word.startsWith('@') ? at(word.slice(1)) : word));
    const stdout = new PassThrough();
    const err: string[] = [];
    const streams = { stdin: new PassThrough(), stdout, err: (line: string) => void err.push(line) };
    const code = await runOffline(offlineCommand(words)!, words, json, streams);
    stdout.end();
    return { code, out: (await stdout.toArray()).join(''), err: err.join('\n').replaceAll(`${directory}/`, '@') };
  }
  const certificate = (name: string) => new X509Certificate(readFileSync(at(name)));
  const authority = async () => {
    await itctl('key make @ca.key');
    return itctl('cert authority make jp-isp --key @ca.key --out @ca.crt');
  };

  it('make a key that nobody else can read, and write over none', async () => {
    const made = await itctl('key make @as.key');
    expect(made).to.include({ code: 0, err: '' });
    expect(statSync(at('as.key')).mode & 0o777).to.equal(0o600);
    const [fingerprint] = /sha256:[0-9a-f]{64}/.exec(made.out)!;
    const before = readFileSync(at('as.key'), 'utf8');
    expect(await itctl('key make @as.key')).to.deep.equal({
      code: 1,
      out: '',
      err: '@as.key: is there already; --force replaces it',
    });
    expect(readFileSync(at('as.key'), 'utf8')).to.equal(before);
    expect(JSON.parse((await itctl('key show @as.key', true)).out)).to.include({ type: 'ed25519', fingerprint });
    expect((await itctl('key make @as.key --force')).code).to.equal(0);
    expect((await itctl('key show @as.key', true)).out).to.not.include(fingerprint);
    expect(statSync(at('as.key')).mode & 0o777).to.equal(0o600);
    expect(readdirSync(directory), 'nothing is left behind').to.deep.equal(['as.key']);
  });

  it('make a certificate that names the AS, and that openssl finds right', async function () {
    await itctl('key make @as.key');
    const made = await itctl('cert make AS64500 --key @as.key --out @as.crt --days 90');
    expect(made).to.include({ code: 0, err: '' });
    const one = certificate('as.crt');
    expect(asOfCertificate(one)).to.equal(64500);
    expect(one.subjectAltName).to.equal('URI:urn:intertrack:as:64500');
    expect([one.ca, one.verify(one.publicKey), one.publicKey.asymmetricKeyType]).to.deep.equal([
      false,
      true,
      'ed25519',
    ]);
    expect(Math.round((one.validToDate.getTime() - Date.now()) / DAY)).to.equal(90);
    expect(made.out)
      .to.match(/^AS: +AS64500$/m)
      .and.to.match(/^Issued by: +itself$/m)
      .and.to.match(/, (89|90) days$/m);
    const shown = spawnSync('openssl', ['x509', '-in', at('as.crt'), '-noout', '-text'], { encoding: 'utf8' });
    if (shown.error !== undefined) return this.skip();
    expect(shown.stdout)
      .to.match(/Version: 3/)
      .and.to.match(/CA:FALSE/)
      .and.to.match(/Digital Signature/);
    const verified = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', at('as.crt'), at('as.crt')], {
      encoding: 'utf8',
    });
    expect(verified.stdout + verified.stderr).to.match(/: OK/);
  });

  it('have an authority vouch for a member, who proves that it holds its key', async () => {
    expect((await authority()).out).to.match(/^AS: +an authority$/m);
    await itctl('key make @as.key');
    await itctl('cert make 64500 --key @as.key --out @as.crt');
    const issued = await itctl('cert issue @as.crt --authority @ca.crt --key @ca.key --out @issued.crt');
    expect(issued).to.include({ code: 0, err: '' });
    expect(issued.out).to.match(/^Issued by: +jp-isp$/m);
    const [ca, member] = [certificate('ca.crt'), certificate('issued.crt')];
    expect([ca.ca, vouchedFor(member, [ca], Date.now())]).to.deep.equal([true, null]);
    expect(member.publicKey.equals(certificate('as.crt').publicKey)).to.equal(true);
    expect(asOfCertificate(member)).to.equal(64500);
    const verified = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', at('ca.crt'), at('issued.crt')], {
      encoding: 'utf8',
    });
    if (verified.error === undefined) expect(verified.stdout + verified.stderr).to.match(/: OK/);

    // Again, from what it has issued; and no longer than its own certificate.
    expect(
      (await itctl('cert issue @issued.crt --authority @ca.crt --key @ca.key --out @again.crt --days 36500')).code,
    ).to.equal(0);
    expect(certificate('again.crt').validTo).to.equal(ca.validTo);
    // What another authority has issued proves nothing.
    await itctl('key make @cb.key');
    await itctl('cert authority make other --key @cb.key --out @cb.crt');
    expect((await itctl('cert issue @issued.crt --authority @cb.crt --key @cb.key --out @x.crt')).err).to.match(
      /@issued.crt: is signed neither by its own key nor by this authority/,
    );
    expect((await itctl('cert issue @as.crt --authority @ca.crt --key @cb.key --out @x.crt')).err).to.equal(
      '@cb.key: is not the key of @ca.crt',
    );
    expect((await itctl('cert issue @as.crt --authority @as.crt --key @as.key --out @x.crt')).err).to.match(
      /of no authority/,
    );
    expect((await itctl('cert renew @issued.crt --key @as.key')).err).to.match(
      /issued by jp-isp: let that authority issue it anew/,
    );
    expect(existsSync(at('x.crt'))).to.equal(false);
  });

  it('renew a certificate in its place, and the fingerprint to be pinned stays', async () => {
    await itctl('key make @as.key');
    await itctl('cert make 1.10 --key @as.key --out @as.crt --days 1');
    const before = certificate('as.crt');
    const pinned = await itctl('cert pin @as.crt');
    expect((await itctl('cert renew @as.crt --key @as.key')).code).to.equal(0);
    const after = certificate('as.crt');
    expect(after.fingerprint256).to.not.equal(before.fingerprint256);
    expect(Math.round((after.validToDate.getTime() - Date.now()) / DAY)).to.equal(365);
    expect(asOfCertificate(after)).to.equal(65546);
    expect((await itctl('cert pin @as.crt')).out).to.equal(pinned.out);
    const [fingerprint, line] = pinned.out.trimEnd().split('\n');
    expect(JSON.parse((await itctl('cert pin @as.crt', true)).out)).to.deep.equal({ as: 65546, fingerprint });
    // The line is one of the configuration.
    const peer = line!.replace('{', '{ address 192.0.2.7;');
    const text = `router id 192.0.2.1; local as 64500; traceback { identity "k" certificate "c"; ${peer} }`;
    const loaded = parseConfig(text, 'c', { read: () => ({ text: '', readableByAll: false }), list: () => [] });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
    expect(loaded.config.traceback!.peers[0]).to.include({ as: 65546, fingerprint, certificate: '' });
    await itctl('key make @other.key');
    expect((await itctl('cert renew @as.crt --key @other.key')).err).to.equal('@other.key: is not the key of @as.crt');
  });

  it('make what a checklist has to list, for the key and for the certificate', async () => {
    await itctl('key make @as.key');
    await itctl('cert make 64500 --key @as.key --out @as.crt');
    const printed = await itctl('cert checklist @as.crt');
    expect(existsSync(at('intertrack-as64500.cer'))).to.equal(false);
    const written = await itctl('cert checklist @as.crt --out @');
    expect(written).to.deep.equal(printed).and.to.include({ code: 0, err: '' });
    const files = ['intertrack-as64500-key.txt', 'intertrack-as64500.cer'];
    const lines = execFileSync('sha256sum', files, { cwd: at(''), encoding: 'utf8' });
    expect(written.out).to.equal(lines);
    const hashes = lines.split('\n').map(line => line.slice(0, 64));
    expect(JSON.parse((await itctl('cert checklist @as.crt --out @ --force', true)).out)).to.deep.equal(
      files.map((file, i) => ({ file, sha256: hashes[i] })),
    );
    expect((await itctl('cert checklist @as.crt --out @')).err).to.match(/key.txt: is there already; --force replaces/);
    expect(readFileSync(at(files[0]!), 'utf8')).to.match(/^urn:intertrack:as:64500 key sha256:[0-9a-f]{64}\n$/);
    expect(readFileSync(at(files[1]!))).to.deep.equal(certificate('as.crt').raw);

    // Either vouches for the certificate; the statement alone for the one that it is renewed to.
    const doubts = () =>
      [0, 1].map(i => {
        const list = { ases: [{ from: 64500, to: 64500 }], hashes: new Set([hashes[i]!]), until: 0 };
        return doubtOfChecklist({ list, until: 1 }, certificate('as.crt'), 64500, 0);
      });
    expect(doubts()).to.deep.equal([null, null]);
    await itctl('cert renew @as.crt --key @as.key');
    expect(doubts()).to.deep.equal([null, 'its checklist has neither the certificate nor its key']);

    writeFileSync(at('two.crt'), makeCertificate(64500, { uris: [] }).certificate);
    expect((await itctl('cert checklist @two.crt')).err).to.match(/^@two.crt: names no AS/);
    expect((await itctl('cert checklist @as.crt --out @none')).err).to.match(/no such file or directory/);
  });

  it('say what is wrong with a certificate, and where', async () => {
    const old = { notBefore: new Date(0), notAfter: new Date(DAY) };
    writeFileSync(at('old.crt'), makeCertificate(64500, old).certificate);
    const shown = await itctl('cert show @old.crt');
    expect(shown.code).to.equal(1);
    expect(shown.out).to.match(/^Problem: +expired on 1970-01-02/m);
    writeFileSync(at('two.crt'), makeCertificate(64500, { uris: [] }).certificate);
    expect((await itctl('cert show @two.crt')).out).to.match(/names no AS/);
    writeFileSync(at('bad.crt'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const rows: [string, RegExp, number][] = [
      ['cert show @none.crt', /^@none.crt: no such file or directory$/, 1],
      ['cert show @bad.crt', /^@bad.crt: certificate 1 is damaged$/, 1],
      ['cert pin @bad.crt', /certificate 1 is damaged/, 1],
      ['key show @old.crt', /^@old.crt: holds no private key in PEM/, 1],
      ['key make @no/where.key', /^@no\/where.key: no such file or directory$/, 1],
      ['cert make 64500 --key @old.crt --out @x', /holds no private key/, 1],
      ['cert make 0 --key @k --out @x', /"0" is no AS number; usage: itctl cert make AS/, 2],
      ['cert make 64500 --key @k', /^--out is missing; usage/, 2],
      ['cert make --key @k --out @x', /^an AS is missing; usage/, 2],
      ['cert make 64500 --key @k --out @x --days 0', /--days is 1 to 36500/, 2],
      ['cert make 64500 64501 --key @k --out @x', /unexpected "64501"/, 2],
      ['key make @k --fast', /unknown option --fast/, 2],
      ['key make', /a file is missing/, 2],
      ['cert show @old.crt --key', /unknown option --key/, 2],
    ];
    for (const [words, error, code] of rows) {
      const got = await itctl(words);
      expect(got.err, words).to.match(error);
      expect(got.code, words).to.equal(code);
    }
    expect(readFingerprint(`SHA256:${'AB:'.repeat(31)}AB`)).to.equal(`sha256:${'ab'.repeat(32)}`);
    for (const text of ['', 'sha256:', `sha256:${'a'.repeat(63)}`, `sha1:${'a'.repeat(64)}`])
      expect(readFingerprint(text)).to.equal(null);
  });
});
