/** How many packets of an attack are asked for, and how many of them one vantage has to have seen. */

/** Packets that a trace asks for of those that are given: with 4 of 8 a filter's false yes is no matter (research: traceback 4.4). */
export const PACKETS = 8;
/** And at most, where more than half of `PACKETS` have to be seen. */
export const MOST_PACKETS = 16;

/** Where some AS keeps a share of the packets only; of one in sixteen four are there. */
export const PACKETS_OF_SHARES = 64;
/** Packets of a capture that are given to choose from: the lowest digests of so many are kept by whoever keeps one in sixteen. */
export const CHOICE = 128;

/** How many packets to ask for when `need` of them have to be seen; null: not said. */
export function packetsFor(need: number | null): number {
  return need === null ? PACKETS : Math.min(MOST_PACKETS, Math.max(PACKETS, 2 * need));
}

/**
 * How many of so many packets have to be seen at one vantage: half of them, and two of several, for of one packet alone
 * a filter says yes falsely now and then.
 */
export function needOf(packets: number): number {
  return Math.min(packets, Math.max(Math.ceil(packets / 2), 2));
}
