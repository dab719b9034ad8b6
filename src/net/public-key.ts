/**
 * A public key that somebody signs with, as an operator is given it: for NRTMv4 a SubjectPublicKeyInfo in PEM
 * (draft-ietf-grow-nrtm-v4-11 "Key Configuration", RFC 7468 section 13), before that in bare base64, or a JWK (RFC 7517).
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

export interface PublicKey {
  readonly key: KeyObject;
  /** The JWS algorithms a signature by this key may name (RFC 7518 section 3.4, RFC 8037 section 3.1): never the header's own choice. */
  readonly algorithms: readonly string[];
  /** SubjectPublicKeyInfo in base64: the same key has the same text, however it was written. */
  readonly spki: string;
}

/** Octets of a key's text; a P-521 key in PEM has 270. */
export const LONGEST_PUBLIC_KEY = 2048;

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
/** RFC 8410 section 4: what stands before the 32 octets of an Ed25519 key. */
const ED25519_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads a public key for signatures; returns in words why it is none. Line breaks within it do not matter. */
export function readPublicKey(text: string): PublicKey | string {
  if (text.length > LONGEST_PUBLIC_KEY) return `a key is not longer than ${LONGEST_PUBLIC_KEY} octets`;
  // Whoever puts a private key where the public one belongs should hear it before it is printed somewhere.
  if (/PRIVATE KEY/.test(text) || /"d"\s*:/.test(text)) return 'it is a private key';
  try {
    return withAlgorithms(text.trimStart().startsWith('{') ? fromJwk(text) : fromBase64(text));
  } catch {
    return 'it is no public key (PEM, its base64, or JWK)';
  }
}

function fromJwk(text: string): KeyObject {
  return createPublicKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' });
}

function fromBase64(text: string): KeyObject {
  const armoured = /-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----/.exec(text);
  if (armoured === null && text.includes('-----')) throw new Error('another kind of PEM');
  const base64 = (armoured?.[1] ?? text).replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) throw new Error('no base64');
  const octets = Buffer.from(base64, 'base64');
  // Some publishers give the PEM file itself in base64, some the 32 octets of an Ed25519 key alone.
  if (armoured === null && octets.subarray(0, 10).toString('latin1') === '-----BEGIN')
    return fromBase64(octets.toString());
  const der = octets.length === 32 ? Buffer.concat([ED25519_HEAD, octets]) : octets;
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function withAlgorithms(key: KeyObject): PublicKey | string {
  const spki = key.export({ format: 'der', type: 'spki' }).toString('base64');
  if (key.asymmetricKeyType === 'ed25519') return { key, algorithms: ['Ed25519', 'EdDSA'], spki };
  const algorithm = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm !== undefined) return { key, algorithms: [algorithm], spki };
  return `a key of the kind ${key.asymmetricKeyType ?? '?'} is not used for this, expected P-256 (ES256) or Ed25519`;
}
