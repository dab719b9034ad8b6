import type { IdsCounts, IdsRow } from '../../control/ids-rows.ts';
import { table } from './text.ts';
import { instant } from './time.ts';

/** What each count means, in the order in which they are shown. */
const COUNTS: readonly (readonly [keyof IdsCounts, string])[] = [
  ['lines', 'lines of EVE'],
  ['unreadable', 'of them that could not be read'],
  ['tooLong', 'lines passed over: too long'],
  ['captures', 'captures of spools'],
  ['alerts', 'alerts'],
  ['matched', 'of them that a rule names'],
  ['withoutPacket', 'not traced: the alert has no packet (`packet: yes` in suricata.yaml)'],
  ['withoutDigest', 'not traced: the packet has no digest'],
  ['duplicates', 'not traced: the flow and signature are traced already'],
  ['overBudget', 'not traced: the budget was spent'],
  ['leftOut', 'not traced: too many flows at once'],
  ['failed', 'not traced: the trace could not be begun'],
  ['traces', 'traces'],
];

/** `show ids`: of each one its sources, then what became of what they brought. */
export function renderIds(rows: readonly IdsRow[]): string[] {
  if (rows.length === 0) return ['no ids: see `ids` in intertrackd.conf(5)'];
  return rows.flatMap((row, i) => [...(i === 0 ? [] : ['']), ...renderOne(row)]);
}

function renderOne({ ids, sources, counts, budget, latest, lastError }: IdsRow): string[] {
  const width = Math.max(...Object.values(counts).map(value => String(value).length));
  return [
    `${ids}, budget ${budget}`,
    ...table(
      [{ head: 'Source' }, { head: 'Taken', right: true }, { head: 'Problem', free: true }],
      sources.map(({ source, taken, problem }) => [source, taken, problem]),
    ),
    ...COUNTS.map(([key, words]) => `${String(counts[key]).padStart(width)} ${words}`),
    ...(latest === null ? [] : [`Latest trace: ${latest.id}, ${instant(latest.at)}`]),
    ...(lastError === '' ? [] : [`Last error: ${lastError}`]),
  ];
}
