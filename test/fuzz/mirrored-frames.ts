/** Packets of remote mirrors, and whatever else is sent to where mirrors are expected. */
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../src/packet/link-headers.ts';
import { MIRRORS, newUnpacked, unpackMirror } from '../../src/probe/capture/mirror.ts';
import { hex } from '../packet/packets.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const ETHERNET = '020000000001 020000000002';
const IP = (protocol: string) => `4500 0000 0001 0000 40${protocol} 0000 0a000001 0a000002`;
const INSIDE = `${ETHERNET} 8100 0007 0800 ${IP('11')} 0035 0035 0010 0000 0102030405060708`;
const SEEDS = [
  `${ETHERNET} 0800 ${IP('2f')} 0000 88be ${INSIDE}`,
  `${ETHERNET} 8100 0001 0800 ${IP('2f')} 1000 88be 00000007 1001 0411 00000000 ${INSIDE}`,
  `${ETHERNET} 0800 ${IP('2f')} 1000 22eb 00000007 2001 0005 00000000 0000 0001 0000000000000000 ${INSIDE}`,
  `${ETHERNET} 86dd 60000000 0000 2f 40 ${'00'.repeat(32)} 2000 6558 00010002 ${INSIDE}`,
  `${ETHERNET} 0800 ${IP('11')} c000 12b5 0000 0000 08000000 00012c00 ${INSIDE}`,
  `${ETHERNET} 0800 ${IP('11')} c000 9090 0000 0000 01 00 0001 0a 01 ff 00 01 ${INSIDE}`,
];

/** The target: every kind of mirror is tried on every frame. */
export function mirroredFrameTarget(): Target {
  const into = newUnpacked();
  const layers = newLayers();
  return {
    name: 'mirrored frames',
    seeds: SEEDS.map(text => hex(text)),
    mutate,
    judge(frame) {
      const found: string[] = [];
      for (const linkType of [LINKTYPE_ETHERNET, LINKTYPE_RAW])
        for (const mirror of MIRRORS) {
          if (!unpackMirror(frame, 0, frame.length, frame.length, linkType, mirror, into)) continue;
          const { offset, wire, session } = into;
          if (offset <= 0 || offset >= frame.length) throw new Error('a frame outside of its packet');
          if (wire < frame.length - offset || session < 0 || session > 0xffffffff)
            throw new Error('a field that cannot be');
          findLayers(frame, offset, frame.length, wire, into.linkType, layers);
          found.push(`${linkType} ${mirror} ${into.linkType} ${layers.count} ${layers.stop}`);
        }
      return found.join(', ');
    },
    begin() {},
  };
}
