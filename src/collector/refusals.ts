/** Connections that were not let in: every one counted, few of them said, so that an attack fills no log. */

/** Why a connection was closed before an octet of it was read. */
export type Refusal =
  /** No peer has its address, or its session goes another way. */
  | 'stranger'
  /** Its source connects too often, or all strangers together do. */
  | 'source'
  | 'all'
  /** The range has as many peers as it may have; too many dynamic peers are not yet Established. */
  | 'limit'
  | 'opening'
  /** The key of the peer is not in force on the listener. */
  | 'unkeyed';

interface Tally {
  count: number;
  /** When it last happened, and in which words. */
  last: number;
  words: string;
}

/** How long nothing more is said after something was. */
const QUIET = 10_000;
/** A refusal is a problem for so long. */
const FRESH = 10 * 60_000;

export interface Refusals {
  /** Counts one, and says it unless something was said a moment ago. */
  note(why: Refusal, words: string): void;
  /** Those of the last ten minutes, a line for each kind, with the count since the start. */
  problems(): string[];
  close(): void;
}

export function createRefusals(say: (words: string) => void): Refusals {
  const tallies = new Map<Refusal, Tally>();
  let unsaid = 0;
  let latest = '';
  let timer: NodeJS.Timeout | null = null;

  function wake(): void {
    if (unsaid === 0) {
      timer = null;
      return;
    }
    say(`${unsaid} more connections closed within ${QUIET / 1000} s, the last one: ${latest}`);
    unsaid = 0;
    timer = setTimeout(wake, QUIET);
  }

  return {
    note(why, words) {
      const tally = tallies.get(why) ?? { count: 0, last: 0, words };
      tallies.set(why, tally);
      tally.count++;
      tally.last = Date.now();
      tally.words = words;
      if (timer !== null) {
        unsaid++;
        latest = words;
        return;
      }
      say(words);
      timer = setTimeout(wake, QUIET);
    },
    problems: () =>
      [...tallies.values()]
        .filter(({ last }) => Date.now() - last < FRESH)
        .map(({ count, words }) => (count === 1 ? `bgp: ${words}` : `bgp: ${words} (${count} such since the start)`)),
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
