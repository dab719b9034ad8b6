import type { QualityRow } from '../../collector/quality.ts';
import { count, facts } from './text.ts';
import { duration, instant, percent } from './time.ts';

/** What was done about malformed UPDATEs, those of nothing left out. */
function malformed({ malformed: counts, quarantined }: QualityRow): string {
  if (counts === null) return '';
  const { treatAsWithdraw, attributeDiscard, ignored, unagreedPathIds } = counts;
  return [
    `${treatAsWithdraw} treated as withdrawn`,
    `${attributeDiscard} with an attribute discarded`,
    `${ignored} ignored`,
    `${unagreedPathIds} with path identifiers not agreed on`,
    `${quarantined} kept`,
  ].join(', ');
}

function endOfRib(row: QualityRow): string {
  const { missing, owed } = row.endOfRib;
  if (row.state !== 'Established') return '';
  if (missing.length === 0) return 'has come';
  return `${missing.join(' and ')} missing${owed ? '' : '; the peer did not say that it sends any'}`;
}

function stuck({ stuck: found }: QualityRow): string {
  if ('why' in found) return '';
  return `${found.count}, and ${found.young} for less than 10 minutes; ${count(found.compared, 'table')} compared`;
}

/** `show peer PEER quality`. */
export function renderQuality(row: QualityRow, now: number): string[] {
  const { history, duplicates, clock, left } = row;
  const watched = Math.max(1, now - history.since);
  return [
    `Peer ${row.peer}, ${row.address} AS${row.as}, ${row.state} for ${duration(now - row.since)}`,
    ...facts([
      ['Up', `${percent(Math.min(1, history.up / watched))} of ${duration(watched)}`],
      ['Falls', `${history.falls}, ${history.fallsLastHour} in the last hour`],
      ['Near misses', row.nearMisses === null ? '' : `${row.nearMisses} of the hold time`],
      ['End-of-RIB', endOfRib(row)],
      ['Routes', `${row.routes}; most ${history.most.routes}, ${instant(history.most.time)}`],
      ['Last hour', left === null ? '' : `${percent(left)} of its most, ${history.mostLastHour}`],
      [
        'Duplicates',
        duplicates === null
          ? ''
          : `${duplicates.unchanged} of ${duplicates.seen} UPDATEs that were looked at changed nothing`,
      ],
      ['Malformed', malformed(row)],
      ['Clock', clock === null ? '' : `${(clock / 1000).toFixed(1)} s behind ours, the way included`],
      ['Stuck routes', stuck(row)],
    ]).map(line => `  ${line}`),
    ...('count' in row.stuck ? row.stuck.prefixes : []).map(
      one => `    ${one.prefix} held, by few others or none for ${duration(now - one.since)}`,
    ),
    ...history.lastFalls.slice(0, 5).map(fall => `  Fell ${instant(fall.time)}: ${fall.reason}`),
    ...(row.remarks.length === 0 ? ['Nothing to remark.'] : ['Remarks:', ...row.remarks.map(words => `  ${words}`)]),
    ...(row.unknown.length === 0 ? [] : ['Not known:', ...row.unknown.map(words => `  ${words}`)]),
  ];
}
