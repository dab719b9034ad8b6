/** What stands in an `exporter` block of a probe. */
import type { StatementSpec } from './statement-spec.ts';

export const EXPORTER: readonly StatementSpec[] = [
  { usage: 'domain DOMAINID…', help: 'Observation domains, source IDs or sub-agents that are believed' },
  { usage: 'sampling COUNT', help: 'One packet in so many is sampled, where the exporter does not say so' },
  {
    usage: 'interface IFINDEX [vlan VLAN] as ASN',
    help: 'The neighbour AS at the other end of an interface',
    unique: ['ifindex', 'vlan'],
  },
];
