/** `exporter ADDRESS { … }` of a probe: a router whose flow records are believed, and what its interfaces lead to. */
export interface ExporterConfig {
  readonly address: string;
  /** Observation domains, source IDs, sub-agents that are believed; empty: all. */
  readonly domains: readonly number[];
  /** One in so many packets is looked at, where the exporter does not say so. */
  readonly sampling?: number;
  readonly interfaces: readonly ExporterInterface[];
}

/** `interface INDEX [vlan VLAN] as ASN`: what is at the other end of it. */
export interface ExporterInterface {
  /** ifIndex of IF-MIB. */
  readonly index: number;
  readonly vlan?: number;
  readonly as: number;
}
