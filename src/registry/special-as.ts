/** AS numbers that no route of the public Internet begins with: IANA's registry of special-purpose AS numbers (RFC 7249). */

export type AsClass = 'public' | 'private' | 'documentation' | 'reserved' | 'as-trans';

const SPECIAL: readonly (readonly [first: number, last: number, as: AsClass, clause: string])[] = [
  [0, 0, 'reserved', 'RFC 7607'],
  [23456, 23456, 'as-trans', 'RFC 6793'],
  [64496, 64511, 'documentation', 'RFC 5398'],
  [64512, 65534, 'private', 'RFC 6996'],
  [65535, 65535, 'reserved', 'RFC 7300'],
  [65536, 65551, 'documentation', 'RFC 5398'],
  [65552, 131071, 'reserved', 'IANA'],
  [4200000000, 4294967294, 'private', 'RFC 6996'],
  [4294967295, 4294967295, 'reserved', 'RFC 7300'],
];

/** What an AS number (0 to 4294967295) is for. */
export function classOfAs(as: number): AsClass {
  return specialOf(as)?.[2] ?? 'public';
}

/** `private (RFC 6996)`; empty for a public one. */
export function describeAsClass(as: number): string {
  const special = specialOf(as);
  return special === undefined ? '' : `${special[2]} (${special[3]})`;
}

const specialOf = (as: number) => SPECIAL.find(([first, last]) => first <= as && as <= last);
