/**
 * Why a contradiction may be none: the false positives that JPNIC listed, recognised by what the registry holds (research:
 * hijack 3.6), and what is to be said of origins that are none (3.1). A hint suppresses nothing; it is what one looks at
 * first. Each is a function of the facts, in the order in which they are told.
 */
import { covers, formatPrefix, type Prefix } from '../net/prefix.ts';
import { isAddrSpec } from './addr-spec.ts';
import { datesOf, lastTouched } from './dates.ts';
import type { IrrJudgement } from './irr-state.ts';
import type { RouteObject } from './objects.ts';
import { formatOrigin, type OriginRemark, type RouteOrigin } from './origin.ts';
import { formatVrp, type RovJudgement } from './rov.ts';
import type { AspaTable } from './rpki/aspa.ts';
import { type RpslAttribute, readRpslObject } from './rpsl.ts';
import { classOfAs } from './special-as.ts';

export type HintName =
  | 'unreadable'
  | 'as-set'
  | 'private-as'
  | 'ix-lan'
  | 'registration-error'
  | 'disputed'
  | 'proxy-object'
  | 'sibling'
  | 'customer-pa'
  | 'covering-holder';

export interface Hint {
  /** Its name. */
  readonly hint: HintName;
  /** A sentence or two for a person. */
  readonly text: string;
  /** A route object ready to be registered, where that is the remedy. */
  readonly object?: string;
}

/** What the hints are made from. */
export interface HintFacts {
  readonly prefix: Prefix;
  readonly origin: RouteOrigin;
  readonly remark: OriginRemark | null;
  /** Neighbour first; null when it is not known. */
  readonly path: readonly (number | readonly number[])[] | null;
  readonly rov: RovJudgement;
  readonly irr: IrrJudgement<RouteObject>;
  /** All objects that touch the prefix. */
  readonly objects: readonly RouteObject[];
  /** What the RPKI says of a route like this object. */
  readonly rovOf: (object: RouteObject) => RovJudgement;
  readonly aspas: AspaTable;
  /** Sources that speak for their space; empty when none is said to. */
  readonly authoritative: ReadonlySet<string>;
  /** Peering LANs of exchange points and links between networks. */
  readonly ixLans: readonly Prefix[];
  /** Maintainers of the aut-num of this AS, upper case. */
  readonly maintainersOf: (as: number) => readonly string[];
  /** True when an as-set that is `as`'s own has the member. */
  readonly hasCustomer: (as: number, member: number) => boolean;
  /** Now, ms since the epoch: the date of a ready-made object. */
  readonly now: number;
}

const HINTS: readonly ((facts: HintFacts) => Hint | null)[] = [
  unreadable,
  asSet,
  privateAs,
  ixLan,
  registrationError,
  disputed,
  proxyObject,
  sibling,
  customerPa,
  coveringHolder,
];

/** All hints that the facts give. */
export function hintsFor(facts: HintFacts): readonly Hint[] {
  return HINTS.map(hint => hint(facts)).filter(hint => hint !== null);
}

const contradicts = ({ irr: { state } }: HintFacts): boolean => state === 'mismatch' || state === 'mismatch-covering';

const upper = (names: readonly string[]): string[] => names.map(name => name.toUpperCase());

/** Origins of the objects that decided, each once. */
const registered = ({ irr }: HintFacts): number[] => [...new Set(irr.deciding.map(object => object.origin))];

const maintainers = ({ irr }: HintFacts): string[] => [...new Set(irr.deciding.flatMap(({ mntBy }) => upper(mntBy)))];

const named = (object: RouteObject): string =>
  `${object.source}'s object ${formatPrefix(object.prefix)} AS${object.origin}`;

function unreadable({ remark }: HintFacts): Hint | null {
  if (remark !== 'unreadable') return null;
  return {
    hint: 'unreadable',
    text: 'The path ends in AS23456 (AS_TRANS): the AS number of four octets was lost on the way, nobody is to be accused.',
  };
}

function asSet({ remark, path }: HintFacts): Hint | null {
  const ends = remark === 'as-set';
  if (!ends && !path?.some(as => typeof as !== 'number')) return null;
  return {
    hint: 'as-set',
    text: `${ends ? 'The path ends in an AS_SET' : 'There is an AS_SET in the path'}, to be treated as withdrawn since RFC 9774: ask who aggregates.`,
  };
}

function privateAs(facts: HintFacts): Hint | null {
  const { origin, path } = facts;
  if (typeof origin !== 'number' || classOfAs(origin) !== 'private' || path === null) return null;
  const behind = path.findLast(as => typeof as !== 'number' || classOfAs(as) !== 'private');
  if (typeof behind !== 'number') return null;
  const same = facts.maintainersOf(behind).some(name => maintainers(facts).includes(name));
  const known = registered(facts).includes(behind)
    ? 'which is registered'
    : same
      ? 'whose maintainer the registered object has'
      : facts.rov.covering.some(({ asn }) => asn === behind)
        ? 'which has a ROA'
        : null;
  if (known === null) return null;
  return {
    hint: 'private-as',
    text: `The route ends in private AS${origin} behind AS${behind}, ${known}: most likely remove-private-as is missing on that session.`,
  };
}

function ixLan({ prefix, origin, ixLans }: HintFacts): Hint | null {
  const lan = ixLans.find(one => covers(one, prefix));
  if (lan === undefined) return null;
  const text = formatPrefix(prefix);
  const place = lan.length === prefix.length ? 'is' : `is part of ${formatPrefix(lan)},`;
  return {
    hint: 'ix-lan',
    text: `${text} ${place} the LAN of an exchange point or a link between networks: ask ${formatOrigin(origin)} not to originate it (next-hop-self).`,
  };
}

function registrationError(facts: HintFacts): Hint | null {
  const [object] = facts.irr.deciding;
  if (!contradicts(facts) || facts.rov.state !== 'valid' || object === undefined) return null;
  const changed = changedOn(object);
  return {
    hint: 'registration-error',
    text:
      `${formatOrigin(facts.origin)} is authorised by ROA ${formatVrp(facts.rov.matching[0]!)}. ${named(object)}` +
      `${changed === '' ? '' : ` (changed ${changed})`} looks out of date, or covers space that is not its holder's: check the object first.`,
  };
}

function disputed(facts: HintFacts): Hint | null {
  const { irr, origin, rovOf } = facts;
  const origins = [origin].flat();
  // What the route matches is not weakened by an object of another origin beside it.
  for (const object of irr.deciding.filter(one => contradicts(facts) || origins.includes(one.origin))) {
    const { state, why } = rovOf(object);
    if (state === 'invalid')
      return { hint: 'disputed', text: `${named(object)}, which decides, is itself contradicted by the RPKI: ${why}.` };
  }
  return null;
}

/** True when the source has no say and one that has is there to be asked. */
const hasNoSay = ({ source }: RouteObject, { authoritative }: HintFacts): boolean =>
  authoritative.size > 0 && !authoritative.has(source);

/** True when the object says itself that it was registered for others. */
const saysProxy = (object: RouteObject): boolean =>
  attributes(object).some(({ name, value }) => (name === 'descr' || name === 'remarks') && /\bproxy\b/i.test(value));

function proxyObject(facts: HintFacts): Hint | null {
  const { deciding } = facts.irr;
  const [object] = deciding;
  if (!contradicts(facts) || object === undefined) return null;
  if (!deciding.every(one => hasNoSay(one, facts) || saysProxy(one))) return null;
  const by = object.mntBy.length === 0 ? '' : ` by ${object.mntBy.join(', ')}`;
  const what = saysProxy(object)
    ? `is a registration${by} in ${object.source} on behalf of others`
    : `was registered${by} in ${object.source}, which is no authoritative source`;
  return { hint: 'proxy-object', text: `The contradicting object ${what}: it need not be the holder's word.` };
}

function sibling(facts: HintFacts): Hint | null {
  const { origin } = facts;
  if (!contradicts(facts) || typeof origin !== 'number') return null;
  const own = facts.maintainersOf(origin);
  const theirs = [...maintainers(facts), ...registered(facts).flatMap(facts.maintainersOf)];
  const shared = own.find(name => theirs.includes(name));
  if (shared === undefined) return null;
  return {
    hint: 'sibling',
    text: `AS${origin} and the registered AS${registered(facts).join(', AS')} have the maintainer ${shared} in common: probably one organisation.`,
  };
}

function customerPa(facts: HintFacts): Hint | null {
  const { prefix, origin, path, irr } = facts;
  if (irr.state !== 'mismatch-covering' || typeof origin !== 'number' || classOfAs(origin) === 'private') return null;
  const transit = new Set(path?.filter(as => as !== origin) ?? []);
  const through = registered(facts).find(as => transit.has(as));
  const provider = registered(facts).find(as => facts.aspas.get(origin)?.includes(as));
  const member = registered(facts).find(as => facts.hasCustomer(as, origin));
  const shared = facts.maintainersOf(origin).find(name => maintainers(facts).includes(name));
  const because =
    through !== undefined
      ? `AS${origin} is reached through AS${through}`
      : provider !== undefined
        ? `AS${origin} attests AS${provider} as its provider (ASPA)`
        : member !== undefined
          ? `AS${origin} is a member of AS${member}'s as-set`
          : shared !== undefined
            ? `AS${origin} is maintained by ${shared}`
            : null;
  const holder = irr.deciding.find(object => object.origin === (through ?? provider ?? member)) ?? irr.deciding[0];
  if (because === null || holder === undefined) return null;
  return {
    hint: 'customer-pa',
    text: `${formatPrefix(prefix)} is inside AS${holder.origin}'s ${formatPrefix(holder.prefix)}; ${because}: probably its customer. If so, register this object.`,
    object: readyMade(prefix, origin, holder, facts.now),
  };
}

function coveringHolder(facts: HintFacts): Hint | null {
  const { origin, irr, objects } = facts;
  const decided = irr.decidedBy;
  if (!contradicts(facts) || decided === null) return null;
  const silent = [...irr.holed, ...irr.outranked];
  const holder = objects.find(
    object => object.origin === origin && object.prefix.length < decided.length && !silent.includes(object),
  );
  if (holder === undefined) return null;
  return {
    hint: 'covering-holder',
    text: `${formatOrigin(origin)} holds ${formatPrefix(holder.prefix)} (${holder.source}), which covers it; ${formatPrefix(decided)} is registered to AS${registered(facts).join(', AS')}: typical of a provider that announces its customer's block itself.`,
  };
}

const attributes = (object: RouteObject): readonly RpslAttribute[] =>
  readRpslObject(Buffer.from(object.text))?.attributes ?? [];

/** The day on which the object was touched last, by its own dates, as YYYY-MM-DD; '' when it has none. */
function changedOn({ text }: RouteObject): string {
  const rpsl = readRpslObject(Buffer.from(text));
  const touched = rpsl === null ? null : lastTouched(datesOf(rpsl));
  return touched === null ? '' : new Date(touched).toISOString().slice(0, 10);
}

/** A route object for a customer inside the holder's block, in the columns and with the attributes that JPIRR wants. */
function readyMade(prefix: Prefix, origin: number, holder: RouteObject, now: number): string {
  const held = attributes(holder);
  const source = held.findLast(({ name }) => name === 'source')?.value ?? holder.source;
  const author = held.findLast(({ name }) => name === 'changed')?.value.split(/\s/)[0] ?? '';
  const address = isAddrSpec(author) ? author : holder.notify[0];
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
  const lines: readonly (readonly [name: string, value: string])[] = [
    [prefix.afi === 1 ? 'route' : 'route6', formatPrefix(prefix)],
    ['descr', `AS${origin}, customer of AS${holder.origin}`],
    ['origin', `AS${origin}`],
    ...holder.mntBy.map(name => ['mnt-by', name] as const),
    ...(address === undefined ? [] : [['changed', `${address} ${day}`] as const]),
    ['source', source],
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(12)}${value}`).join('\n');
}
