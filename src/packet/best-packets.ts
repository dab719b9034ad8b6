/**
 * Which packets of an attack to ask for: of all that are given those that are hardest to guess, each once, for copies of
 * a packet have one digest and are no evidence beside it.
 */
import type { DigestKernel } from './digest-kernel.ts';
import { classOfBits, type Entropy } from './entropy.ts';
import { findLayers } from './find-layers.ts';
import { isFragment } from './fragments.ts';
import { bitsOfLayer, digestLayer } from './itk1.ts';
import { newLayers } from './layers.ts';
import { STRICT } from './profiles.ts';

/** How good a packet is to be asked for. */
export interface Guessing {
  /** An estimate; see `bitsOf` in entropy.ts. */
  readonly bits: number;
  readonly entropy: Entropy;
  /** Of the innermost IP layer that has a digest: others may have seen it whole. */
  readonly fragment: boolean;
  /** The same for copies of a packet, and says nothing else: a digest under a key of zeroes. */
  readonly same: string;
}

/** For a digest that is not asked. */
const NO_KEY = new Uint8Array(16);

/**
 * Judges a frame by its innermost IP layer that has a digest; says why it has none. `wire`: the frame's length on the
 * wire. Sets the key of the kernel.
 */
export function guessingOf(
  kernel: DigestKernel,
  frame: Uint8Array,
  linkType: number,
  wire: number,
): Guessing | { readonly reason: string } {
  const found = newLayers();
  findLayers(frame, 0, frame.length, wire, linkType, found);
  kernel.setKey(NO_KEY);
  const reasons: string[] = [];
  for (let layer = found.count - 1; layer >= 0; layer--) {
    const made = digestLayer(kernel, frame, found, layer, STRICT);
    if ('reason' in made) {
      reasons.unshift(`layer ${layer}: ${made.reason}`);
      continue;
    }
    const bits = bitsOfLayer(frame, found, layer);
    return { bits, entropy: classOfBits(bits), fragment: isFragment(frame, found, layer), same: made.digest };
  }
  return { reason: reasons.join(', ') || found.stop };
}

export interface BestPackets<T> {
  /** Takes a packet, which is made when it is to be held; false when it is a copy of one that is held, or no better. */
  take(guessing: Guessing, make: () => T): boolean;
  /** Those held, in the order in which they came. */
  best(): readonly { readonly guessing: Guessing; readonly packet: T }[];
}

/** Holds the best `most` of the packets that it is given; a fragment is worse than whatever is none. */
export function bestPackets<T>(most: number): BestPackets<T> {
  const held: { readonly guessing: Guessing; readonly packet: T }[] = [];
  const worth = ({ bits, fragment }: Guessing) => (fragment ? bits - 1e6 : bits);
  return {
    take(guessing, make) {
      if (held.some(one => one.guessing.same === guessing.same)) return false;
      if (held.length >= most) {
        let worst = 0;
        for (const [i, one] of held.entries()) if (worth(one.guessing) < worth(held[worst]!.guessing)) worst = i;
        if (worth(guessing) <= worth(held[worst]!.guessing)) return false;
        held.splice(worst, 1);
      }
      held.push({ guessing, packet: make() });
      return true;
    },
    best: () => held,
  };
}
