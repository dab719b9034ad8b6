/** How far other ASes can be believed. */
import type { HonestyDetail } from '../../control/traceback-rows.ts';
import type { Honesty, Interval } from '../../traceback/honesty.ts';
import { facts, fold, tableWith } from './text.ts';
import { instant, percent, percentCell } from './time.ts';

/** Counts grow old, and are no whole numbers then. */
const counts = (of: number, all: number) => (all === 0 ? '-' : `${Math.round(of)}/${Math.round(all)}`);
const range = (one: (Interval & { readonly rate: number }) | null) =>
  one === null ? '-' : `${percent(one.low)}-${percent(one.high)}`;
const stated = (one: { readonly stated: number } | null) => percentCell(one?.stated);

/** `show traceback honesty`. */
export function renderHonesty(rows: readonly Honesty[]): string[] {
  if (rows.length === 0) return ['nothing was measured yet'];
  return tableWith(
    [
      { head: 'AS', right: true },
      { head: 'Decoys', right: true },
      { head: 'False yes', right: true },
      { head: 'Stated', right: true },
      { head: 'Canaries', right: true },
      { head: 'Seen', right: true },
      { head: 'Stated', right: true },
      { head: 'Misnamed', right: true },
    ],
    rows,
    row => [
      row.as,
      counts(row.yes, row.decoys),
      range(row.falseYes),
      stated(row.falseYes),
      counts(row.seen, row.canaries),
      range(row.recall),
      stated(row.recall),
      counts(row.misnamed, row.named),
    ],
    row => row.contradictions.flatMap(text => fold(`AS${row.as} ${text}`, 4, 2)),
  );
}

/** `show traceback honesty AS`. */
export function renderHonestyOf(row: HonestyDetail): string[] {
  const proofs = row.falseYeses.map(({ time, trace }) => `  ${instant(time)}  request ${trace}`);
  return [
    ...facts([
      ['AS', `${row.as}`],
      ['Decoys', `${counts(row.yes, row.decoys)} seen, ${range(row.falseYes)}; states ${stated(row.falseYes)}`],
      ['Canaries', `${counts(row.seen, row.canaries)} seen, ${range(row.recall)}; states ${stated(row.recall)}`],
      ['Named', `others than us: ${counts(row.misnamed, row.named)}, ${range(row.misnames)}`],
      ['Last', instant(row.at)],
    ]),
    ...row.contradictions.flatMap(text => fold(`It ${text}`, 2)),
    ...(proofs.length === 0 ? [] : ['False yeses, signed (-j has them whole):', ...proofs]),
  ];
}
