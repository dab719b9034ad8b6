/**
 * Which messages of peers somebody wants to be told: the filters of RIPE's RIS Live (ris-live.ripe.net/manual), so that only
 * what matches is ever written down.
 */
import { covers, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { LiveMessage, LiveType } from './live-message.ts';

/** One subscription, as it crosses to the collector. Null: whatever it is. */
export interface LiveFilter {
  /** Whose it is. */
  readonly client: number;
  readonly type: LiveType | null;
  /** A field that the message has to have, such as `announcements`. */
  readonly require: string | null;
  /** Address of the peer, canonical. */
  readonly peer: string | null;
  /** ASes that stand behind one another in the path; at its begin or end, where that is said. */
  readonly path: PathWanted | null;
  /** Canonical. */
  readonly prefixes: readonly string[] | null;
  readonly moreSpecific: boolean;
  readonly lessSpecific: boolean;
  /** The octets of the message are wanted too. */
  readonly raw: boolean;
}

export interface PathWanted {
  readonly ases: readonly number[];
  readonly begin: boolean;
  readonly end: boolean;
}

/** `^64500,64496$` and the like; null: it is none. */
export function parsePathWanted(text: string): PathWanted | null {
  const [, begin, ases, end] = /^(\^?)(\d{1,10}(?:,\d{1,10})*)(\$?)$/.exec(text) ?? [];
  if (ases === undefined) return null;
  const numbers = ases.split(',').map(Number);
  return numbers.some(as => as > 0xffffffff) ? null : { ases: numbers, begin: begin === '^', end: end === '$' };
}

export interface CompiledFilter extends Pick<LiveFilter, 'client' | 'raw'> {
  /** What can be said before a message is read. */
  mayBe(type: LiveType, peer: string): boolean;
  matches(message: LiveMessage): boolean;
}

/** A filter that is ready to be held against messages. A text that is no prefix matches nothing. */
export function compileFilter(of: LiveFilter): CompiledFilter {
  const { client, raw, type, require, peer, path } = of;
  const prefixes = of.prefixes?.map(parsePrefix) ?? null;
  // Messages of other types have neither a path nor prefixes.
  const ofUpdates = path !== null || prefixes !== null;
  return {
    client,
    raw,
    mayBe: (is, from) =>
      (type === null || type === is) && (peer === null || peer === from) && (!ofUpdates || is === 'UPDATE'),
    matches(message) {
      if (require !== null && !Object.hasOwn(message.fields, require)) return false;
      if (path !== null && !passes(message.path, path)) return false;
      if (prefixes === null) return true;
      return message.prefixes.some(one => prefixes.some(wanted => wanted !== null && fits(one, wanted, of)));
    },
  };
}

function fits(one: Prefix, wanted: Prefix, { moreSpecific, lessSpecific }: LiveFilter): boolean {
  const within = covers(wanted, one);
  if (within && (moreSpecific || one.length === wanted.length)) return true;
  return lessSpecific && covers(one, wanted);
}

/** True when the ASes stand in the path one behind the other; a set is each of its ASes. */
function passes(path: LiveMessage['path'], { ases, begin, end }: PathWanted): boolean {
  const last = path.length - ases.length;
  if (last < 0) return false;
  const at = (place: number) =>
    ases.every((as, i) => {
      const step = path[place + i]!;
      return typeof step === 'number' ? step === as : step.includes(as);
    });
  if (begin && end) return last === 0 && at(0);
  if (begin) return at(0);
  if (end) return at(last);
  for (let place = 0; place <= last; place++) if (at(place)) return true;
  return false;
}
