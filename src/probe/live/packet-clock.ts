/**
 * The time of packets, which goes on with what they are stamped with. A stamp that is far ahead is not believed at once: a
 * single packet of another year must not make everything else too old. Where packets come as they are sent, the clock of
 * the machine says what is too far; where they are read, some more of the same time say that it has come.
 */

export type Stamp =
  /** It is now, or was before. */
  | 'known'
  /** Time has gone on to it. */
  | 'advanced'
  /** It is far ahead; whether that is believed is still open. */
  | 'ahead'
  /** It can't be. */
  | 'refused';

export interface PacketClock {
  /** Newest second that is believed; -1 before the first. */
  readonly newest: number;
  /** Seconds that were ahead and are not believed, now that another came: what came of them has to go. */
  readonly disbelieved: readonly number[];
  /** Looks at a second that packets are of. */
  stamp(second: number): Stamp;
  /** Nothing more will come: what was ahead last is believed. */
  end(): void;
}

/** Seconds that time may go on at once where packets are read. */
const LONGEST_LEAP = 600;
/** Different seconds in a row that make a leap believed. */
const WITNESSES = 3;
/** Seconds that a packet may be ahead of the clock where they come as they are sent. */
const AHEAD_OF_CLOCK = 2;

/** `now` gives the second of the machine's clock where packets come as they are sent; null where they are read. */
export function packetClock(now: (() => number) | null): PacketClock {
  let newest = -1;
  let ahead: number[] = [];
  let disbelieved: readonly number[] = [];
  return {
    get newest() {
      return newest;
    },
    get disbelieved() {
      return disbelieved;
    },
    stamp(second) {
      disbelieved = [];
      if (now !== null) {
        if (second > now() + AHEAD_OF_CLOCK) return 'refused';
      } else if (newest >= 0 && second > newest + LONGEST_LEAP) {
        if (!ahead.includes(second)) ahead.push(second);
        if (ahead.length < WITNESSES) return 'ahead';
        newest = Math.max(...ahead);
        ahead = [];
        return 'advanced';
      } else if (ahead.length > 0) {
        disbelieved = ahead;
        ahead = [];
      }
      if (second <= newest) return 'known';
      newest = second;
      return 'advanced';
    },
    end() {
      newest = Math.max(newest, ...ahead);
      ahead = [];
    },
  };
}
