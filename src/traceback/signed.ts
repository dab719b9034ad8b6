/**
 * What is signed: one data item of CBOR, and an Ed25519 signature (RFC 8032) over a name of its kind, a zero octet and the
 * item's octets, so that what was signed as one thing is never taken for another (intertrack-protocol(7), SIGNATURES).
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { decodeItem, encodeItem } from '../net/frames.ts';
import type { Field, Wrong } from './fields.ts';

/** Kinds of signed items. */
export type Kind = 'intertrack request' | 'intertrack statement' | 'intertrack participation';

/** Octets of a signature. */
export const SIGNATURE = 64;

function signedOctets(kind: Kind, octets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(kind), Buffer.of(0), octets]);
}

/** Encodes and signs. `key` is an Ed25519 private key. */
export function signItem<T>(
  kind: Kind,
  field: Field<T>,
  value: T,
  key: KeyObject,
): { readonly octets: Uint8Array; readonly signature: Uint8Array } {
  const octets = encodeItem(field.write(value));
  return { octets, signature: sign(null, signedOctets(kind, octets), key) };
}

/** True when the holder of the key signed these octets as this kind. False for a key that is not Ed25519. */
export function isSigned(kind: Kind, octets: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'ed25519' || signature.length !== SIGNATURE) return false;
  return verify(null, signedOctets(kind, octets), key, signature);
}

/** Reads an item's octets by its fields; says what is wrong and where. Nothing is said about its signature. */
export function readItem<T>(field: Field<T>, octets: Uint8Array): { readonly value: T } | Wrong {
  const item = decodeItem(octets);
  if ('reason' in item) return { wrong: item.reason, at: `offset ${item.offset}` };
  return field.read(item.message, '');
}
