/**
 * From a flow record to the vantage it was seen at: by link addresses, as at a tap, and by the ifIndexes that the exporter
 * states, as its block in the configuration tells.
 */
import type { ExporterConfig } from '../config/exporter-tree.ts';
import type { FlowRecord } from '../flow/flow-record.ts';
import { type Layers, newLayers } from '../packet/layers.ts';
import type { VantageMap } from './vantage.ts';
import { INSIDE, UNKNOWN, type VantageNumbers } from './vantage-numbers.ts';

export interface FlowVantages {
  configure(exporters: readonly ExporterConfig[]): void;
  /** Number of the vantage of a record with a sampled header, whose layers were found in `bytes`. */
  ofHeader(exporter: string, record: FlowRecord, bytes: Uint8Array, layers: Layers): number;
  /** Number of the vantage of a record without one. */
  ofRecord(exporter: string, record: FlowRecord): number;
}

/** An ifIndex has 32 bits and a VLAN 12; -1 stands for any. */
const keyOf = (index: number, vlan: number) => index * 8192 + (vlan + 1);

/** No interface is known yet. `map`, which numbers vantages by `numbers`, tells neighbours by their link addresses. */
export function flowVantages(map: Pick<VantageMap, 'of'>, numbers: VantageNumbers): FlowVantages {
  const neighbors = new Map<string, ReadonlyMap<number, number>>();
  const layers = newLayers();

  /**
   * The sender decides before the receiver, and a link address before the interface: many may be behind that. `address` is
   * the vantage that link addresses tell.
   */
  const resolve = (exporter: string, { input, output }: FlowRecord, vlan: number, address: number): number => {
    const interfaces = neighbors.get(exporter);
    if (interfaces === undefined || interfaces.size === 0) return address;
    const { direction, neighbor } = numbers.list()[address]!;
    if (direction === 'in' && neighbor !== null) return address;
    const behind = (index: number) => interfaces.get(keyOf(index, vlan)) ?? interfaces.get(keyOf(index, -1));
    const from = behind(input);
    if (from !== undefined) return numbers.of('in', from);
    if (direction === 'out' && neighbor !== null) return address;
    const to = behind(output);
    if (to !== undefined) return numbers.of('out', to);
    if (direction === 'in' || direction === 'out') return address;
    // Neither of two interfaces that are known leads to a neighbour.
    return input > 0 && output > 0 ? INSIDE : UNKNOWN;
  };

  return {
    configure(exporters) {
      neighbors.clear();
      for (const { address, interfaces } of exporters)
        neighbors.set(address, new Map(interfaces.map(({ index, vlan, as }) => [keyOf(index, vlan ?? -1), as])));
    },
    ofHeader: (exporter, record, bytes, found) =>
      resolve(exporter, record, record.vlan >= 0 ? record.vlan : found.vlan, map.of(bytes, found, 0, false)),
    ofRecord(exporter, record) {
      layers.sourceMac = record.sourceMac;
      layers.destinationMac = record.destinationMac;
      layers.vlan = record.vlan;
      return resolve(exporter, record, record.vlan, map.of(record.bytes, layers, 0, false));
    },
  };
}
