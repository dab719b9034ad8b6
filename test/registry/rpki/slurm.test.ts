import { expect } from 'chai';
import fc from 'fast-check';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOf, wordsOf } from '../../../src/net/prefix.ts';
import { formatVrp } from '../../../src/registry/rpki/payloads.ts';
import { readSlurm, type Slurm } from '../../../src/registry/rpki/slurm.ts';

function read(text: string): Slurm {
  const reading = readSlurm(text);
  if (!reading.ok) throw new Error(reading.why);
  return reading.slurm;
}

const filtersOf = (slurm: Slurm, text: string, asn: number): boolean => {
  const prefix = parsePrefix(text)!;
  return slurm.filters(prefix.afi, ...wordsOf(prefix), prefix.length, asn);
};

/** RFC 8416 section 3.5, and ASPAs as version 2 has them. */
const EXAMPLE = `{
  "slurmVersion": 2,
  "validationOutputFilters": {
    "prefixFilters": [
      { "prefix": "192.0.2.0/24", "comment": "All VRPs encompassed by prefix" },
      { "asn": 64496, "comment": "All VRPs matching ASN" },
      { "prefix": "198.51.100.0/24", "asn": 64497, "comment": "All VRPs encompassed by prefix, matching ASN" }
    ],
    "bgpsecFilters": [{ "asn": 64496 }],
    "aspaFilters": [{ "customerAsn": 64500 }]
  },
  "locallyAddedAssertions": {
    "prefixAssertions": [
      { "asn": 64496, "prefix": "198.51.100.0/24", "comment": "My other important route" },
      { "asn": 64496, "prefix": "2001:db8::/32", "maxPrefixLength": 48, "comment": "de-aggregated" }
    ],
    "bgpsecAssertions": [{ "asn": 64496, "SKI": "x", "routerPublicKey": "y" }],
    "aspaAssertions": [{ "customerAsn": 64501, "providerAsns": [64499, 64498, 64499] }]
  }
}`;

describe('local exceptions', () => {
  const slurm = read(EXAMPLE);

  for (const [prefix, asn, filtered] of [
    ['192.0.2.0/24', 1, true],
    ['192.0.2.128/25', 1, true],
    ['192.0.2.0/23', 1, false],
    ['192.0.0.0/16', 64496, true],
    ['2001:db8::/32', 64496, true],
    ['2001:db8::/32', 64497, false],
    ['198.51.100.0/24', 64497, true],
    ['198.51.100.7/32', 64497, true],
    ['198.51.100.0/24', 64498, false],
    ['198.51.0.0/16', 64497, false],
  ] as const)
    it(`${filtered ? 'take out' : 'leave'} ${prefix} of AS${asn}`, () =>
      expect(filtersOf(slurm, prefix, asn)).to.equal(filtered));

  it('put in VRPs and providers', () => {
    const found: string[] = [];
    slurm.vrps.forEach((...vrp) => {
      found.push(formatVrp(...vrp));
    });
    expect(found).to.have.members(['198.51.100.0/24-24 AS64496', '2001:db8::/32-48 AS64496']);
    expect([...slurm.aspas]).to.deep.equal([[64501, [64498, 64499]]]);
    expect([...slurm.customers]).to.deep.equal([64500]);
    expect(slurm.counts).to.deep.equal({ filters: 4, assertions: 3 });
  });

  it('may be none', () => {
    const none = read('{"slurmVersion": 1, "validationOutputFilters": {}, "locallyAddedAssertions": {}}');
    expect(filtersOf(none, '192.0.2.0/24', 1)).to.equal(false);
    expect(none.vrps.count).to.equal(0);
  });

  const within = (part: string, entry: string): string => {
    const block = part.endsWith('Filters') ? 'validationOutputFilters' : 'locallyAddedAssertions';
    return `{"slurmVersion": 1, "${block}": {"${part}": ${entry}}}`;
  };
  for (const [text, why] of [
    ['{"slurmVersion": 1', /^no JSON/],
    ['[]', /^no object/],
    ['{}', /^slurmVersion undefined/],
    ['{"slurmVersion": 3}', /^slurmVersion 3/],
    [within('prefixFilters', '{}'), /^prefixFilters: no list/],
    [within('prefixFilters', '[{"asn": 1}, {}]'), /^prefixFilters\[1\]: neither prefix nor asn/],
    [within('prefixFilters', '[{"prefix": "192.0.2.1/24"}]'), /^prefixFilters\[0\]: no prefix/],
    [within('prefixFilters', '[{"asn": "x", "prefix": "192.0.2.0/24"}]'), /^prefixFilters\[0\]: no AS number/],
    [within('prefixAssertions', '[{"prefix": "192.0.2.0/24"}]'), /^prefixAssertions\[0\]: no AS number/],
    [within('prefixAssertions', '[{"asn": 1}]'), /^prefixAssertions\[0\]: no prefix/],
    [
      within('prefixAssertions', '[{"asn": 1, "prefix": "192.0.2.0/24", "maxPrefixLength": 33}]'),
      /^prefixAssertions\[0\]: maxPrefixLength/,
    ],
    [
      within('prefixAssertions', '[{"asn": 1, "prefix": "192.0.2.0/24", "maxPrefixLength": 23}]'),
      /^prefixAssertions\[0\]: maxPrefixLength 23/,
    ],
    [
      within('prefixAssertions', '[{"asn": 1, "prefix": "192.0.2.0/24", "maxPrefixLength": 24.5}]'),
      /^prefixAssertions\[0\]: maxPrefixLength/,
    ],
    // Section 3.1: what is not defined is an error.
    [within('prefixFilter', '[]'), /^locallyAddedAssertions: unknown member "prefixFilter"/],
    [within('prefxFilters', '[]'), /^validationOutputFilters: unknown member "prefxFilters"/],
    [within('prefixFilters', '[{"asn": 1, "prefx": "192.0.2.0/24"}]'), /^prefixFilters\[0\]: unknown member "prefx"/],
    [
      within('prefixAssertions', '[{"asn": 1, "prefix": "192.0.2.0/24", "maxLength": 25}]'),
      /unknown member "maxLength"/,
    ],
    ['{"slurmVersion": 1, "filters": {}}', /^unknown member "filters"/],
    ['{"slurmVersion": 1, "validationOutputFilters": []}', /^validationOutputFilters: no object/],
    ['{"slurmVersion": 1, "locallyAddedAssertions": null}', /^locallyAddedAssertions: no object/],
    [within('bgpsecFilters', '{}'), /^bgpsecFilters: no list/],
    [within('bgpsecAssertions', '[7]'), /^bgpsecAssertions\[0\]: no object/],
    [within('aspaFilters', '[{"customerAsn": "AS"}]'), /^aspaFilters\[0\]: no customer AS/],
    [within('aspaAssertions', '[{"customerAsn": 1, "providerAsns": []}]'), /^aspaAssertions\[0\]: no providers/],
    [within('prefixFilters', '[null]'), /^prefixFilters\[0\]: no object/],
  ] as const)
    it(`are refused as a whole: ${text.slice(0, 70)}`, () => {
      const reading = readSlurm(text);
      expect(reading.ok ? '' : reading.why).to.match(why);
    });

  it('filter as the words of the RFC say, for any prefixes', () => {
    const prefix = fc
      .record({
        afi: fc.constantFrom(4, 16),
        octets: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        cut: fc.nat(128),
      })
      .map(({ afi, octets, cut }): Prefix => {
        // Few values, so that prefixes lie in each other.
        const bytes = octets.subarray(0, afi).map(octet => octet & 0x81);
        return prefixOf({ afi: afi === 4 ? 1 : 2, bytes }, cut % (afi * 8 + 1));
      });
    const asn = fc.option(fc.integer({ min: 1, max: 3 }));
    const filter = fc.record({ prefix: fc.option(prefix), asn }).filter(one => one.prefix !== null || one.asn !== null);
    fc.assert(
      fc.property(
        fc.array(filter, { maxLength: 8 }),
        prefix,
        fc.integer({ min: 1, max: 3 }),
        (filters, vrp, origin) => {
          const prefixFilters = filters.map(one => ({
            ...(one.prefix === null ? {} : { prefix: formatPrefix(one.prefix) }),
            ...(one.asn === null ? {} : { asn: one.asn }),
          }));
          const read_ = read(JSON.stringify({ slurmVersion: 1, validationOutputFilters: { prefixFilters } }));
          const expected = filters.some(
            one => (one.prefix === null || covers(one.prefix, vrp)) && (one.asn === null || one.asn === origin),
          );
          expect(filtersOf(read_, formatPrefix(vrp), origin)).to.equal(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
