/** What the timeline says of a witness. */
import type { Witness } from './case.ts';
import type { Judged } from './judged.ts';

/** The witness of what is found in the RPKI itself: no peer of the configuration has such a name. */
export const RPKI_PEER = '(rpki)';

/** Why a peer no longer holds a route: as a collector says, or as the case book finds. */
export type GoneWhy = Judged['why'] | 'absent' | 'removed';

export const GONE: Readonly<Record<GoneWhy, string>> = {
  update: 'announces another route',
  withdraw: 'withdrew it',
  replaced: 'replaced it',
  registry: 'may hold it: the registry or the watches changed',
  session: 'ended its session',
  absent: 'did not announce it again',
  removed: 'is no longer configured',
};

/** What is said of the RPKI in place of that: it holds no routes. */
const OF_RPKI: Readonly<Record<string, string>> = {
  'holds it': 'so the RPKI says',
  [GONE.update]: 'the RPKI no longer says so',
  [GONE.registry]: 'the route is no longer registered or watched',
};

/** A line about a witness: `tyo1 (AS64500) holds it`. */
export const lineOf = ({ peer, as }: Pick<Witness, 'peer' | 'as'>, what: string): string =>
  peer === RPKI_PEER ? (OF_RPKI[what] ?? what) : `${peer} (AS${as}) ${what}`;
