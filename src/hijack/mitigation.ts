/**
 * An announcement against a hijack, ordered by an operator: what it is, and whether the configuration permits it. Plain
 * data and pure rules. A mitigation names prefixes alone: with which next hop and communities they go out, the
 * configuration in force says each time.
 */
import type { AnnouncedRoute, BgpPeerConfig } from '../config/tree.ts';
import { covers, formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';

/** There is one at most for each case and peer; times are ms since the epoch. */
export interface Mitigation {
  readonly caseId: string;
  readonly peer: string;
  readonly prefixes: readonly string[];
  readonly since: number;
  /** Who ordered it, in words. */
  readonly by: string;
  /** Null while it is announced. */
  readonly until: number | null;
  /** Why it ended; empty while it is announced. */
  readonly ended: string;
}

/** Lengths beyond which most networks take no route, by address family. */
export const LONGEST_TAKEN = { 1: 24, 2: 48 } as const;

type Permit = Pick<BgpPeerConfig, 'name' | 'mitigate' | 'ipv4' | 'ipv6' | 'disabled'>;

/**
 * The routes by which these prefixes go out over a peer: of the longest permitted prefix that covers each. Or why that is
 * not permitted, in words.
 */
export function permittedRoutes(
  prefixes: readonly string[],
  peer: Permit | undefined,
): readonly AnnouncedRoute[] | string {
  if (peer === undefined) return 'no such peer is configured';
  const { name, mitigate } = peer;
  if (mitigate === undefined) return `${name} has no \`mitigate\` block`;
  if (peer.disabled) return `${name} is disabled`;
  const routes: AnnouncedRoute[] = [];
  for (const text of prefixes) {
    const prefix = parsePrefix(text);
    if (prefix === null) return `${text} is no prefix`;
    if (prefix.length > LONGEST_TAKEN[prefix.afi]) return `${text} is longer than /${LONGEST_TAKEN[prefix.afi]}`;
    if (!(prefix.afi === 1 ? peer.ipv4 : peer.ipv6)) return `the session of ${name} does not carry ${text}`;
    const [permit] = mitigate.prefixes
      .filter(one => covers(parsePrefix(one.prefix)!, prefix))
      .sort((a, b) => parsePrefix(b.prefix)!.length - parsePrefix(a.prefix)!.length);
    if (permit === undefined) return `\`mitigate\` of ${name} does not permit ${text}`;
    routes.push({ ...permit, prefix: formatPrefix(prefix) });
  }
  if (routes.length > mitigate.most)
    return `\`mitigate\` of ${name} permits ${mitigate.most} prefixes at a time, not ${routes.length}`;
  return routes;
}

/** All that a peer is told by these mitigations, each prefix once; those that are over count for nothing. */
export const prefixesOf = (mitigations: readonly Mitigation[], peer: string): readonly string[] => [
  ...new Set(mitigations.filter(one => one.peer === peer && one.until === null).flatMap(one => one.prefixes)),
];

/** The parts of this length that a prefix consists of, in their order; `length` is not shorter than the prefix. */
export function partsOf(prefix: Prefix, length: number): readonly Prefix[] {
  const parts: Prefix[] = [];
  for (let i = 0; i < 2 ** (length - prefix.length); i++) {
    const bytes = Uint8Array.from(prefix.bytes);
    for (let bit = 0; bit < length - prefix.length; bit++) {
      const at = length - 1 - bit;
      if ((i >> bit) & 1) bytes[at >> 3]! |= 0x80 >> (at & 7);
    }
    parts.push({ afi: prefix.afi, bytes, length });
  }
  return parts;
}
