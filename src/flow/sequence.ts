/** What is missing between numbered messages, when some come late: UDP loses and overtakes. */

/** How far behind the newest a message may come and is still late rather than the first of a new start. */
const LATE = 64;

export interface Sequence {
  /** The number that is due next; null before the first message. */
  next: number | null;
  /** Units that never came. */
  lost: number;
  /** Times the exporter began anew. */
  restarts: number;
}

export function newSequence(): Sequence {
  return { next: null, lost: 0, restarts: 0 };
}

/**
 * Notes a message numbered `number` that holds `units`: the next one should have `number + units`, modulo 2^32. Whole
 * datagrams count 1 each (sFlow, NetFlow 9), records as many as there are (NetFlow 5, IPFIX).
 */
export function noteSequence(sequence: Sequence, number: number, units: number): void {
  const after = (number + units) >>> 0;
  if (sequence.next === null) {
    sequence.next = after;
    return;
  }
  const ahead = (number - sequence.next) >>> 0;
  if (ahead < 0x80000000) {
    sequence.lost += ahead;
    sequence.next = after;
    return;
  }
  const behind = 0x100000000 - ahead;
  if (behind <= LATE * Math.max(1, units)) {
    // It was counted as lost when a later one came.
    sequence.lost = Math.max(0, sequence.lost - units);
    return;
  }
  sequence.restarts++;
  sequence.next = after;
}
