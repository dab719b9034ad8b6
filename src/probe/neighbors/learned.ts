/**
 * Which neighbour AS a link address belongs to, from two things that others say: ARP and Neighbor Discovery (this link
 * address has that IP address) and the daemon (that IP address belongs to this AS). Both can be forged, so an IP address
 * that is claimed by a second link address stays where it was until the first one is silent, and nothing that is configured
 * is looked up here at all.
 */

import { formatMac } from '../../packet/mac.ts';
import type { NeighborClaim } from '../../packet/neighbor-claim.ts';

/** Where it is known from that an IP address belongs to an AS; the first is believed most. */
export type AddressSource = 'session' | 'ix-f' | 'bgp';

export interface AddressOwner {
  readonly as: number;
  readonly from: AddressSource;
}

/** What is known of a link address. */
export interface Learned {
  /** The VLAN it was seen in: that which was asked for, or ANY_VLAN. */
  readonly vlan: number;
  /** Null: its IP addresses belong to several ASes. */
  readonly as: number | null;
  /** In words: from where, and by which IP addresses. */
  readonly from: string;
  /** What contradicts, in words; '' when nothing does. */
  readonly conflict: string;
}

/** What was learned, for who does not learn himself. */
export interface LearnedSource {
  /** What is known of a link address in a VLAN; null: nothing. */
  find(mac: number, vlan: number): Learned | null;
  /** True of a link address that something is known of. */
  has(mac: number): boolean;
  /** Every link address that something is known of, in each VLAN that it was seen in (-1: none), and in others (ANY_VLAN). */
  all(): Iterable<LearnedEntry>;
  /** IP addresses that several link addresses claim now, in words. */
  contested(): readonly string[];
}

export interface LearnedEntry {
  readonly mac: number;
  readonly learned: Learned;
}

export interface LearnedNeighbors extends LearnedSource {
  /** Takes the IP addresses that belong to neighbours, all of them. */
  want(owners: ReadonlyMap<string, AddressOwner>): void;
  /** Takes what a frame said in a VLAN (-1: none), in a second of packet time. */
  hear(claim: NeighborClaim, vlan: number, second: number): void;
}

export interface LearnedOptions {
  /** The last second in which a frame of this link address was seen; -1: none. */
  readonly lastSent: (mac: number) => number;
  /** What `find` says may be another thing than before. */
  readonly changed: () => void;
  /** One line for a person: an address is claimed by another, or has moved. */
  readonly say: (line: string) => void;
}

/** Stands for every VLAN that a link address was not seen in. */
export const ANY_VLAN = -2;

/** Seconds of silence after which an IP address may move, and for which its new holder must have claimed it. */
const PATIENCE = 60;
/** Claims that make a rival be taken seriously. */
const CLAIMS = 3;
/** IP addresses that are remembered though nothing is known of their AS yet: a route may follow. */
const MOST_OTHERS = 4096;
/** Lines in one minute of packet time: a liar may claim every address there is. */
const MOST_LINES = 30;
/** VLANs that one IP address is remembered in. */
const MOST_VLANS = 16;
/** IP addresses that are named in a line. */
const MOST_NAMED = 3;

interface Holder {
  readonly address: string;
  owner: AddressOwner | null;
  mac: number;
  readonly vlans: Set<number>;
  /** Second in which a person was last told of it: whoever claims it ten times a second is told of once a minute. */
  told: number;
  /** Second of its last claim. */
  seen: number;
  rival: { readonly mac: number; readonly vlan: number; readonly since: number; seen: number; claims: number } | null;
}

/** Knows nothing yet. */
export function learnedNeighbors({ lastSent, changed, say }: LearnedOptions): LearnedNeighbors {
  let owners: ReadonlyMap<string, AddressOwner> = new Map();
  /** By IP address: of neighbours, and of others, the one heard of longest ago first. */
  const held = new Map<string, Holder>();
  const others = new Map<string, Holder>();
  /** Holders of neighbours' IP addresses by link address, and what follows from them. */
  const byMac = new Map<number, Set<Holder>>();
  const known = new Map<number, ReadonlyMap<number, Learned>>();

  let lines = { minute: -1, told: 0 };

  /** Draws the conclusions about a link address anew. */
  const conclude = (mac: number) => {
    const holders = byMac.get(mac);
    if (holders === undefined || holders.size === 0) {
      byMac.delete(mac);
      if (known.delete(mac)) changed();
      return;
    }
    const before = known.get(mac);
    const inVlan = new Map<number, Holder[]>([[ANY_VLAN, []]]);
    for (const holder of holders) {
      inVlan.get(ANY_VLAN)!.push(holder);
      for (const vlan of holder.vlans) {
        const there = inVlan.get(vlan);
        if (there === undefined) inVlan.set(vlan, [holder]);
        else there.push(holder);
      }
    }
    const now = new Map([...inVlan].map(([vlan, list]) => [vlan, learnedOf(vlan, list)]));
    known.set(mac, now);
    const same = before?.size === now.size && [...now].every(([vlan, { as }]) => before.get(vlan)?.as === as);
    if (!same) changed();
  };

  const attach = (holder: Holder) => {
    if (holder.owner === null) return;
    const there = byMac.get(holder.mac);
    if (there === undefined) byMac.set(holder.mac, new Set([holder]));
    else there.add(holder);
    conclude(holder.mac);
  };
  const detach = (holder: Holder) => {
    byMac.get(holder.mac)?.delete(holder);
    conclude(holder.mac);
  };

  const tellPerson = (line: string, second: number) => {
    const minute = Math.floor(second / 60);
    if (minute !== lines.minute) lines = { minute, told: 0 };
    if (++lines.told <= MOST_LINES) say(lines.told === MOST_LINES ? `${line}; more of this minute is not told` : line);
  };

  const remember = (holder: Holder) => {
    if (holder.owner !== null) {
      held.set(holder.address, holder);
      return;
    }
    if (others.size >= MOST_OTHERS) others.delete(others.keys().next().value!);
    others.set(holder.address, holder);
  };

  /** Another link address than the holder's claims an IP address. */
  const contend = (holder: Holder, mac: number, vlan: number, second: number) => {
    const { rival } = holder;
    const tell = (line: string) => {
      if (holder.owner === null || second - holder.told < PATIENCE) return;
      holder.told = second;
      tellPerson(line, second);
    };
    if (rival === null || rival.mac !== mac) {
      holder.rival = { mac, vlan, since: second, seen: second, claims: 1 };
      tell(
        `${holder.address} of AS ${holder.owner?.as} is claimed by ${formatMac(mac)}; it stays with ${formatMac(holder.mac)}`,
      );
      return;
    }
    rival.claims++;
    rival.seen = second;
    if (rival.claims < CLAIMS || second - rival.since < PATIENCE || second - holder.seen < PATIENCE) return;
    // Looking for what it sent is the dearest, and a rival may claim a thousand times a second.
    const silent = second - Math.max(holder.seen, lastSent(holder.mac));
    if (silent < PATIENCE) return;
    const moved = `has moved from ${formatMac(holder.mac)}, silent for ${silent} s, to ${formatMac(mac)}`;
    if (holder.owner !== null) tellPerson(`${holder.address} of AS ${holder.owner.as} ${moved}`, second);
    detach(holder);
    holder.mac = mac;
    holder.vlans.clear();
    holder.vlans.add(vlan);
    holder.seen = second;
    holder.rival = null;
    attach(holder);
  };

  return {
    want(wanted) {
      owners = wanted;
      for (const holder of [...held.values()]) {
        const owner = owners.get(holder.address) ?? null;
        if (owner?.as === holder.owner?.as && owner?.from === holder.owner?.from) continue;
        holder.owner = owner;
        if (owner === null) {
          held.delete(holder.address);
          detach(holder);
          remember(holder);
        } else conclude(holder.mac);
      }
      for (const holder of [...others.values()]) {
        const owner = owners.get(holder.address);
        if (owner === undefined) continue;
        others.delete(holder.address);
        holder.owner = owner;
        remember(holder);
        attach(holder);
      }
    },
    hear({ mac, address }, vlan, second) {
      const holder = held.get(address) ?? others.get(address);
      if (holder === undefined) {
        const owner = owners.get(address) ?? null;
        const found: Holder = {
          address,
          owner,
          mac,
          vlans: new Set([vlan]),
          seen: second,
          told: Number.NEGATIVE_INFINITY,
          rival: null,
        };
        remember(found);
        attach(found);
        return;
      }
      if (holder.mac !== mac) {
        contend(holder, mac, vlan, second);
        return;
      }
      holder.seen = Math.max(holder.seen, second);
      if (holder.rival !== null && second - holder.rival.seen > PATIENCE) holder.rival = null;
      if (holder.vlans.has(vlan) || holder.vlans.size >= MOST_VLANS) return;
      holder.vlans.add(vlan);
      if (holder.owner !== null) conclude(mac);
    },
    find(mac, vlan) {
      const there = known.get(mac);
      return there?.get(vlan) ?? there?.get(ANY_VLAN) ?? null;
    },
    has: mac => known.has(mac),
    *all() {
      for (const [mac, there] of known) for (const learned of there.values()) yield { mac, learned };
    },
    contested: () =>
      [...held.values()].flatMap(({ address, owner, mac, rival }) =>
        rival === null
          ? []
          : [
              `${address} of AS ${owner?.as} is at ${formatMac(mac)} and was claimed ${rival.claims} times by ${formatMac(rival.mac)}`,
            ],
      ),
  };
}

/** What the IP addresses of one link address say together. */
function learnedOf(vlan: number, holders: readonly Holder[]): Learned {
  const ases = [...new Set(holders.map(({ owner }) => owner!.as))];
  const sources = [...new Set(holders.map(({ owner }) => owner!.from))];
  const addresses = holders.slice(0, MOST_NAMED).map(({ address }) => address);
  const more = holders.length > MOST_NAMED ? ` and ${holders.length - MOST_NAMED} more` : '';
  const several = `it has addresses of AS ${ases.slice(0, MOST_NAMED).join(', ')}${ases.length > MOST_NAMED ? ', …' : ''}`;
  return {
    vlan,
    as: ases.length === 1 ? ases[0]! : null,
    from: `${sources.join('+')} ${addresses.join(', ')}${more}`,
    conflict: ases.length === 1 ? '' : several,
  };
}
