import { formatFlatPath } from '../../bgp/as-path.ts';
import { formatOrigin } from '../../registry/origin.ts';
import type { RouteCheck } from '../../registry/route-check.ts';
import { facts, table } from './text.ts';

/** `check route`: the verdict, each state with its ground, what it rests on, and what is to be looked at first. */
export function renderCheck(check: RouteCheck): string[] {
  const { rov, rovReason, irr, aspa, why } = check;
  return [
    `${check.prefix} ${formatOrigin(check.origin)}: ${headline(check)}`,
    ...facts([
      ['Path', check.path === null ? '' : formatFlatPath(check.path)],
      ['IRR', `${irr}: ${why.irr}`],
      ['ROV', `${rov}${rovReason === null ? '' : ` (${rovReason})`}: ${why.rov}`],
      ['ASPA', `${aspa}: ${why.aspa}`],
    ]),
    ...section('Objects', renderObjects(check)),
    ...section('VRPs', renderVrps(check)),
    ...section('Hops, from the origin on', renderHops(check)),
    ...section('Hints', renderHints(check)),
  ];
}

/** How grave it is; of a path that is no good while the origin is, that too. */
export function headline({ severity, aspa }: Pick<RouteCheck, 'severity' | 'aspa'>): string {
  const grave = severity === 'critical' || severity === 'major';
  return `${SEVERITY_WORDS[severity]}${aspa === 'invalid' && !grave ? ' by its origin; the path is invalid by ASPA' : ''}`;
}

/** A severity as the end of a sentence. */
export const SEVERITY_WORDS: Readonly<Record<RouteCheck['severity'], string>> = {
  critical: 'critical',
  major: 'major',
  minor: 'minor',
  info: 'for information',
  ok: 'ok',
  'no-opinion': 'no opinion',
};

/** A heading with its lines beneath; nothing when there are none. */
export function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${heading}:`, ...lines.map(line => `  ${line}`.trimEnd())];
}

/** Objects, one a line. */
export function renderObjects({ objects }: Pick<RouteCheck, 'objects'>): string[] {
  if (objects.length === 0) return [];
  return table(
    [{ head: 'Source' }, { head: 'Prefix' }, { head: 'Origin' }, { head: 'Maintainer', free: true }, { head: '' }],
    objects.map(object => [
      object.source,
      object.prefix,
      `AS${object.origin}`,
      object.mntBy.join(', '),
      [
        ...(object.decides ? ['decides'] : []),
        ...(object.aside === 'hole' ? ['a hole of it: says nothing'] : []),
        ...(object.aside === 'outranked' ? ['a better source has the prefix: does not count'] : []),
        ...(object.disputed === null ? [] : [`contradicted by the RPKI (${object.disputed})`]),
      ].join(', '),
    ]),
  );
}

/** VRPs, one a line. */
export function renderVrps({ vrps }: Pick<RouteCheck, 'vrps'>): string[] {
  if (vrps.length === 0) return [];
  return table(
    [{ head: 'Prefix' }, { head: 'Max', right: true }, { head: 'Origin' }, { head: '' }],
    vrps.map(vrp => [vrp.prefix, vrp.maxLength, `AS${vrp.asn}`, vrp.matches ? 'matches' : '']),
  );
}

const UP = { 'provider+': 'is a provider of', 'not-provider+': 'is no provider of', 'no-attestation': '' } as const;

/** Hops of the path, each with what the ASPAs of both its ends say of the other. */
export function renderHops({ hops }: Pick<RouteCheck, 'hops'>): string[] {
  return hops.map(({ near, far, up, down }) => {
    const says = [
      ...(up === 'no-attestation' ? [] : [`by AS${near}, AS${far} ${UP[up]} it`]),
      ...(down === 'no-attestation' ? [] : [`by AS${far}, AS${near} ${UP[down]} it`]),
    ];
    return `AS${near} - AS${far}: ${says.length === 0 ? 'no ASPA of either' : says.join('; ')}`;
  });
}

/** Hints, each with the object it proposes beneath. */
export function renderHints({ hints }: Pick<RouteCheck, 'hints'>): string[] {
  return hints.flatMap(({ hint, text, object }) => [
    `${hint}: ${text}`,
    ...(object === undefined ? [] : object.split('\n').map(line => `    ${line}`)),
  ]);
}
