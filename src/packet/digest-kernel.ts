import { readFileSync } from 'node:fs';

/** Inputs hashed in one batch. */
export const BATCH = 256;
/** Octets from one queued input to the next (packet/kernel/batch.ts). */
export const SLOT_OCTETS = 96;
/** Octets of one block of a live filter. */
export const BLOCK_OCTETS = 64;
/** Vantages whose slices the kernel knows at once. */
export const MOST_VANTAGES = 65536;
/** No sampling: every digest is kept. */
export const KEEP_ALL = 0xffff_ffff_ffff_ffffn;

const PAGE = 65536;

// The kernel's own data, if it ever has any, lies in page 0. All that follows is ours.
const KEY = PAGE;
const ASKED = KEY + 16;
const OUTPUT = KEY + 32;
const PORTS = KEY + 64;
const FRAME_KEY = KEY + 48;
const RUN = KEY + 96;
/** What is remembered of the latest digests: address of the entries, their number less 1, how many were written. */
const RECENT = KEY + 192;
const LENGTHS = KEY + 256;
const TARGETS = LENGTHS + BATCH;
/** Addresses of frames that take the slow road (packet/kernel/frames.ts, MOST_LISTED). */
const LIST = KEY + 2048;
// A batch's lists, then its slots; one for inputs that are written from here, one for those the kernel writes.
const BATCH_OCTETS = 40960;
const SLOTS = 7488;
/** Behind the slots: 24 octets of each, which are remembered with its digest (packet/recent.ts). */
const DETAILS = SLOTS + BATCH * SLOT_OCTETS + 64;
const QUEUED = KEY + 8192;
const WALKED = QUEUED + BATCH_OCTETS;
/** 4096 places of 32 octets. */
const CACHE = WALKED + BATCH_OCTETS;
const CACHE_OCTETS = 4096 * 32;
const SLICES = CACHE + CACHE_OCTETS;
const PIECE = SLICES + MOST_VANTAGES * 32;
/** Room for frames: one of LONGEST_FRAME and its header fit in any case. */
export const PIECE_OCTETS = 5 * PAGE;
const FREE = PIECE + PIECE_OCTETS + PAGE;

// Node has it, but the type library without a browser does not say so.
declare const WebAssembly: {
  Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  Module: new (octets: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  digest128(key: number, input: number, length: number, output: number): void;
  insertQueued(
    key: number,
    batch: number,
    lengths: number,
    slices: number,
    count: number,
    most: bigint,
    recent: number,
  ): number;
  recall(recent: number, digest: number): number;
  takeFrames(run: number): number;
  remember(cache: number, key: number, vantage: number): number;
  mayHold(filter: number, blocks: number, digest: number): number;
  holds(keys: number, count: number, digest: number): number;
}

/**
 * Words of a row of `slices`, one row of eight for each vantage: addresses of the newest segment's filter, its blocks,
 * address where the next digest is appended, how many still fit; packets, and digests left out by sampling, which the
 * kernel counts.
 */
export const SLICE_WORDS = 8;
export const SLICE = { filter: 0, blocks: 1, next: 2, room: 3, packets: 4, sampled: 5 } as const;

/** Words of `run` (packet/kernel/frames.ts, class Run, tells what they are). */
export const RUN_WORD = {
  at: 0,
  end: 1,
  left: 2,
  layout: 3,
  ethernet: 4,
  interface: 5,
  second: 6,
  frames: 7,
  kept: 8,
  listed: 9,
  earliest: 10,
  latest: 11,
  wanting: 12,
} as const;
const RUN_ADDRESSES = 13;
/** Words of what is remembered of a digest. */
export const DETAIL_WORDS = 6;
const RUN_MOST = RUN + 80;

/**
 * The digest kernel and its memory. The views are replaced when the memory grows: read them again after every `allocate`.
 * Addresses are offsets in `memory`.
 */
export interface DigestKernel {
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Sets the epoch's key, 16 octets, for the batches that follow. */
  setKey(key: Uint8Array): void;
  /**
   * Hash-consistent sampling from now on: a digest is kept when its 16 hex digits, as a number, are not above `most`. All
   * who sample by the same number keep the same packets, and an asker knows of each digest whether it could have been
   * kept. KEEP_ALL ends it. What is left out is counted in `slices` and is not lost.
   */
  sample(most: bigint): void;
  /** Rows of SLICE_WORDS for the vantages 0 to MOST_VANTAGES - 1. */
  readonly slices: Uint32Array<ArrayBuffer>;
  /** Address of slot `slot` (0 to 255), where an input of at most 89 octets is written. */
  slot(slot: number): number;
  /** Says that slot `slot` holds an input of `length` octets, for the slice of a vantage, which has room. */
  enqueue(slot: number, length: number, vantage: number): void;
  /** Hashes slots 0 to `count`-1 and puts each into its slice. Returns how many sampling has kept. */
  insert(count: number): number;
  /** Digest of the input in slot 0: 16 octets, the first 8 of which are the digest that is stored and asked for. */
  digest(length: number): Uint8Array;
  /**
   * True when a digest (8 octets, in the order of the kernel's output) is among the `count` keys at `keys`. The filter at
   * `filter`, of `blocks` blocks, says most often that it is not, without a look at them.
   */
  holds(filter: number, blocks: number, keys: number, count: number, digest: Uint8Array): boolean;
  /** Says what is remembered of slot `slot` with its digest: DETAIL_WORDS words (packet/recent.ts). */
  describe(slot: number, words: ArrayLike<number>): void;
  /**
   * Remembers the latest `entries` digests (a power of two) and what is said of them, 32 octets each. False when the machine
   * has no more memory: then it goes on as before.
   */
  remember(entries: number): boolean;
  /** Second of the oldest digest that is remembered; Infinity when none is. */
  recallsFrom(): number;
  /** What was remembered of a digest the last time it came; null when that is too long ago. A view: to be read at once. */
  recall(digest: Uint8Array): Uint32Array<ArrayBuffer> | null;
  /** `octets` of zeroed memory; null when the machine has no more. A multiple of 64 keeps the next one aligned. */
  allocate(octets: number): number | null;
  /** For packet/frame-kernel.ts alone. */
  readonly frames: FramePart;
}

/** What packet/frame-kernel.ts works with. */
export interface FramePart {
  /** Address of the memory into which frames are copied. */
  readonly piece: number;
  /** Words by RUN_WORD, and the list of addresses. */
  readonly run: Uint32Array<ArrayBuffer>;
  readonly list: Uint32Array<ArrayBuffer>;
  /** Works on what `run` says. */
  take(): number;
  /** Tells which UDP ports (16 at most) tunnels have. */
  setPorts(ports: readonly number[]): void;
  /** 16 octets: destination, VLAN, source, interface and direction, as packet/kernel/frames.ts makes two words of them. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** Remembers the vantage under `key`. False when it was known, or there is no place for it. */
  remember(vantage: number): boolean;
  /** 4096 places of 32 octets: the key as in `key`, number of the vantage plus 1 or 0, frames that were found there. */
  readonly cache: Uint8Array<ArrayBuffer>;
}

/** Loads `build/itk1.wasm` (made by `make`); throws with the file's name when it is absent. */
export function loadKernel(file: URL = new URL('../../build/itk1.wasm', import.meta.url)): DigestKernel {
  const wasm = new WebAssembly.Memory({ initial: Math.ceil(FREE / PAGE) });
  const module = new WebAssembly.Module(readFileSync(file));
  const kernel = new WebAssembly.Instance(module, { env: { memory: wasm } }).exports as Exports;
  let free = Math.ceil(FREE / BLOCK_OCTETS) * BLOCK_OCTETS;
  let most = KEEP_ALL;
  const views = () => ({
    memory: new Uint8Array(wasm.buffer),
    targets: new Uint32Array(wasm.buffer, TARGETS, BATCH),
    details: new Uint32Array(wasm.buffer, QUEUED + DETAILS, BATCH * DETAIL_WORDS),
    recent: new Uint32Array(wasm.buffer, RECENT, 3),
    slices: new Uint32Array(wasm.buffer, SLICES, MOST_VANTAGES * SLICE_WORDS),
    run: new Uint32Array(wasm.buffer, RUN, 22),
    key: new Uint8Array(wasm.buffer, FRAME_KEY, 16),
    cache: new Uint8Array(wasm.buffer, CACHE, CACHE_OCTETS),
    list: new Uint32Array(wasm.buffer, LIST, 1024),
  });
  let view = views();
  view.run.set([KEY, WALKED, LIST, CACHE, SLICES, PORTS, RECENT], RUN_ADDRESSES);

  const grow = (end: number): boolean => {
    // By an eighth at least: growing moves the views, and a page at a time would do that too often.
    const { length } = view.memory;
    const pages = Math.ceil(Math.max(end - length, length / 8) / PAGE);
    try {
      wasm.grow(pages);
    } catch {
      return false;
    }
    view = views();
    return true;
  };
  const sample = (value: bigint) => {
    most = value;
    new DataView(wasm.buffer).setBigUint64(RUN_MOST, most, true);
  };
  sample(KEEP_ALL);
  const allocate = (octets: number): number | null => {
    const at = free;
    if (at + octets > view.memory.length && !grow(at + octets)) return null;
    free = at + octets;
    return at;
  };

  return {
    get memory() {
      return view.memory;
    },
    get slices() {
      return view.slices;
    },
    setKey(key) {
      view.memory.set(key.subarray(0, 16), KEY);
    },
    sample,
    slot: slot => QUEUED + SLOTS + slot * SLOT_OCTETS,
    enqueue(slot, length, vantage) {
      view.memory[LENGTHS + slot] = length;
      view.targets[slot] = SLICES + vantage * SLICE_WORDS * 4;
    },
    insert: count => kernel.insertQueued(KEY, QUEUED, LENGTHS, TARGETS, count, most, RECENT),
    digest(length) {
      kernel.digest128(KEY, QUEUED + SLOTS, length, OUTPUT);
      return view.memory.slice(OUTPUT, OUTPUT + 16);
    },
    holds(filter, blocks, at, count, digest) {
      view.memory.set(digest.subarray(0, 8), ASKED);
      return kernel.mayHold(filter, blocks, ASKED) === 1 && kernel.holds(at, count, ASKED) === 1;
    },
    describe(slot, words) {
      view.details.set(words, slot * DETAIL_WORDS);
    },
    remember(entries) {
      const there = view.recent[0] === 0 ? 0 : view.recent[1]! + 1;
      if (entries === there) return true;
      // Memory is never given back: what a smaller number leaves over is no loss where a larger one was had before.
      const at = entries < there ? view.recent[0]! : allocate(entries * 32);
      if (at === null) return false;
      view.recent.set([at, entries - 1, 0]);
      view.memory.fill(0, at, at + entries * 32);
      return true;
    },
    recallsFrom() {
      const [entries, mask, count] = view.recent as unknown as [number, number, number];
      if (entries === 0 || count === 0) return Number.POSITIVE_INFINITY;
      const oldest = count > mask ? count & mask : 0;
      return new DataView(view.memory.buffer).getUint32(entries + oldest * 32 + 24, true);
    },
    recall(digest) {
      view.memory.set(digest.subarray(0, 8), ASKED);
      const entry = kernel.recall(RECENT, ASKED) >>> 0;
      return entry === 0 ? null : new Uint32Array(view.memory.buffer, entry + 8, DETAIL_WORDS);
    },
    allocate,
    frames: {
      piece: PIECE,
      get run() {
        return view.run;
      },
      get list() {
        return view.list;
      },
      take: () => kernel.takeFrames(RUN),
      setPorts(ports) {
        const table = new DataView(view.memory.buffer, PORTS, 32);
        // All 16 places have a port: an empty one would stand for port 0.
        for (let i = 0; i < 16; i++) table.setUint16(i * 2, ports[i % ports.length]!);
      },
      get key() {
        return view.key;
      },
      remember: vantage => kernel.remember(CACHE, FRAME_KEY, vantage) === 1,
      get cache() {
        return view.cache;
      },
    },
  };
}
