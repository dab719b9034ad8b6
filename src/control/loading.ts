/** How far the tables of peers are that are not whole yet: `show status` and `show bgp summary`. */
import type { SummaryRow } from '../collector/messages.ts';

export interface Loading {
  /** Names of the peers whose tables are still to come. */
  readonly peers: readonly string[];
  /** Routes that are held of them. */
  readonly routes: number;
  /** Routes a second since their sessions are up; null in the first second. */
  readonly rate: number | null;
}

/** `rows`: of peers that are up and whose tables are not whole; `now` in ms. */
export function loadingOf(rows: readonly Pick<SummaryRow, 'peer' | 'prefixes' | 'since'>[], now: number): Loading {
  const routes = rows.reduce((sum, { prefixes }) => sum + prefixes, 0);
  const longest = Math.max(0, ...rows.map(({ since }) => now - since));
  const rate = longest < 1000 ? null : Math.round((1000 * routes) / longest);
  return { peers: rows.map(({ peer }) => peer), routes, rate };
}
