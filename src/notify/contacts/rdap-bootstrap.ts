/** Which RDAP server is for an AS or prefix: the bootstrap service registries of IANA (RFC 9224). */
import { covers, parsePrefix } from '../../net/prefix.ts';
import { isSafeUrl } from '../../net/safe-url.ts';
import { type Subject, subjectText } from './contact.ts';

/** The file that knows of a subject. */
export function bootstrapFile(subject: Subject): 'asn.json' | 'ipv4.json' | 'ipv6.json' {
  if ('as' in subject) return 'asn.json';
  return parsePrefix(subject.prefix)?.afi === 2 ? 'ipv6.json' : 'ipv4.json';
}

/**
 * The URL of the server for the subject, by a file of IANA's (RFC 9224 sections 3, 5.1 to 5.3): of the longest prefix that
 * covers it, or of the range that has the AS; https where there is a choice, and http on this machine where `local`. Null: no server is named. Or why the file cannot be read, in words.
 */
export function rdapServerFor(file: unknown, subject: Subject, local = false): { readonly url: URL | null } | string {
  const services = (file as { readonly services?: unknown } | null)?.services;
  if ((file as { readonly version?: unknown } | null)?.version !== '1.0' || !Array.isArray(services))
    return 'no bootstrap file of RFC 9224, version 1.0';
  let best: { length: number; urls: readonly unknown[] } | null = null;
  for (const service of services) {
    // A service is two lists; of one that has more, as an object tag registry has, nothing is known here.
    if (!Array.isArray(service) || service.length !== 2) continue;
    const [entries, urls] = service as [unknown, unknown];
    if (!Array.isArray(entries) || !Array.isArray(urls)) continue;
    for (const entry of entries) {
      const length = lengthOf(entry, subject);
      if (length !== null && (best === null || length > best.length)) best = { length, urls };
    }
  }
  const safe = (best?.urls ?? []).flatMap(text => {
    const url = typeof text === 'string' ? URL.parse(text) : null;
    // A list from elsewhere must not send us to services of this machine.
    const safe = url?.protocol === 'https:' || (local && url?.protocol === 'http:' && isSafeUrl(url));
    return url !== null && safe ? [url] : [];
  });
  return { url: safe.find(({ protocol }) => protocol === 'https:') ?? safe[0] ?? null };
}

/** How exactly an entry has the subject: the length of its prefix, or 0 for a range of ASes; null: it has it not. */
function lengthOf(entry: unknown, subject: Subject): number | null {
  if (typeof entry !== 'string') return null;
  if ('as' in subject) {
    const [, from, to = from] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(entry) ?? [];
    return from !== undefined && subject.as >= Number(from) && subject.as <= Number(to) ? 0 : null;
  }
  const [outer, inner] = [parsePrefix(entry), parsePrefix(subject.prefix)];
  return outer !== null && inner !== null && covers(outer, inner) ? outer.length : null;
}

/** What is asked of a server (RFC 9082 sections 3.1.1 and 3.1.2). */
export function rdapQuery(server: URL, subject: Subject): URL {
  const base = server.href.endsWith('/') ? server.href : `${server.href}/`;
  return new URL('as' in subject ? `autnum/${subject.as}` : `ip/${subjectText(subject)}`, base);
}
