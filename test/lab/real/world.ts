/**
 * Nine ASes with real routers, six of which take part in traces:
 *
 *                          64508 reflector
 *                            |
 *     64500 victim ------- 64501 transit --- 64502 x --- 64503 x --- 64504 far
 *       \                    |              (FRR)         |
 *        \______ out only ___|____________________________/
 *                            |
 *                    ======= exchange, route server 64999 =======
 *                        |                     |
 *                      64505 behind NAT      64506 x --- 64507 stub
 *                                           (FRR)
 *
 * x: takes no part. What the victim sends to the far AS goes over 64503; what comes from there comes over 64502 and the
 * transit, for 64503 takes no route over that link. AS N has 10.(N-64499).0.0/16: its router is .0.1, its daemon .0.2, its
 * LAN .1.0/24. On the LAN of the exchange, 192.0.2.0/24, AS N is .(N-64499).
 */
export const VICTIM = 64500;
export const TRANSIT = 64501;
export const CHAIN1 = 64502;
export const CHAIN2 = 64503;
export const FAR = 64504;
export const NATTED = 64505;
export const MEMBER = 64506;
export const STUB = 64507;
export const REFLECTOR = 64508;
export const ROUTE_SERVER = 64999;

export const ASES = [VICTIM, TRANSIT, CHAIN1, CHAIN2, FAR, NATTED, MEMBER, STUB, REFLECTOR];
export const TAKING_PART = [VICTIM, TRANSIT, FAR, NATTED, STUB, REFLECTOR];
export const WITH_FRR = [CHAIN1, MEMBER];
export const AT_EXCHANGE = [TRANSIT, NATTED, MEMBER];
export const WITH_LAN = [VICTIM, FAR, NATTED, STUB, REFLECTOR];

/** Links; over one with `refuses` that AS takes no routes. The victim, which has two, carries nothing for others: it tells its own routes alone. */
export interface Link {
  readonly ends: readonly [number, number];
  readonly refuses?: number;
}
export const LINKS: readonly Link[] = [
  { ends: [VICTIM, TRANSIT] },
  { ends: [TRANSIT, CHAIN1] },
  { ends: [CHAIN1, CHAIN2] },
  { ends: [CHAIN2, FAR] },
  { ends: [VICTIM, CHAIN2], refuses: CHAIN2 },
  { ends: [MEMBER, STUB] },
  { ends: [TRANSIT, REFLECTOR] },
];

/** Probes of each AS that takes part, and the device of its router that each taps. */
export const TAPS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  [VICTIM]: { border: `to${TRANSIT}`, second: `to${CHAIN2}` },
  [TRANSIT]: { south: `to${VICTIM}`, north: `to${CHAIN1}`, east: `to${REFLECTOR}`, exchange: 'ix' },
  [FAR]: { border: `to${CHAIN2}`, lan: 'lan' },
  [NATTED]: { border: 'ix', lan: 'lan' },
  [STUB]: { border: `to${MEMBER}`, lan: 'lan' },
  [REFLECTOR]: { border: `to${TRANSIT}`, lan: 'lan' },
};

export const nOf = (as: number) => as - VICTIM + 1;
export const routerOf = (as: number) => `as${as}`;
export const hostOf = (as: number) => `host${as}`;
export const router4 = (as: number) => `10.${nOf(as)}.0.1`;
export const daemon4 = (as: number) => `10.${nOf(as)}.0.2`;
export const lan4 = (as: number, host: number) => `10.${nOf(as)}.1.${host}`;
export const prefixOf = (as: number) => `10.${nOf(as)}.0.0/16`;
export const exchange4 = (host: number) => `192.0.2.${host}`;
export const HOST = 10;
export const SERVER_HOST = 250;

/** Neighbours of an AS: over its links and at the exchange, with the device towards each. */
export function neighborsOf(as: number): { readonly as: number; readonly device: string }[] {
  return [
    ...LINKS.flatMap(({ ends }) =>
      ends[0] === as || ends[1] === as
        ? [ends[0] === as ? ends[1] : ends[0]].map(other => ({ as: other, device: `to${other}` }))
        : [],
    ),
    ...(AT_EXCHANGE.includes(as)
      ? AT_EXCHANGE.filter(other => other !== as).map(other => ({ as: other, device: 'ix' }))
      : []),
  ];
}
