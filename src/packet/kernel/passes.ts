// The passes one by one, many times over one batch: for test/bench/passes.ts, which compiles this beside the kernel.
import { enter, hashAll, Recent, setAll, Slice, slotOf, touchAll } from './batch';
import { Run, takeFrames } from './frames';

export { remember } from './frames';

/** All passes, over the frames from `run.at` to `run.end`. */
export function walk(run: Run, slice: Slice, times: i32): void {
  const at = run.at;
  const next = slice.next;
  const room = slice.room;
  for (let i = 0; i < times; i++) {
    takeFrames(run);
    run.at = at;
    slice.next = next;
    slice.room = room;
  }
}

/** Hashes the `count` inputs that `walk` has left in the slots. */
export function hash(key: usize, batch: usize, count: u32, slice: Slice, times: i32): void {
  memory.fill(batch, 0, 64);
  for (let i: u32 = 0; i < count; i++) {
    const slot = slotOf(batch, i);
    // Form 4 or 6: 23 or 42 octets, the last of which counts those that follow.
    const before: u32 = load<u8>(slot, 5) == 4 ? 23 : 42;
    enter(batch, i, before + load<u8>(slot + <usize>before - 1), slice);
  }
  for (let i = 0; i < times; i++) hashAll(key, batch);
}

export function touch(batch: usize, count: u32, times: i32): void {
  for (let i = 0; i < times; i++) touchAll(batch, count);
}

/** Sets the bits of the same digests again and again. */
export function set(batch: usize, count: u32, slice: Slice, times: i32): void {
  const next = slice.next;
  for (let i = 0; i < times; i++) {
    setAll(batch, count, u64.MAX_VALUE, changetype<Recent>(64));
    slice.next = next;
  }
}
