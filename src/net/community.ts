/** Communities (RFC 1997) and large communities (RFC 8092) as text and numbers. */

/** Names of the IANA registry of well-known communities: RFC 1997, 3765, 7611, 7999, 8326, 9494. */
const WELL_KNOWN: Readonly<Record<number, string>> = {
  4294901760: 'graceful-shutdown',
  4294901761: 'accept-own',
  4294901766: 'llgr-stale',
  4294901767: 'no-llgr',
  4294902426: 'blackhole',
  4294967041: 'no-export',
  4294967042: 'no-advertise',
  4294967043: 'no-export-subconfed',
  4294967044: 'no-peer',
};

/** Their names. */
export const WELL_KNOWN_COMMUNITIES: readonly string[] = Object.values(WELL_KNOWN);

/** The route asks to drop what is sent to it (RFC 7999). */
export const BLACKHOLE = 0xffff029a;

/** A community (RFC 1997): `64500:120`, or the name of a well-known one. */
export function formatCommunity(community: number): string {
  return WELL_KNOWN[community] ?? `${community >>> 16}:${community & 0xffff}`;
}

/** A community from its text, as `formatCommunity` writes it; a well-known one also as two numbers. Null when it is none. */
export function parseCommunity(text: string): number | null {
  const named = Object.entries(WELL_KNOWN).find(([, name]) => name === text);
  if (named !== undefined) return Number(named[0]);
  const parts = numbers(text, 2, 0xffff);
  return parts === null ? null : parts[0]! * 0x10000 + parts[1]!;
}

/** A large community (RFC 8092 section 4): `64500:1:20`. */
export function formatLargeCommunity([global, local1, local2]: readonly [number, number, number]): string {
  return `${global}:${local1}:${local2}`;
}

/** A large community from its text; null when it is none. */
export function parseLargeCommunity(text: string): readonly [number, number, number] | null {
  const parts = numbers(text, 3, 0xffffffff);
  return parts === null ? null : [parts[0]!, parts[1]!, parts[2]!];
}

/** So many decimal numbers with colons between them, each `most` at most. */
function numbers(text: string, count: number, most: number): number[] | null {
  const parts = text.split(':');
  if (parts.length !== count || !parts.every(part => /^(0|[1-9]\d{0,9})$/.test(part))) return null;
  const values = parts.map(Number);
  return values.every(value => value <= most) ? values : null;
}
