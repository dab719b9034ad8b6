/** What this AS says of itself when a session begins (intertrack-protocol(7), OPEN). */
import type { Manager } from '../config/trace-sites-tree.ts';
import { EPOCH_OVERLAP } from './interval.ts';
import { MAX_FLIGHT } from './policy.ts';
import { MAX_QUESTIONS } from './request.ts';
import type { Timing } from './timing.ts';
import { LEAST_VERSION, type Open, VERSION } from './wire.ts';

/** What stands behind an ITM, as OPEN and the participation record tell it. */
export interface Behind {
  readonly roles: readonly Manager[];
  /** Seconds, and a share; null when not known, or not stated. */
  readonly retention: number | null;
  readonly coverage: number | null;
}

/** The OPEN for a peer of whom `rate` QUERYs a second are taken. */
export function openOf(
  of: {
    readonly as: number;
    readonly timing: Timing;
    readonly behind: Behind;
    readonly methods: Open['methods'];
  },
  rate: number,
): Open {
  const { as, timing, behind, methods } = of;
  return {
    ...{ type: 'open', version: VERSION, least: LEAST_VERSION, as },
    hold: Math.round(timing.hold / 1000),
    restart: Math.floor(timing.restart / 1000),
    ...behind,
    methods,
    epochs: { length: 3600, overlap: EPOCH_OVERLAP / 1000 },
    limits: { questions: MAX_QUESTIONS, flight: MAX_FLIGHT, rate: Math.min(0xffff, Math.floor(rate)) },
  };
}
