/** Keys and certificates in files that the configuration names: all that is wrong with them is told at once. */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { outOfDate } from '../net/tls.ts';
import { readCertificate } from '../probe/socket/tls-door.ts';

export interface KeyFiles {
  /** The first certificate of a file; null when something is wrong with it. */
  certificate(file: string): X509Certificate | null;
  /** A key, and its certificate that is valid now, both PEM; empty where something is wrong with them. */
  pair(keyFile: string, file: string): { readonly key: string; readonly certificate: string };
  /** Throws an Error that names each file and what is wrong with it, when anything is. */
  check(): void;
}

/** Begins to read: `check` is called when all files were. */
export function readKeyFiles(): KeyFiles {
  const wrong: string[] = [];
  const read = (file: string): string | null => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      wrong.push(`${file}: ${(error as Error).message}`);
      return null;
    }
  };
  const certificateIn = (file: string): X509Certificate | null => {
    const text = read(file);
    if (text === null) return null;
    const certificate = readCertificate(text);
    if (typeof certificate !== 'string') return certificate;
    wrong.push(`${file}: ${certificate}`);
    return null;
  };
  return {
    certificate: certificateIn,
    pair(keyFile, file) {
      const key = read(keyFile);
      const certificate = certificateIn(file);
      const why = key === null || certificate === null ? null : whyNoPair(key, certificate);
      if (why !== null) wrong.push(`${file}: ${why}`);
      return { key: key ?? '', certificate: certificate?.toString() ?? '' };
    },
    check() {
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    },
  };
}

/** Null when a key is that of a certificate that is valid now. */
function whyNoPair(key: string, certificate: X509Certificate): string | null {
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'the key is not that of this certificate';
  } catch {
    return 'the key beside it is none in PEM (an encrypted one cannot be used)';
  }
  return outOfDate(certificate, Date.now());
}
