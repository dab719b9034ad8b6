/** TLS as every InterTrack socket uses it: 1.3, certificates on both sides, trust in configured certificates only. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type Server, type TlsOptions } from 'node:tls';

/**
 * Options for `tls.connect` and `tls.createServer`. `rejectUnauthorized` is off because the library could only check
 * against one set of authorities for all peers, and an authority of one peer must not speak for another: the caller has
 * to call `vouchedFor` on the certificate before it reads or writes an octet. The handshake itself proves that the peer
 * holds the certificate's key.
 */
export function mutualTls(identity: { readonly key: string; readonly certificate: string }, protocol: string) {
  return {
    key: identity.key,
    cert: identity.certificate,
    // Also keeps the library from loading the public authorities.
    ca: [identity.certificate],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ALPNProtocols: [protocol],
  } as const satisfies TlsOptions;
}

/** Has a server of `mutualTls` show another identity to those who dial from now on. */
export function renewIdentity(
  server: Server,
  { key, certificate }: { readonly key: string; readonly certificate: string },
): void {
  server.setSecureContext({ key, cert: certificate, ca: [certificate], minVersion: 'TLSv1.3' });
}

/** Every certificate of a PEM text, in order; `wrong` hears of what cannot be read, and of a text that holds none. */
export function certificatesIn(pem: string, wrong: (reason: string) => void): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) wrong('holds no certificate in PEM');
  return blocks.flatMap((block, i) => {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(block);
    } catch {
      wrong(`certificate ${i + 1} is damaged`);
      return [];
    }
    try {
      // Said here: whoever compares keys in a handshake would throw.
      void certificate.publicKey;
    } catch {
      wrong(`certificate ${i + 1} has a key of a kind that is not known`);
      return [];
    }
    if (isDated(certificate)) return [certificate];
    wrong(`certificate ${i + 1} has a date that cannot be read`);
    return [];
  });
}

const contexts = new WeakMap<object, SecureContext>();

/**
 * The secure context of an identity for `tls.connect` beside `mutualTls`: made once, for to read key and certificate anew
 * for each connection costs half as much as a handshake's signatures.
 */
export function contextOf(identity: { readonly key: string; readonly certificate: string }): SecureContext {
  const made =
    contexts.get(identity) ??
    createSecureContext({
      ...{ key: identity.key, cert: identity.certificate, ca: [identity.certificate] },
      ...{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
    });
  contexts.set(identity, made);
  return made;
}

/**
 * Null when a certificate may be believed: it is valid at `now` (ms) and it is one of `trusted`, or was signed directly
 * by one of them that is an authority and valid too. Otherwise why not, in words.
 */
export function vouchedFor(
  certificate: X509Certificate,
  trusted: readonly X509Certificate[],
  now: number,
): string | null {
  const date = outOfDate(certificate, now);
  if (date !== null) return `certificate ${date}`;
  let reason = 'certificate is neither the configured one nor signed by a configured authority';
  for (const other of trusted) {
    if (other.raw.equals(certificate.raw)) return null;
    if (!other.ca || !certificate.checkIssued(other) || !certificate.verify(other.publicKey)) continue;
    const old = outOfDate(other, now);
    if (old === null) return null;
    reason = `the authority that signed the certificate ${old}`;
  }
  return reason;
}

/** Null when the certificate is valid at `now` (ms); else `expired on …`, `is not valid before …` or that it has no dates. */
export function outOfDate(certificate: X509Certificate, now: number): string | null {
  if (!isDated(certificate)) return 'has a date that cannot be read';
  if (now > certificate.validToDate.getTime()) return `expired on ${certificate.validToDate.toISOString()}`;
  if (now < certificate.validFromDate.getTime())
    return `is not valid before ${certificate.validFromDate.toISOString()}`;
  return null;
}

/** False when a date of a certificate is malformed: the library makes some date of it, tens of thousands of years ahead. */
function isDated({ validFrom, validTo }: X509Certificate): boolean {
  return !Number.isNaN(Date.parse(validFrom)) && !Number.isNaN(Date.parse(validTo));
}
