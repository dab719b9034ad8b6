/** URLs of what the daemon fetches from and connects to. A secret in one would be shown wherever the URL is: none is taken. */
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

const SSL_MODES = ['disable', 'verify-full'];

/** `postgres://USER@HOST[:PORT]/DATABASE[?sslmode=disable|verify-full]`. */
export function readPostgresql(text: string): Read {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    return wrong('it is no URL such as postgres://user@host/database');
  if (url.password !== '') return wrong('a URL with a password is not taken: it is read from a file');
  if (url.username === '' || url.hostname === '') return wrong('it names no user, or no host');
  if (!/^\/[A-Za-z0-9_-]{1,63}$/.test(url.pathname)) return wrong('it names no database');
  if (url.hash !== '') return wrong('it has a fragment');
  for (const [name, value] of url.searchParams) {
    if (name !== 'sslmode') return wrong(`\`${name}\` is not known; only \`sslmode\` is`);
    if (!SSL_MODES.includes(value)) return wrong(`sslmode is ${SSL_MODES.join(' or ')}`);
  }
  if (url.searchParams.size > 1) return wrong('it says `sslmode` twice');
  return { value: url.href };
}

/** True when what goes to this URL stays on this machine. */
export function isLoopbackUrl(text: string): boolean {
  const host = URL.parse(text)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return host === 'localhost' || isLoopback(host);
}
