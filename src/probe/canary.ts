/**
 * A canary: a packet that came in from a neighbour or went out to one, as a probe tells its daemon of it. Of the packet itself
 * it has no octet: a digest, a time, and how hard the packet is to guess.
 */
import { type Fields, type Finding, fail, fields, integer, list, text } from './message-fields.ts';

export interface Canary {
  readonly neighbor: number;
  /** `in`: it came from there; `out`: it was handed to it. */
  readonly direction: 'in' | 'out';
  readonly epoch: number;
  /** 16 lower-case hex digits. */
  readonly digest: string;
  /** When it was seen, ms since the epoch. */
  readonly time: number;
  readonly entropy: 'fair' | 'high';
}

/** Neighbours of which one may be drawn in one go. */
export const MOST_DRAWN_OF = 4096;

/** Reads a canary that a probe has told; null stands for none. */
export function readCanary(f: Finding, value: unknown): Canary | null {
  if (value === null) return null;
  const from = fields(f, value, 'canary');
  const digest = text(f, from, 'digest', 16);
  if (!/^[0-9a-f]{16}$/.test(digest)) fail(f, 'digest is not 16 lower-case hex digits', null);
  return {
    ...{ neighbor: integer(f, from, 'neighbor', 0xffffffff), digest },
    direction: from.direction === 'in' || from.direction === 'out' ? from.direction : fail(f, 'direction', 'in'),
    ...{ epoch: integer(f, from, 'epoch', 0xffffffff), time: integer(f, from, 'time') },
    entropy: from.entropy === 'fair' || from.entropy === 'high' ? from.entropy : fail(f, 'entropy', 'fair'),
  };
}

/** Reads of which neighbours one is to be drawn. */
export function readNeighborsToDraw(f: Finding, from: Fields): number[] {
  return list(f, from, 'neighbors', MOST_DRAWN_OF).map(value =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 0xffffffff
      ? value
      : fail(f, 'a neighbor is no AS number', 1),
  );
}
