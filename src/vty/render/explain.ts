import { formatFlatPath } from '../../bgp/as-path.ts';
import type { Explanation, PathRow, RouteAnswer, RpkiRow, SourceRow } from '../../control/verdict-rows.ts';
import { formatOrigin } from '../../registry/origin.ts';
import { headline, renderCheck, renderHints, renderHops, SEVERITY_WORDS, section } from './check.ts';
import { showOrigin } from './origin.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

/** `check route` of the daemon: the check, and who holds the prefix. */
export function renderAnswered(answer: RouteAnswer): string[] {
  const held = table(
    [{ head: 'Peer' }, { head: 'IRR' }, { head: 'ROV' }, { head: 'Path' }],
    answer.held.map(row => [row.peer, row.irr, row.rov, formatFlatPath(row.path)]),
  );
  return [
    ...renderCheck(answer),
    ...section('Missing or in doubt', answer.doubts),
    ...(answer.held.length === 0 ? ['', 'No peer holds the prefix.'] : section('Held now', held)),
  ];
}

/** `explain`: each rule in the order in which it was applied, with what it was applied to. */
export function renderExplanation(one: Explanation): string[] {
  const { rov, rovReason, irr, severity, why } = one;
  return [
    `${one.prefix} ${formatOrigin(one.origin)}: ${headline(one)}, as of ${instant(one.time)}`,
    ...facts([
      ['IRR', `${irr}: ${why.irr}`],
      ['ROV', `${rov}${rovReason === null ? '' : ` (${rovReason})`}: ${why.rov}`],
      ['Together', `IRR ${irr} and ROV ${rov}: ${SEVERITY_WORDS[severity]}`],
      ['Watched', one.watches.length === 0 ? 'no' : one.watches.map(w => `${w.watch}, by ${w.because}`).join('; ')],
      ['Held', heldWords(one)],
      ['Cases', one.cases.map(({ id, state }) => `${id} ${state}`).join(', ')],
    ]),
    ...section('Route objects that touch it, those of the longest prefix that has any decide', objectLines(one)),
    ...section('Sources', one.sources.length === 0 ? ['none is configured'] : sourceLines(one.sources)),
    ...section('VRPs that cover it', vrpLines(one)),
    ...section('RPKI data', one.rpki.length === 0 ? ['none is configured'] : rpkiLines(one.rpki)),
    ...one.paths.flatMap(pathLines),
    ...(one.morePaths === 0 ? [] : ['', `${count(one.morePaths, 'path')} more`]),
    ...section('Hints', renderHints(one)),
    ...section(
      'What would change it',
      one.whatIf.map(({ condition, ...after }) => {
        const states = `IRR ${after.irr}, ROV ${after.rov}`;
        return `${condition}: ${states}, ${SEVERITY_WORDS[after.severity]}`;
      }),
    ),
  ];
}

/** Several of them, a line between each. */
export function renderExplanations(all: readonly Explanation[]): string[] {
  return all.flatMap((one, i) => [...(i === 0 ? [] : ['']), ...renderExplanation(one)]);
}

function heldWords({ holders }: Explanation): string {
  if (holders.length === 0) return 'by no peer';
  return holders.map(({ origin, peers }) => `${showOrigin(origin)} at ${count(peers, 'peer')}`).join(', ');
}

const removalWords = (removal: number, now: number): string => {
  const day = instant(removal).slice(0, 10);
  return removal > now ? `removed on ${day} unless touched` : `due to be removed since ${day}`;
};

function objectLines({ objects, expiring, time }: Explanation): string[] {
  return objects.map(object => {
    const { source, prefix, origin, mntBy, changed } = object;
    const due = expiring.find(one => one.source === source && one.prefix === prefix && one.origin === origin);
    return [
      `${source} ${prefix} AS${origin}`,
      ...(mntBy.length === 0 ? [] : [`by ${mntBy.join(' ')}`]),
      ...(changed === null ? [] : [`changed ${instant(changed).slice(0, 10)}`]),
      ...(due === undefined ? [] : [removalWords(due.removal, time)]),
      ...(object.decides ? ['decides'] : []),
      ...(object.aside === 'hole' ? ['does not speak for this part (holes)'] : []),
      ...(object.aside === 'outranked' ? ['does not count, for a better source has the prefix'] : []),
      ...(object.disputed === null ? [] : [`contradicted by the RPKI (${object.disputed})`]),
    ].join(', ');
  });
}

function sourceLines(sources: readonly SourceRow[]): string[] {
  return sources.map(row =>
    [
      `${row.source}: ${row.age === null ? 'not loaded, what it would say is not known' : count(row.objects, 'object')}`,
      ...(row.authoritative ? ['authoritative'] : []),
      ...(row.serial === null ? [] : [`serial ${row.serial}`]),
      ...(row.age === null ? [] : [`${duration(row.age)} old`]),
      ...(row.trouble === '' ? [] : [row.trouble]),
    ].join(', '),
  );
}

function rpkiLines(rows: readonly RpkiRow[]): string[] {
  return rows.map(({ source, inUse, serial, age, trouble }) =>
    [
      `${source}: ${inUse ?? 'none in use'}`,
      ...(serial === null ? [] : [`serial ${serial}`]),
      ...(age === null ? [] : [`${duration(Math.max(0, age))} old`]),
      ...(trouble === '' ? [] : [trouble]),
    ].join(', '),
  );
}

function vrpLines({ vrps }: Explanation): string[] {
  return vrps.map(
    vrp =>
      `${vrp.prefix} up to /${vrp.maxLength} AS${vrp.asn}${vrp.matches ? ', allows it' : ''}${vrp.asn === 0 ? ', nobody may' : ''}`,
  );
}

function pathLines(row: PathRow): string[] {
  const at = row.peers.length === 0 ? 'asked about' : `at ${row.peers.slice(0, 5).join(', ')}`;
  const more = row.peers.length > 5 ? ` and ${row.peers.length - 5} more` : '';
  const judged = row.direction === 'upstream' ? 'must go up all the way' : 'may go up and down';
  return section(`Path ${formatFlatPath(row.path)}, ${at}${more}`, [
    `ASPA ${row.aspa}: ${row.why}`,
    ...(row.peers.length === 0
      ? []
      : [`From ${row.role === null ? 'a peer without a role' : `our ${row.role}`}: it ${judged}`]),
    ...renderHops(row),
    ...(row.otc === null ? [] : [`ONLY_TO_CUSTOMER ${row.otc}`]),
    ...(row.leak === null ? [] : [row.leak]),
  ]);
}
