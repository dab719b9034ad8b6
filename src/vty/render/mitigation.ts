import type { MitigationOrdered, MitigationPlan, MitigationRow } from '../../control/mitigation-rows.ts';
import { section } from './check.ts';
import { showOrigin } from './origin.ts';
import { asIs } from './page.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

const ROUTERS = { bird: 'BIRD 2', frr: 'FRR', 'ios-xr': 'IOS XR', junos: 'Junos' } as const;
const USES = { announce: 'announce', rtbh: 'blackhole', flowspec: 'FlowSpec' } as const;

/** `mitigate plan`. */
export function renderPlan(plan: MitigationPlan): string[] {
  const { announce } = plan;
  return [
    `Case ${plan.caseId}: ${plan.prefix} announced by ${showOrigin(plan.offender)}`,
    ...facts([
      ['Effect', `${plan.effect}: ${plan.why}`],
      ['Announced by', plan.origin === null ? '' : `AS${plan.origin}`],
    ]),
    ...section(
      'To announce',
      table(
        [{ head: 'Prefix' }, { head: 'ROV' }, { head: 'IRR' }, { head: 'ROA' }, { head: 'Route object' }],
        announce.map(one => [
          one.prefix,
          one.rov,
          one.irr,
          one.roa === null ? (one.rov === 'valid' ? 'there' : 'none needed') : 'NEEDED',
          one.rpsl === '' ? 'there' : 'NEEDED',
        ]),
      ).slice(announce.length === 0 ? 1 : 0),
    ),
    ...section('To know', plan.warnings),
    ...section(
      'ROAs to make',
      announce.flatMap(({ roa }) => (roa === null ? [] : [`${roa.prefix} maxLength ${roa.maxLength} AS${roa.asn}`])),
    ),
    ...section('Own ROAs that would make it invalid', plan.conflicts),
    ...section('Own announcements that are invalid now', plan.invalidNow),
    ...section(
      'Over the peers of this daemon',
      plan.ways.map(({ peer, why }) => `${peer}: ${why === '' ? 'permitted' : why}`),
    ),
    ...section(
      'Besides, or instead',
      plan.instead.map(({ what, why }) => `${what}: ${why.replace('CASE-ID', plan.caseId)}`),
    ),
    ...announce
      .filter(one => one.rpsl !== '')
      .flatMap(({ prefix, rpsl }) => section(`Route object for ${prefix}`, asIs(rpsl.trimEnd().split('\n')))),
    ...plan.snippets.flatMap(({ router, use, text }) =>
      section(`${ROUTERS[router]}, ${USES[use]}`, asIs(text.trimEnd().split('\n'))),
    ),
  ];
}

/** `mitigate announce`. */
export const renderMitigationOrdered = ({ caseId, peer, prefixes, announced }: MitigationOrdered): string[] => [
  `case ${caseId}: ${prefixes.join(', ')} ${announced ? 'is' : 'would be'} announced over ${peer}`,
];

/** `show mitigation`, and what `mitigate stop` has withdrawn. */
export function renderMitigations(rows: readonly MitigationRow[], now: number): string[] {
  if (rows.length === 0) return [];
  return [
    ...table(
      [
        { head: 'Case' },
        { head: 'Peer' },
        { head: 'Since' },
        { head: 'For', right: true },
        { head: 'Told', right: true },
        { head: 'Prefixes' },
        { head: 'Ended' },
      ],
      rows.map(row => [
        row.caseId,
        row.peer,
        instant(row.since),
        duration((row.until ?? now) - row.since),
        row.until === null ? `${row.told}/${row.prefixes.length}` : '-',
        row.prefixes.length > 4
          ? `${row.prefixes.slice(0, 4).join(' ')} and ${row.prefixes.length - 4} more`
          : row.prefixes.join(' '),
        row.until === null ? `no, by ${row.by}` : row.ended,
      ]),
    ),
    `${count(rows.filter(({ until }) => until === null).length, 'announcement')} in force`,
  ];
}
