/** Digests of the frames of a capture, one after the other: behind `itctl digest` and `itprobe -d`. */
import type { PcapRecord } from './capture.ts';
import type { DigestKernel } from './digest-kernel.ts';
import { findLayers } from './find-layers.ts';
import { digestLayer, epochOf, type LayerDigest } from './itk1.ts';
import { type Layers, newLayers, type ProfileRefusal, type Stop } from './layers.ts';
import { LINKTYPE_RAW } from './link-headers.ts';
import type { Profile } from './profiles.ts';
import { readQuoted } from './quoted.ts';
import { createReassembler, type ReassemblyRefusal } from './reassembly.ts';

/** What there is to say of a layer in a profile, of a frame without a layer, or of fragments that make no packet. */
export interface CaptureDigest {
  /** Number of the record, from 1; of fragments put together, of the one that completed them. */
  readonly packet: number;
  /** Seconds since the epoch, and nanoseconds within the second. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** From 0 for the outermost; null: no IP layer was found. */
  readonly layer: number | null;
  /** Null where no profile is concerned: no layer, or no packet. */
  readonly profile: Profile | null;
  readonly result:
    | Extract<LayerDigest, { digest: string }>
    | { readonly reason: ProfileRefusal | ReassemblyRefusal | Stop | 'incomplete' };
  /** The packet that an ICMP error in this layer quotes. */
  readonly quoted: boolean;
  /** Records of the fragments that were put together, in the order they came in; null: as seen. */
  readonly parts: readonly number[] | null;
}

export interface CaptureDigesterOptions {
  readonly kernel: DigestKernel;
  readonly profiles: readonly Profile[];
  /** The key of an epoch, 16 octets. */
  keyOf(epoch: number): Uint8Array;
  /** Whether fragments are digested put together too, beside as they are. */
  readonly reassemble: boolean;
}

export interface CaptureDigester {
  /** Everything to say of one frame, outermost layer first, in the order of the profiles. */
  take(record: PcapRecord): readonly CaptureDigest[];
  /** At the end of the capture: the packets of which fragments are missing. */
  end(): readonly CaptureDigest[];
}

/** A digester that has the kernel for itself. */
export function createCaptureDigester({
  kernel,
  profiles,
  keyOf,
  reassemble,
}: CaptureDigesterOptions): CaptureDigester {
  const layers = newLayers();
  const inner = newLayers();
  const quoted = newLayers();
  const reassembler = createReassembler();
  let epoch = Number.NaN;
  let last = { seconds: 0, nanoseconds: 0 };

  /** All profiles of all layers of a frame, whose outermost is layer `from` of its packet. */
  const digest = (
    frame: Uint8Array,
    found: Layers,
    from: number,
    at: Pick<CaptureDigest, 'packet' | 'seconds' | 'nanoseconds' | 'parts'>,
    to: CaptureDigest[],
  ) => {
    for (let i = 0; i < found.count; i++)
      for (const profile of profiles) {
        const one = { ...at, layer: from + i, profile, quoted: false };
        to.push({ ...one, result: digestLayer(kernel, frame, found, i, profile) });
        if (profile.name === 'quoted8' && readQuoted(frame, found, i, quoted))
          to.push({ ...one, quoted: true, result: digestLayer(kernel, frame, quoted, 0, profile) });
      }
  };

  return {
    take({ bytes, offset, captured, wire, linkType, seconds, nanoseconds, number }) {
      const needed = epochOf(seconds * 1000);
      if (needed !== epoch) kernel.setKey(keyOf(needed));
      epoch = needed;
      last = { seconds, nanoseconds };
      const frame = bytes.subarray(offset, offset + captured);
      findLayers(frame, 0, captured, wire, linkType, layers);
      const at = { packet: number, ...last, parts: null };
      if (layers.count === 0)
        return [{ ...at, layer: null, profile: null, quoted: false, result: { reason: layers.stop } }];
      const found: CaptureDigest[] = [];
      digest(frame, layers, 0, at, found);
      if (!reassemble) return found;
      for (let i = 0; i < layers.count; i++) {
        const made = reassembler.take(frame, layers, i, seconds, number);
        if (made === null) continue;
        const whole = { ...at, parts: made.parts };
        if ('reason' in made) {
          found.push({ ...whole, layer: i, profile: null, quoted: false, result: { reason: made.reason } });
          continue;
        }
        findLayers(made.bytes, 0, made.bytes.length, made.wire, LINKTYPE_RAW, inner);
        digest(made.bytes, inner, i, whole, found);
      }
      return found;
    },
    end: () =>
      reassembler.end().map(({ parts }) => ({
        packet: parts.at(-1)!,
        ...last,
        layer: null,
        profile: null,
        quoted: false,
        parts,
        result: { reason: 'incomplete' },
      })),
  };
}
