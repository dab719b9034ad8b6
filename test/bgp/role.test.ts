import { expect } from 'chai';
import { emptyDraft } from '../../src/bgp/attribute-set.ts';
import { leakSign, OPPOSITE, ROLES, type Role } from '../../src/bgp/role.ts';

describe('bgp/role', () => {
  it('has the roles by their number, in pairs (RFC 9234 tables 1 and 2)', () => {
    expect(ROLES.indexOf('rs-client')).to.equal(2);
    for (const role of ROLES) expect(OPPOSITE[OPPOSITE[role]]).to.equal(role);
  });

  // RFC 9234 section 5: what is received with ONLY_TO_CUSTOMER from peer AS 64496, by our role.
  const cases: readonly [ours: Role, otc: number | null, leak: boolean][] = [
    ['provider', 64496, true], // from a customer
    ['provider', 64499, true],
    ['rs', 64499, true], //       from a route server client
    ['peer', 64496, false], //    a peer marks its own routes
    ['peer', 64499, true],
    ['customer', 64499, false], // from a provider: as it should be
    ['rs-client', 64499, false],
    ['provider', null, false],
    ['peer', null, false],
  ];
  for (const [ours, otc, leak] of cases)
    it(`${ours}, OTC ${otc}: ${leak ? 'a leak' : 'none'}`, () => {
      const sign = leakSign({ ...emptyDraft(), otc }, { ours, peerAs: 64496 });
      expect(sign !== null).to.equal(leak);
    });
});
