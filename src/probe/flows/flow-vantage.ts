/**
 * From a flow record to the vantage it was seen at: by link addresses, as at a tap, and by the ifIndexes that the exporter
 * states, as its block in the configuration tells.
 */
import type { ExporterConfig } from '../../config/exporter-tree.ts';
import { type FlowRecord, newFlowRecord } from '../../flow/flow-record.ts';
import { newLayers } from '../../packet/layers.ts';
import type { VantageMap } from '../neighbors/vantage.ts';
import { INSIDE, UNKNOWN, type VantageNumbers } from '../neighbors/vantage-numbers.ts';

export interface FlowVantages {
  /** A map for the tap that sampled frames are given to; the map below it tells link addresses. */
  over(map: VantageMap): VantageMap;
  /** The record that frames given to the tap from now on belong to. */
  begin(exporter: string, record: FlowRecord): void;
  configure(exporters: readonly ExporterConfig[]): void;
  /** Number of the vantage of a record without one. */
  ofRecord(exporter: string, record: FlowRecord): number;
}

/** An ifIndex has 32 bits and a VLAN 12; -1 stands for any. */
const keyOf = (index: number, vlan: number) => index * 8192 + (vlan + 1);

/** No interface is known yet. */
export function flowVantages(numbers: VantageNumbers): FlowVantages {
  let byAddress: VantageMap['of'] = () => INSIDE;
  let exporter = '';
  let sampled: FlowRecord = newFlowRecord();
  const neighbors = new Map<string, ReadonlyMap<number, number>>();
  const layers = newLayers();

  /**
   * The sender decides before the receiver, and a link address before the interface: many may be behind that. `address` is
   * the vantage that link addresses tell.
   */
  const resolve = (from: string, { input, output }: FlowRecord, vlan: number, address: number): number => {
    const interfaces = neighbors.get(from);
    if (interfaces === undefined || interfaces.size === 0) return address;
    const { direction, neighbor } = numbers.list()[address]!;
    if (direction === 'in' && neighbor !== null) return address;
    const behind = (index: number) => interfaces.get(keyOf(index, vlan)) ?? interfaces.get(keyOf(index, -1));
    const sender = behind(input);
    if (sender !== undefined) return numbers.of('in', sender);
    if (direction === 'out' && neighbor !== null) return address;
    const receiver = behind(output);
    if (receiver !== undefined) return numbers.of('out', receiver);
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
    over(map) {
      byAddress = map.of;
      const of: VantageMap['of'] = (bytes, found) =>
        resolve(exporter, sampled, sampled.vlan >= 0 ? sampled.vlan : found.vlan, map.of(bytes, found, 0, false));
      const second = {
        get: () => map.second,
        set: (now: number) => {
          map.second = now;
        },
      };
      return Object.create(map, { of: { value: of }, second }) as VantageMap;
    },
    begin(from, record) {
      exporter = from;
      sampled = record;
    },
    ofRecord(from, record) {
      layers.sourceMac = record.sourceMac;
      layers.destinationMac = record.destinationMac;
      layers.vlan = record.vlan;
      return resolve(from, record, record.vlan, byAddress(record.bytes, layers, 0, false));
    },
  };
}
