/** What each pass of the kernel takes, over one batch that lies in the cache: nanoseconds a packet. For test/bench/digest.ts. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blockOf, IMIX, pcapOf } from './imix.ts';

const BATCH = 256;
const TIMES = 20_000;
const PAGE = 65536;
// Addresses in a memory of our own; the batch's parts are those of packet/kernel/batch.ts.
const KEY = PAGE;
const PORTS = KEY + 64;
const RUN = KEY + 96;
const LIST = KEY + 2048;
const WORK = KEY + 8192;
const CACHE = WORK + 32768;
const SLICES = CACHE + 4096 * 32;
const FILTER = SLICES + PAGE;
const FILTER_OCTETS = 2 * PAGE;
const KEYS = FILTER + FILTER_OCTETS;
const PIECE = KEYS + PAGE;

declare const WebAssembly: {
  Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (octets: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Passes {
  walk(run: number, slice: number, times: number): void;
  hash(key: number, batch: number, count: number, slice: number, times: number): void;
  touch(batch: number, count: number, times: number): void;
  set(batch: number, count: number, slice: number, times: number): void;
  remember(cache: number, key: number, vantage: number): number;
}

/** Compiles the kernel with its passes in a folder, and takes their times. */
export function timePasses(folder: string): { pass: string; nanoseconds: number }[] {
  const source = new URL('../../src/packet/kernel/passes.ts', import.meta.url).pathname;
  const file = join(folder, 'passes.wasm');
  execFileSync('asc', [source, ...'-O3 --noAssert --runtime stub --importMemory --enable simd -o'.split(' '), file]);
  const memory = new WebAssembly.Memory({ initial: 64 });
  const module = new WebAssembly.Module(readFileSync(file));
  const passes = new WebAssembly.Instance(module, { env: { memory } }).exports as Passes;
  const octets = new Uint8Array(memory.buffer);
  const { bytes } = blockOf(pcapOf(BATCH, IMIX, 128));
  octets.set(bytes, PIECE);
  octets.fill(255, PORTS, PORTS + 32);
  const run = new Uint32Array(memory.buffer, RUN, 22);
  const slice = new Uint32Array(memory.buffer, SLICES, 8);
  slice.set([FILTER, FILTER_OCTETS / 64, KEYS, BATCH]);
  for (let neighbor = 0; neighbor < 8; neighbor++) {
    octets.set([0, 0, 0x5e, 0, 0x53, 1, 0, 0, 0, 0, 0x5e, 0, 0x54, neighbor, 0, 0], KEY + 48);
    passes.remember(CACHE, KEY + 48, 0);
  }
  const second = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  run.set([
    PIECE,
    PIECE + bytes.length,
    0xffffffff,
    0,
    1,
    0,
    second,
    0,
    0,
    0,
    0,
    0,
    0,
    KEY,
    WORK,
    LIST,
    CACHE,
    SLICES,
    PORTS,
  ]);
  run.fill(0xffffffff, 20);

  const time = (work: () => void): number => {
    const found = Array.from({ length: 7 }, () => {
      const from = process.hrtime.bigint();
      work();
      return Number(process.hrtime.bigint() - from) / BATCH / TIMES;
    });
    return found.sort((a, b) => a - b)[3]!;
  };
  const copy = time(() => {
    for (let i = 0; i < TIMES; i++) octets.set(bytes, PIECE);
  });
  const all = time(() => passes.walk(RUN, SLICES, TIMES));
  const hash = time(() => passes.hash(KEY, WORK, BATCH, SLICES, TIMES));
  const touch = time(() => passes.touch(WORK, BATCH, TIMES));
  const set = time(() => passes.set(WORK, BATCH, SLICES, TIMES));
  return [
    { pass: 'copy (from the cache, 128 octets a frame)', nanoseconds: copy },
    { pass: 'headers and inputs', nanoseconds: all - hash - touch - set },
    { pass: 'hash', nanoseconds: hash },
    { pass: 'touch', nanoseconds: touch },
    { pass: 'set bits, append', nanoseconds: set },
  ];
}
