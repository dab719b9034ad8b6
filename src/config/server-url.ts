/** URLs of what the daemon fetches from and connects to. A secret in one would be shown wherever the URL is: none is taken. */
import { urlsOfHosts } from '../net/host-list.ts';
import { isLoopback } from '../net/loopback.ts';
import type { Read } from './argument.ts';

const wrong = (why: string): Read => ({ wrong: why });

/** A URL that is fetched: of one of these schemes. */
export function readUrl(text: string, schemes: readonly string[]): Read {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return wrong('it is no URL');
  if (!schemes.includes(url.protocol.slice(0, -1))) return wrong(`only ${schemes.join(', ')} URLs are fetched`);
  if (url.username !== '' || url.password !== '') return wrong('a URL with a user or a password is not taken');
  if (url.hash !== '') return wrong('it has a fragment');
  return { value: url.href };
}

/** `nats://HOST[:PORT]` or `tls://HOST[:PORT]`. */
export function readNats(text: string): Read {
  const found = /^(nats|tls):\/\/([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?\/?$/.exec(text);
  if (found === null) return wrong('it is no URL such as tls://nats1.example.net:4222, without a user or a password');
  const [, scheme, host, port = '4222'] = found;
  if (Number(port) < 1 || Number(port) > 65_535) return wrong('its port is none');
  return { value: `${scheme}://${host!.toLowerCase()}:${Number(port)}` };
}

/** Parameters of libpq that are known, with what they can be. */
const POSTGRESQL_WORDS: Readonly<Record<string, readonly string[]>> = {
  sslmode: ['disable', 'verify-full'],
  target_session_attrs: ['read-write', 'primary'],
};

/** `postgres://USER@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?sslmode=disable|verify-full]`. */
export function readPostgresql(text: string): Read {
  const hosts: string[] = [];
  let first: URL | null = null;
  for (const one of urlsOfHosts(text)) {
    const url = URL.parse(one);
    if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
      return wrong('it is no URL such as postgres://user@host/database');
    const why = wrongOfPostgresql(url);
    if (why !== null) return wrong(why);
    first ??= url;
    hosts.push(url.host);
  }
  const { protocol, username, pathname, search } = first!;
  return { value: `${protocol}//${username}@${hosts.join(',')}${pathname}${search}` };
}

function wrongOfPostgresql({ username, password, hostname, pathname, hash, searchParams }: URL): string | null {
  if (password !== '') return 'a URL with a password is not taken: it is read from a file';
  if (username === '' || hostname === '') return 'it names no user, or no host';
  if (!/^\/[A-Za-z0-9_-]{1,63}$/.test(pathname)) return 'it names no database';
  if (hash !== '') return 'it has a fragment';
  for (const [name, value] of searchParams) {
    const known = POSTGRESQL_WORDS[name];
    if (known === undefined) return `\`${name}\` is not known; only \`sslmode\` and \`target_session_attrs\` are`;
    if (!known.includes(value)) return `${name} is ${known.join(' or ')}`;
    if (searchParams.getAll(name).length > 1) return `it says \`${name}\` twice`;
  }
  return null;
}

/** True when what goes to this URL, or to all hosts that it names, stays on this machine. */
export const isLoopbackUrl = (text: string): boolean =>
  urlsOfHosts(text).every(one => {
    const host = URL.parse(one)?.hostname.replace(/^\[|\]$/g, '') ?? '';
    return host === 'localhost' || isLoopback(host);
  });
