/** How grave a case is, and why: the registry's verdict (registry/verdict.ts), softened by the hints. */
import type { Prefix } from '../net/prefix.ts';
import type { RouteCheck } from '../registry/route-check.ts';
import type { Severity } from '../registry/verdict.ts';
import type { AsPath, CaseHint, CaseHintName, CaseKind, WhyRecord } from './case.ts';
import { caseHints, type HintedCase, SOFTENS } from './case-hints.ts';
import { MAX_EVIDENCE as MOST_EVIDENCE, shortened } from './evidence.ts';
import type { FoundException } from './exceptions.ts';

/** What the registry in force says of a route, and of which serials of its sources. */
export interface Ground {
  readonly check: RouteCheck;
  /** By source; null where it has none. */
  readonly serials: ReadonlyMap<string, number | null>;
}

/** Asks the registry about a route on this path; the origin, where the path ends in an AS_SET, is null. */
export type GroundOf = (prefix: Prefix, origin: number | null, path: AsPath) => Ground;

export interface Assessment {
  readonly severity: Severity;
  readonly hints: readonly CaseHint[];
  readonly why: WhyRecord;
}

/** The steps that hints go down. */
const STEPS: readonly Severity[] = ['critical', 'major', 'minor', 'info'];
/** Of a case that is there for a reason of which the two registries' states say nothing. */
const OTHERWISE: Severity = 'minor';
/** The hint that says no more than the kind does: it softens nothing. */
const SAID: Readonly<Partial<Record<CaseKind, CaseHintName>>> = { 'rpki-invalid': 'disputed', 'ix-lan': 'ix-lan' };
/** Of kinds that are there for such a reason. */
const BY_KIND: Readonly<Partial<Record<CaseKind, Severity>>> = {
  'super-prefix': 'major',
  upstream: 'major',
  leak: 'major',
  squatting: 'major',
  visibility: 'major',
  path: 'minor',
  'new-prefix': 'minor',
  'ix-lan': 'minor',
  bogon: 'minor',
  // Nothing has been taken: a protection is missing, or soon will be.
  'roa-vanished': 'minor',
  'roa-expiring': 'info',
  'trust-anchor': 'minor',
};

/** Hints lower a severity, a step or two each, and never below `info`: what is there is told. */
export function soften(severity: Severity, hints: readonly CaseHint[]): Severity {
  const at = STEPS.indexOf(severity);
  const down = hints.reduce((sum, { hint }) => sum + SOFTENS[hint], 0);
  return at < 0 ? severity : STEPS[Math.min(STEPS.length - 1, at + down)]!;
}

/** Judges a case by what the registry says of its route on `path`, at `now`. */
export function assess(
  one: HintedCase,
  path: AsPath,
  { check, serials }: Ground,
  exception: FoundException | null,
  now: number,
): Assessment {
  const hints = caseHints(one, check.hints, exception);
  const ofKind = BY_KIND[one.kind];
  const known = STEPS.includes(check.severity);
  const base = ofKind ?? (known ? check.severity : OTHERWISE);
  const softening = hints.filter(({ hint }) => SOFTENS[hint] > 0 && hint !== SAID[one.kind]);
  const severity = soften(base, softening);
  const softeners = softening.map(({ hint }) => `${hint} -${SOFTENS[hint]}`);
  const ground = ofKind
    ? `${one.kind} is ${base}`
    : known
      ? `IRR ${check.irr} and ROV ${check.rov} make it ${base}`
      : `IRR ${check.irr} and ROV ${check.rov} say nothing against it: it is ${base} for being a case`;
  const rule = softeners.length === 0 ? ground : `${ground}; ${softeners.join(', ')} make it ${severity}`;
  return {
    severity,
    hints,
    why: {
      time: now,
      rule,
      rov: check.rov,
      rovReason: check.rovReason,
      irr: check.irr,
      aspa: check.aspa,
      severity: base,
      decidedBy: check.decidedBy,
      path,
      objects: check.objects.slice(0, MOST_EVIDENCE).map(({ source, prefix, origin, decides, disputed, text }) => ({
        source,
        serial: serials.get(source) ?? null,
        prefix,
        origin,
        decides,
        disputed,
        ...(!one.objects.some(known => known.text === shortened(text)) && { text: shortened(text) }),
      })),
      vrps: check.vrps.slice(0, MOST_VRPS),
      why: check.why,
    },
  };
}

/** VRPs of a why-record; real prefixes have a few. */
const MOST_VRPS = 16;
