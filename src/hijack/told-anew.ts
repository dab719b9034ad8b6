/** Whether a change tells anything: a collector that tells anew all that it holds tells mostly what is known. */
import type { Witness } from './case.ts';
import type { Judged } from './judged.ts';
import type { OpenCase } from './open-case.ts';

/** True when the case says of this witness, who holds the route, already what the change does. */
export const isSaid = (open: OpenCase, { as, address, path, drawing, blackhole }: Witness, change: Judged): boolean =>
  as === change.peerAs &&
  address === change.peerAddress &&
  drawing === change.drawing &&
  blackhole === (change.blackhole || undefined) &&
  (change.hadBy ?? open.hadBy) === open.hadBy &&
  (change.rightly ?? open.rightly) === open.rightly &&
  open.ground === change.ground &&
  JSON.stringify(path) === JSON.stringify(change.path);
