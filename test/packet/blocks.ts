/** Frames as blocks: records of a pcap file, and blocks as the kernel fills them in a TPACKET_V3 ring. */
import { type FrameBlock, type FrameLayout, frameBlock } from '../../src/packet/frame-block.ts';

export interface BlockFrame {
  readonly bytes: Uint8Array;
  readonly wire?: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Tag control information that the card took out. */
  readonly tag?: number;
  readonly outgoing?: boolean;
}

/** The records without the file's header. */
export function pcapBlock(
  frames: readonly BlockFrame[],
  linkType: number,
  layout: FrameLayout = 'pcap-le-ns',
  number = 0,
): FrameBlock {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + 16 + frame.bytes.length, 0));
  const view = new DataView(bytes.buffer);
  const little = layout.startsWith('pcap-le');
  let at = 0;
  for (const { bytes: frame, wire, seconds, nanoseconds } of frames) {
    view.setUint32(at, seconds, little);
    view.setUint32(at + 4, layout.endsWith('us') ? Math.floor(nanoseconds / 1000) : nanoseconds, little);
    view.setUint32(at + 8, frame.length, little);
    view.setUint32(at + 12, wire ?? frame.length, little);
    bytes.set(frame, at + 16);
    at += 16 + frame.length;
  }
  return frameBlock(bytes, layout, linkType, number);
}

const BLOCK_HEADER = 48;
/** struct tpacket3_hdr and struct sockaddr_ll, and what Linux leaves before the frame. */
const FRAME_AT = 82;

/** One block of a ring (linux/if_packet.h), of 1 MiB or what the frames need. */
export function ringBlock(frames: readonly BlockFrame[], linkType: number, number = 0): FrameBlock {
  const steps = frames.map(({ bytes }) => (FRAME_AT + bytes.length + 7) & ~7);
  const used = steps.reduce((sum, step) => sum + step, BLOCK_HEADER);
  const bytes = new Uint8Array(Math.max(used, 1 << 20));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 1, true);
  view.setUint32(12, frames.length, true);
  view.setUint32(16, BLOCK_HEADER, true);
  view.setUint32(20, used, true);
  let at = BLOCK_HEADER;
  frames.forEach((frame, i) => {
    const words = [
      i === frames.length - 1 ? 0 : steps[i]!,
      frame.seconds,
      frame.nanoseconds,
      frame.bytes.length,
      frame.wire ?? frame.bytes.length,
      frame.tag === undefined ? 1 : 0x11,
      FRAME_AT | (FRAME_AT << 16),
      0,
      frame.tag ?? 0,
    ];
    words.forEach((word, n) => {
      view.setUint32(at + n * 4, word, true);
    });
    view.setUint8(at + 58, frame.outgoing ? 4 : 0);
    bytes.set(frame.bytes, at + FRAME_AT);
    at += steps[i]!;
  });
  return frameBlock(bytes, 'tpacket-v3', linkType, number);
}
