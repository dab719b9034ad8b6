/** An `exporter` block: its statements, and the way to the tree and back. */
import { all, type Entry, entry, first, list, must, number, optional, placed, text } from './entry.ts';
import type { ExporterConfig } from './exporter-tree.ts';
import type { Report } from './report.ts';

/** The tree of a block in which nothing is wrong. */
export function exporterOf(exporter: Entry): ExporterConfig {
  const { block } = exporter;
  const domain = first(block, 'domain');
  const sampling = first(block, 'sampling');
  return {
    address: must(text(exporter, 'address')),
    domains: domain === undefined ? [] : list(domain, 'domainid').map(Number),
    ...optional('sampling', sampling && number(sampling, 'count')),
    interfaces: all(block, 'interface').map(one => ({
      index: must(number(one, 'ifindex')),
      ...optional('vlan', number(one, 'vlan')),
      as: must(number(one, 'asn')),
    })),
  };
}

/** The block as it is printed. */
export function exporterEntry({ address, domains, sampling, interfaces }: ExporterConfig): Entry {
  return entry('probe', 'exporter', { address }, [
    ...(domains.length === 0 ? [] : [entry('exporter', 'domain', { domainid: domains })]),
    ...(sampling === undefined ? [] : [entry('exporter', 'sampling', { count: sampling })]),
    ...interfaces.map(({ index, vlan, as }) => entry('exporter', 'interface', { ifindex: index, vlan, asn: as })),
  ]);
}

/** An exporter without an interface: its packets are seen, but which neighbour they are from is not told. */
export function checkExporters(probe: Entry, report: Report): void {
  const named = all(probe.block, 'neighbor as').length > 0;
  for (const exporter of all(probe.block, 'exporter'))
    if (exporter.whole && !named && all(exporter.block, 'interface').length === 0)
      report.warning(
        placed(exporter),
        'nothing tells which neighbor its packets are from, expected `interface INDEX as ASN`, or a `neighbor as` beside',
      );
}
