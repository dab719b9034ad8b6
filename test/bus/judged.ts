import type { JudgedChange } from '../../src/registry/judged-change.ts';

/** The change of a number: its prefix and its time tell which. */
export function judgedChange(number: number, more: Partial<JudgedChange> = {}): JudgedChange {
  return {
    peer: 'feed',
    peerAs: 64497,
    peerAddress: '192.0.2.1',
    prefix: `10.${(number >> 8) & 255}.${number & 255}.0/24`,
    origin: 64666,
    kind: 'origin',
    offender: 64666,
    ground: '',
    what: 'held',
    why: 'update',
    time: number,
    path: [64497, 64666],
    state: 'mismatch',
    decidedBy: `10.${(number >> 8) & 255}.${number & 255}.0/24`,
    ...more,
  };
}
