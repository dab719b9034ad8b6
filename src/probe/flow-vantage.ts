/**
 * From a flow record to the vantage it was seen at: by link addresses, as at a tap, and by the ifIndexes that the exporter
 * states, as its block in the configuration tells.
 */
import type { ExporterConfig } from '../config/exporter-tree.ts';
import type { FlowRecord } from '../flow/flow-record.ts';
import { type Layers, newLayers } from '../packet/layers.ts';
import type { Vantage } from './question.ts';
import type { VantageMap } from './vantage.ts';

export interface FlowVantages {
  /** Vantages by their number; numbers stay. */
  readonly list: readonly Vantage[];
  configure(exporters: readonly ExporterConfig[]): void;
  /** Number of the vantage of a record with a sampled header, whose layers were found in `bytes`. */
  ofHeader(exporter: string, record: FlowRecord, bytes: Uint8Array, layers: Layers): number;
  /** Number of the vantage of a record without one. */
  ofRecord(exporter: string, record: FlowRecord): number;
}

/** An ifIndex has 32 bits and a VLAN 12; -1 stands for any. */
const keyOf = (index: number, vlan: number) => index * 8192 + (vlan + 1);

/** No interface is known yet. `map` tells neighbours by their link addresses. */
export function flowVantages(map: Pick<VantageMap, 'list' | 'of'>): FlowVantages {
  const list: Vantage[] = [{ direction: 'inside', neighbor: null }];
  const numbers = new Map([['inside null', 0]]);
  const neighbors = new Map<string, Map<number, number>>();
  const layers = newLayers();

  const numberOf = (vantage: Vantage): number => {
    const key = `${vantage.direction} ${vantage.neighbor}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = list.push({ direction: vantage.direction, neighbor: vantage.neighbor } as Vantage) - 1;
    numbers.set(key, number);
    return number;
  };

  const behind = (exporter: string, index: number, vlan: number): number | undefined => {
    const interfaces = neighbors.get(exporter);
    if (interfaces === undefined || index === 0) return undefined;
    return interfaces.get(keyOf(index, vlan)) ?? interfaces.get(keyOf(index, -1));
  };

  /** The sender decides before the receiver, and a link address before the interface: many may be behind that. */
  const resolve = (exporter: string, record: FlowRecord, vlan: number, byAddress: Vantage): number => {
    if (byAddress.direction === 'in' && byAddress.neighbor !== null) return numberOf(byAddress);
    const from = behind(exporter, record.input, vlan);
    if (from !== undefined) return numberOf({ direction: 'in', neighbor: from });
    if (byAddress.direction === 'out' && byAddress.neighbor !== null) return numberOf(byAddress);
    const to = behind(exporter, record.output, vlan);
    return numberOf(to === undefined ? byAddress : { direction: 'out', neighbor: to });
  };

  return {
    list,
    configure(exporters) {
      neighbors.clear();
      for (const { address, interfaces } of exporters)
        neighbors.set(address, new Map(interfaces.map(({ index, vlan, as }) => [keyOf(index, vlan ?? -1), as])));
    },
    ofHeader: (exporter, record, bytes, found) =>
      resolve(exporter, record, record.vlan >= 0 ? record.vlan : found.vlan, map.list[map.of(bytes, found, 0, false)]!),
    ofRecord(exporter, record) {
      layers.sourceMac = record.sourceMac;
      layers.destinationMac = record.destinationMac;
      layers.vlan = record.vlan;
      return resolve(exporter, record, record.vlan, map.list[map.of(record.bytes, layers, 0, false)]!);
    },
  };
}
