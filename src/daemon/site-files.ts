/** The files that a site, and an ITM with sites, are configured with. */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SiteConfig } from '../config/trace-sites-tree.ts';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { outOfDate } from '../net/tls.ts';
import { readCertificate } from '../probe/tls-door.ts';

/** Certificates of sites by their names. Throws an Error that names each file and what is wrong with it. */
export function readSiteCertificates(sites: readonly SiteConfig[]): Map<string, X509Certificate> {
  const wrong: string[] = [];
  const found = new Map<string, X509Certificate>();
  for (const { name, certificate } of sites) {
    const read = certificateIn(certificate);
    if (typeof read === 'string') wrong.push(read);
    else found.set(name, read);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return found;
}

/**
 * Key and certificate of a site, which need not name the AS, and whom it takes for its ITM. Throws an Error that names each
 * file and what is wrong with it.
 */
export function readSiteIdentity(config: TracebackConfig): {
  readonly identity: { readonly key: string; readonly certificate: string };
  readonly trusted: readonly X509Certificate[];
} {
  const wrong: string[] = [];
  const key = textIn(config.identity);
  const certificate = certificateIn(config.certificate);
  const itm = certificateIn(config.sites!.itm!.certificate);
  if (typeof certificate === 'string') wrong.push(certificate);
  if (typeof itm === 'string') wrong.push(itm);
  if ('wrong' in key) wrong.push(key.wrong);
  else if (typeof certificate !== 'string') {
    const why = whyNoPair(key.text, certificate);
    if (why !== null) wrong.push(`${config.certificate}: ${why}`);
  }
  if (wrong.length > 0 || 'wrong' in key || typeof certificate === 'string' || typeof itm === 'string')
    throw new Error(wrong.join('\n'));
  return { identity: { key: key.text, certificate: certificate.toString() }, trusted: [itm] };
}

/** Key and certificate of an ITM, PEM; what is wrong with them is told where they are shown to other ASes. */
export function readPem({ identity, certificate }: Pick<TracebackConfig, 'identity' | 'certificate'>) {
  return { key: readFileSync(identity, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
}

function textIn(file: string): { readonly text: string } | { readonly wrong: string } {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { wrong: `${file}: ${(error as Error).message}` };
  }
}

/** The first certificate of a file; a text says what is wrong. */
function certificateIn(file: string): X509Certificate | string {
  const read = textIn(file);
  if ('wrong' in read) return read.wrong;
  const certificate = readCertificate(read.text);
  return typeof certificate === 'string' ? `${file}: ${certificate}` : certificate;
}

function whyNoPair(key: string, certificate: X509Certificate): string | null {
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'the key is not that of this certificate';
  } catch {
    return 'the key beside it is none in PEM (an encrypted one cannot be used)';
  }
  return outOfDate(certificate, Date.now());
}
