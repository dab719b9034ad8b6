/** What of an object is shown to a client. */
import type { ObjectRow } from '../object-store.ts';
import { listOf, type RpslObject } from '../rpsl.ts';
import type { ObjectRef } from './object-list.ts';
import { prefixText } from './prefix-list.ts';

/** What identifies a route object: its class, prefix and origin. */
export function routeKey(row: ObjectRow): string {
  return `${row.afi === 1 ? 'route' : 'route6'}: ${prefixText(row)}\norigin: AS${row.origin}`;
}

/**
 * The octets of an object, or with `keysOnly` those of its key and members; null when it is gone. Valid until the registry
 * changes. Passwords of a mntner are never shown (RFC 2725 section 10.1 wants them kept; IRRd writes the same words).
 */
export function shownBytes(ref: ObjectRef, keysOnly: boolean): Uint8Array | null {
  if ('row' in ref) {
    const { routes } = ref.book;
    if (!routes.live(ref.row)) return null;
    return keysOnly ? Buffer.from(routeKey(routes.row(ref.row))) : routes.bytes(ref.row);
  }
  const object = ref.book.others.get(ref.class, ref.key);
  if (object === null) return null;
  if (keysOnly) return Buffer.from(keyLines(object));
  return ref.class === 'mntner' ? withoutPasswords(object.bytes) : object.bytes;
}

const MEMBERS = ['members', 'mp-members'];

function keyLines(object: RpslObject): string {
  const [key = ''] = object.attributes[0]?.value.split('\n') ?? [];
  const members = object.attributes
    .filter(({ name }) => MEMBERS.includes(name))
    .flatMap(({ name, value }) => listOf(value).map(member => `${name}: ${member}`));
  return [`${object.class}: ${key}`, ...members].join('\n');
}

function withoutPasswords(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const shown = text.replace(/\b((?:crypt|md5|bcrypt)-pw)\s+\S[^\r\n]*/gi, '$1 DummyValue  # Filtered for security');
  return Buffer.from(shown, 'latin1');
}
