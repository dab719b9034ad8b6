/**
 * The fast road of frames: blocks are copied into the kernel's memory piece by piece, and plain frames go from there to
 * their slices without a call for each (packet/kernel/frames.ts says which are plain). The others are handed back for
 * packet/find-layers.ts.
 */
import { type DigestKernel, PIECE_OCTETS, RUN_WORD } from './digest-kernel.ts';
import {
  type BlockRecord,
  blockRecord,
  type FrameBlock,
  type FrameLayout,
  framesLeft,
  nextFrame,
  usedOctets,
} from './frame-block.ts';
import type { Layers } from './layers.ts';
import { macAt } from './mac.ts';
import { TUNNEL_PORTS } from './udp-tunnels.ts';

/**
 * Why a run has stopped: no whole frame is left; the next frame is of another second; the slice of a vantage has no room;
 * enough frames wait to be taken otherwise.
 */
export type Stopped = 'end' | 'second' | 'room' | 'listed';

export interface FrameRun {
  readonly stopped: Stopped;
  /** Frames that were taken, the slow ones included. */
  readonly walked: number;
  /** Frames that went into slices, and digests of them that sampling has kept. */
  readonly taken: number;
  readonly kept: number;
  /** First and last nanosecond of theirs within the second; no meaning when none was taken. */
  readonly earliest: number;
  readonly latest: number;
  /** Number of the vantage whose slice has no room. */
  readonly wanting: number;
}

export interface FrameKernel {
  /** False for blocks none of whose frames could be plain. */
  fits(block: FrameBlock): boolean;
  /**
   * Takes frames of a block from `block.at` on that are of one second, whose slices are in `kernel.slices`. Calls `slow`
   * with each frame that is not plain, or whose vantage is not known, afterwards; the record is overwritten by the next.
   * Moves `block.at` behind all of them. The object returned is overwritten by the next run.
   */
  run(block: FrameBlock, second: number, slow: (record: BlockRecord) => void): FrameRun;
  /** So much is remembered that places begin to lack: what is out of date had better be forgotten. */
  readonly full: boolean;
  /** Remembers the vantage of frames that come from, go to and are tagged as this one; a block's first layers were found. */
  remember(record: BlockRecord, layers: Layers, vantage: number): void;
  /**
   * Tells how many frames were found by what was remembered, since this was called last. Addresses as macAt has them, 0
   * for none; a VLAN of -1 for none.
   */
  tell(each: FrameCounts): void;
  /** Forgets all vantages: they may be others now. */
  forget(): void;
}

/** Takes the number of frames with these link addresses, VLAN and interface. */
export type FrameCounts = (
  source: number,
  destination: number,
  vlan: number,
  at: number,
  outgoing: boolean,
  frames: number,
) => void;

const STOPPED: readonly Stopped[] = ['end', 'second', 'room', 'listed'];

const LAYOUT: Record<FrameLayout, number> = {
  'pcap-le-us': 0,
  'pcap-le-ns': 0,
  'pcap-be-us': 1,
  'pcap-be-ns': 1,
  'tpacket-v3': 4,
};

/** Octets copied at once: with the filters they go to, they stay in a processor's second cache. */
const COPIED_OCTETS = 128 * 1024;
/** 32-bit words of a place of the cache. */
const PLACE_WORDS = 8;
/** Vantages that are remembered: half of the places there are. */
const MOST_REMEMBERED = 2048;
/** An interface's number beyond this does not fit into a key. */
const MOST_INTERFACES = 32768;

const ETHERNET = 1;
const isRawIp = (linkType: number) => linkType === 101 || linkType === 12 || linkType === 14;

/** The fast road of a kernel, whose slices somebody else fills in. */
export function frameKernel(kernel: DigestKernel): FrameKernel {
  const record = blockRecord();
  const { frames } = kernel;
  frames.setPorts(TUNNEL_PORTS);
  let remembered = 0;
  // What of which block lies in the piece.
  let block: FrameBlock | null = null;
  let from = 0;
  let to = 0;
  const result = { stopped: 'end' as Stopped, walked: 0, taken: 0, kept: 0, earliest: 0, latest: 0, wanting: 0 };

  const copy = (octets: number) => {
    from = block!.at;
    to = Math.min(usedOctets(block!), from + octets);
    if (to > from) kernel.memory.set(block!.bytes.subarray(from, to), frames.piece);
    else to = from;
  };

  const take = (of: FrameBlock): Stopped => {
    frames.run[RUN_WORD.at] = frames.piece + of.at - from;
    frames.run[RUN_WORD.end] = frames.piece + to - from;
    return STOPPED[frames.take()]!;
  };

  const takeSlow = (of: FrameBlock, listed: number, slow: (record: BlockRecord) => void) => {
    const { at, frames: count } = of;
    for (let i = 0; i < listed; i++) {
      of.at = frames.list[i]! - frames.piece + from;
      of.frames = 0;
      if (nextFrame(of, record)) slow(record);
    }
    of.at = at;
    of.frames = count;
  };

  return {
    fits: ({ linkType, interface: at }) => (linkType === ETHERNET || isRawIp(linkType)) && at < MOST_INTERFACES,
    run(given, second, slow) {
      if (block !== given || given.at < from || given.at >= to) {
        block = given;
        copy(COPIED_OCTETS);
      }
      const { run, piece } = frames;
      run[RUN_WORD.left] = framesLeft(given);
      run[RUN_WORD.layout] = LAYOUT[given.layout];
      run[RUN_WORD.ethernet] = given.linkType === ETHERNET ? 1 : 0;
      run[RUN_WORD.interface] = given.interface;
      run[RUN_WORD.second] = second;
      run[RUN_WORD.frames] = 0;
      run[RUN_WORD.kept] = 0;
      run[RUN_WORD.listed] = 0;
      run[RUN_WORD.earliest] = 0xffffffff;
      run[RUN_WORD.latest] = 0;
      let stopped = take(given);
      if (stopped === 'end' && run[RUN_WORD.frames] === 0 && to < usedOctets(given)) {
        copy(PIECE_OCTETS);
        stopped = take(given);
      }
      const walked = run[RUN_WORD.frames]!;
      const listed = run[RUN_WORD.listed]!;
      const unit = given.layout.endsWith('us') ? 1000 : 1;
      result.stopped = stopped;
      result.walked = walked;
      result.taken = walked - listed;
      result.kept = run[RUN_WORD.kept]!;
      result.earliest = run[RUN_WORD.earliest]! * unit;
      result.latest = run[RUN_WORD.latest]! * unit;
      result.wanting = run[RUN_WORD.wanting]!;
      given.at = run[RUN_WORD.at]! - piece + from;
      given.frames += walked;
      takeSlow(given, listed, slow);
      // A frame that was not whole here may be whole in the block: the next piece begins with it.
      if (stopped === 'end') block = null;
      return result;
    },
    remember(of, layers, vantage) {
      const { bytes, offset } = of;
      const { destinationMac, sourceMac } = layers;
      const { key } = frames;
      const ethernet = of.linkType === ETHERNET;
      if (ethernet ? destinationMac !== offset : destinationMac >= 0 || sourceMac >= 0) return;
      for (let i = 0; i < 6; i++) {
        key[i] = ethernet ? bytes[offset + i]! : 0;
        key[8 + i] = ethernet ? bytes[offset + 6 + i]! : 0;
      }
      const vlan = Math.max(layers.vlan, 0);
      const where = of.interface * 2 + (of.outgoing ? 1 : 0);
      key[6] = vlan;
      key[7] = vlan >> 8;
      key[14] = where;
      key[15] = where >> 8;
      if (!frames.remember(vantage)) return;
      remembered++;
    },
    get full() {
      return remembered >= MOST_REMEMBERED;
    },
    tell(each) {
      const { cache } = frames;
      const words = new Uint32Array(cache.buffer, cache.byteOffset, cache.length / 4);
      for (let word = 0; word < words.length; word += PLACE_WORDS) {
        const count = words[word + 5]!;
        if (count === 0) continue;
        words[word + 5] = 0;
        const place = word * 4;
        const where = u16le(cache, place + 14);
        const vlan = u16le(cache, place + 6) || -1;
        each(macAt(cache, place + 8), macAt(cache, place), vlan, where >> 1, (where & 1) === 1, count);
      }
    },
    forget() {
      frames.cache.fill(0);
      remembered = 0;
    },
  };
}

function u16le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}
