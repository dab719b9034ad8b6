/**
 * Keys and certificates for tests and the demo, made on the spot: Ed25519, X.509 version 3 (RFC 5280 section 4.1, RFC 8410).
 * The few DER structures are written out here because the X.509 package needs a polyfill that it does not bring along.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DAY = 86_400_000;

export interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}

export interface CertificateOptions {
  /** subjectAltName URIs; by default the one that names the AS. */
  readonly uris?: readonly string[];
  /** subjectAltName addresses (IPv4). */
  readonly addresses?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Signs the certificate; it signs itself when left out. */
  readonly authority?: Authority;
}

/** A key and a certificate that names the AS, as PEM. */
export function makeCertificate(as: number, options: CertificateOptions = {}): { key: string; certificate: string } {
  const key = generateKeyPairSync('ed25519').privateKey;
  const { uris = [`urn:intertrack:as:${as}`], addresses = [] } = options;
  const names = [
    ...uris.map(uri => der(0x86, Buffer.from(uri))),
    ...addresses.map(address => der(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  const certificate = issue(`AS${as}`, key, options, [
    extension('551d13', der(0x30)),
    ...(names.length > 0 ? [extension('551d11', der(0x30, ...names))] : []),
  ]);
  return { key: pemKey(key), certificate };
}

/** A certificate authority that signs itself. */
export function makeAuthority(name: string): Authority {
  const key = generateKeyPairSync('ed25519').privateKey;
  return { name, key, certificate: issue(name, key, {}, [extension('551d13', der(0x30, hex('0101ff')))]) };
}

/** Writes `asN.key` and `asN.crt`, by default self-signed, into a directory; returns their paths. */
export function makeIdentity(
  as: number,
  directory: string,
  options: CertificateOptions = {},
): { key: string; certificate: string } {
  const made = makeCertificate(as, options);
  const paths = { key: join(directory, `as${as}.key`), certificate: join(directory, `as${as}.crt`) };
  writeFileSync(paths.key, made.key, { mode: 0o600 });
  writeFileSync(paths.certificate, made.certificate);
  return paths;
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** RFC 5280 section 4.1: Certificate and TBSCertificate. */
function issue(name: string, key: KeyObject, options: CertificateOptions, extensions: readonly Buffer[]): string {
  const ed25519 = der(0x30, hex('06032b6570'));
  const issuer = options.authority ?? { name, key };
  const from = options.notBefore ?? new Date(Date.now() - DAY);
  const to = options.notAfter ?? new Date(Date.now() + 30 * DAY);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' }) as Buffer;
  const serial = randomBytes(8);
  // A DER integer that starts with a one bit would be negative.
  serial[0]! = (serial[0]! & 0x7f) | 0x40;
  const tbs = der(
    0x30,
    der(0xa0, hex('020102')),
    der(0x02, serial),
    ed25519,
    commonName(issuer.name),
    der(0x30, utcTime(from), utcTime(to)),
    commonName(name),
    spki,
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign(null, tbs, issuer.key);
  const whole = der(0x30, tbs, ed25519, der(0x03, hex('00'), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extension(oid: string, value: Buffer): Buffer {
  return der(0x30, der(0x06, hex(oid)), der(0x04, value));
}

function commonName(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, hex('0603550403'), der(0x0c, Buffer.from(name)))));
}

function utcTime(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
}

/** One DER value (X.690 section 8.1). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
