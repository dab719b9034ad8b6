/** The files that a site, and an ITM with sites, are configured with. */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SiteConfig } from '../config/trace-sites-tree.ts';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { readKeyFiles } from './key-files.ts';

/** Certificates of sites by their names. Throws an Error that names each file and what is wrong with it. */
export function readSiteCertificates(sites: readonly SiteConfig[]): Map<string, X509Certificate> {
  const files = readKeyFiles();
  const found = new Map<string, X509Certificate>();
  for (const { name, certificate } of sites) {
    const read = files.certificate(certificate);
    if (read !== null) found.set(name, read);
  }
  files.check();
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
  const files = readKeyFiles();
  const identity = files.pair(config.identity, config.certificate);
  const itm = files.certificate(config.sites!.itm!.certificate);
  files.check();
  return { identity, trusted: [itm!] };
}

/** Key and certificate of an ITM, PEM; what is wrong with them is told where they are shown to other ASes. */
export function readPem({ identity, certificate }: Pick<TracebackConfig, 'identity' | 'certificate'>) {
  return { key: readFileSync(identity, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
}
