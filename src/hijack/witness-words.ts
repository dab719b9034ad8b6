/** What the timeline says of a witness. */
import type { Witness } from './case.ts';
import type { Judged } from './judged.ts';

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

/** A line about a witness: `tyo1 (AS64500) holds it`. */
export const lineOf = ({ peer, as }: Pick<Witness, 'peer' | 'as'>, what: string): string => `${peer} (AS${as}) ${what}`;
