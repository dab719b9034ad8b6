/** The fingerprint of a public key, by which an AS is known beside its certificate: it stays when that is renewed. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** `sha256:` and 64 hexadecimal digits, of the SubjectPublicKeyInfo (RFC 5280 section 4.1) in DER. */
export function fingerprintOf(key: KeyObject): string {
  return `sha256:${createHash('sha256').update(spkiOf(key)).digest('hex')}`;
}

/** The SubjectPublicKeyInfo of a key in DER; a private key stands for its public one. */
export function spkiOf(key: KeyObject): Buffer {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
}

/** A fingerprint as people write it, in the one form; null when the text is none. Colons and blanks between digits are left out. */
export function readFingerprint(text: string): string | null {
  const digits = /^sha256:(.*)$/is.exec(text.trim())?.[1]?.replace(/[\s:]/g, '').toLowerCase();
  return digits !== undefined && /^[0-9a-f]{64}$/.test(digits) ? `sha256:${digits}` : null;
}
