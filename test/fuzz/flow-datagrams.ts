/** What an exporter of flows sends: every format, with templates that stay from one datagram to the next. */
import { openExporter } from '../../src/flow/exporter.ts';
import type { FlowRecord } from '../../src/flow/flow-record.ts';
import { flowDatagrams } from '../flow/datagrams.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** The target; begins with datagrams that the encoders wrote. */
export function flowDatagramTarget(): Target {
  let records = 0;
  const within = (record: FlowRecord) => {
    records++;
    const { bytes, family } = record;
    const places: [number, number][] = [
      [record.source, family === 4 ? 4 : 16],
      [record.destination, family === 4 ? 4 : 16],
      [record.sourceMac, 6],
      [record.destinationMac, 6],
      [record.section, record.sectionOctets],
    ];
    for (const [at, octets] of places)
      if (at >= 0 && at + octets > bytes.length) throw new Error('a field beyond the end of its datagram');
  };
  const open = () =>
    openExporter(
      { address: '192.0.2.1', domains: [], sampling: null },
      { section: within, flow: within, translation: ({ inside, outside }) => void [inside, outside] },
    );
  let exporter = open();
  return {
    name: 'flow datagrams',
    seeds: flowDatagrams(),
    mutate,
    judge(datagram) {
      records = 0;
      const wrong = exporter.take(datagram, 0);
      if (wrong !== null && (wrong.offset < 0 || wrong.offset > datagram.length))
        throw new Error('an error outside the datagram');
      if (records > datagram.length) throw new Error('more records than octets');
      return `${datagram[1]} ${Math.min(records, 3)} ${wrong?.reason.replace(/\d+/g, '#') ?? ''}`;
    },
    begin() {
      exporter = open();
    },
  };
}
