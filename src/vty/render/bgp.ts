import type { CountRow, SummaryRow } from '../../collector/messages.ts';
import type { NeighborRow } from '../../control/daemon.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

/**
 * `show bgp summary`: the names and the order of FRR's command, without the columns that a collector has nothing to say
 * in (TblVer, InQ, OutQ, PfxSnt), and with the peer's name, by which other commands ask for it.
 */
export function renderSummary(rows: readonly SummaryRow[], now: number): string[] {
  const lines = table(
    [
      { head: 'Neighbor' },
      { head: 'V', right: true },
      { head: 'AS', right: true },
      { head: 'MsgRcvd', right: true },
      { head: 'MsgSent', right: true },
      { head: 'Up/Down', right: true },
      { head: 'State/PfxRcd', right: true },
      { head: 'Peer' },
      { head: 'Desc' },
    ],
    rows.map(row => [
      row.address,
      4,
      row.as,
      row.received,
      row.sent,
      duration(now - row.since),
      row.state === 'Established' ? row.prefixes : row.state,
      row.peer,
      row.description,
    ]),
  );
  const up = rows.filter(row => row.state === 'Established');
  const prefixes = up.reduce((sum, row) => sum + row.prefixes, 0);
  lines.push(`${count(rows.length, 'peer')}, ${up.length} established, ${count(prefixes, 'prefix', 'prefixes')}`);
  return lines;
}

/** `show bgp neighbor`. */
export function renderNeighbors(rows: readonly NeighborRow[], now: number): string[] {
  return rows.flatMap((row, i) => [
    ...(i > 0 ? [''] : []),
    `Peer ${row.peer}, ${row.address} AS${row.as}`,
    ...facts([
      ['Description', row.description],
      ['State', `${row.state} for ${duration(now - row.since)}, since ${instant(row.since)}`],
      ['Messages', `${row.received} received, ${row.sent} sent`],
      ['Prefixes', row.held === undefined ? `${row.prefixes}` : `${row.held.ipv4} IPv4, ${row.held.ipv6} IPv6`],
      ['Last error', row.lastError],
    ]).map(line => `  ${line}`),
  ]);
}

/** `show route count`. */
export function renderCount(rows: readonly CountRow[]): string[] {
  const sum = (family: 'ipv4' | 'ipv6') => rows.reduce((total, row) => total + row[family], 0);
  const [ipv4, ipv6] = [sum('ipv4'), sum('ipv6')];
  return table(
    [{ head: 'Peer' }, { head: 'IPv4', right: true }, { head: 'IPv6', right: true }, { head: 'Routes', right: true }],
    [
      ...rows.map(row => [row.peer, row.ipv4, row.ipv6, row.ipv4 + row.ipv6]),
      ...(rows.length === 1 ? [] : [['all', ipv4, ipv6, ipv4 + ipv6]]),
    ],
  );
}
