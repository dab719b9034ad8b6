/** The daemons of this AS, and what they say of a packet: for the eyes of this AS alone. */
import type { TraceSiteRow, TraceSites } from '../../control/traceback-rows.ts';
import type { Trace, TraceSite } from '../../traceback/trace.ts';
import { count, fold, lastError, tableWith } from './text.ts';
import { duration, instant, percentCell } from './time.ts';

/** `show traceback sites`: the sites of an ITM, or of a site its ITM. */
export function renderTraceSites({ itm, sites, time }: TraceSites): string[] {
  if (itm !== null) {
    const state = itm.connected ? 'connected' : 'not connected';
    return [
      `This daemon is site ${itm.site} of its AS`,
      `ITM at ${itm.address}: ${state} for ${duration(time - itm.since)}, ${count(itm.asked, 'question')}`,
      ...(itm.lastError === '' ? [] : fold(itm.lastError, 4, 2)),
      ...(itm.uncommitted === 0
        ? []
        : fold(`${count(itm.uncommitted, 'window')} not committed to: no packet in them can be proved`, 4, 2)),
    ];
  }
  if (sites.length === 0) return ['no site: this daemon is the whole of its AS'];
  return tableWith(
    [
      { head: 'Site' },
      { head: 'State' },
      { head: 'For', right: true },
      { head: 'Probes', right: true },
      { head: 'Border', right: true },
      { head: 'Asked', right: true },
      { head: 'Answered', right: true },
      { head: 'ms', right: true },
      { head: 'Roles', free: true },
    ],
    sites,
    ({ site, since, connected, standing, asked, answered, latency }) => [
      site,
      connected ? 'up' : 'down',
      since === null ? 'ever' : duration(time - since),
      standing?.probes ?? '-',
      percentCell(standing?.coverage),
      ...[asked, answered],
      latency === null ? '-' : Math.round(latency),
      standing?.roles.join(' ') ?? '-',
    ],
    remarks,
  );
}

function remarks({ standing, uncommitted, lastError: error }: TraceSiteRow): string[] {
  const domains = standing?.domains ?? [];
  return [
    ...(domains.length === 0 ? [] : fold(`domains: ${domains.join(' ')}`, 4, 2)),
    ...(uncommitted === null
      ? []
      : fold(`not committed to: what it sealed from ${instant(uncommitted.from)} to ${instant(uncommitted.to)}`, 4, 2)),
    ...lastError(error),
  ];
}

/** Which domains of this AS the packet came in at, began in and left from, and what each site says. */
export function insideLines({ inside }: Trace): string[] {
  if (inside === undefined) return [];
  const { came, left, began, sites } = inside;
  const parts = [
    ...(came.length > 0 ? [`came in at ${came.join(', ')}`] : []),
    ...(began.length > 0 ? [`began in ${began.join(' or ')}`] : []),
    ...(left.length > 0 ? [`left from ${left.join(', ')}`] : []),
  ];
  return [
    ...(parts.length === 0 ? [] : fold(`Inside this AS it ${parts.join(', ')}`, 2)),
    ...(sites.length < 2 ? [] : sites.flatMap(site => fold(siteLine(site), 4, 2))),
  ];
}

function siteLine({ site, verdict, reason, domains }: TraceSite): string {
  const where = domains.length === 0 ? '' : ` (${domains.join(', ')})`;
  return `${site === null ? 'here' : `site ${site}`}: ${verdict}${where}, ${reason}`;
}
