/**
 * What an operator can paste into a router: the announcement of more specifics, of a blackhole (RFC 7999) and of a FlowSpec
 * rule (RFC 8955), in the words of BIRD 2, FRR, IOS XR and Junos. A more specific must not catch the router's own traffic:
 * where a router would forward by it, the snippet says how that is prevented.
 */

export interface Snippet {
  /** The router's software. */
  readonly router: 'bird' | 'frr' | 'ios-xr' | 'junos';
  /** What it is for. */
  readonly use: 'announce' | 'rtbh' | 'flowspec';
  readonly text: string;
}

export interface SnippetWishes {
  readonly caseId: string;
  readonly origin: number;
  /** The prefix of the case, for RTBH and FlowSpec. */
  readonly prefix: string;
  /** All of one address family; empty: no announcement. */
  readonly announce: readonly string[];
}

interface Named extends SnippetWishes {
  /** `mitigate_2026_03_01_01` and `MITIGATE-2026-03-01-01`. */
  readonly low: string;
  readonly high: string;
  readonly six: boolean;
}

/** The snippets, in the order of their use. */
export function routerSnippets(wishes: SnippetWishes): readonly Snippet[] {
  const safe = wishes.caseId.replace(/[^0-9A-Za-z]/g, '_').slice(0, 40);
  const named: Named = {
    ...wishes,
    low: `mitigate_${safe}`,
    high: `MITIGATE-${safe.replaceAll('_', '-')}`,
    six: wishes.prefix.includes(':'),
  };
  const of = (use: Snippet['use'], texts: Readonly<Partial<Record<Snippet['router'], readonly string[]>>>): Snippet[] =>
    Object.entries(texts).map(([router, lines]) => ({
      router: router as Snippet['router'],
      use,
      text: `${lines.join('\n')}\n`,
    }));
  return [
    ...(wishes.announce.length === 0
      ? []
      : of('announce', {
          bird: birdAnnounce(named),
          frr: frrAnnounce(named),
          'ios-xr': xrAnnounce(named),
          junos: junosAnnounce(named),
        })),
    ...of('rtbh', { bird: birdHole(named), frr: frrHole(named), 'ios-xr': xrHole(named), junos: junosHole(named) }),
    // FRR takes FlowSpec rules from others and has no words to make one.
    ...of('flowspec', { bird: birdFlow(named), 'ios-xr': xrFlow(named), junos: junosFlow(named) }),
  ];
}

const channel = ({ six }: Named) => (six ? 'ipv6' : 'ipv4');

const birdAnnounce = (of: Named): string[] => [
  `# BIRD 2, case ${of.caseId}: announce by AS${of.origin}`,
  '# Keep them out of the kernel, where they would be longer than the routes inside. In the export filter of',
  `# protocol kernel: if net ~ ${of.low}_set then reject;`,
  `# In the export filter towards each upstream: if net ~ ${of.low}_set then accept;`,
  `define ${of.low}_set = [ ${of.announce.join(', ')} ];`,
  `protocol static ${of.low} {`,
  `    ${channel(of)};`,
  ...of.announce.map(prefix => `    route ${prefix} unreachable;`),
  '}',
];

const birdHole = (of: Named): string[] => [
  `# BIRD 2, case ${of.caseId}: blackhole, towards neighbours who agreed to it`,
  `protocol static ${of.low}_rtbh {`,
  `    ${channel(of)};`,
  `    route ${of.prefix} blackhole {`,
  '        bgp_community.add((65535, 666)); # BLACKHOLE',
  '        bgp_community.add((65535, 65281)); # NO_EXPORT',
  '    };',
  '}',
];

const birdFlow = (of: Named): string[] => {
  const family = of.six ? 'flow6' : 'flow4';
  const table = `${of.low}_${family}`;
  return [
    `# BIRD 2, case ${of.caseId}: drop; in protocol bgp: ${family} { table ${table}; import none; export all; };`,
    `${family} table ${table};`,
    `protocol static ${of.low}_flow {`,
    `    ${family} { table ${table}; };`,
    `    route ${family} { dst ${of.prefix}; } {`,
    '        bgp_ext_community.add((generic, 0x80060000, 0x0)); # traffic-rate 0',
    '    };',
    '}',
  ];
};

const frrList = ({ six }: Named) => (six ? 'ipv6 prefix-list' : 'ip prefix-list');

/** Without `network import-check` no route has to stand in the router's table: nothing is forwarded by it. */
const frrAnnounce = (of: Named): string[] => [
  `! FRR, case ${of.caseId}: announce by AS${of.origin}`,
  ...of.announce.map((prefix, i) => `${frrList(of)} ${of.high} seq ${(i + 1) * 5} permit ${prefix}`),
  `router bgp ${of.origin}`,
  ' no bgp network import-check',
  ` address-family ${channel(of)} unicast`,
  ...of.announce.map(prefix => `  network ${prefix}`),
  ' exit-address-family',
  'exit',
  `! in the route map towards each upstream: match ${of.six ? 'ipv6' : 'ip'} address prefix-list ${of.high}`,
];

const frrHole = (of: Named): string[] => [
  `! FRR, case ${of.caseId}: blackhole, towards neighbours who agreed to it`,
  `route-map ${of.high}-RTBH permit 10`,
  ' set community no-export 65535:666',
  'exit',
  `router bgp ${of.origin}`,
  ' no bgp network import-check',
  ` address-family ${channel(of)} unicast`,
  `  network ${of.prefix} route-map ${of.high}-RTBH`,
  ' exit-address-family',
  'exit',
];

const xrStatic = (of: Named, prefixes: readonly string[]): string[] => [
  'router static',
  ` address-family ${channel(of)} unicast`,
  ...prefixes.map(prefix => `  ${prefix} Null0 254`),
  ' !',
  '!',
];

const xrAnnounce = (of: Named): string[] => [
  `! IOS XR, case ${of.caseId}: announce by AS${of.origin}`,
  `! A route to Null0 is the longest match here too: give the next hop of ${of.prefix} in its place where nothing`,
  '! more specific leads inside.',
  `prefix-set ${of.high}`,
  ...of.announce.map((prefix, i) => `  ${prefix}${i < of.announce.length - 1 ? ',' : ''}`),
  'end-set',
  '!',
  ...xrStatic(of, of.announce),
  `router bgp ${of.origin}`,
  ` address-family ${channel(of)} unicast`,
  ...of.announce.map(prefix => `  network ${prefix}`),
  ' !',
  '!',
  `! in the route policy towards each upstream: if destination in ${of.high} then pass endif`,
];

const xrHole = (of: Named): string[] => [
  `! IOS XR, case ${of.caseId}: blackhole, towards neighbours who agreed to it`,
  `route-policy ${of.high}-RTBH`,
  '  set community (65535:666, no-export)',
  '  pass',
  'end-policy',
  '!',
  ...xrStatic(of, [of.prefix]),
  `router bgp ${of.origin}`,
  ` address-family ${channel(of)} unicast`,
  `  network ${of.prefix} route-policy ${of.high}-RTBH`,
  ' !',
  '!',
];

const xrFlow = (of: Named): string[] => [
  `! IOS XR, case ${of.caseId}: drop`,
  `class-map type traffic match-all ${of.high}`,
  ` match destination-address ${channel(of)} ${of.prefix}`,
  ' end-class-map',
  '!',
  `policy-map type pbr ${of.high}`,
  ` class type traffic ${of.high}`,
  '  drop',
  ' !',
  ' end-policy-map',
  '!',
  'flowspec',
  ` address-family ${channel(of)}`,
  `  service-policy type pbr ${of.high}`,
  ' !',
  '!',
];

const junosStatic = ({ six }: Named) =>
  six ? 'set routing-options rib inet6.0 static route' : 'set routing-options static route';

/** `no-install`: it can be announced, and nothing is forwarded by it. */
const junosAnnounce = (of: Named): string[] => [
  `# Junos, case ${of.caseId}: announce by AS${of.origin}`,
  ...of.announce.flatMap(prefix => [
    `${junosStatic(of)} ${prefix} discard no-install`,
    `set policy-options prefix-list ${of.high} ${prefix}`,
  ]),
  `set policy-options policy-statement ${of.high} term own from protocol static`,
  `set policy-options policy-statement ${of.high} term own from prefix-list ${of.high}`,
  `set policy-options policy-statement ${of.high} term own then accept`,
  `# and first in the export list of each group of upstreams: set protocols bgp group GROUP export ${of.high}`,
];

const junosHole = (of: Named): string[] => [
  `# Junos, case ${of.caseId}: blackhole, towards neighbours who agreed to it`,
  `${junosStatic(of)} ${of.prefix} discard no-install`,
  `set policy-options community ${of.high} members [ 65535:666 no-export ]`,
  `set policy-options policy-statement ${of.high}-RTBH term hole from protocol static`,
  `set policy-options policy-statement ${of.high}-RTBH term hole from route-filter ${of.prefix} exact`,
  `set policy-options policy-statement ${of.high}-RTBH term hole then community add ${of.high}`,
  `set policy-options policy-statement ${of.high}-RTBH term hole then accept`,
];

const junosFlow = (of: Named): string[] => {
  const flow = of.six ? 'set routing-options rib inet6.0 flow route' : 'set routing-options flow route';
  return [
    `# Junos, case ${of.caseId}: drop`,
    `${flow} ${of.high} match destination ${of.prefix}`,
    `${flow} ${of.high} then discard`,
  ];
};
