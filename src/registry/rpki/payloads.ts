/** What one cache or file says: the payloads that are in force of it. */

import type { Afi } from '../../net/address.ts';
import { formatPrefix, prefixOfWords } from '../../net/prefix.ts';
import { providersOf } from './aspa.ts';
import type { VrpLog } from './vrp-log.ts';
import type { VrpMarks } from './vrp-marks.ts';
import { type VrpTable, vrpTable } from './vrp-table.ts';

/** More is not taken of one cache or file: ten times what the whole Internet has. */
export const MAX_VRPS = 5_000_000;
export const MAX_ASPAS = 1_000_000;

export interface Payloads {
  readonly vrps: VrpTable;
  /** Providers by `aspaKey`. */
  readonly aspas: Map<number, readonly number[]>;
  /** Router keys (RFC 8210 section 5.10), which are of no use here, as many as there are. */
  routerKeys: number;
  /** VRPs of each trust anchor; empty where it is not said. */
  readonly anchors: ReadonlyMap<string, number>;
  /** What is said of each; null: nothing, as of what comes by RTR. */
  marks: VrpMarks | null;
}

export const noPayloads = (anchors: ReadonlyMap<string, number> = new Map(), expected?: number): Payloads => ({
  vrps: vrpTable(expected),
  aspas: new Map(),
  routerKeys: 0,
  anchors,
  marks: null,
});

/** What a cache or file changed: everything, or these VRPs and the ASPAs of these customers. */
export type PayloadChange =
  | { readonly whole: true }
  | { readonly whole: false; readonly vrps: VrpLog; readonly customers: ReadonlySet<number> };

const OF_IPV6 = 2 ** 32;

/** Under which the providers of a customer are held: those for IPv6 apart, where a cache still tells them apart. */
export const aspaKey = (customer: number, afi: Afi | null): number => (afi === 2 ? customer + OF_IPV6 : customer);

/** The customer of a key. */
export const customerOf = (key: number): number => (key >= OF_IPV6 ? key - OF_IPV6 : key);

/** The providers of a customer, of whatever address family; undefined when it has no ASPA. */
export function aspaOf({ aspas }: Payloads, customer: number): readonly number[] | undefined {
  const one = aspas.get(customer);
  const other = aspas.get(customer + OF_IPV6);
  if (one === undefined || other === undefined) return one ?? other;
  return providersOf([...one, ...other]);
}

/** `192.0.2.0/24-28 AS64496`. */
export function formatVrp(
  afi: Afi,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  maxLength: number,
  asn: number,
): string {
  return `${formatPrefix(prefixOfWords(afi, w0, w1, w2, w3, length))}-${maxLength} AS${asn}`;
}
