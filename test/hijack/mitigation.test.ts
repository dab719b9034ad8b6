import { expect } from 'chai';
import { type Mitigation, permittedRoutes, prefixesOf } from '../../src/hijack/mitigation.ts';

const peer = {
  ...{ name: 'edge', ipv4: true, ipv6: false, disabled: false },
  mitigate: {
    prefixes: [
      { prefix: '192.0.2.0/23', communities: ['64500:1'], largeCommunities: [], nextHop: '203.0.113.1' },
      { prefix: '192.0.2.0/24', communities: [], largeCommunities: [], nextHop: '203.0.113.2' },
      { prefix: '2001:db8::/32', communities: [], largeCommunities: [], nextHop: '2001:db8::1' },
    ],
    most: 2,
  },
};

describe('hijack/mitigation', () => {
  it('takes next hop and communities of the longest permitted prefix', () => {
    expect(permittedRoutes(['192.0.2.0/24', '192.0.3.0/24'], peer)).to.deep.equal([
      { prefix: '192.0.2.0/24', communities: [], largeCommunities: [], nextHop: '203.0.113.2' },
      { prefix: '192.0.3.0/24', communities: ['64500:1'], largeCommunities: [], nextHop: '203.0.113.1' },
    ]);
  });

  for (const [what, prefixes, of, why] of [
    ['another prefix', ['192.0.4.0/24'], peer, '`mitigate` of edge does not permit 192.0.4.0/24'],
    ['one that covers it', ['192.0.0.0/22'], peer, '`mitigate` of edge does not permit 192.0.0.0/22'],
    [
      'more than is permitted',
      ['192.0.2.0/24', '192.0.3.0/24', '192.0.2.0/23'],
      peer,
      '`mitigate` of edge permits 2 prefixes at a time, not 3',
    ],
    ['a host route', ['192.0.2.1/32'], peer, '192.0.2.1/32 is longer than /24'],
    ['a family that is not carried', ['2001:db8::/48'], peer, 'the session of edge does not carry 2001:db8::/48'],
    ['what is no prefix', ['192.0.2.1/24'], peer, '192.0.2.1/24 is no prefix'],
    ['a peer without a permit', ['192.0.2.0/24'], { ...peer, mitigate: undefined }, 'edge has no `mitigate` block'],
    ['a peer that is disabled', ['192.0.2.0/24'], { ...peer, disabled: true }, 'edge is disabled'],
    ['no peer', ['192.0.2.0/24'], undefined, 'no such peer is configured'],
  ] as const)
    it(`permits not ${what}`, () => {
      const { mitigate, ...rest } = of ?? {};
      const given = of === undefined ? undefined : mitigate === undefined ? rest : of;
      expect(permittedRoutes(prefixes, given as typeof peer)).to.equal(why);
    });

  it('counts what goes on, each prefix once', () => {
    const one = (caseId: string, prefixes: string[], until: number | null): Mitigation => ({
      ...{ caseId, peer: 'edge', prefixes, since: 0, by: 'x', until, ended: '' },
    });
    const all = [
      one('1', ['a', 'b'], null),
      one('2', ['b', 'c'], null),
      one('3', ['d'], 5),
      { ...one('4', ['e'], null), peer: 'other' },
    ];
    expect(prefixesOf(all, 'edge')).to.deep.equal(['a', 'b', 'c']);
  });
});
