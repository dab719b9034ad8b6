/** An object of any class that is read, as plain data: for JSON, and for people. */
import { formatPrefix } from '../net/prefix.ts';
import { type AsMember, readAsSet } from './as-set.ts';
import { readAutNum } from './aut-num.ts';
import { datesOf, type ObjectDates } from './dates.ts';
import { readInetRtr } from './inet-rtr.ts';
import { readMntner } from './mntner.ts';
import { OTHER_CLASSES } from './other-objects.ts';
import { formatOperator, formatRange } from './prefix-range.ts';
import { type Reading, type Registration, sourceOf } from './registration.ts';
import { readRouteObject } from './route-object.ts';
import { type RouteMember, readRouteSet } from './route-set.ts';
import type { RpslObject, RpslProblem } from './rpsl.ts';

/** Classes that are read. */
export const CLASSES: ReadonlySet<string> = new Set(['route', 'route6', ...OTHER_CLASSES]);

/** What all objects say, their dates beside the rest; and what those of the class say besides. */
export interface PlainObject extends Omit<Registration, 'dates'>, ObjectDates {
  readonly class: string;
  /** Its name: of a route object its prefix and origin in one word, as IRRs write it. */
  readonly key: string;
  readonly [name: string]: unknown;
}

/** Reads an object of one of CLASSES. */
export function plainObject(rpsl: RpslObject): Reading<PlainObject> {
  const reader = Object.hasOwn(READERS, rpsl.class) ? READERS[rpsl.class] : undefined;
  return reader?.(rpsl) ?? { ok: false, problem: { line: rpsl.line, why: `${rpsl.class}: a class that is not read` } };
}

/** A member of an as-set as it is written. */
export const formatAsMember = (member: AsMember): string => ('as' in member ? `AS${member.as}` : member.set);

/** A member of a route-set as it is written. */
export function formatRouteMember(member: RouteMember): string {
  if ('range' in member) return formatRange(member.range);
  const name = 'as' in member ? `AS${member.as}` : 'asSet' in member ? member.asSet : member.routeSet;
  return name + formatOperator(member.operator);
}

const READERS: Readonly<Record<string, (rpsl: RpslObject) => Reading<PlainObject>>> = {
  route: plainRoute,
  route6: plainRoute,
  'aut-num': rpsl => plain(rpsl, readAutNum(rpsl), ({ asn, ...rest }) => ({ key: `AS${asn}`, asn, ...rest })),
  'as-set': rpsl =>
    plain(rpsl, readAsSet(rpsl), ({ name, members, ...rest }) => ({
      key: name,
      members: members.map(formatAsMember),
      ...rest,
    })),
  'route-set': rpsl =>
    plain(rpsl, readRouteSet(rpsl), ({ name, members, ...rest }) => ({
      key: name,
      members: members.map(formatRouteMember),
      ...rest,
    })),
  mntner: rpsl => plain(rpsl, readMntner(rpsl), ({ name, ...rest }) => ({ key: name, ...rest })),
  'inet-rtr': rpsl => plain(rpsl, readInetRtr(rpsl), ({ name, ...rest }) => ({ key: name, ...rest })),
};

function plain<Read extends Registration>(
  rpsl: RpslObject,
  reading: Reading<Read>,
  shown: (object: Omit<Read, 'dates'>) => { readonly key: string } & Omit<Registration, 'dates'>,
): Reading<PlainObject> {
  if (!reading.ok) return reading;
  const { dates, ...object } = reading.object;
  return { ok: true, object: { class: rpsl.class, ...shown(object), ...dates }, problems: reading.problems };
}

function plainRoute(rpsl: RpslObject): Reading<PlainObject> {
  const reading = readRouteObject(rpsl, sourceOf(rpsl));
  if (!reading.ok) return reading;
  const problems: RpslProblem[] = [...reading.refused];
  const { prefix, holes, text: _, ...rest } = reading.object;
  const words = { prefix: formatPrefix(prefix), holes: holes.map(formatPrefix) };
  const key = `${words.prefix}AS${rest.origin}`;
  return { ok: true, object: { class: rpsl.class, key, ...words, ...rest, ...datesOf(rpsl, problems) }, problems };
}
