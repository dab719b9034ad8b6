/**
 * What is put right in a block of a ring before its frames are taken (packet/frame-block.ts), in place: frames that never
 * were on a wire are left out, and remote mirrors are unpacked.
 */
import { LINKTYPE_ETHERNET } from '../../packet/link-headers.ts';
import { type Mirror, newUnpacked, unpackMirror } from './mirror.ts';
import type { RingBlock } from './ring.ts';

// Words of struct tpacket_block_desc, and of struct tpacket3_hdr (linux/if_packet.h).
const BLOCK_PACKETS = 3;
const BLOCK_FIRST = 4;
const NEXT = 0;
const SECONDS = 1;
const CAPTURED = 3;
const WIRE = 4;
const STATUS = 5;
/** Offset of the link header in the lower 16 bits, that of the network header in the upper. */
const LINK_AND_NETWORK = 6;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_GSO_TCP = 0x100;

/** Frames of a block that lead to one another, and what they have in common. */
export interface FrameChain {
  /** Session of the mirror; -1 without a mirror. */
  readonly session: number;
  readonly linkType: number;
  first: number;
  last: number;
  count: number;
}

/**
 * Takes out of a block what several packets were joined to (GRO, LRO, or TSO of what this machine sends), and returns how
 * many of such there were.
 */
export function leaveOutMerged({ words }: RingBlock): number {
  let at = words[BLOCK_FIRST]! >>> 2;
  let merged = 0;
  for (let left = words[BLOCK_PACKETS]!; left > 0; left--) {
    merged += words[at + STATUS]! & TP_STATUS_GSO_TCP;
    at += words[at + NEXT]! >>> 2;
  }
  if (merged === 0) return 0;
  const kept = emptyChain(-1, LINKTYPE_ETHERNET);
  eachFrame(words, frame => {
    if ((words[frame + STATUS]! & TP_STATUS_GSO_TCP) === 0) append(words, kept, frame);
  });
  select(words, kept);
  return merged / TP_STATUS_GSO_TCP;
}

/** Calls with the word that each frame begins at. What follows may be changed by then. */
function eachFrame(words: Int32Array, each: (frame: number) => void): void {
  let frame = words[BLOCK_FIRST]! >>> 2;
  for (let left = words[BLOCK_PACKETS]!; left > 0; left--) {
    const next = frame + (words[frame + NEXT]! >>> 2);
    each(frame);
    frame = next;
  }
}

function emptyChain(session: number, linkType: number): FrameChain {
  return { session, linkType, first: 0, last: 0, count: 0 };
}

function append(words: Int32Array, chain: FrameChain, frame: number): void {
  if (chain.count === 0) chain.first = frame;
  else words[chain.last + NEXT] = (frame - chain.last) << 2;
  words[frame + NEXT] = 0;
  chain.last = frame;
  chain.count++;
}

/** Makes a block hold the frames of one chain. */
export function selectChain({ words }: RingBlock, chain: FrameChain): void {
  select(words, chain);
}

function select(words: Int32Array, chain: FrameChain): void {
  words[BLOCK_FIRST] = chain.first << 2;
  words[BLOCK_PACKETS] = chain.count;
}

/** Frames of a block that a mirror has sent, by session; `others` counts what is left, which nobody mirrored. */
export interface Unmirrored {
  readonly chains: readonly FrameChain[];
  readonly others: number;
}

/** Chains of one block: whoever sends mirrors of a thousand sessions gets those beyond put together as session 0. */
const MOST_CHAINS = 64;

/**
 * Unpacks what a remote mirror sent, one level, in place. Each chain has to be selected before its frames are taken.
 * `linkType` is that of the interface.
 */
export function unpackBlock({ bytes, words }: RingBlock, mirror: Mirror, linkType: number): Unmirrored {
  const chains = new Map<number, FrameChain>();
  const unpacked = newUnpacked();
  let others = 0;
  eachFrame(words, frame => {
    const link = words[frame + LINK_AND_NETWORK]! & 0xffff;
    const start = (frame << 2) + link;
    const end = start + words[frame + CAPTURED]!;
    if (!unpackMirror(bytes, start, end, words[frame + WIRE]!, linkType, mirror, unpacked)) {
      others++;
      return;
    }
    const at = link + unpacked.offset - start;
    words[frame + LINK_AND_NETWORK] = at | (at << 16);
    words[frame + CAPTURED] = end - unpacked.offset;
    words[frame + WIRE] = unpacked.wire;
    // The tag that the card took off was that of the network between the mirror and here.
    words[frame + STATUS] = words[frame + STATUS]! & ~TP_STATUS_VLAN_VALID;
    append(words, chainOf(chains, unpacked.session, unpacked.linkType), frame);
  });
  return { chains: [...chains.values()], others };
}

function chainOf(chains: Map<number, FrameChain>, session: number, linkType: number): FrameChain {
  const own = session * 512 + linkType;
  const key = chains.has(own) || chains.size < MOST_CHAINS ? own : linkType;
  const known = chains.get(key);
  if (known !== undefined) return known;
  const chain = emptyChain(key === own ? session : 0, linkType);
  chains.set(key, chain);
  return chain;
}

/** Second in which the first frame of a block came, since the epoch; -1 when it has none. */
export function firstSecond({ words }: RingBlock): number {
  return words[BLOCK_PACKETS] === 0 ? -1 : words[(words[BLOCK_FIRST]! >>> 2) + SECONDS]! >>> 0;
}
