/**
 * Tells of what the kernel dropped for want of a signature or a TTL. The counters know no peer: who is meant is guessed
 * from which peers demand it and are not up.
 */
import { readFileSync } from 'node:fs';
import { type KernelDrops, readKernelDrops } from '../net/kernel-drops.ts';

/** What is asked of a peer here. */
export interface Guarded {
  readonly name: string;
  readonly password: boolean;
  readonly ttlSecurity: boolean;
  readonly up: boolean;
}

interface Kind {
  readonly what: string;
  /** Who may be meant. */
  readonly suspects: (peer: Guarded) => boolean;
}

const KINDS: Readonly<Record<keyof KernelDrops, Kind>> = {
  md5Failure: { what: 'TCP segments signed with another password', suspects: peer => peer.password },
  md5NotFound: { what: 'TCP segments without the signature of a password', suspects: peer => peer.password },
  md5Unexpected: { what: 'TCP segments signed with a password where none is configured', suspects: p => !p.password },
  minTtl: { what: 'packets with a lower TTL than `ttl security` demands', suspects: peer => peer.ttlSecurity },
};
const NAMES = Object.keys(KINDS) as (keyof KernelDrops)[];

/** How often the log tells of drops that go on, and how long after the last one they are a problem. */
const REPEAT = 60_000;
const FRESH = 5 * 60_000;

/** What is known of one counter: how much it grew since the start, how much was said, and when both last happened. */
interface Growth {
  total: number;
  said: number;
  saidAt: number;
  at: number;
}

export interface DropWatch {
  /** Reads the counters; to be called every few seconds. */
  look(now: number): void;
  /** A line for each counter that grew lately. */
  problems(now: number): string[];
  /** The lines of those that may concern this peer; none when it is up. */
  problemsOf(peer: Guarded, now: number): string[];
}

/** The kernel's counters; none where it has no such file. */
export function netstat(): string {
  try {
    return readFileSync('/proc/net/netstat', 'utf8');
  } catch {
    return '';
  }
}

/** `read` gives the text of /proc/net/netstat. */
export function createDropWatch(
  read: () => string,
  peers: () => readonly Guarded[],
  say: (words: string) => void,
): DropWatch {
  let last = readKernelDrops(read());
  const growth = new Map(NAMES.map(name => [name, { total: 0, said: 0, saidAt: -REPEAT, at: 0 } satisfies Growth]));

  function line(name: keyof KernelDrops, count: number): string {
    const { what, suspects } = KINDS[name];
    const names = peers().filter(peer => !peer.up && suspects(peer));
    const shown = names.slice(0, 5).map(peer => peer.name);
    const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
    const whose = shown.length === 0 ? '' : `; peers that are not up: ${shown.join(', ')}${more}`;
    return `the kernel dropped ${what} (${count})${whose}`;
  }
  const fresh = (name: keyof KernelDrops, now: number): boolean => {
    const { total, at } = growth.get(name)!;
    return total > 0 && now - at < FRESH;
  };

  return {
    look(now) {
      const next = readKernelDrops(read());
      const all = peers();
      for (const name of NAMES) {
        const grown = next[name] - last[name];
        // Another program's sockets count here too: where nobody of ours can be meant, nothing is said.
        if (grown <= 0 || !all.some(KINDS[name].suspects)) continue;
        const one = growth.get(name)!;
        one.total += grown;
        one.at = now;
      }
      last = next;
      for (const [name, one] of growth)
        if (one.total > one.said && now - one.saidAt >= REPEAT) {
          say(line(name, one.total - one.said));
          one.said = one.total;
          one.saidAt = now;
        }
    },
    problems: now => NAMES.filter(name => fresh(name, now)).map(name => line(name, growth.get(name)!.total)),
    problemsOf: (peer, now) =>
      NAMES.filter(name => !peer.up && fresh(name, now) && KINDS[name].suspects(peer)).map(
        name => `the kernel dropped ${KINDS[name].what} (${growth.get(name)!.total}), of this peer or of another`,
      ),
  };
}
