/**
 * What can be done against a case, and what has to be so before it helps: the more specific prefixes to announce, the ROAs
 * and route objects that they need, and what there is instead. Pure: it computes and orders nothing.
 */
import { formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { RouteCheck } from '../registry/route-check.ts';
import { formatVrp } from '../registry/rov.ts';
import type { IrrState, RovState } from '../registry/verdict.ts';
import type { Case, CaseKind } from './case.ts';
import { isOver } from './life-cycle.ts';
import { LONGEST_TAKEN, partsOf } from './mitigation.ts';
import { routerSnippets, type Snippet } from './router-snippets.ts';

/** A ROA to be made (RFC 9582): of the very prefix, since one with a larger maxLength invites others (RFC 9319). */
export interface NeededRoa {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
}

export interface PlannedPrefix {
  readonly prefix: string;
  readonly rov: RovState;
  readonly irr: IrrState;
  /** The grounds of both states. */
  readonly why: {
    /** The ground of the origin validation, in words. */
    readonly rov: string;
    /** The ground of the state in the IRR, in words. */
    readonly irr: string;
  };
  /** Without it those who validate drop the announcement; null: none is needed. */
  readonly roa: NeededRoa | null;
  /** The route object without which filters made of the IRR let it pass nowhere; empty: there is one. */
  readonly rpsl: string;
}

/** Where a plan can be carried out. */
export interface Way {
  readonly peer: string;
  /** Why not; empty: it can. */
  readonly why: string;
}

export interface MitigationPlan {
  readonly caseId: string;
  readonly prefix: string;
  readonly offender: number | null;
  /** The AS that is to announce; null: nobody is registered for it. */
  readonly origin: number | null;
  /**
   * `wins`: more specific than the offender's route, so that traffic comes home from wherever it is taken. `competes`: as
   * specific: it comes from where ours is nearer. `none`: nothing to announce.
   */
  readonly effect: 'wins' | 'competes' | 'none';
  /** The effect with its ground, a sentence. */
  readonly why: string;
  /** What to announce. */
  readonly announce: readonly PlannedPrefix[];
  /** What stands in the way or must be known, in words. */
  readonly warnings: readonly string[];
  /** Own VRPs by which what is planned would be invalid: `192.0.2.0/23-23 AS64500`. */
  readonly conflicts: readonly string[];
  /** Routes of our origins that are held now and that own VRPs make invalid. */
  readonly invalidNow: readonly string[];
  /** What can be done where an announcement does not help. */
  readonly instead: readonly {
    /** `rtbh`: have upstreams drop the packets; `flowspec`: filter them; `call`: call those who can end it. */
    readonly what: 'rtbh' | 'flowspec' | 'call';
    readonly why: string;
  }[];
  /** What to type at routers. */
  readonly snippets: readonly Snippet[];
  /** Peers that it could be announced to, and why not. */
  readonly ways: readonly Way[];
}

export interface PlanGrounds {
  readonly localAs: number;
  /** What the registry in force says of a route. */
  readonly check: (prefix: string, origin: number) => Promise<RouteCheck>;
  /** ASes that VRPs allow the case's prefix, or what covers it. */
  readonly authorised: readonly number[];
  /** Routes of the very prefix that are held now. */
  readonly held: readonly { readonly origin: number | null; readonly rov: RovState }[];
  /** Length of what is to be announced; null: one more than the offender's. */
  readonly length: number | null;
  /** Where prefixes can be announced. */
  readonly waysFor: (prefixes: readonly string[], origin: number) => readonly Way[];
}

/** Prefixes of one plan. */
export const MOST_PLANNED = 256;

/** The plan for a case. Rejects, in words, when no plan of this length can be made. */
export async function planMitigation(of: Case, grounds: PlanGrounds): Promise<MitigationPlan> {
  const { localAs, held } = grounds;
  const prefix = parsePrefix(of.prefix);
  if (prefix === null) throw new Error(`${of.prefix} is no prefix`);
  const holders = holdersOf(of, grounds);
  const origin = holders.includes(localAs) ? localAs : (holders[0] ?? null);
  const ours = held.filter(one => one.origin !== null && holders.includes(one.origin));
  const chosen = choose(of, prefix, grounds.length, ours.length > 0);
  const checks = origin === null ? [] : await Promise.all(chosen.prefixes.map(text => grounds.check(text, origin)));
  const announce = checks.map(check => planned(of, check, origin!));
  const texts = announce.map(one => one.prefix);
  const own = checks.flatMap(({ vrps }) => vrps.filter(vrp => vrp.asn === origin && !vrp.matches));
  const conflicts = own
    .filter(vrp => announce.some(one => one.roa !== null) && vrp.asn !== 0)
    .map(vrp => formatVrp({ ...vrp, prefix: parsePrefix(vrp.prefix)! }));
  return {
    caseId: of.id,
    prefix: of.prefix,
    offender: of.offender,
    origin,
    effect: announce.length === 0 ? 'none' : chosen.effect,
    why:
      origin === null && chosen.prefixes.length > 0
        ? 'Nobody is registered for the prefix who could announce it.'
        : chosen.why,
    announce,
    warnings: warningsOf(of, holders, origin, localAs, announce),
    conflicts: [...new Set(conflicts)],
    invalidNow: [...new Set(ours.filter(({ rov }) => rov === 'invalid').map(one => `${of.prefix} AS${one.origin}`))],
    instead: insteadOf(of, announce.length > 0 && chosen.effect === 'wins'),
    snippets: origin === null ? [] : routerSnippets({ caseId: of.id, origin, prefix: of.prefix, announce: texts }),
    ways: origin === null || announce.length === 0 ? [] : grounds.waysFor(texts, origin),
  };
}

/**
 * Who may announce the prefix: those who are registered, or else whom VRPs allow it; own space that is not in use is the own
 * AS's. Never the AS whose origin is wrong.
 */
function holdersOf({ kind, expected, offender }: Case, { authorised, localAs }: PlanGrounds): readonly number[] {
  const wrong = PATHS.has(kind) ? null : offender;
  const registered = expected.filter(as => as !== wrong);
  const allowed = authorised.filter(as => as !== wrong && as !== 0);
  if (registered.length > 0) return registered;
  return allowed.length > 0 || kind !== 'squatting' ? [...new Set(allowed)] : [localAs];
}

/** Kinds whose origin is right, and whose path is not. */
const PATHS: ReadonlySet<CaseKind> = new Set(['upstream', 'leak', 'path']);

/** Kinds against which nobody announces anything. */
const NOTHING: Readonly<Partial<Record<CaseKind, string>>> = {
  bogon: 'Nobody may announce this space: who does has to stop, and others have to filter it.',
  'ix-lan': 'This segment is not to be announced at all: who does has to stop.',
  'new-prefix': 'The route is of a watched AS itself: it is withdrawn there, or registered.',
  'roa-vanished': 'No route is wrong: what helps is a ROA.',
  'roa-expiring': 'No route is wrong: what helps is to renew the ROA.',
  'trust-anchor': 'No route is wrong: the trust anchor, or the validator, has to be mended.',
};

interface Chosen {
  readonly effect: MitigationPlan['effect'];
  readonly why: string;
  readonly prefixes: readonly string[];
}

/** `isHeld`: some peer holds the very prefix from an origin of ours. */
function choose(of: Case, prefix: Prefix, wanted: number | null, isHeld: boolean): Chosen {
  const limit = LONGEST_TAKEN[prefix.afi];
  const { length } = prefix;
  const nothing = NOTHING[of.kind];
  if (nothing !== undefined) return { effect: 'none', why: nothing, prefixes: [] };
  if (of.kind === 'super-prefix')
    return {
      effect: 'wins',
      why: `${of.decidedBy} is more specific than ${of.prefix}: its traffic comes home from wherever it is held, so that it has to be announced, and is not everywhere.`,
      prefixes: [of.decidedBy],
    };
  if (wanted !== null && (wanted <= length || wanted > limit || 2 ** (wanted - length) > MOST_PLANNED)) {
    const most = Math.min(limit, length + Math.log2(MOST_PLANNED));
    throw new Error(
      length >= limit
        ? `nothing more specific than ${of.prefix} is taken by most networks`
        : `for ${of.prefix} the length can be ${length + 1} to ${most}, not ${wanted}`,
    );
  }
  if (length > limit)
    return {
      effect: 'none',
      why: `${of.prefix} is longer than the /${limit} that most networks take: few hold it, and they would take a longer one of ours no better.`,
      prefixes: [],
    };
  if (length < limit) {
    const to = wanted ?? length + 1;
    const prefixes = partsOf(prefix, to).map(formatPrefix);
    return {
      effect: 'wins',
      why: `The longest match wins wherever ${prefixes.length} routes of /${to} are taken.`,
      prefixes,
    };
  }
  if (of.kind === 'more-specific' || !isHeld)
    return {
      effect: 'competes',
      why: `${of.prefix} is of the /${limit} that most networks take at most: the same prefix can be announced, and comes home from where our route is the nearer one.`,
      prefixes: [formatPrefix(prefix)],
    };
  return {
    effect: 'none',
    why: `${of.prefix} is of the /${limit} that most networks take at most, and is announced by us already: there is nothing more specific to announce.`,
    prefixes: [],
  };
}

function planned(of: Case, check: RouteCheck, origin: number): PlannedPrefix {
  const { prefix, rov, irr, why } = check;
  const length = parsePrefix(prefix)!.length;
  return {
    prefix,
    rov,
    irr,
    why: { rov: why.rov, irr: why.irr },
    roa: rov === 'invalid' ? { prefix, maxLength: length, asn: origin } : null,
    rpsl: irr === 'match' ? '' : routeObject(of, prefix, origin),
  };
}

/** A route object (RFC 2622 section 4, RFC 4012 section 3) with maintainer and source of the one that decided the case. */
export function routeObject(of: Case, prefix: string, origin: number): string {
  const model = of.objects.find(one => one.origin === origin) ?? of.objects[0];
  const registered = model !== undefined && model.maintainers.length > 0;
  const attribute = (name: string, value: string) => `${`${name}:`.padEnd(12)}${value}`;
  return [
    attribute(prefix.includes(':') ? 'route6' : 'route', prefix),
    attribute('descr', `more specific against a hijack, case ${of.id}`),
    attribute('origin', `AS${origin}`),
    ...(registered ? model.maintainers : ['MAINT-YOURS']).map(name => attribute('mnt-by', name)),
    attribute('source', registered ? model.source : 'YOUR-IRR'),
    '',
  ].join('\n');
}

function warningsOf(
  of: Case,
  holders: readonly number[],
  origin: number | null,
  localAs: number,
  announce: readonly PlannedPrefix[],
): string[] {
  const invalid = announce.filter(one => one.roa !== null);
  const filtered = announce.filter(one => one.rpsl !== '');
  const registered = holders.map(as => `AS${as}`).join(', ');
  return [
    ...(of.drill ? ['The case is a drill: no such route exists.'] : []),
    // What may be harmless is looked at before it is fought.
    ...(of.hints ?? []).map(({ hint, text }) => `It may be harmless (${hint}): ${text}`),
    ...(isOver(of) ? [`The case is ${of.state}.`] : []),
    ...(origin !== null && origin !== localAs
      ? [`Registered for it is ${registered}, not the own AS${localAs}: that AS has to announce.`]
      : []),
    ...(PATHS.has(of.kind) && announce.length > 0
      ? ['Who passes this route on will pass on more specifics too, unless they are kept from the way that they take.']
      : []),
    ...(holders.length > 1 && announce.length > 0
      ? [`Several origins are registered (${registered}): the others' traffic would come to AS${origin} too.`]
      : []),
    ...(invalid.length === 0
      ? []
      : [
          `${invalid.length} of ${announce.length} prefixes would be RPKI invalid: make the ROAs first, and wait until validators have them.`,
        ]),
    ...(filtered.length === 0
      ? []
      : [
          `${filtered.length} of ${announce.length} prefixes have no route object of their own: neighbours that filter by the IRR will not pass them on before there is one.`,
        ]),
    ...(announce.some(one => one.rov === 'not-found')
      ? ['No VRP covers what is planned: a ROA would make the route of the offender invalid for those who validate.']
      : []),
  ];
}

/** What else there is, the best first; with a more specific to announce it stands beside that. */
function insteadOf({ offender, upstream, prefix }: Case, wins: boolean): MitigationPlan['instead'] {
  const names = [offender, upstream].filter(as => as !== null).map(as => `AS${as}`);
  const whom = names.length === 0 ? 'the first AS of the path' : names.join(' and ');
  const call = {
    what: 'call' as const,
    why: `${whom} can end it where it begins${wins ? '' : ', and nothing else brings all traffic home'}: \`show contact CASE-ID\` has contacts and drafts.`,
  };
  return [
    call,
    {
      what: 'rtbh',
      why: `Announced with BLACKHOLE (RFC 7999) to neighbours who agreed to it, ${prefix} is dropped by them instead of reaching ${offender === null ? 'the offender' : `AS${offender}`}: it keeps secrets, and brings nothing home.`,
    },
    {
      what: 'flowspec',
      why: `A FlowSpec rule (RFC 8955) drops traffic to ${prefix} in the own network and at neighbours who take rules, by port or protocol where that is enough.`,
    },
  ];
}
