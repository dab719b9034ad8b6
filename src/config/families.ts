/**
 * The address families that a session may carry besides IPv4 and IPv6 unicast, by the names that the language has for them and
 * bgp/family.ts too. Their routes are held to be shown; no verdict is passed on them.
 */
export const OTHER_FAMILIES = [
  ...(['ipv4 multicast', 'ipv6 multicast', 'ipv4 labelled', 'ipv6 labelled', 'ipv4 vpn', 'ipv6 vpn'] as const),
  ...(['ipv4 flowspec', 'ipv6 flowspec', 'ipv4 flowspec vpn', 'ipv6 flowspec vpn'] as const),
] as const;
export type OtherFamily = (typeof OTHER_FAMILIES)[number];
