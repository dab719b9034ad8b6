// The digest kernel (AssemblyScript, built to build/itk1.wasm): from blocks of frames to `itk1` digests in live slices. It
// keeps no state: every address is given by packet/digest-kernel.ts, which owns the memory.
import { sipHash } from './siphash';

export { insertQueued, recall } from './batch';
export { holds, mayHold } from './filter';
export { remember, takeFrames } from './frames';

/** All 16 octets of one input's digest, to `output`: the form kept in evidence. */
export function digest128(key: usize, input: usize, length: usize, output: usize): void {
  store<u64>(output, sipHash(load<u64>(key), load<u64>(key, 8), input, length, output + 8));
}
