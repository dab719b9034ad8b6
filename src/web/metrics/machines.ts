/** Metrics of machines that share the work, of the bus between them and of the database. Where a machine is alone there are none. */
import { subscribe } from 'node:diagnostics_channel';
import { HOPS, type Hop } from '../../control/machine-rows.ts';
import { SECONDS } from './happenings.ts';
import { type Look, looking, type Maker } from './maker.ts';

export function machineMetrics({ gauge, counted, histogram }: Maker): Look {
  const hops = histogram(
    'hop_seconds',
    'From what is judged to the stream, from there to the disk, and transactions of the database',
    SECONDS,
    ['hop'],
  );
  subscribe(HOPS.name, message => {
    const { hop, milliseconds } = message as Hop;
    hops.observe({ hop }, milliseconds / 1000);
  });
  const metrics = {
    heard: gauge('machine_heard', '1 for a machine that is heard', ['machine']),
    twice: gauge('machine_name_twice', '1 for a machine whose router id another daemon has too', ['machine']),
    ahead: gauge('machine_clock_ahead_seconds', 'Clock of a machine against that of this one', ['machine']),
    link: gauge('link_up', '1 while the bus, or the database that is shared, is there', ['to']),
    lost: counted('bus_lost_total', 'Times that the connection to the bus was lost'),
    published: counted('bus_published_total', 'Messages of this machine that are in the stream'),
    again: counted('bus_again_total', 'Messages that were sent again, for the server had not confirmed them'),
    waiting: gauge('bus_waiting', 'Changes that wait for the bus'),
    room: gauge('bus_waiting_ratio', 'Share of the room that they have'),
    dropped: counted('bus_dropped_total', 'Changes that were dropped because too many waited'),
    refused: counted('bus_refused_total', 'Messages that were not believed', ['what', 'machine']),
    resyncs: counted(
      'bus_resyncs_total',
      'Times that collectors were asked for all they hold, and the one here told it',
      ['what'],
    ),
    messages: counted('bus_messages_left_out_total', 'Messages of the stream that were missing, or came twice', [
      'what',
    ]),
    taken: counted('partitions_taken_total', 'Partitions of the cases that this machine took'),
    behind: gauge('partition_behind', 'Messages that wait in the stream for a partition of this machine', [
      'partition',
    ]),
    oldest: gauge('partition_oldest_seconds', 'How long the oldest message that is being taken in was in the stream', [
      'partition',
    ]),
    lease: gauge('partition_lease_seconds', 'How long the lease of a partition lasts on; 0: nobody has it', [
      'partition',
    ]),
    fence: counted('partition_holders_total', 'Holders that a partition has had', ['partition']),
    cases: gauge('partition_cases', 'Cases of a partition that are not over', ['partition']),
    requests: gauge('database_requests', 'Requests that wait for the database'),
  };
  return looking(
    metrics,
    daemon =>
      Promise.all([
        daemon.shared(),
        daemon.machines(),
        daemon.refused(),
        // What is wrong with the database is one of the numbers.
        daemon.partitions().catch(() => null),
      ]),
    ([shared, machines, refused, partitions]) => {
      for (const { machine, missed, unheard, ahead, twice } of machines) {
        // Of what cannot be heard from here nothing is known: that is the number of the link to the bus.
        if (unheard) continue;
        metrics.heard.set({ machine }, missed ? 0 : 1);
        metrics.twice.set({ machine }, twice ? 1 : 0);
        if (ahead !== null && !missed) metrics.ahead.set({ machine }, ahead / 1000);
      }
      for (const { what, machine, times } of refused) metrics.refused.set({ what, machine }, times);
      if (shared !== null) {
        const { counts } = shared;
        metrics.link.set({ to: 'bus' }, shared.up ? 1 : 0);
        metrics.lost.set({}, counts.lost);
        metrics.published.set({}, shared.published);
        metrics.again.set({}, counts.again);
        metrics.waiting.set({}, shared.waiting);
        metrics.room.set({}, shared.waiting / Math.max(1, counts.room));
        metrics.dropped.set({}, shared.dropped);
        metrics.resyncs.set({ what: 'asked' }, counts.asked);
        metrics.resyncs.set({ what: 'told' }, counts.told);
        metrics.messages.set({ what: 'missing' }, counts.gaps);
        metrics.messages.set({ what: 'twice' }, counts.twice);
        metrics.taken.set({}, counts.taken);
        metrics.requests.set({}, counts.requests);
      }
      const away = partitions === null || partitions.some(one => one.away !== undefined);
      if (away || partitions.length > 0) metrics.link.set({ to: 'database' }, away ? 0 : 1);
      // What was known last is not told as how things stand.
      for (const { partition, self, behind, oldest, left, fence, openCases } of away ? [] : partitions) {
        metrics.lease.set({ partition }, left / 1000);
        metrics.fence.set({ partition }, fence);
        metrics.cases.set({ partition }, openCases);
        if (!self) continue;
        if (behind !== null) metrics.behind.set({ partition }, behind);
        if (oldest !== null) metrics.oldest.set({ partition }, oldest / 1000);
      }
    },
  );
}
