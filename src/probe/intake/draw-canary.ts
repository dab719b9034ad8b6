/**
 * Draws canaries from the frames of a tap: packets that a neighbour must have seen too, if it sees all that passes it, and
 * that nobody guesses.
 */
import { classOfBits } from '../../packet/entropy.ts';
import { isFragment } from '../../packet/fragments.ts';
import { bitsOfLayer } from '../../packet/itk1.ts';
import type { Layers } from '../../packet/layers.ts';
import { isSourceRouted } from '../../packet/source-route.ts';
import type { Canary } from '../canary.ts';
import type { Vantage } from '../question.ts';

/** Frames that are looked at for one canary, one by one: those of a busy tap in some milliseconds. */
const LOOKS = 4096;

const TCP = 6;
const UDP = 17;

export interface Drawing {
  /** True while a canary is to be drawn. */
  readonly wants: boolean;
  /**
   * Draws one of any of these neighbours, from the next frames on; `found` is called once, with null when none of the
   * frames was one. Whoever waited before gets null; an empty list draws nothing.
   */
  begin(neighbors: ReadonlySet<number>, found: (canary: Canary | null) => void): void;
  /** One frame fewer is to be looked at. True when it is a canary, of which `drawn` has to be told. */
  isOne(bytes: Uint8Array, layers: Layers, vantage: Vantage | undefined): boolean;
  /** The frame that was said to be one. */
  drawn(digest: string, epoch: number, time: number): void;
}

export function createDrawing(): Drawing {
  let neighbors: ReadonlySet<number> = new Set();
  let waiting: ((canary: Canary | null) => void) | null = null;
  let looks = 0;
  let one: Pick<Canary, 'neighbor' | 'direction' | 'entropy'> | null = null;

  const finish = (canary: Canary | null) => {
    const found = waiting;
    waiting = null;
    one = null;
    found?.(canary);
  };

  return {
    get wants() {
      return waiting !== null;
    },
    begin(of, found) {
      finish(null);
      if (of.size === 0) return found(null);
      neighbors = of;
      looks = LOOKS;
      waiting = found;
    },
    isOne(bytes, layers, vantage) {
      one = null;
      const { direction, neighbor } = vantage ?? { direction: 'unknown', neighbor: null };
      if ((direction === 'in' || direction === 'out') && neighbor !== null && neighbors.has(neighbor)) {
        const entropy = whatPassed(bytes, layers) ? classOfBits(bitsOfLayer(bytes, layers, 0)) : 'guessable';
        if (entropy !== 'guessable') one = { neighbor, direction, entropy };
      }
      if (one === null && --looks <= 0) finish(null);
      return one !== null;
    },
    drawn(digest, epoch, time) {
      if (one !== null) finish({ ...one, digest, epoch, time });
    },
  };
}

/**
 * True when a frame is of hosts that send through the neighbour and not of its routers, which speak to ours on the link
 * alone, and when it looks the same on both sides of it.
 */
function whatPassed(bytes: Uint8Array, layers: Layers): boolean {
  if (layers.count !== 1 || layers.fault[0] !== null) return false;
  if (layers.protocol[0] !== TCP && layers.protocol[0] !== UDP) return false;
  if (isFragment(bytes, layers, 0) || isSourceRouted(bytes, layers, 0)) return false;
  const four = layers.family[0] === 4;
  const left = bytes[layers.start[0]! + (four ? 8 : 7)]!;
  // What was sent with 255 and has 255 left has passed no router (RFC 5082); with 1 or none left it is not for another.
  if (left <= 1 || left === 255) return false;
  const to = layers.destination[0]!;
  return four ? bytes[to]! < 224 : bytes[to] !== 0xff && !(bytes[to] === 0xfe && (bytes[to + 1]! & 0xc0) === 0x80);
}
