import { readFileSync } from 'node:fs';

const PAGE = 65536;
/** Memory that is kept from one sealing to the next; what a larger window needed is given back. */
const KEPT = 64 * 1024 * 1024;

// Node has it, but the type library without a browser does not say so.
declare const WebAssembly: {
  Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  Module: new (octets: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** What src/probe/kernel/ribbon.ts exports; its comments say what each does. */
export interface KernelFunctions {
  mixKeys(k0: bigint, k1: bigint, keys: number, count: number): void;
  count(keys: number, keyCount: number, counts: number, shift: number): void;
  scatter(
    keys: number,
    tags: number,
    keyCount: number,
    places: number,
    shift: number,
    toKeys: number,
    toTags: number,
  ): void;
  unique(
    keys: number,
    tags: number,
    from: number,
    bucketCount: number,
    to: number,
    overKeys: number,
    overTags: number,
    table: number,
  ): bigint;
  solve(
    keys: number,
    tags: number,
    keyCount: number,
    seed: number,
    blocks: number,
    width: number,
    coefficients: number,
    sides: number,
  ): number;
  substitute(blocks: number, width: number, coefficients: number, sides: number, output: number): void;
}

/** The sealing kernel with its memory, whose addresses from PAGE on are the caller's. */
export interface SealingKernel {
  readonly call: KernelFunctions;
  /** Octets of its memory. */
  readonly octets: number;
  /** The memory as it is now: it is another after `reserve` and after `call.unique`. */
  readonly buffer: ArrayBuffer;
  /** Sees to it that there is memory up to an address. False when the machine has no more. */
  reserve(end: number): boolean;
  /** Gives back what is more than 64 MiB; what lies in the memory is lost. */
  release(): void;
}

/** First address that is the caller's. */
export const FIRST_ADDRESS = PAGE;

/** Loads `build/ribbon.wasm` (made by `make`); throws with the file's name when it is absent. */
export function loadSealingKernel(file: URL = new URL('../../../build/ribbon.wasm', import.meta.url)): SealingKernel {
  const module = new WebAssembly.Module(readFileSync(file));
  const begin = () => {
    const memory = new WebAssembly.Memory({ initial: 16 });
    const call = new WebAssembly.Instance(module, { env: { memory } }).exports as KernelFunctions;
    return { memory, call };
  };
  let now = begin();
  return {
    get call() {
      return now.call;
    },
    get octets() {
      return now.memory.buffer.byteLength;
    },
    get buffer() {
      return now.memory.buffer;
    },
    reserve(end) {
      const missing = Math.ceil((end - now.memory.buffer.byteLength) / PAGE);
      if (missing <= 0) return true;
      try {
        now.memory.grow(missing);
      } catch {
        return false;
      }
      return true;
    },
    release() {
      if (now.memory.buffer.byteLength > KEPT) now = begin();
    },
  };
}
