/** URLs that name several hosts, as those of libpq do: `postgres://USER@HOST[:PORT],HOST[:PORT]…/DATABASE`. */

/** Scheme and user, hosts, path and parameters. */
const PARTS = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?#@]*)(.*)$/i;

/** The URLs of the hosts that a URL names, one each and in their order. */
export function urlsOfHosts(url: string): readonly string[] {
  const [, begin, hosts, rest] = PARTS.exec(url) ?? [];
  if (hosts === undefined || !hosts.includes(',')) return [url];
  return hosts.split(',').map(host => `${begin}${host}${rest}`);
}
