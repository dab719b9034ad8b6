/** The AS graph by which traces pass who takes no part, and whom they would ask behind a neighbour. */
import type { TracebackFrontier, TracebackGraph } from '../../control/traceback-rows.ts';
import type { ForeseenAs, ForeseenGroup } from '../../traceback/foresight.ts';
import { count, facts, fold } from './text.ts';
import { duration, instant } from './time.ts';

/** ASes that are named in one line; the rest are counted. */
const NAMED = 8;

/** `AS1 AS2 and 3 more`; `more`: those that are not in the list. */
export function named(ases: readonly number[], more = 0, most = NAMED): string {
  const first = ases.slice(0, most).map(as => `AS${as}`);
  const rest = ases.length - first.length + more;
  if (rest === 0) return first.join(' ');
  return `${first.join(' ')}${first.length === 0 ? '' : ' and '}${rest} more`;
}

/** `show traceback graph`. */
export function renderGraph(graph: TracebackGraph): string[] {
  const { ases, links, transit, peering, unknown, roles, aspas, otc, inferred, built, changed, time, on, off } = graph;
  return facts([
    ['ASes', `${ases}, ${count(links, 'link')}`],
    ['Links', `${transit} provider and customer, ${peering} peers, ${unknown} not known`],
    ['Known by', `${roles} by roles, ${aspas} by ASPA, ${inferred} inferred from paths`],
    ['Only to customer', `${count(otc, 'link')} that an attribute of RFC 9234 speaks of`],
    ['Made', `${instant(built)}, ${duration(time - built)} ago; paths ${changed ? 'have' : 'have not'} changed since`],
    ['Participants', `${graph.participants}, ${on.length} of them on the graph`],
    ['Not on it', off.length === 0 ? '' : named(off)],
  ]);
}

const RELATIONS = {
  provider: 'a provider of ours: the packet may have come to it from anybody',
  customer: 'a customer of ours: it can have come to it from its customers alone',
  peer: 'a peer of ours: it can have come to it from its customers alone',
} as const;

/** Why an AS is asked where it is. */
function whyOf({ cone, adjacent, hits, kind, latency }: ForeseenAs): string {
  const parts = [
    ...(cone === null ? [] : [`cone ${cone}`]),
    ...(adjacent ? ['told of its way here'] : []),
    ...(hits > 0 ? [`${count(hits, 'hit')} of late`] : []),
    ...(kind === 'member' ? ['member, dialled when asked'] : []),
    ...(latency === null ? [] : [`${Math.round(latency)} ms`]),
  ];
  return parts.join(', ');
}

/** ASes of a wave that are shown one a line; of later ones only the names. */
const EACH = 20;

/** The lines of one group of waves. */
export function groupLines({ behind, relation, waves, passed, beyond }: ForeseenGroup): string[] {
  const head =
    behind === null
      ? []
      : [
          `AS${behind} takes no part; it is ${relation === null ? 'of unknown relation to us: nobody behind it is ruled out' : RELATIONS[relation]}.`,
        ];
  const lines = waves.flatMap((wave, i) => {
    const when = i === 0 ? 'at once' : 'when nobody before has seen it';
    const shown = wave.length <= EACH && i < 2 ? wave : [];
    const names = shown.length > 0 ? [] : fold(named(wave.map(({ as }) => as)), 4, 4);
    const width = Math.max(0, ...shown.map(({ as }) => String(as).length));
    return [
      `  Wave ${i + 1}, ${when}: ${count(wave.length, 'AS', 'ASes')}`,
      ...shown.map(one => `    ${`AS${one.as}`.padEnd(width + 2)}  ${whyOf(one)}`.trimEnd()),
      ...names,
    ];
  });
  const none = waves.length === 0 ? ['  No participant is known behind it: nobody would be asked.'] : [];
  const open = passed.length + beyond;
  const between = open === 0 ? [] : fold(`Not ruled out by any answer: ${named(passed, beyond)}`, 4, 2);
  return [...head.flatMap(line => fold(line, 2)), ...lines, ...none, ...(behind === null ? [] : between)];
}

/** `show traceback frontier AS`. */
export function renderFrontier({ as, takesPart, groups, reasons }: TracebackFrontier): string[] {
  if (takesPart) return [`AS${as} takes part: it is asked itself.`, ...groups.flatMap(groupLines)];
  const why = reasons.map(reason => `AS${as}: ${reason}`);
  return [...groups.flatMap(groupLines), ...why.flatMap(line => fold(line, 2))];
}
