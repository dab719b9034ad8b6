import type { Witness } from './case.ts';
import type { Judged } from './judged.ts';

/** The peer of a change as a witness that holds the route; `since`: ms since the epoch. */
export const witnessOf = (change: Judged, since: number): Witness => ({
  peer: change.peer,
  as: change.peerAs,
  address: change.peerAddress,
  path: change.path,
  since,
  until: null,
  state: 'holds',
  ...(change.drawing !== undefined && { drawing: change.drawing }),
  ...(change.blackhole && { blackhole: true }),
});
