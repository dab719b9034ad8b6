/** How many witnesses a book of cases may have in memory, all its cases together; what finds no room is counted and said. */

/** Some 400 octets each. */
export const MOST_WITNESSES = 1_000_000;
/** What was left out is asked for once so much of the room is free again. */
const FREE = 0.1;

export interface WitnessRoom {
  /** Room for one more, in any case where it `must` be; false: there is none, and it is counted. */
  take(must: boolean): boolean;
  /** Room for the name of one that found none; false: there is none for that either. */
  name(): boolean;
  /** So many names are not needed any more. */
  unname(count: number): void;
  /** So many were there before this book. */
  add(count: number): void;
  /** Their case is over. */
  free(count: number): void;
  /** Witnesses that were left out, since the start. */
  readonly leftOut: number;
  /** True once when some were left out and there is room again: then all that is held is to be told anew. */
  owed(): boolean;
}

export function witnessRoom(most = MOST_WITNESSES): WitnessRoom {
  let taken = 0;
  let named = 0;
  let leftOut = 0;
  let owing = false;
  return {
    take(must) {
      if (!must && taken >= most) {
        leftOut++;
        owing = true;
        return false;
      }
      taken++;
      return true;
    },
    name() {
      if (named >= most) return false;
      named++;
      return true;
    },
    unname(count) {
      named -= count;
    },
    add(count) {
      taken += count;
    },
    free(count) {
      taken -= count;
    },
    get leftOut() {
      return leftOut;
    },
    owed() {
      if (!owing || taken > most * (1 - FREE)) return false;
      owing = false;
      return true;
    },
  };
}
