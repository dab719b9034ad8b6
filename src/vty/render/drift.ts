import type { DriftReport } from '../../control/drift-rows.ts';
import { section } from './check.ts';
import { count, table } from './text.ts';
import { duration, instant } from './time.ts';

const UNWATCHED = 'No registered route is watched: see `watch` in intertrackd.conf(5).';

const day = (time: number): string => instant(time).slice(0, 10);

/** `show drift`: one list for each way in which announcements and registry can come apart. */
export function renderDrift(report: DriftReport): string[] {
  const { time, since, days, watched, announced, silent, waiting, expiring, contradicted, strangers } = report;
  const nothing = [announced, silent, expiring, contradicted, strangers].every(list => list.length === 0);
  return [
    `${count(watched, 'route')} registered in watched space; what was seen is kept since ${instant(since)}, for ${duration(time - since)}`,
    ...section(
      'Announced, and not registered',
      rows(announced, ['Prefix', 'Origin', 'Peers'], one => [one.prefix, `AS${one.origin}`, one.peers]),
    ),
    ...section(
      `Registered, and not announced for ${count(days, 'day')}`,
      rows(silent, ['Source', 'Prefix', 'Origin', 'Last seen'], one => [
        one.source,
        one.prefix,
        `AS${one.origin}`,
        one.lastSeen === null ? 'never' : day(one.lastSeen),
      ]),
    ),
    ...(waiting === 0
      ? []
      : ['', `${count(waiting, 'route')} registered and not announced now, but not known for so long`]),
    ...section(
      'About to be removed by their registry',
      rows(expiring, ['Source', 'Prefix', 'Origin', 'Removal', ''], one => [
        one.source,
        one.prefix,
        `AS${one.origin}`,
        day(one.removal),
        one.state === 'removal' ? 'due' : 'warned of',
      ]),
    ),
    ...section(
      'Registered, and invalid by the RPKI',
      rows(contradicted, ['Source', 'Prefix', 'Origin', 'Reason', ''], one => [
        one.source,
        one.prefix,
        `AS${one.origin}`,
        one.reason,
        one.why,
      ]),
    ),
    ...section(
      'Of others, for prefixes of ours or inside them',
      rows(strangers, ['What', 'Prefix', 'Origin', 'Maintainer', 'First seen'], one => [
        one.kind === 'vrp' ? 'VRP' : one.source,
        one.maxLength === null ? one.prefix : `${one.prefix}-${one.maxLength}`,
        `AS${one.origin}`,
        one.mntBy.join(' '),
        one.earlier ? 'before that' : instant(one.firstSeen),
      ]),
    ),
    ...(nothing ? ['', watched === 0 ? UNWATCHED : 'Nothing has come apart.'] : []),
    ...report.remarks,
  ];
}

/** A table of these; nothing when there are none. */
function rows<Row>(
  all: readonly Row[],
  heads: readonly string[],
  cells: (row: Row) => readonly (string | number)[],
): string[] {
  return all.length === 0
    ? []
    : table(
        heads.map(head => ({ head })),
        all.map(cells),
      );
}
