/** What a trace came to, in a few words of English for documents, and which ASes are to be called about it. */
import type { Trace } from '../traceback/trace.ts';

/** A chance in percent, never more sure than it is. */
function percent(share: number): string {
  if (share > 0.9999) return 'over 99.99 %';
  if (share < 0.0001) return 'under 0.01 %';
  return `${Math.floor(share * 1e4) / 100} %`;
}

/** One sentence without its full stop. */
export function conclusionOf({ entry, certainty, ambiguity, state }: Trace): string {
  const sure = certainty == null ? '' : ` (${percent(certainty)})`;
  const others = ambiguity.length;
  const remain =
    others === 0
      ? 'no other AS remains possible'
      : `${others} ${others === 1 ? 'AS remains' : 'ASes remain'} possible${entry === null ? '' : ' beyond it'}`;
  if (entry === null) return `entry ${state === 'partial' ? 'not yet known' : 'not found'}; ${remain}`;
  const { as, via, source } = entry;
  if (source) return `began inside AS${as}${sure}; ${remain}`;
  if (via === null) return `traced to AS${as}${sure}, which does not say from where it came; ${remain}`;
  return `entered at AS${as} via AS${via}${sure}; ${remain}`;
}

/** The entry AS and the neighbour that it had the packets from, but not `own`: it needs no telephone for itself. */
export function toBeCalled({ entry }: Pick<Trace, 'entry'>, own: number): readonly number[] {
  if (entry === null) return [];
  const ases = entry.via === null ? [entry.as] : [entry.as, entry.via];
  return [...new Set(ases)].filter(as => as !== own);
}

/** Whom to call about one AS; no lines: nobody is known. */
export interface EntryContacts {
  readonly as: number;
  /** Whom to call, in the order in which they are to be called. */
  readonly lines: readonly {
    readonly role: string;
    readonly name: string;
    /** Mail addresses and telephone numbers. */
    readonly reach: readonly string[];
    readonly source: string;
  }[];
}
