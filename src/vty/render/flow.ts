import type { FlowRow } from '../../control/probe-rows.ts';
import type { FlowAnswer, FlowPlace } from '../../probe/flows/flow-question.ts';
import { count, table } from './text.ts';
import { duration } from './time.ts';

const LEFT = ['Probe', 'Exporter', 'Sends'];
const RIGHT = ['Datagrams', 'Packets', 'Records', 'NAT', 'Templates', 'Sampling', 'Lost', 'Refused', 'Seen'];
const COLUMNS = [...LEFT.map(head => ({ head })), ...RIGHT.map(head => ({ head, right: true as const }))];

/** `show flow`: exporters, then of each probe what was thrown away and what is held. */
export function renderFlow(rows: readonly FlowRow[], now: number): string[] {
  if (rows.length === 0) return ['no probe of flows is connected'];
  const exporters = rows.filter(row => row.what === 'exporter');
  const probes = rows.filter(row => row.what === 'probe');
  const lines = table(
    COLUMNS,
    exporters.map(row => [
      ...[row.probe, row.exporter, row.versions.length === 0 ? '-' : row.versions.join(', '), row.datagrams],
      ...[row.sections, row.records - row.sections, row.translations, row.templatesHeld],
      row.sampling === 0 ? '-' : `1:${Math.round(row.sampling)}`,
      ...[row.lost, row.malformed + row.withoutTemplate + row.otherDomains],
      row.seen === null ? 'never' : `${duration(Math.max(0, now - row.seen))} ago`,
    ]),
  );
  return [
    ...(exporters.length === 0 ? [] : [...lines, '']),
    ...probes.map(
      ({ probe, refused, dropped, records, droppedForMemory }) =>
        `${probe}: ${count(records, 'flow record')} held` +
        `${droppedForMemory === 0 ? '' : `, ${droppedForMemory} dropped for memory`}` +
        `, ${count(refused, 'datagram')} of others, ${dropped} dropped by the kernel`,
    ),
  ];
}

/** What flow records say of a traced packet, a line for each place; never more than a prior. */
export function renderPriors(flows: readonly FlowAnswer[] | undefined): string[] {
  return (flows ?? []).flatMap(({ probe, places, retained }) => {
    if (places.length > 0) return places.slice(0, MOST_PLACES).map(place => `flow: ${sentence(probe, place)}`);
    return [
      retained === null
        ? `flow: ${probe} has no flow records yet`
        : `flow: ${probe} has no record of these headers; it may hold samples only, so that says little`,
    ];
  });
}

/** Lines for one probe. */
const MOST_PLACES = 8;

function sentence(probe: string, { vantage, exporter, input, output, records, packets, sampling }: FlowPlace): string {
  const { direction, neighbor } = vantage;
  const as = neighbor === null ? '' : ` ${direction === 'in' ? 'from' : 'to'} AS${neighbor}`;
  const link = direction === 'out' ? output : input;
  const where = link === 0 ? '' : ` interface ${link}`;
  const sampled = sampling === 0 ? ', sampling not stated' : sampling > 1 ? `, sampled 1:${Math.round(sampling)}` : '';
  return `${count(records, 'record')} of ${probe} ${records === 1 ? 'says' : 'say'} ${direction}${as} (${exporter}${where}), ${count(packets, 'packet')}${sampled}; a prior, no sighting`;
}
