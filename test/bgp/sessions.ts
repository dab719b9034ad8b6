import type { MessageContext } from '../../src/bgp/inspect.ts';

const families = (...list: [number, number][]) => list.map(([afi, safi]) => ({ afi, safi }));

/** A session on which every family that is read was negotiated, and one that is not. */
export const EVERYTHING: MessageContext = {
  as4: true,
  ebgp: false,
  ipv4: true,
  ipv6: true,
  extendedMessage: true,
  others: families(
    ...[2, 4, 128, 133, 134].flatMap(
      safi =>
        [
          [1, safi],
          [2, safi],
        ] as [number, number][],
    ),
    [25, 70],
  ),
  extendedNextHop: families([1, 1], [1, 2], [1, 4], [1, 128]),
};

/** An external session with IPv4 and IPv6 unicast and nothing more. */
export const NOTHING: MessageContext = { as4: true, ebgp: true, ipv4: true, ipv6: true, extendedMessage: false };
