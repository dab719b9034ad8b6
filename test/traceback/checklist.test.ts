import { createHash, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { type ChecklistTrust, keyStatement } from '../../src/traceback/checklist.ts';
import { type Identity, identifyPeer, isConfigured, sameTrust } from '../../src/traceback/identity.ts';
import { makeAuthority, makeCertificate } from './certificates.ts';

const NOW = Date.now();
const DAY = 86_400_000;
const certificate = new X509Certificate(makeCertificate(64510).certificate);
const other = new X509Certificate(makeCertificate(64510).certificate);
const hash = (file: string | Uint8Array) => createHash('sha256').update(file).digest('hex');

const listing = (...files: (string | Uint8Array)[]): ChecklistTrust => ({
  list: { ases: [{ from: 64508, to: 64510 }], hashes: new Set(files.map(hash)), until: NOW + DAY },
  until: NOW + DAY,
});
const believing = (checklist: ChecklistTrust, more: Partial<Identity> = {}) => ({
  ...{ trust: new Map(), pins: new Map(), authorities: [], checklists: new Map([[64510, checklist]]), ...more },
});
const found = (shown: X509Certificate, checklist: ChecklistTrust, more: Partial<Identity> = {}, now = NOW) => {
  const got = identifyPeer(shown, believing(checklist, more), now);
  return 'as' in got ? got.as : got.reason;
};

describe('traceback/checklist', () => {
  it('vouches for a certificate, or for every one with a key', () => {
    expect(found(certificate, listing(certificate.raw))).to.equal(64510);
    expect(found(certificate, listing('x', keyStatement(64510, certificate.publicKey)))).to.equal(64510);
  });

  it('vouches for no other certificate, key, form or AS', () => {
    const neither = 'AS 64510: its checklist has neither the certificate nor its key';
    expect(found(other, listing(certificate.raw))).to.equal(neither);
    expect(found(other, listing(keyStatement(64510, certificate.publicKey)))).to.equal(neither);
    for (const file of [
      certificate.toString(),
      certificate.publicKey.export({ type: 'spki', format: 'der' }),
      keyStatement(64511, certificate.publicKey),
      keyStatement(64510, certificate.publicKey).trimEnd(),
    ])
      expect(found(certificate, listing(file))).to.equal(neither);
    const list = { ases: [{ from: 64511, to: 65000 }], hashes: new Set([hash(certificate.raw)]), until: NOW + DAY };
    expect(found(certificate, { list, until: NOW + DAY })).to.equal(
      'AS 64510: its checklist is not signed for AS 64510',
    );
  });

  it('does so as long as it was verified, and the certificate is good, and not where it is doubted', () => {
    const good = listing(certificate.raw);
    expect(found(certificate, good, {}, NOW + DAY - 1)).to.equal(64510);
    expect(found(certificate, good, {}, NOW + DAY)).to.match(/it was verified too long ago$/);
    const made = new X509Certificate(makeCertificate(64510, { notAfter: new Date(NOW - DAY) }).certificate);
    expect(found(made, listing(made.raw))).to.match(/^AS 64510: certificate expired/);
    expect(found(certificate, { doubt: 'certificate revoked' })).to.equal(
      'AS 64510: its checklist is not believed: certificate revoked',
    );
  });

  it('is one of what is configured for the AS: all have to agree, and no authority speaks for it', () => {
    const good = listing(certificate.raw);
    expect(found(certificate, good, { trust: new Map([[64510, [certificate]]]) })).to.equal(64510);
    expect(found(certificate, good, { trust: new Map([[64510, [other]]]) })).to.match(/neither the configured one/);
    expect(found(certificate, good, { pins: new Map([[64510, 'sha256:00']]) })).to.match(/not the one that is pinned/);
    const authority = makeAuthority('one');
    const vouched = new X509Certificate(makeCertificate(64510, { authority }).certificate);
    const authorities = [new X509Certificate(authority.certificate)];
    expect(found(vouched, good, { authorities })).to.match(/its checklist has neither/);
    expect(isConfigured(64510, believing({ doubt: 'x' }))).to.equal(true);
    expect(isConfigured(64511, believing({ doubt: 'x' }))).to.equal(false);
  });

  it('is the same trust while it says the same, for however long', () => {
    const same = (one: ChecklistTrust, two: ChecklistTrust) =>
      sameTrust(64510, believing(one) as Identity, believing(two) as Identity);
    const good = listing('a', 'b') as ChecklistTrust & { until: number };
    expect(same(good, { ...listing('b', 'a'), until: NOW })).to.equal(true);
    expect(same(good, listing('a'))).to.equal(false);
    expect(same(good, { doubt: 'x' })).to.equal(false);
    expect(same({ doubt: 'y' }, { doubt: 'x' })).to.equal(true);
    expect(sameTrust(64511, believing(good) as Identity, believing({ doubt: 'x' }) as Identity)).to.equal(true);
  });
});
