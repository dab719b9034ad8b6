/**
 * Cases that are followed though nobody may ever have to be told of them: providers' aggregates that draw no traffic, prefixes
 * that a few peers have lost. There can be thousands. Where there is no room for another case one of them gives way.
 */
import type { CaseKind } from './case.ts';
import type { OpenCase } from './open-case.ts';

const FOLLOWED: ReadonlySet<CaseKind> = new Set(['super-prefix', 'visibility']);

/** True of a kind whose cases may be told to nobody. */
export const isFollowed = (kind: CaseKind): boolean => FOLLOWED.has(kind);

export interface QuietCases {
  /** A case has been opened. */
  enter(open: OpenCase): void;
  leave(open: OpenCase): void;
  /** The one to give way, the longest there first: nobody was told of it, nor would be. Null: there is none. */
  next(tells: (open: OpenCase) => boolean): OpenCase | null;
}

export function quietCases(): QuietCases {
  const quiet = new Set<OpenCase>();
  return {
    enter(open) {
      if (isFollowed(open.kind)) quiet.add(open);
    },
    leave: open => void quiet.delete(open),
    next(tells) {
      for (const open of quiet) {
        // One that is told is not looked at again: it stays until it is over.
        quiet.delete(open);
        if (open.state === 'suspected' && !tells(open)) return open;
      }
      return null;
    },
  };
}
