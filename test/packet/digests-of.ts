/** Every digest of a capture, with what a question about it says: for tests that ask for all of them. */
import type { DigestKernel } from '../../src/packet/digest-kernel.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { digestLayer, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { STRICT } from '../../src/packet/profiles.ts';
import { capture, forEachRecord } from './captures.ts';

export interface DigestOf {
  /** Number of the record, from 1, and the IP layer, from 0 for the outermost. */
  readonly packet: number;
  readonly layer: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** 16 hex digits, under the key of the packet's hour. */
  readonly digest: string;
}

/**
 * The digests of all layers that have one, in profile strict, in the order of the file; the kernel is used for nothing
 * else meanwhile.
 */
export function digestsOf(name: string, secret: Uint8Array, kernel: DigestKernel): DigestOf[] {
  const layers = newLayers();
  const digests: DigestOf[] = [];
  let epoch = Number.NaN;
  forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType, seconds, nanoseconds, number }) => {
    if (epochOf(seconds * 1000) !== epoch) {
      epoch = epochOf(seconds * 1000);
      kernel.setKey(epochKey(secret, epoch));
    }
    const frame = bytes.subarray(offset, offset + captured);
    findLayers(frame, 0, captured, wire, linkType, layers);
    for (let layer = 0; layer < layers.count; layer++) {
      const found = digestLayer(kernel, frame, layers, layer, STRICT);
      if ('digest' in found) digests.push({ packet: number, layer, seconds, nanoseconds, digest: found.digest });
    }
  });
  return digests;
}
