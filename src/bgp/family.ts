import { AFI_IPV4, AFI_IPV6 } from '../net/address.ts';

/** An address family: AFI and SAFI (RFC 4760). Not limited to those we know. */
export interface Family {
  readonly afi: number;
  readonly safi: number;
}

export const UNICAST = 1;

/** How the NLRI of a family are written. */
export type NlriForm = 'prefix' | 'labelled' | 'vpn' | 'flow' | 'flow-vpn';

/** A family whose NLRI are read: a line of the table below. */
export interface KnownFamily extends Family {
  readonly name: string;
  readonly form: NlriForm;
}

// biome-ignore format: a table, one family a line
const FAMILIES: readonly KnownFamily[] = [
  { afi: 1, safi: 1,   name: 'ipv4 unicast',      form: 'prefix' }, //   RFC 4271 section 4.3, RFC 4760 section 5
  { afi: 2, safi: 1,   name: 'ipv6 unicast',      form: 'prefix' }, //   RFC 2545
  { afi: 1, safi: 2,   name: 'ipv4 multicast',    form: 'prefix' },
  { afi: 2, safi: 2,   name: 'ipv6 multicast',    form: 'prefix' },
  { afi: 1, safi: 4,   name: 'ipv4 labelled',     form: 'labelled' }, // RFC 8277
  { afi: 2, safi: 4,   name: 'ipv6 labelled',     form: 'labelled' }, // RFC 8277, RFC 4798
  { afi: 1, safi: 128, name: 'ipv4 vpn',          form: 'vpn' }, //      RFC 4364
  { afi: 2, safi: 128, name: 'ipv6 vpn',          form: 'vpn' }, //      RFC 4659
  { afi: 1, safi: 133, name: 'ipv4 flowspec',     form: 'flow' }, //     RFC 8955
  { afi: 2, safi: 133, name: 'ipv6 flowspec',     form: 'flow' }, //     RFC 8956
  { afi: 1, safi: 134, name: 'ipv4 flowspec vpn', form: 'flow-vpn' }, // RFC 8955 section 8
  { afi: 2, safi: 134, name: 'ipv6 flowspec vpn', form: 'flow-vpn' }, // RFC 8956 section 4
];

/** Names of families whose NLRI are kept as bytes. */
const NAMES: Readonly<Record<string, string>> = {
  '1/5': 'ipv4 mcast-vpn',
  '2/5': 'ipv6 mcast-vpn',
  '1/66': 'ipv4 mdt',
  '1/73': 'ipv4 sr-policy',
  '2/73': 'ipv6 sr-policy',
  '1/132': 'ipv4 route-target',
  '25/65': 'l2vpn vpls',
  '25/70': 'l2vpn evpn',
  '16388/71': 'link-state',
};

/** What is known of a family; null when its NLRI are kept as bytes. */
export function knownFamily({ afi, safi }: Family): KnownFamily | null {
  return FAMILIES.find(family => family.afi === afi && family.safi === safi) ?? null;
}

/** `ipv4 unicast`, or `afi 5 safi 9`. */
export function formatFamily({ afi, safi }: Family): string {
  return knownFamily({ afi, safi })?.name ?? NAMES[`${afi}/${safi}`] ?? `afi ${afi} safi ${safi}`;
}

/** The family that `formatFamily` gives this name, of those whose NLRI are read; null when there is none. */
export function familyNamed(name: string): Family | null {
  const known = FAMILIES.find(family => family.name === name);
  return known === undefined ? null : { afi: known.afi, safi: known.safi };
}

/** True when both are the same family. */
export function sameFamily(a: Family, b: Family): boolean {
  return a.afi === b.afi && a.safi === b.safi;
}

/** True for a family in the list; an absent list is empty. */
export function includesFamily(families: readonly Family[] | undefined, family: Family): boolean {
  return families?.some(one => sameFamily(one, family)) ?? false;
}

/** IPv4 and IPv6 unicast: the families whose routes are held, not only shown. */
export function isHeld({ afi, safi }: Family): boolean {
  return safi === UNICAST && (afi === AFI_IPV4 || afi === AFI_IPV6);
}
