/** Who this AS is and whom it believes: key, certificate and the peers' certificates, from PEM files. */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { fingerprintOf } from '../net/fingerprint.ts';
import { certificatesIn, outOfDate, vouchedFor } from '../net/tls.ts';
import { type ChecklistTrust, doubtOfChecklist, sameChecklist } from './checklist.ts';

export interface Identity {
  readonly as: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** The key, which is Ed25519: it signs what this AS says. */
  readonly signs: KeyObject;
  /** By peer AS, the certificates (or authorities) that its own must match. */
  readonly trust: ReadonlyMap<number, readonly X509Certificate[]>;
  /** By peer AS, the fingerprint that its key must have; none is pinned when left out. */
  readonly pins?: ReadonlyMap<number, string>;
  /** By peer AS, what its checklist says; none is asked for when left out. It changes while the daemon runs. */
  readonly checklists?: ReadonlyMap<number, ChecklistTrust>;
  /** Authorities of the federations: they speak for every AS that no certificate is configured for. */
  readonly authorities: readonly X509Certificate[];
  /** The same by the name of the federation. */
  readonly authoritiesOf: ReadonlyMap<string, readonly X509Certificate[]>;
}

/** A file that cannot be used, and why. */
export interface IdentityError {
  readonly file: string;
  readonly reason: string;
}

/**
 * Reads the files a configuration names. All that is wrong is told at once: a file that cannot be read or is no PEM, a
 * key that is not the certificate's, a certificate that names no AS, another AS, or is out of date at `now` (ms). A
 * peer's certificate that is out of date is no error here: it may be renewed while we run, and the session says so.
 */
export function loadIdentity(
  config: TracebackConfig,
  as: number,
  now: number,
): { readonly identity: Identity } | { readonly errors: readonly IdentityError[] } {
  const errors: IdentityError[] = [];
  const read = (file: string): string | null => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      errors.push({ file, reason: `cannot be read: ${(error as Error).message}` });
      return null;
    }
  };

  const key = read(config.identity);
  let privateKey: KeyObject | null = null;
  if (key !== null) {
    try {
      privateKey = createPrivateKey(key);
    } catch {
      errors.push({ file: config.identity, reason: 'holds no private key in PEM (an encrypted one cannot be used)' });
    }
    if (privateKey !== null && privateKey.asymmetricKeyType !== 'ed25519')
      errors.push({ file: config.identity, reason: `is a key of type ${privateKey.asymmetricKeyType}, not Ed25519` });
  }

  const certificate = read(config.certificate);
  if (certificate !== null) {
    const [own] = readCertificates(config.certificate, certificate, errors);
    if (own !== undefined) {
      const wrong = (reason: string) => errors.push({ file: config.certificate, reason });
      if (privateKey !== null && !own.checkPrivateKey(privateKey))
        wrong(`the key in ${config.identity} is not that of this certificate`);
      const named = asOfCertificate(own);
      if (typeof named === 'string') wrong(named);
      else if (named !== as) wrong(`names AS ${named}, but the local AS is ${as}`);
      const date = outOfDate(own, now);
      if (date !== null) wrong(date);
    }
  }

  const trust = new Map<number, readonly X509Certificate[]>();
  const pins = new Map<number, string>();
  for (const peer of config.peers) {
    if (peer.fingerprint !== undefined) pins.set(peer.as, peer.fingerprint);
    if (peer.certificate === '') continue;
    const text = read(peer.certificate);
    if (text === null) continue;
    const certificates = readCertificates(peer.certificate, text, errors);
    trust.set(peer.as, certificates);
    // An authority names no AS; a lone end certificate that names another AS can never match.
    const only = certificates.length === 1 ? certificates[0]! : null;
    const named = only === null || only.ca ? peer.as : asOfCertificate(only);
    if (typeof named === 'string') errors.push({ file: peer.certificate, reason: named });
    else if (named !== peer.as)
      errors.push({ file: peer.certificate, reason: `names AS ${named}, but stands for peer AS ${peer.as}` });
  }

  const authoritiesOf = new Map<string, readonly X509Certificate[]>();
  for (const { name, authority } of config.federations) {
    const text = authority === null ? null : read(authority);
    if (authority === null || text === null) continue;
    const certificates = readCertificates(authority, text, errors);
    for (const one of certificates)
      if (!one.ca) errors.push({ file: authority, reason: 'holds a certificate that is of no authority' });
    authoritiesOf.set(name, certificates);
  }
  const authorities = [...authoritiesOf.values()].flat();

  if (errors.length > 0 || key === null || certificate === null || privateKey === null) return { errors };
  return { identity: { as, key, certificate, signs: privateKey, trust, pins, authorities, authoritiesOf } };
}

/** What `certificatesIn` finds; what cannot be read becomes an error. */
function readCertificates(file: string, text: string, errors: IdentityError[]): X509Certificate[] {
  return certificatesIn(text, reason => errors.push({ file, reason }));
}

/** The AS that a certificate names, or why it names none: intertrack-protocol(7), Certificates. */
export function asOfCertificate(certificate: X509Certificate): number | string {
  const names = certificate.subjectAltName ?? '';
  // A name with a comma or a quote in it is shown quoted. No AS is written so, and unquoting would be one more parser.
  if (names.includes('"')) return 'has a quoted subjectAltName';
  const found = names.split(', ').filter(name => name.startsWith('URI:urn:intertrack:as:'));
  if (found.length !== 1)
    return found.length === 0 ? 'names no AS (subjectAltName URI urn:intertrack:as:N)' : 'names more than one AS';
  const digits = found[0]!.slice('URI:urn:intertrack:as:'.length);
  const as = Number(digits);
  if (!/^[1-9]\d{0,9}$/.test(digits) || as > 0xffffffff)
    // Anybody may show anything of any length: it is told in a line of the log.
    return `names ${JSON.stringify(digits.slice(0, 20))}, which is no AS`;
  return as;
}

/** By what an AS is believed. */
export type Trust = Pick<Identity, 'trust' | 'pins' | 'checklists' | 'authorities'>;

/** True when a file, a fingerprint or a checklist is configured for an AS: nobody else speaks for it then. */
export function isConfigured(as: number, { trust, pins, checklists }: Omit<Trust, 'authorities'>): boolean {
  return trust.has(as) || pins?.has(as) === true || checklists?.has(as) === true;
}

/** True when two identities believe an AS by the same. */
export function sameTrust(as: number, one: Identity, other: Identity): boolean {
  const [a, b] = [one.trust.get(as) ?? [], other.trust.get(as) ?? []];
  const sameFiles = a.length === b.length && a.every((certificate, i) => certificate.raw.equals(b[i]!.raw));
  const sameList = sameChecklist(one.checklists?.get(as), other.checklists?.get(as));
  return sameFiles && sameList && one.pins?.get(as) === other.pins?.get(as);
}

/**
 * Why a certificate of an AS is not believed, null when it is: the file that is configured for the AS decides, and the
 * fingerprint of its key, and its checklist, each where there is one; else the authorities of federations. Undefined:
 * nothing is known of the AS.
 */
export function doubtOfCertificate(
  certificate: X509Certificate,
  as: number,
  { trust, pins, checklists, authorities }: Trust,
  now: number,
): string | null | undefined {
  const file = trust.get(as);
  const pin = pins?.get(as);
  const checklist = checklists?.get(as);
  if (pin !== undefined && fingerprintOf(certificate.publicKey) !== pin)
    return 'the key of the certificate is not the one that is pinned';
  const unlisted = checklist === undefined ? null : doubtOfChecklist(checklist, certificate, as, now);
  if (unlisted !== null) return unlisted;
  if (file === undefined && (pin !== undefined || checklist !== undefined)) {
    const date = outOfDate(certificate, now);
    return date === null ? null : `certificate ${date}`;
  }
  const trusted = file ?? authorities;
  return trusted.length === 0 ? undefined : vouchedFor(certificate, trusted, now);
}

/** The AS that a certificate proves, a peer or a member of a federation; or why it proves none. `now` in ms. */
export function identifyPeer(
  certificate: X509Certificate | undefined,
  identity: Trust,
  now: number,
): { readonly as: number } | { readonly reason: string; readonly stranger?: true } {
  if (certificate === undefined) return { reason: 'no certificate' };
  const as = asOfCertificate(certificate);
  if (typeof as === 'string') return { reason: `certificate ${as}` };
  const wrong = doubtOfCertificate(certificate, as, identity, now);
  if (wrong === undefined) return { reason: `AS ${as} is no peer`, stranger: true };
  return wrong === null ? { as } : { reason: `AS ${as}: ${wrong}` };
}
