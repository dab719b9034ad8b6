import { renderQuarantine } from '../../bgp/quarantine.ts';
import type {
  AgreementRow,
  CountRow,
  MonitoringRow,
  NeighborRow,
  ProtectionRow,
  QuarantineRow,
  RestartRow,
  SummaryRow,
} from '../../collector/messages.ts';
import { type Loading, loadingOf } from '../../control/loading.ts';
import { count, facts, table } from './text.ts';
import { duration, instant, percent } from './time.ts';

/**
 * `show bgp summary`: the names and the order of FRR's command, without the columns that a collector has nothing to say
 * in (TblVer, InQ, OutQ, PfxSnt), and with the peer's name, by which other commands ask for it.
 */
export function renderSummary(rows: readonly (SummaryRow & { readonly machine?: string })[], now: number): string[] {
  const machines = rows.some(({ machine }) => machine !== undefined);
  const lines = table(
    [
      ...(machines ? [{ head: 'Machine' }] : []),
      { head: 'Neighbor' },
      { head: 'V', right: true },
      { head: 'AS', right: true },
      { head: 'MsgRcvd', right: true },
      { head: 'MsgSent', right: true },
      { head: 'Up/Down', right: true },
      { head: 'State/PfxRcd', right: true },
      { head: 'Peer' },
      { head: 'Desc', free: true },
    ],
    rows.map(row => [
      ...(machines ? [row.machine ?? ''] : []),
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
  const loading = up.filter(row => row.loading);
  if (loading.length > 0) lines.push(`Tables: ${loadingText(up.length, loadingOf(loading, now))}`);
  return lines;
}

/** How far the tables are of so many peers that are up. */
export function loadingText(up: number, { peers, routes, rate }: Loading): string {
  const whole = up - peers.length;
  const shown = peers.length > MOST_NAMED ? `${peers.slice(0, MOST_NAMED).join(', ')} and others` : peers.join(', ');
  const pace = rate === null ? '' : `, ${rate} a second`;
  return `${whole} of ${up} whole (${percent(up === 0 ? 0 : whole / up)}); still to come of ${shown}: ${count(routes, 'route')} so far${pace}`;
}

/** Peers that are named of those whose tables are still to come. */
const MOST_NAMED = 5;

/** Counts of messages by type, those of which there are none left out. */
function messages(counts: Readonly<Record<string, number>>): string {
  const seen = Object.entries(counts).filter(([, n]) => n > 0);
  return seen.length === 0 ? 'none' : seen.map(([type, n]) => `${n} ${type}`).join(', ');
}

/** What was done about malformed UPDATEs (RFC 7606); empty when there were none. */
function malformed(counts: NonNullable<NeighborRow['malformed']>): string {
  const parts = [
    [counts.treatAsWithdraw, 'treated as withdrawn'],
    [counts.attributeDiscard, 'with an attribute discarded'],
    [counts.ignored, 'of another family, ignored'],
    [counts.unagreedPathIds, 'with path identifiers not agreed on, not held'],
    [counts.excessPaths, 'paths too many of a prefix, not held'],
  ] as const;
  return parts
    .filter(([n]) => n > 0)
    .map(([n, what]) => `${n} ${what}`)
    .join(', ');
}

function mode({ passive, protection: own }: NeighborRow): string {
  if (own?.range) return `passive, one of ${own.range}`;
  return passive ? 'passive' : '';
}

/** What is demanded of the connection. */
function protection({ password, leastTtl, interface: device }: ProtectionRow): string {
  const parts = [
    ...(password ? ['password (TCP MD5)'] : []),
    ...(leastTtl === null ? [] : [`TTL ${leastTtl} or more`]),
    ...(device === null ? [] : [`interface ${device}`]),
  ];
  return parts.join(', ');
}

function limit({ family, most, action }: ProtectionRow['prefixLimits'][number]): string {
  return `${most}${family === null ? '' : family === 'ipv4' ? ' IPv4' : ' IPv6'}, then ${action}`;
}

/** What a family with stale routes waits for. */
const WAITS: Readonly<Record<string, string>> = {
  restarting: 'the peer is awaited',
  'long-lived': 'the peer is awaited for long',
  returned: 'the end of the table is awaited',
  'returned-long-lived': 'the end of the table is awaited',
  refreshing: 'the end of the route refresh is awaited',
};

/** Stale routes of a family, and how long they may live. */
function restarting({ family, state, since, stale, left, longLivedLeft }: RestartRow): string {
  const bound = left ?? longLivedLeft;
  return [
    `${stale} ${family}`,
    ...(since === null ? [] : [`since ${instant(since)}`]),
    WAITS[state] ?? state,
    ...(bound === null ? [] : [`${duration(bound)} left`]),
  ].join(', ');
}

/** By which router a peer is monitored, and what is special about it. */
function monitored({ router, routerAddress, rib, vrf, assumed, unreadable }: MonitoringRow): string {
  return [
    `by ${router} (${routerAddress})`,
    rib,
    ...(vrf === '' ? [] : [`table ${vrf}`]),
    ...(assumed ? ['no Peer Up was seen'] : []),
    ...(unreadable === 0 ? [] : [`${unreadable} unreadable`]),
  ].join(', ');
}

/** Figures of a router, those of nothing left out. */
function statistics(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');
}

/** What a session may do besides what all may. */
function agreed({ extendedMessage, enhancedRefresh, addPath, extendedNextHop }: AgreementRow): string {
  return [
    ...(extendedMessage ? ['extended messages'] : []),
    ...(enhancedRefresh ? ['enhanced route refresh'] : []),
    ...(addPath.length > 0 ? [`several paths of ${addPath.join(', ')}`] : []),
    ...(extendedNextHop.length > 0 ? [`IPv6 next hops of ${extendedNextHop.join(', ')}`] : []),
  ].join('; ');
}

function role({ role: said }: AgreementRow): string {
  return said === null ? '' : `${said.ours}; the peer says ${said.theirs ?? 'none'}`;
}

/** Routes of the families that are held apart. */
function others(counts: NonNullable<NeighborRow['otherRoutes']>): string {
  return counts
    .map(({ family, routes, refused, ended, disabled }) => {
      if (disabled !== '') return `${family} disabled: ${disabled}`;
      const room = refused === 0 ? '' : `, ${refused} more found no room`;
      return `${routes} ${family}${room}${ended ? '' : ', no End-of-RIB yet'}`;
    })
    .join('; ');
}

/** `show bgp neighbor`. */
export function renderNeighbors(rows: readonly NeighborRow[], now: number): string[] {
  return rows.flatMap((row, i) => [
    ...(i > 0 ? [''] : []),
    `Peer ${row.peer}, ${row.address} AS${row.as}`,
    ...facts([
      ['Description', row.description],
      ['State', `${row.state} for ${duration(now - row.since)}, since ${instant(row.since)}`],
      ['Monitored', row.monitoring === undefined ? '' : monitored(row.monitoring)],
      ['Identifier', row.peerId ?? ''],
      ['Local address', row.localAddress ?? ''],
      ['Mode', mode(row)],
      ['Protection', row.protection === undefined ? '' : protection(row.protection)],
      ['Hold time', row.holdTime === null ? '' : row.holdTime === 0 ? 'none' : `${row.holdTime}s`],
      ['Families', row.families.join(', ')],
      ['Agreed', row.agreement ? agreed(row.agreement) : ''],
      ['Role', row.agreement ? role(row.agreement) : ''],
      ['We offer', row.agreement?.ours.join('; ') ?? ''],
      ['Peer offers', row.agreement?.theirs.join('; ') ?? ''],
      ['4-octet AS', row.as4 === null ? '' : row.as4 ? 'yes' : 'no'],
      ['Received', messages(row.messagesReceived)],
      ['Sent', messages(row.messagesSent)],
      ['Prefixes', `${row.prefixes4} IPv4, ${row.prefixes6} IPv6`],
      ['Other routes', others(row.otherRoutes ?? [])],
      ['Leaks', row.leaks ? count(row.leaks, 'route') : ''],
      ...(row.restart ?? []).map(one => ['Stale', restarting(one)] as const),
      ['Maximum', (row.protection?.prefixLimits ?? []).map(limit).join('; ')],
      ['Malformed', row.malformed === null ? '' : malformed(row.malformed)],
      ['Router counts', row.monitoring === undefined ? '' : statistics(row.monitoring.statistics)],
      ['Last down', row.lastDown],
      ['Last error', row.lastError === row.lastDown ? '' : row.lastError],
      ...(row.protection?.problems ?? []).map(problem => ['Problem', problem] as const),
    ]).map(line => `  ${line}`),
  ]);
}

/** `show quarantine`: each message with its octets and a caret under the bad one. */
export function renderQuarantined(rows: readonly QuarantineRow[]): string[] {
  if (rows.length === 0) return ['no malformed message'];
  return rows.flatMap((row, i) => {
    const first = i === 0 || rows[i - 1]!.peer !== row.peer;
    const older = first && row.dropped > 0 ? [`${count(row.dropped, 'older message')} of ${row.peer} not kept`] : [];
    const shown = renderQuarantine({ ...row, message: Buffer.from(row.message, 'hex') });
    return [...(i > 0 ? [''] : []), ...older, `Peer ${row.peer}`, ...shown.map(line => `  ${line}`)];
  });
}

/** `show route count`. */
export function renderCount(rows: readonly CountRow[]): string[] {
  const sum = (family: 'ipv4' | 'ipv6') => rows.reduce((total, row) => total + row[family], 0);
  const apart = (row: CountRow) => (row.others ?? []).reduce((total, { routes }) => total + routes, 0);
  const [ipv4, ipv6, others] = [sum('ipv4'), sum('ipv6'), rows.reduce((total, row) => total + apart(row), 0)];
  const line = (peer: string, v4: number, v6: number, other: number) =>
    others === 0 ? [peer, v4, v6, v4 + v6] : [peer, v4, v6, other, v4 + v6 + other];
  return table(
    [
      { head: 'Peer' },
      { head: 'IPv4', right: true },
      { head: 'IPv6', right: true },
      ...(others === 0 ? [] : [{ head: 'Other', right: true } as const]),
      { head: 'Routes', right: true },
    ],
    [
      ...rows.map(row => line(row.peer, row.ipv4, row.ipv6, apart(row))),
      ...(rows.length === 1 ? [] : [line('all', ipv4, ipv6, others)]),
    ],
  );
}
