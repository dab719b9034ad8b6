/**
 * Sealing to the asker (intertrack-protocol(7), SEALS): a fresh X25519 key (RFC 7748) for each seal, HKDF-SHA-256 (RFC 5869)
 * and ChaCha20-Poly1305 (RFC 8439). Who forwards a seal can neither read nor change it.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/** Octets of the sender's key before, and of the tag behind what is sealed. */
export const SEAL_OVERHEAD = 32 + 16;

const CIPHER = 'chacha20-poly1305';
// SubjectPublicKeyInfo of X25519 up to the key itself (RFC 8410 section 4).
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
/** Each key seals one thing, so that the nonce need not differ. */
const NONCE = Buffer.alloc(12);

/** A key pair to be asked under: `open` is kept, `seal` goes out, 32 octets. */
export function sealKeys(): { readonly open: KeyObject; readonly seal: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { open: privateKey, seal: rawKey(publicKey) };
}

function rawKey(key: KeyObject): Uint8Array {
  return Uint8Array.from(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'));
}

/** Keys that were read: to one key of a request all that an AS says is sealed. */
const read = new WeakMap<Uint8Array, KeyObject>();

function publicKeyOf(raw: Uint8Array): KeyObject {
  const known = read.get(raw);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
  read.set(raw, key);
  return key;
}

function keyOf(secret: Uint8Array, sender: Uint8Array, receiver: Uint8Array): Uint8Array {
  const salt = Buffer.concat([sender, receiver]);
  return new Uint8Array(hkdfSync('sha256', secret, salt, 'intertrack seal', 32));
}

/**
 * Seals octets to a receiver's key (32 octets), bound to `context`, which both sides know. Null when the key is one that
 * no secret comes of (RFC 7748 section 6.1).
 */
export function sealTo(receiver: Uint8Array, octets: Uint8Array, context: Uint8Array): Uint8Array | null {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const sender = rawKey(publicKey);
  try {
    const secret = diffieHellman({ privateKey, publicKey: publicKeyOf(receiver) });
    const cipher = createCipheriv(CIPHER, keyOf(secret, sender, receiver), NONCE, { authTagLength: 16 });
    cipher.setAAD(context, { plaintextLength: octets.length });
    return Buffer.concat([sender, cipher.update(octets), cipher.final(), cipher.getAuthTag()]);
  } catch {
    return null;
  }
}

/** A private key that is good for nothing but to try others with. */
const TRYING = generateKeyPairSync('x25519').privateKey;

/** True when octets can be sealed to this key: `sealTo` would not return null. */
export function isSealKey(receiver: Uint8Array): boolean {
  try {
    return diffieHellman({ privateKey: TRYING, publicKey: publicKeyOf(receiver) }).length === 32;
  } catch {
    return false;
  }
}

/** What was sealed to `seal`, whose private key is `open`; null when it was not, or was changed. */
export function openSeal(
  { open, seal }: ReturnType<typeof sealKeys>,
  sealed: Uint8Array,
  context: Uint8Array,
): Uint8Array | null {
  if (sealed.length < SEAL_OVERHEAD) return null;
  const sender = sealed.subarray(0, 32);
  const octets = sealed.subarray(32, -16);
  try {
    const secret = diffieHellman({ privateKey: open, publicKey: publicKeyOf(sender) });
    const cipher = createDecipheriv(CIPHER, keyOf(secret, sender, seal), NONCE, { authTagLength: 16 });
    cipher.setAAD(context, { plaintextLength: octets.length });
    cipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([cipher.update(octets), cipher.final()]);
  } catch {
    return null;
  }
}
