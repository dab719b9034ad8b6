/**
 * Makes X.509 certificates, version 3 (RFC 5280), of Ed25519 keys (RFC 8410): the few DER structures that one needs are
 * written out here, for the packages that make certificates bring a whole ASN.1 compiler and a polyfill along.
 */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { spkiOf } from './fingerprint.ts';

export interface CertificateRequest {
  /** Common name of the subject: shown, and believed by nobody. */
  readonly subject: string;
  /** Ed25519; a private key stands for its public one. */
  readonly key: KeyObject;
  /** subjectAltName of type URI. */
  readonly uris: readonly string[];
  readonly from: Date;
  readonly to: Date;
  /** True for an authority, which may sign certificates and nothing else; false for one that only stands for itself. */
  readonly authority: boolean;
  /** Who signs; the subject itself when left out. `key`: Ed25519, private. */
  readonly issuer?: { readonly subject: string; readonly key: KeyObject };
}

/** The certificate as PEM. The key, or the issuer's, must be private. */
export function issueCertificate(request: CertificateRequest): string {
  const issuer = request.issuer ?? { subject: request.subject, key: request.key };
  const serial = randomBytes(16);
  // RFC 5280 section 4.1.2.2: positive; a first bit of one would make the integer negative, zeros would not be DER.
  serial[0]! = (serial[0]! & 0x7f) | 0x40;
  const tbs = der(
    0x30,
    der(0xa0, hex('020102')), // version 3
    der(0x02, serial),
    ED25519,
    name(issuer.subject),
    der(0x30, time(request.from), time(request.to)),
    name(request.subject),
    spkiOf(request.key),
    der(0xa3, der(0x30, ...extensions(request, issuer.key))),
  );
  const whole = der(0x30, tbs, ED25519, der(0x03, hex('00'), sign(null, tbs, issuer.key)));
  const lines = whole.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** RFC 8410 section 3: the algorithm identifier has no parameters. */
const ED25519 = der(0x30, hex('06032b6570'));

/** RFC 5280 section 4.2. What is marked critical must be understood by whoever believes the certificate. */
function extensions({ key, uris, authority }: CertificateRequest, issuer: KeyObject): Buffer[] {
  const critical = true;
  return [
    // basicConstraints: an authority signs end certificates alone, for there are no chains.
    extension('551d13', critical, authority ? der(0x30, hex('0101ff020100')) : der(0x30)),
    // keyUsage: keyCertSign and cRLSign, or digitalSignature.
    extension('551d0f', critical, authority ? hex('03020106') : hex('03020780')),
    // extKeyUsage: either side of TLS.
    ...(authority ? [] : [extension('551d25', false, hex('301406082b0601050507030106082b06010505070302'))]),
    extension('551d0e', false, der(0x04, keyIdOf(key))),
    extension('551d23', false, der(0x30, der(0x80, keyIdOf(issuer)))),
    ...(uris.length === 0
      ? []
      : [extension('551d11', false, der(0x30, ...uris.map(uri => der(0x86, Buffer.from(uri, 'ascii')))))]),
  ];
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return der(0x30, der(0x06, hex(oid)), ...(critical ? [hex('0101ff')] : []), der(0x04, value));
}

/** RFC 7093 section 2, method 1: the first 160 bits of the SHA-256 of the public key. */
function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha256').update(spkiOf(key).subarray(-32)).digest().subarray(0, 20);
}

function name(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, hex('0603550403'), der(0x0c, Buffer.from(commonName)))));
}

/** RFC 5280 section 4.1.2.5: UTCTime up to 2049, GeneralizedTime from then on; whole seconds. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

/** One DER value (X.690 section 8.1), of at most 65535 octets. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
