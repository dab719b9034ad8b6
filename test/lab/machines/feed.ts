/**
 * A router that has its routes whatever becomes of the collector: it dials again and tells all that it has. Beside what is
 * hijacked it has a table of prefixes that are nobody's here, and changes of it without an end.
 */
import { MACHINES_PORT, OFFENDER } from '../../interop/machines.ts';
import { type Speaker, startSpeaker } from '../../interop/speaker.ts';

export interface Feed {
  announce(...prefixes: string[]): void;
  withdraw(...prefixes: string[]): void;
  /** UPDATEs of the table and of other paths that were sent so far. */
  sent(): number;
  close(): void;
}

export interface FeedOptions {
  readonly from: string;
  readonly to: string;
  /** Its own; the collector must let it dial. */
  readonly as: number;
  /** Routes of the table, and UPDATEs about them in a second; left out: none. */
  readonly routes?: number;
  readonly load?: number;
}

/** How often UPDATEs are sent, ms. */
const EVERY = 20;
/** Of so many UPDATEs of the load one tells another path of something that is hijacked. */
const ONE_IN = 50;

/** 20.0.0.0/24 and on. */
const routeOf = (number: number): string => `${20 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.0/24`;

export function feedOf({ from, to, as, routes = 0, load = 0 }: FeedOptions): Feed {
  /** What is hijacked, each with the number of its path. */
  const held = new Map<string, number>();
  /** Of each route of the table the number of its path; 0: it is withdrawn. */
  const table = new Uint8Array(routes).fill(1);
  let speaker: Speaker | null = null;
  let closed = false;
  let sent = 0;
  let next = 0;
  const pathOf = (number: number, origin: number) => [as, 64511 + number, origin];

  function tellAll(to: Speaker): void {
    for (const path of [1, 2]) {
      const these = Array.from(table.keys()).filter(i => table[i] === path);
      if (these.length > 0) to.announce(these.map(routeOf), ...pathOf(path, 64999));
    }
    for (const [prefix, path] of held) to.announce([prefix], ...pathOf(path, OFFENDER));
    to.endOfRib();
  }

  /** One UPDATE of the load: round and round, the path of a route is another one, or it goes, or it comes. */
  function change(to: Speaker): void {
    sent++;
    if (sent % ONE_IN === 0 && held.size > 0) {
      const [prefix, path] = [...held][Math.floor(sent / ONE_IN) % held.size]!;
      held.set(prefix, 3 - path);
      to.announce([prefix], ...pathOf(3 - path, OFFENDER));
      return;
    }
    next = (next + 7919) % routes;
    const now = ((table[next]! + 1) % 3) as 0 | 1 | 2;
    table[next] = now;
    if (now === 0) to.withdraw(routeOf(next));
    else to.announce([routeOf(next)], ...pathOf(now, 64999));
  }

  let due = 0;
  const pouring = setInterval(() => {
    due = Math.min(load, due + (load * EVERY) / 1_000);
    for (; due >= 1; due--) if (speaker !== null && !speaker.gone()) change(speaker);
  }, EVERY);

  const keep = async () => {
    while (!closed) {
      try {
        const made = await startSpeaker({ from, to, port: MACHINES_PORT, as });
        tellAll(made);
        speaker = made;
        while (!closed && !made.gone()) await new Promise(resolve => setTimeout(resolve, 50));
      } catch {
        // The collector is down; it may be so for a while.
      }
      speaker?.close();
      speaker = null;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  };
  void keep();
  return {
    announce(...prefixes) {
      for (const one of prefixes) held.set(one, 1);
      if (speaker !== null && !speaker.gone()) speaker.announce(prefixes, ...pathOf(1, OFFENDER));
    },
    withdraw(...prefixes) {
      for (const one of prefixes) held.delete(one);
      if (speaker !== null && !speaker.gone()) speaker.withdraw(...prefixes);
    },
    sent: () => sent,
    close() {
      closed = true;
      clearInterval(pouring);
      speaker?.close();
    },
  };
}
