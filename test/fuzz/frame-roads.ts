/** Blocks of hostile frames by both roads of a tap: the kernel's and the plain one have to come to the same. */
import { deepStrictEqual } from 'node:assert/strict';
import { blockRecord, frameBlock, nextFrame } from '../../src/packet/frame-block.ts';
import { epochKey, epochOf } from '../../src/packet/itk1.ts';
import { SECRET, tapped } from '../probe/tapped.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SECOND = 1_265_630_400;
const FILE_HEADER = 24;
const LAYOUTS = ['pcap-le-us', 'pcap-le-ns', 'pcap-be-us', 'pcap-be-ns'] as const;
const LINK_TYPES = [1, 101] as const;

/** The target; a seed is the begin of a capture file, whose records are taken for a block of every layout in turn. */
export function frameRoadTarget(seeds: readonly Uint8Array[]): Target {
  const record = blockRecord();
  const open = () => {
    const probe = tapped(10 ** 12);
    probe.tap.setKey(epochOf(SECOND * 1000), epochKey(SECRET, epochOf(SECOND * 1000)));
    return probe;
  };
  const plain = open();
  const fast = open();
  const ring = open();
  let count = 0;

  const digestsOf = ({ windows }: typeof plain) => {
    const slices = [...windows.live.all()].sort((a, b) => a.second - b.second || a.vantage - b.vantage);
    return slices.map(slice => [slice.second, slice.vantage, slice.packets, windows.live.take([slice]).sort()]);
  };

  return {
    name: 'frame roads',
    seeds,
    mutate: (input, other, random) => mutate(input, other, random, 4096),
    judge(file) {
      const layout = LAYOUTS[++count % LAYOUTS.length]!;
      const linkType = LINK_TYPES[(count >> 2) % LINK_TYPES.length]!;
      const octets = Uint8Array.from(file.subarray(FILE_HEADER));
      // All of one hour, or the fast road would never be taken.
      const view = new DataView(octets.buffer);
      const walked = frameBlock(octets, layout, linkType, 0);
      for (let { at } = walked; nextFrame(walked, record); { at } = walked)
        view.setUint32(at, SECOND + (walked.frames >> 3), layout.startsWith('pcap-le'));
      const before = plain.tap.counts();
      const reasons = new Map(before.without);
      const byHand = frameBlock(octets, layout, linkType, 0);
      while (nextFrame(byHand, record)) plain.tap.take(record);
      const block = frameBlock(octets, layout, linkType, 0);
      fast.tap.takeBlock(block);
      deepStrictEqual([block.at, block.frames], [byHand.at, byHand.frames]);
      const counts = fast.tap.counts();
      deepStrictEqual(counts, plain.tap.counts());
      deepStrictEqual(digestsOf(fast), digestsOf(plain));
      // A ring is the kernel's own; should it be garbage, nothing comes of it but garbage.
      ring.tap.takeBlock(frameBlock(octets, 'tpacket-v3', linkType, 0));
      if (count % 1024 === 0) digestsOf(ring);
      const words = [...counts.without].map(([reason, sum]) => `${reason} ${sum - (reasons.get(reason) ?? 0)}`);
      return `${counts.frames - before.frames} ${counts.digests - before.digests} ${words}`;
    },
    begin() {
      digestsOf(ring);
    },
  };
}
