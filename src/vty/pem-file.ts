/** Keys and certificates as files. What is wrong comes back as one line that names the file. */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { certificatesIn } from '../net/tls.ts';
import { sentence } from './decode-mrt.ts';

/** Reads an Ed25519 private key that is not encrypted. */
export function readKey(file: string): KeyObject | { readonly wrong: string } {
  const text = read(file);
  if (typeof text !== 'string') return text;
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    return { wrong: `${file}: holds no private key in PEM (an encrypted one cannot be used)` };
  }
  return key.asymmetricKeyType === 'ed25519'
    ? key
    : { wrong: `${file}: is a key of type ${key.asymmetricKeyType}, not Ed25519` };
}

/** Reads the certificates of a file, at least one, in their order. */
export function readCertificates(file: string): readonly X509Certificate[] | { readonly wrong: string } {
  const text = read(file);
  if (typeof text !== 'string') return text;
  const wrong: string[] = [];
  const certificates = certificatesIn(text, reason => wrong.push(reason));
  return wrong.length === 0 ? certificates : { wrong: `${file}: ${wrong[0]}` };
}

function read(file: string): string | { readonly wrong: string } {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return { wrong: `${file}: ${sentence(error)}` };
  }
}

/**
 * Writes a file whole or not at all, with this mode; what is there is only replaced when it may be. Returns what is wrong,
 * or null.
 */
export function writePem(file: string, content: string | Uint8Array, mode: number, replace: boolean): string | null {
  const made = `${file}.new-${process.pid}`;
  try {
    const fd = openSync(made, 'wx', mode);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (replace) renameSync(made, file);
    else {
      // A link fails where a name is taken; a rename would not.
      linkSync(made, file);
      unlinkSync(made);
    }
    return null;
  } catch (error) {
    try {
      unlinkSync(made);
    } catch {
      // It was not made, or is in place.
    }
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    return exists ? `${file}: is there already; --force replaces it` : `${file}: ${sentence(error)}`;
  }
}
