/** What an exporter said, kept: records are overwritten, so each is written down in words as it comes. */
import { type Exporter, type ExporterOptions, openExporter } from '../../src/flow/exporter.ts';
import type { FlowRecord } from '../../src/flow/flow-record.ts';
import type { Translation } from '../../src/flow/translation.ts';
import { formatAddress } from '../../src/net/address.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { capture, forEachRecord } from '../packet/captures.ts';

export interface Collected {
  readonly exporter: Exporter;
  /** `source:port > destination:port protocol packets/octets in>out first-last 1/sampling`. */
  readonly flows: string[];
  readonly sections: {
    readonly linkType: number;
    readonly octets: Uint8Array;
    readonly wire: number;
    readonly record: FlowRecord;
  }[];
  readonly translations: Translation[];
}

export const NOW = Date.UTC(2026, 10, 29);

/** An exporter whose records are kept. */
export function collect(options: Partial<ExporterOptions> = {}): Collected {
  const kept: Omit<Collected, 'exporter'> = { flows: [], sections: [], translations: [] };
  const exporter = openExporter(
    { address: '192.0.2.1', domains: [], sampling: null, ...options },
    {
      flow: record => kept.flows.push(describeFlow(record)),
      section: record => {
        const octets = record.bytes.slice(record.section, record.section + record.sectionOctets);
        kept.sections.push({ linkType: record.sectionLink, octets, wire: record.sectionWire, record: { ...record } });
      },
      translation: translation => kept.translations.push(translation),
    },
  );
  return { exporter, ...kept };
}

/** One record as a line. */
export function describeFlow(r: FlowRecord): string {
  const octets = r.family === 4 ? 4 : 16;
  const end = (at: number, port: number) => {
    const address =
      at < 0 ? '-' : formatAddress({ afi: r.family === 4 ? 1 : 2, bytes: r.bytes.subarray(at, at + octets) });
    return port < 0 ? address : `${address}:${port}`;
  };
  const ends = `${end(r.source, r.sourcePort)} > ${end(r.destination, r.destinationPort)}`;
  return `${ends} ${r.protocol} ${r.packets}/${r.octets} ${r.input}>${r.output} ${r.first}-${r.last} 1/${r.sampling}`;
}

/** The UDP payloads of a capture. */
export function datagramsOf(name: string): Uint8Array[] {
  const layers = newLayers();
  const datagrams: Uint8Array[] = [];
  forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType }) => {
    findLayers(bytes, offset, offset + captured, wire, linkType, layers);
    const upper = layers.upper[layers.count - 1]!;
    datagrams.push(bytes.slice(upper + 8, layers.end[layers.count - 1]));
  });
  return datagrams;
}
