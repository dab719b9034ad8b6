/**
 * Learning where several threads take in frames of one tap: ARP comes to one of them, data to the others, and whether the
 * holder of an address is silent is known only to all together. So the main thread learns from what they hear, and tells
 * them what it has found out.
 */
import type { NeighborClaim } from '../../packet/neighbor-claim.ts';
import { type AddressOwner, ANY_VLAN, type Learned, type LearnedEntry, learnedNeighbors } from './learned.ts';
import type { Teacher } from './vantage.ts';

/** What a frame said, in which VLAN and second. */
export interface HeardClaim extends NeighborClaim {
  readonly vlan: number;
  readonly second: number;
}

export interface Learning {
  hear(claims: readonly HeardClaim[]): void;
  /** Link addresses that have sent frames up to a second. */
  sent(macs: readonly number[], second: number): void;
  want(owners: ReadonlyMap<string, AddressOwner>): void;
  contested(): readonly string[];
}

/** Milliseconds in which changes are gathered before they are told. */
const SOON = 50;
/** Link addresses whose last frame is remembered. */
const MOST_SENDERS = 16_384;

/** The main thread's side. `tell` gets all that is known, whenever it has changed. */
export function shareLearning(tell: (entries: readonly LearnedEntry[]) => void, say: (line: string) => void): Learning {
  const sent = new Map<number, number>();
  let waiting = false;
  const changed = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      tell([...learned.all()]);
    }, SOON).unref();
  };
  const learned = learnedNeighbors({ lastSent: mac => sent.get(mac) ?? -1, changed, say });
  return {
    hear(claims) {
      for (const { mac, address, vlan, second } of claims) learned.hear({ mac, address }, vlan, second);
    },
    sent(macs, second) {
      for (const mac of macs) {
        if (!sent.has(mac) && sent.size >= MOST_SENDERS) sent.delete(sent.keys().next().value!);
        sent.set(mac, Math.max(sent.get(mac) ?? -1, second));
      }
    },
    want: learned.want,
    contested: learned.contested,
  };
}

export interface Following extends Teacher {
  /** Takes what the main thread knows, all of it. */
  learn(entries: readonly LearnedEntry[]): void;
  /** Hands over what was heard since the last time. */
  heard(): readonly HeardClaim[];
}

/** The side of a thread that takes in frames; `flush` is called when much was heard. */
export function followLearning(flush: () => void): Following {
  const known = new Map<number, Map<number, Learned>>();
  /** What was heard, each once for a second. */
  let queue = new Map<string, HeardClaim>();
  return {
    learn(entries) {
      known.clear();
      for (const { mac, learned } of entries) {
        const there = known.get(mac);
        if (there === undefined) known.set(mac, new Map([[learned.vlan, learned]]));
        else there.set(learned.vlan, learned);
      }
    },
    hear(claim, vlan, second) {
      const key = `${claim.mac} ${claim.address} ${vlan}`;
      if (queue.get(key)?.second === second) return;
      queue.set(key, { ...claim, vlan, second });
      if (queue.size >= MOST_QUEUED) flush();
    },
    heard() {
      const claims = [...queue.values()];
      queue = new Map();
      return claims;
    },
    find: (mac, vlan) => known.get(mac)?.get(vlan) ?? known.get(mac)?.get(ANY_VLAN) ?? null,
    has: mac => known.has(mac),
    *all() {
      for (const [mac, there] of known) for (const learned of there.values()) yield { mac, learned };
    },
    contested: () => [],
  };
}

/** Claims that wait for the end of a second. */
const MOST_QUEUED = 256;
