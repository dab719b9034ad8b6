import type { ExporterConfig } from './exporter-tree.ts';
import type { TranslatorConfig } from './translator-tree.ts';

/** `probe NAME { … }`: how this tap's frames name neighbour ASes, and how much is remembered of it. */
export interface ProbeConfig {
  readonly name: string;
  readonly neighbors: readonly NeighborConfig[];
  readonly interfaces: readonly InterfaceConfig[];
  /** File of the certificate of a probe that connects from another machine; not there: a local one. */
  readonly certificate?: string;
  /** MAC addresses of own routers. */
  readonly inside: readonly string[];
  /** `bgp` does what `arp` does, and more. */
  readonly learn: readonly ('arp' | 'bgp')[];
  readonly members: readonly MembersConfig[];
  /** Routers that send flow records to it; left out: none. */
  readonly exporters?: readonly ExporterConfig[];
  /** Digest profiles that are kept beside `strict`; left out: none. */
  readonly profiles?: readonly ('nat' | 'clamp' | 'payload' | 'quoted8' | 'packter')[];
  /** There: the probe takes no packets, but what a translator tells. */
  readonly translator?: TranslatorConfig;
  readonly retention: number;
  readonly memory: number;
  /** Octets of window files; left out: as many as there are. */
  readonly disk?: number;
  /** Bits of certainty of sealed windows; left out: 16. */
  readonly precision?: 8 | 16;
}

/** `neighbor as N mac M …`; without VLAN or interface: in any. */
export interface NeighborConfig {
  readonly as: number;
  readonly macs: readonly string[];
  readonly vlan?: number;
  readonly interface?: string;
}

/** `interface "eth1" …`: a direction other than `both`, or an AS, is always there. */
export interface InterfaceConfig {
  readonly interface: string;
  readonly vlan?: number;
  readonly direction: 'in' | 'out' | 'both';
  readonly as?: number;
}

/** `members ix-f …`. */
export interface MembersConfig {
  /** File name or URL. */
  readonly location: string;
  /** Only who has an address in this prefix. */
  readonly lan?: string;
}
