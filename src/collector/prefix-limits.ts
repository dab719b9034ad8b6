/** `maximum prefix`: how many routes of a peer are taken, and what is done about more (RFC 4271 section 6.7, RFC 4486). */
import { type SessionError, sessionError } from '../bgp/errors.ts';
import { CEASE, MAXIMUM_PREFIXES } from '../bgp/notification.ts';
import type { PrefixLimit } from '../config/tree.ts';

/** Routes that a peer holds, by family. */
export interface RouteCounts {
  readonly count4: number;
  readonly count6: number;
  /** Of all the other families. */
  readonly others: number;
}

/** Where it is said that a limit comes near. */
const NEAR = 0.9;

/** Routes that count against a limit. */
function counted({ family }: PrefixLimit, { count4, count6, others }: RouteCounts): number {
  return family === 'ipv4' ? count4 : family === 'ipv6' ? count6 : count4 + count6 + others;
}

function words(limit: PrefixLimit, count: number): string {
  const kind = limit.family === null ? 'routes' : limit.family === 'ipv4' ? 'IPv4 routes' : 'IPv6 routes';
  return `${count} ${kind}, \`maximum prefix\` is ${limit.most}`;
}

/**
 * The Cease of RFC 4486 section 4. Its data are AFI (2), SAFI (1) and the bound (4); a limit of all families has none,
 * since there is no number for them.
 */
function excess(limit: PrefixLimit, count: number): SessionError {
  const data = Buffer.alloc(limit.family === null ? 0 : 7);
  if (limit.family !== null) {
    data.writeUInt16BE(limit.family === 'ipv4' ? 1 : 2, 0);
    data[2] = 1;
    data.writeUInt32BE(limit.most, 3);
  }
  return sessionError(CEASE, MAXIMUM_PREFIXES, words(limit, count), data);
}

/** The limits that are exceeded, in words. */
export function exceeded(limits: readonly PrefixLimit[], counts: RouteCounts): string[] {
  return limits.filter(one => counted(one, counts) > one.most).map(one => words(one, counted(one, counts)));
}

/** Holds the routes of one session against its limits; says once that each comes near, and once that it is exceeded. */
export function watchLimits(say: (words: string) => void) {
  const said = new Set<string>();
  const once = (limit: PrefixLimit, what: string, text: string): void => {
    const key = `${limit.family} ${limit.most} ${what}`;
    if (said.has(key)) return;
    said.add(key);
    say(text);
  };
  return {
    /** The first limit that ends the session, with the NOTIFICATION that says so; null when it may go on. */
    judge(
      limits: readonly PrefixLimit[],
      counts: RouteCounts,
    ): { readonly limit: PrefixLimit; readonly error: SessionError } | null {
      for (const limit of limits) {
        const count = counted(limit, counts);
        if (count < limit.most * NEAR) continue;
        if (count <= limit.most) once(limit, 'near', `nears its limit: ${words(limit, count)}`);
        else if (limit.action === 'warn') once(limit, 'over', `is over its limit: ${words(limit, count)}`);
        else return { limit, error: excess(limit, count) };
      }
      return null;
    },
  };
}

export type LimitWatch = ReturnType<typeof watchLimits>;
