/** `except` of a watch: origins that may announce a prefix, for a reason, as long as that is true. */
import type { WatchConfig, WatchException } from '../config/tree.ts';
import { covers, parsePrefix } from '../net/prefix.ts';

/** An exception, and whose it is. */
export interface FoundException extends WatchException {
  readonly watch: string;
}

/** All exceptions that are in force at `now`, in the order of the configuration. */
export function exceptionsAt(watches: readonly WatchConfig[], now: number): readonly FoundException[] {
  return watches.flatMap(({ name, exceptions = [] }) =>
    exceptions.filter(({ until }) => until === null || now < until).map(one => ({ ...one, watch: name })),
  );
}

/** The one of these that lets `offender` announce the prefix or what lies in it; the offender of an AS_SET has none. */
export function exceptionFor(
  exceptions: readonly FoundException[],
  prefix: string,
  offender: number | null,
): FoundException | null {
  if (offender === null || exceptions.length === 0) return null;
  const announced = parsePrefix(prefix);
  if (announced === null) return null;
  const found = exceptions.find(one => {
    const allowed = parsePrefix(one.prefix);
    return one.origins.includes(offender) && allowed !== null && covers(allowed, announced);
  });
  return found ?? null;
}

/** An exception in words: `192.0.2.0/24 AS64520 of watch ours (scrubbing)`. */
export const exceptionWords = ({ watch, prefix, origins, reason }: FoundException): string =>
  `${prefix} ${origins.map(as => `AS${as}`).join(', ')} of watch ${watch} (${reason})`;

/** Tells, each time it is asked, which exceptions have come to their end since the last time. */
export function exceptionEnds(): (watches: readonly WatchConfig[], now: number) => readonly FoundException[] {
  let last: number | null = null;
  return (watches, now) => {
    const since = last ?? now;
    last = now;
    return exceptionsAt(watches, since).filter(({ until }) => until !== null && until <= now);
  };
}
