/**
 * The ASes of the demonstration. All numbers and prefixes are reserved for documentation.
 *
 *     64500 ---- 64501 ---- 64502 ---- 64503 ---- 64666
 *     victim     transit      |  \     entry      attacker, and later hijacker
 *                           64504  64505
 *                           clear  has no probe
 *
 * 64502 and 64666 take no part in InterTrack: they have a border router and nothing else.
 */
export const VICTIM = 64500;
export const TRANSIT = 64501;
export const BYSTANDER = 64502;
export const ENTRY = 64503;
export const CLEAR = 64504;
export const BLIND = 64505;
export const ATTACKER = 64666;

export const LINKS: readonly (readonly [number, number])[] = [
  [VICTIM, TRANSIT],
  [TRANSIT, BYSTANDER],
  [BYSTANDER, ENTRY],
  [BYSTANDER, CLEAR],
  [BYSTANDER, BLIND],
  [ENTRY, ATTACKER],
];

export const ASES: readonly number[] = [VICTIM, TRANSIT, BYSTANDER, ENTRY, CLEAR, BLIND, ATTACKER];
/** Those that run intertrackd, and of these the ones that have a probe at a tap. */
export const TAKING_PART: readonly number[] = [VICTIM, TRANSIT, ENTRY, CLEAR, BLIND];
export const TAPPED: readonly number[] = [VICTIM, TRANSIT, ENTRY, CLEAR];

/** What each AS announces: one prefix, the victim's being the one that is hijacked. */
export const PREFIXES: Readonly<Record<number, string>> = {
  [VICTIM]: '203.0.113.0/24',
  [TRANSIT]: '198.51.100.0/26',
  [ENTRY]: '198.51.100.64/26',
  [CLEAR]: '198.51.100.128/26',
  [BLIND]: '198.51.100.192/26',
};

export const neighborsOf = (as: number): number[] => LINKS.flatMap(([a, b]) => (a === as ? [b] : b === as ? [a] : []));

/** The routers whose routes the victim's daemon collects, besides its own: feeds that friends give. */
export const FEEDS: readonly number[] = [ENTRY, CLEAR];

/** Loopback addresses of one run: `router` and `daemon` of an AS. The second octet keeps runs apart. */
export function addressesOf(run: number, as: number): { readonly router: string; readonly daemon: string } {
  const at = ASES.indexOf(as) + 1;
  return { router: `127.${run}.${at}.1`, daemon: `127.${run}.${at}.2` };
}

/** The port of the interface by which an AS's router faces a neighbour: its MAC, seen from the tap. */
export function macOf(as: number): string {
  return `00:00:5e:00:53:${ASES.indexOf(as).toString(16).padStart(2, '0')}`;
}
