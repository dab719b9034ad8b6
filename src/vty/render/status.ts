import type { ProbeStatusRow, ReloadReport, StatusReport, TracePeerRow } from '../../control/daemon.ts';
import type { SharedStatus } from '../../control/machine-rows.ts';
import { peerTrouble } from '../../control/traceback-rows.ts';
import { loadingText } from './bgp.ts';
import { count, facts, table } from './text.ts';
import { duration, instant, octets, percent } from './time.ts';

/** `show status`. */
export function renderStatus(status: StatusReport): string[] {
  const { registry, outbox } = status;
  // Where machines share the cases, all of them are in `show case`.
  const here = status.machines === undefined ? '' : ' here';
  return [
    `intertrackd ${status.version}, router id ${status.routerId}, AS${status.as}`,
    ...facts([
      ['Running', `${duration(status.time - status.started)} since ${instant(status.started)}, pid ${status.pid}`],
      ['Memory', octets(status.memory)],
      [
        'BGP',
        `${status.established} of ${count(status.peers, 'peer')} established, ${count(status.collectors, 'collector')}`,
      ],
      ['Feeds lost', status.lost.join(', ')],
      ['Routes', `${status.routes} for ${count(status.prefixes, 'prefix', 'prefixes')}`],
      ['Tables', status.loading === undefined ? '' : loadingText(status.established, status.loading)],
      [
        'Registry',
        `${count(registry.objects, 'object')}${registry.oldest === null ? '' : `, oldest copy ${duration(registry.oldest)}`}`,
      ],
      ['Stale', registry.stale.join(', ')],
      [
        'Originated',
        status.originated === undefined ? '' : `${count(status.originated, 'prefix', 'prefixes')} learned`,
      ],
      ['Bus', status.machines === undefined ? '' : busText(status.machines, status.time)],
      ['Machines', status.machines === undefined ? '' : machinesText(status.machines)],
      ['Partitions', status.machines === undefined ? '' : partitionsText(status.machines)],
      ['Cases', `${status.openCases} open${here}`],
      [
        'Outbox',
        `${outbox.pending} pending${here}${outbox.oldest === null ? '' : `, oldest ${duration(status.time - outbox.oldest)}`}`,
      ],
      ['Probes', `${status.probes.connected} of ${status.probes.configured} connected`],
      ['Traceback', `${status.tracePeers.established} of ${count(status.tracePeers.configured, 'peer')} established`],
    ]),
    ...(status.problems.length === 0 ? ['No problems.'] : ['Problems:', ...status.problems.map(line => `  ${line}`)]),
  ];
}

const busText = ({ up, since, waiting, counts }: SharedStatus, now: number): string =>
  [
    `${up ? 'up' : 'down'} ${duration(now - since)}`,
    ...(waiting === 0
      ? []
      : [`${count(waiting, 'change')} ${waiting === 1 ? 'waits' : 'wait'} for it, room for ${counts.room}`]),
  ].join(', ');

const machinesText = ({ up, known, missed }: SharedStatus): string =>
  !up
    ? `${known} known, none heard while the bus is down`
    : missed.length === 0
      ? `${known} heard`
      : `${known - missed.length} of ${known} heard, not ${missed.join(', ')}`;

const partitionsText = ({ partitions, behind }: SharedStatus): string =>
  `${partitions.length === 0 ? 'none' : partitions.join(', ')} here${behind === 0 ? '' : `, ${count(behind, 'message')} behind`}`;

/** `show probe`. */
export function renderProbes(rows: readonly ProbeStatusRow[], now: number): string[] {
  if (rows.length === 0) return ['no probe'];
  return table(
    [
      { head: 'Probe' },
      { head: 'State' },
      { head: 'For', right: true },
      { head: 'Windows', right: true },
      { head: 'Holds', right: true },
      { head: 'Packets', right: true },
      { head: 'A second', right: true },
      { head: 'Lost', right: true },
    ],
    rows.map(row => [
      row.probe,
      row.connected ? 'up' : 'down',
      duration(now - row.since),
      row.windows,
      row.retained === null ? '-' : duration(row.retained.to - row.retained.from),
      row.packets,
      row.rate ?? '-',
      row.lost === 0 || row.packets === 0 ? row.lost : percent(row.lost / (row.packets + row.lost)),
    ]),
  );
}

/** `show traceback`. */
export function renderTracePeers(rows: readonly TracePeerRow[], now: number): string[] {
  if (rows.length === 0) return ['no traceback peer'];
  return table(
    [
      { head: 'AS', right: true },
      { head: 'Address' },
      { head: 'State' },
      { head: 'For', right: true },
      { head: 'In' },
      { head: 'Out' },
      { head: 'Asked', right: true },
      { head: 'Answered', right: true },
      { head: 'Refused', right: true },
      { head: 'Last error', free: true },
    ],
    rows.map(row => [
      row.as,
      row.address,
      row.state,
      duration(now - row.since),
      row.in,
      row.out,
      row.asked,
      row.answered,
      row.refused,
      peerTrouble(row),
    ]),
  );
}

/** `reload`. */
export function renderReload(report: ReloadReport): string[] {
  return report.changes.length === 0 ? ['nothing has changed'] : [...report.changes];
}
