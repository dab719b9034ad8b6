import { readFileSync } from 'node:fs';

/** Inputs hashed in one batch. */
export const BATCH = 256;
/** Octets from one queued input to the next (packet/kernel/itk1.ts). */
export const SLOT_OCTETS = 96;
/** Octets of one block of a live filter. */
export const BLOCK_OCTETS = 64;

const PAGE = 65536;

// The kernel's own data, if it ever has any, lies in page 0. All that follows is ours.
const KEY = PAGE;
const ASKED = KEY + 16;
const OUTPUT = KEY + 32;
const LENGTHS = KEY + 64;
const DIGESTS = LENGTHS + BATCH;
const FILTERS = DIGESTS + BATCH * 8;
const KEYS = FILTERS + BATCH * 4;
const QUEUE = KEYS + BATCH * 4;
const FREE = QUEUE + BATCH * SLOT_OCTETS;

// Node has it, but the type library without a browser does not say so.
declare const WebAssembly: {
  Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  Module: new (octets: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Exports {
  digest128(key: number, input: number, length: number, output: number): void;
  hash(key: number, queue: number, lengths: number, digests: number, count: number): void;
  insert(digests: number, filters: number, keys: number, blocks: number, count: number): bigint;
  mayHold(filter: number, blocks: number, digest: number): number;
  holds(keys: number, count: number, digest: number): number;
}

/**
 * The digest kernel and its memory. `memory` is replaced when the memory grows: read it again after every `allocate`.
 * Addresses are offsets in `memory`.
 */
export interface DigestKernel {
  readonly memory: Uint8Array;
  /** Sets the epoch's key, 16 octets, for the batches that follow. */
  setKey(key: Uint8Array): void;
  /** Address of slot `slot` (0 to 255), where an input of at most 89 octets is written. */
  slot(slot: number): number;
  /** Says that slot `slot` holds an input of `length` octets, for the filter at `filter`, its digest to go to `key`. */
  enqueue(slot: number, length: number, filter: number, key: number): void;
  /** Hashes slots 0 to `count`-1 and puts each into its filter of `blocks` blocks. */
  insert(count: number, blocks: number): void;
  /** Digest of the input in slot 0: 16 octets, the first 8 of which are the digest that is stored and asked for. */
  digest(length: number): Uint8Array;
  /**
   * True when a digest (8 octets, in the order of the kernel's output) is among the `count` keys at `keys`. The filter at
   * `filter` says most often that it is not, without a look at them.
   */
  holds(filter: number, blocks: number, keys: number, count: number, digest: Uint8Array): boolean;
  /** `octets` of zeroed memory; null when the machine has no more. A multiple of 64 keeps the next one aligned. */
  allocate(octets: number): number | null;
}

/** Loads `build/itk1.wasm` (made by `make`); throws with the file's name when it is absent. */
export function loadKernel(file: URL = new URL('../../build/itk1.wasm', import.meta.url)): DigestKernel {
  const wasm = new WebAssembly.Memory({ initial: 16 });
  const module = new WebAssembly.Module(readFileSync(file));
  const kernel = new WebAssembly.Instance(module, { env: { memory: wasm } }).exports as Exports;
  let memory = new Uint8Array(wasm.buffer);
  let filters = new Uint32Array(wasm.buffer, FILTERS, BATCH);
  let keys = new Uint32Array(wasm.buffer, KEYS, BATCH);
  let free = Math.ceil(FREE / BLOCK_OCTETS) * BLOCK_OCTETS;

  const grow = (end: number): boolean => {
    // By an eighth at least: growing moves the views, and a page at a time would do that too often.
    const pages = Math.ceil(Math.max(end - memory.length, memory.length / 8) / PAGE);
    try {
      wasm.grow(pages);
    } catch {
      return false;
    }
    memory = new Uint8Array(wasm.buffer);
    filters = new Uint32Array(wasm.buffer, FILTERS, BATCH);
    keys = new Uint32Array(wasm.buffer, KEYS, BATCH);
    return true;
  };

  return {
    get memory() {
      return memory;
    },
    setKey(key) {
      memory.set(key.subarray(0, 16), KEY);
    },
    slot: slot => QUEUE + slot * SLOT_OCTETS,
    enqueue(slot, length, filter, key) {
      memory[LENGTHS + slot] = length;
      filters[slot] = filter;
      keys[slot] = key;
    },
    insert(count, blocks) {
      kernel.hash(KEY, QUEUE, LENGTHS, DIGESTS, count);
      kernel.insert(DIGESTS, FILTERS, KEYS, blocks, count);
    },
    digest(length) {
      kernel.digest128(KEY, QUEUE, length, OUTPUT);
      return memory.slice(OUTPUT, OUTPUT + 16);
    },
    holds(filter, blocks, at, count, digest) {
      memory.set(digest.subarray(0, 8), ASKED);
      return kernel.mayHold(filter, blocks, ASKED) === 1 && kernel.holds(at, count, ASKED) === 1;
    },
    allocate(octets) {
      const at = free;
      if (at + octets > memory.length && !grow(at + octets)) return null;
      free = at + octets;
      return at;
    },
  };
}
