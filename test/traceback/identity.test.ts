import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TracebackConfig } from '../../src/config/traceback-tree.ts';
import { fingerprintOf } from '../../src/net/fingerprint.ts';
import { issueCertificate } from '../../src/net/issue-certificate.ts';
import { outOfDate } from '../../src/net/tls.ts';
import { identifyPeer, loadIdentity, sameTrust } from '../../src/traceback/identity.ts';
import { type CertificateOptions, makeAuthority, makeCertificate, makeIdentity } from './certificates.ts';

const day = 86_400_000;

describe('traceback/identity', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
    makeIdentity(64500, directory);
    makeIdentity(64501, directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const path = (name: string) => join(directory, name);
  const write = (name: string, text: string) => writeFileSync(path(name), text);
  const load = (as = 64500, now = Date.now(), more: object = {}) => {
    const peer = { as: 64501, address: '127.0.0.1', port: 4954, certificate: path('as64501.crt'), ...more };
    const config: TracebackConfig = {
      listen: [],
      identity: path('as64500.key'),
      certificate: path('as64500.crt'),
      announce: [],
      federations: [],
      peers: [{ ...peer, in: 'allow', out: 'allow', rate: 1 }],
      answer: { detail: 'status', coverage: null, proof: 'none', unproved: 0 },
      measure: { decoys: 0 },
    };
    return loadIdentity(config, as, now);
  };

  it('takes a good one', () => {
    const got = load();
    expect(got).to.have.property('identity').that.includes({ as: 64500 });
    if ('identity' in got) expect([...got.identity.trust.keys()]).to.deep.equal([64501]);
  });

  it('takes an authority, or several certificates, for a peer', () => {
    write('as64501.crt', makeAuthority('one').certificate);
    expect(load()).to.have.property('identity');
    write('as64501.crt', makeCertificate(64501).certificate + makeCertificate(64501).certificate);
    expect(load()).to.have.property('identity');
  });

  it('knows a peer by the fingerprint of its key, whatever its certificate', () => {
    const now = Date.now();
    const one = makeCertificate(64501);
    const key = createPrivateKey(one.key);
    const fingerprint = fingerprintOf(key);
    const again = (more: object) => {
      const dates = { from: new Date(now - day), to: new Date(now + day), ...more };
      const uris = ['urn:intertrack:as:64501'];
      return new X509Certificate(issueCertificate({ subject: 'x', key, uris, authority: false, ...dates }));
    };
    const got = load(64500, now, { certificate: '', fingerprint });
    if (!('identity' in got)) throw new Error(JSON.stringify(got.errors));
    const { identity } = got;
    expect(identifyPeer(new X509Certificate(one.certificate), identity, now)).to.deep.equal({ as: 64501 });
    expect(identifyPeer(again({}), identity, now)).to.deep.equal({ as: 64501 });
    expect(identifyPeer(again({ to: new Date(now - 1000) }), identity, now))
      .to.have.property('reason')
      .that.matches(/expired/);
    const other = new X509Certificate(makeCertificate(64501).certificate);
    expect(identifyPeer(other, identity, now)).to.deep.equal({
      reason: 'AS 64501: the key of the certificate is not the one that is pinned',
    });
    // With a file as well, it has to fit both.
    const both = load(64500, now, { fingerprint });
    if (!('identity' in both)) throw new Error(JSON.stringify(both.errors));
    expect(identifyPeer(again({}), both.identity, now))
      .to.have.property('reason')
      .that.matches(/neither the configured one/);
    expect(sameTrust(64501, identity, both.identity)).to.equal(false);
    expect(sameTrust(64501, identity, { ...identity, pins: new Map([[64501, 'sha256:x']]) })).to.equal(false);
    expect(sameTrust(64501, identity, { ...identity })).to.equal(true);
  });

  it('takes no certificate with a key of a kind that it does not know: it would throw in a handshake', () => {
    const pem = makeCertificate(64501).certificate;
    const der = Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64');
    // Once in the algorithm of the signature, then in that of the key.
    const ed25519 = Buffer.from('06032b6570', 'hex');
    der[der.indexOf(ed25519, der.indexOf(ed25519) + 1) + 4] = 0x7f;
    write('as64501.crt', `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`);
    expect(load()).to.have.nested.property('errors[0].reason', 'certificate 1 has a key of a kind that is not known');
  });

  it('believes none whose dates are malformed, though the library makes dates of them', () => {
    const der = Buffer.from(makeCertificate(64501).certificate.replace(/-----.*-----|\n/g, ''), 'base64');
    const found = (file: Buffer) => {
      const certificate = new X509Certificate(file);
      const pins = new Map([[64501, fingerprintOf(certificate.publicKey)]]);
      return identifyPeer(certificate, { trust: new Map(), pins, authorities: [] }, Date.now());
    };
    expect(found(der)).to.deep.equal({ as: 64501 });
    // UTCTime of 13 octets: notBefore, then notAfter.
    const utcTime = Buffer.from([0x17, 13]);
    const first = der.indexOf(utcTime);
    for (const at of [first, der.indexOf(utcTime, first + 1)])
      for (const text of ['999999999999Z', 'abcdefabcdefZ', '260230000000Z', '2612010000+99']) {
        const spoilt = Buffer.from(der);
        spoilt.write(text, at + 2, 'latin1');
        expect(found(spoilt), text).to.deep.equal({
          reason: 'AS 64501: certificate has a date that cannot be read',
        });
        write('as64501.crt', new X509Certificate(spoilt).toString());
        expect(load()).to.have.nested.property('errors[0].reason', 'certificate 1 has a date that cannot be read');
      }
  });

  it('reads the dates of certificates of any day, up to the one that says there is none', () => {
    const key = createPrivateKey(makeCertificate(64501).key);
    for (let day = 1; day <= 31; day++)
      for (const year of [2026, 2049, 2050, 9999]) {
        const to = new Date(Date.UTC(year, 11, day, 23, 59, 59));
        const made = { subject: 'AS64501', key, uris: ['urn:intertrack:as:64501'], authority: false };
        const certificate = new X509Certificate(issueCertificate({ ...made, from: new Date(0), to }));
        expect(outOfDate(certificate, to.getTime())).to.equal(null);
        expect(outOfDate(certificate, to.getTime() + 1)).to.match(/^expired on /);
      }
  });

  it('tells no more of what a stranger shows than is worth reading', () => {
    const shown = makeCertificate(64501, { uris: [`urn:intertrack:as:${'1'.repeat(20_000)}`] });
    const found = identifyPeer(
      new X509Certificate(shown.certificate),
      { trust: new Map(), authorities: [] },
      Date.now(),
    );
    expect(found).to.deep.equal({ reason: 'certificate names "11111111111111111111", which is no AS' });
  });

  const own = (options: CertificateOptions) => () => makeIdentity(64500, directory, options);
  const cases: [string, () => void, string, RegExp][] = [
    ['no key file', () => rmSync(path('as64500.key')), 'as64500.key', /cannot be read: ENOENT/],
    ['a key that is no PEM', () => write('as64500.key', 'key'), 'as64500.key', /no private key in PEM/],
    ['a certificate that is no PEM', () => write('as64500.crt', 'x'), 'as64500.crt', /no certificate in PEM/],
    [
      'a damaged certificate',
      () => write('as64500.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      'as64500.crt',
      /certificate 1 is damaged/,
    ],
    [
      'the key of another',
      () => write('as64500.key', makeCertificate(1).key),
      'as64500.crt',
      /is not that of this cert/,
    ],
    ['no AS', own({ uris: [] }), 'as64500.crt', /names no AS/],
    ['another kind of URI', own({ uris: ['https://as64500.example/'] }), 'as64500.crt', /names no AS/],
    ['two ASes', own({ uris: ['urn:intertrack:as:1', 'urn:intertrack:as:2'] }), 'as64500.crt', /more than one AS/],
    ['AS 0', own({ uris: ['urn:intertrack:as:0'] }), 'as64500.crt', /"0", which is no AS/],
    ['an AS of 33 bits', own({ uris: ['urn:intertrack:as:4294967296'] }), 'as64500.crt', /which is no AS/],
    ['an AS hidden in another name', own({ uris: ['a:x, URI:urn:intertrack:as:64500'] }), 'as64500.crt', /quoted/],
    ['another AS', own({ uris: ['urn:intertrack:as:1'] }), 'as64500.crt', /names AS 1, but the local AS is 64500/],
    ['an expired one', own({ notAfter: new Date(Date.now() - day / 2) }), 'as64500.crt', /expired on 20/],
    ['one of tomorrow', own({ notBefore: new Date(Date.now() + day) }), 'as64500.crt', /is not valid before 20/],
    [
      'a peer’s of another AS',
      () => write('as64501.crt', makeCertificate(7).certificate),
      'as64501.crt',
      /names AS 7, but stands for peer AS 64501/,
    ],
    ['a peer’s that is missing', () => rmSync(path('as64501.crt')), 'as64501.crt', /cannot be read/],
  ];
  for (const [what, spoil, file, reason] of cases)
    it(`tells the file and the fault: ${what}`, () => {
      spoil();
      const got = load();
      expect(got).to.have.property('errors').with.length(1);
      if (!('errors' in got)) return;
      expect(got.errors[0]!.file).to.equal(path(file));
      expect(got.errors[0]!.reason).to.match(reason);
    });

  it('tells all faults at once', () => {
    rmSync(path('as64500.key'));
    write('as64501.crt', '');
    expect(load(64999)).to.have.property('errors').with.length(3);
  });
});
