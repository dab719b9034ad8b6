/** Checks `announce` and `mitigate`: what could never be announced, or would never be taken, is told when the file is read. */
import { type Afi, parseAddress } from '../net/address.ts';
import { parsePrefix } from '../net/prefix.ts';
import { all, type Entry, first, list, placed, text } from './entry.ts';
import { checkUsable, isLinkLocal } from './host-address.ts';
import type { Report } from './report.ts';

/** Who is told; the address of a range is its prefix. */
interface Neighbor {
  readonly address: string;
  readonly isRange: boolean;
}

/** Octets of communities: an UPDATE has 4096 octets (RFC 4271 section 4), and some hundred of them are for the rest. */
const MOST_OCTETS = 3840;

/** Holds these blocks of a peer against its session; `neighbor` is null where that could not be read. */
export function checkAnnounce(
  peer: Entry,
  neighbor: Neighbor | null,
  families: { readonly ipv4: boolean; readonly ipv6: boolean },
  report: Report,
): void {
  for (const head of ['announce', 'mitigate'] as const) {
    const block = first(peer.block, head);
    if (block !== undefined) checkBlock(block, head, neighbor, families, report);
  }
}

function checkBlock(
  block: Entry,
  head: 'announce' | 'mitigate',
  neighbor: Neighbor | null,
  families: { readonly ipv4: boolean; readonly ipv6: boolean },
  report: Report,
): void {
  if (neighbor?.isRange) {
    report.error(placed(block), `\`${head}\` is for one peer: whoever connects from a range is told nothing`);
    return;
  }
  const routes = all(block.block, 'prefix');
  if (block.whole && routes.length === 0 && !report.damaged)
    report.error(placed(block), `\`${head}\` names no prefix, expected \`prefix\``);
  for (const one of routes) {
    const prefix = parsePrefix(text(one, 'prefix') ?? '');
    if (!one.whole || prefix === null) continue;
    const family = prefix.afi === 1 ? 'ipv4' : 'ipv6';
    const hop = text(one, 'address');
    const octets = list(one, 'community').length * 4 + list(one, 'large').length * 12;
    if (octets > MOST_OCTETS) report.error(placed(one), 'it has more communities than one UPDATE can hold');
    if (!families[family]) report.error(placed(one), `the session carries no \`${family}\` routes`);
    else if (hop !== undefined) checkNextHop(one, hop, prefix.afi, neighbor, report);
    else if (neighbor !== null && !servesAsHop(neighbor.address, prefix.afi))
      report.error(placed(one), 'the own address of this session can be no next hop for it: it needs a `next hop`');
  }
}

/** True when our address of a session with this neighbor is a next hop (RFC 2545 section 3: a global one) of the family. */
const servesAsHop = (neighbor: string, afi: Afi): boolean =>
  parseAddress(neighbor)?.afi === afi && !isLinkLocal(neighbor);

function checkNextHop(one: Entry, hop: string, afi: Afi, neighbor: Neighbor | null, report: Report): void {
  if (parseAddress(hop)?.afi !== afi)
    report.error(placed(one), '`prefix` and `next hop` are not of one address family');
  else if (isLinkLocal(hop)) report.error(placed(one), `\`next hop ${hop}\` is link-local, expected a global address`);
  else checkUsable(one, hop, false, report);
  // RFC 4271 section 5.1.3: nobody is told a route with his own address for a next hop.
  if (neighbor?.address === hop) report.error(placed(one), `\`next hop ${hop}\` is the neighbor itself`);
}
