/** Bridges: other systems that ask for traces. */
import type { BridgeRow, RidEntry, RidPeerRow } from '../../control/bridge-rows.ts';
import { table } from './text.ts';
import { instant } from './time.ts';

/** `show traceback bridges`. */
export function renderBridges(rows: readonly BridgeRow[]): string[] {
  if (rows.length === 0) return ['no bridge is configured'];
  return table(
    [
      { head: 'Bridge' },
      { head: 'Listens at' },
      { head: 'Received', right: true },
      { head: 'Traced', right: true },
      { head: 'Refused', right: true },
      { head: 'Last error', free: true },
    ],
    rows.map(({ bridge, listens, received, traced, refused, lastError }) => [
      bridge,
      listens.join(', ') || '-',
      received,
      traced,
      refused,
      lastError,
    ]),
  );
}

/** `show rid`. */
export function renderRidPeers(rows: readonly RidPeerRow[]): string[] {
  if (rows.length === 0) return ['no peer of rid is configured'];
  return table(
    [
      { head: 'Peer' },
      { head: 'In' },
      { head: 'Received', right: true },
      { head: 'Traced', right: true },
      { head: 'Denied', right: true },
      { head: 'Sent', right: true },
      { head: 'Failed', right: true },
      { head: 'URL', free: true },
      { head: 'Last error', free: true },
    ],
    rows.map(row => [
      row.name,
      `${row.in}${row.packets ? ', packets' : ''}`,
      row.received,
      row.traced,
      row.denied,
      row.sent,
      row.failed,
      row.url ?? '-',
      row.lastError,
    ]),
  );
}

/** `show rid requests`. */
export function renderRidEntries(rows: readonly RidEntry[]): string[] {
  if (rows.length === 0) return ['nothing was asked or told by rid'];
  return table(
    [
      { head: 'No', right: true },
      { head: 'Time' },
      { head: 'Peer' },
      { head: 'Message' },
      { head: 'State' },
      { head: 'Trace' },
      { head: 'Incident', free: true },
      { head: '' },
    ],
    rows.map(row => [
      row.number,
      instant(row.at),
      `${row.way === 'in' ? 'from' : 'to'} ${row.peer}`,
      row.type,
      row.state,
      row.trace ?? '-',
      row.incident || '-',
      row.words,
    ]),
  );
}

/** `rid approve`, `rid deny` and `trace report`: what became of it. */
export const renderRidEntry = ({ number, peer, type, way, state, words }: RidEntry): string[] => [
  `${number}: ${type} ${way === 'in' ? 'of' : 'to'} ${peer}: ${state}${words === '' ? '' : `, ${words}`}`,
];
