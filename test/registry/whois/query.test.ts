import { expect } from 'chai';
import fc from 'fast-check';
import { prefixOf } from '../../../src/net/prefix.ts';
import { formatQuery, parseQuery, type Query } from '../../../src/registry/whois/query.ts';

/** The query's prefix as text, to be read in a table. */
const shown = (line: string) => {
  const query = parseQuery(line);
  return query.kind === 'error' ? `${query.style}: ${query.why}` : formatQuery(query);
};

describe('registry/whois/query', () => {
  for (const [line, same] of [
    ['!!', '!!'],
    ['!q', '!q'],
    ['!v', '!v'],
    ['!nbgpq4 1.9', '!nbgpq4 1.9'],
    ['!t300', '!t300'],
    ['!s-lc', '!s-lc'],
    ['!sjpirr, radb', '!sJPIRR,RADB'],
    ['!gas64496', '!gAS64496'],
    ['!g64496', '!gAS64496'],
    ['!6AS1.10', '!6AS65546'],
    ['!aas-example', '!aAS-EXAMPLE'],
    ['!a4AS-EXAMPLE', '!a4AS-EXAMPLE'],
    ['!a6as64496:as-all', '!a6AS64496:AS-ALL'],
    ['!iAS-EXAMPLE', '!iAS-EXAMPLE'],
    ['!irs-example,1', '!iRS-EXAMPLE,1'],
    ['!r192.0.2.0/24', '!r192.0.2.0/24'],
    ['!r192.0.2.1', '!r192.0.2.1/32'],
    ['!r192.0.2.1/24,o', '!r192.0.2.0/24,o'],
    ['!r2001:db8::/32,l', '!r2001:db8::/32,l'],
    ['!r2001:db8::/32,L', '!r2001:db8::/32,L'],
    ['!r192.0.2.0/24,M', '!r192.0.2.0/24,M'],
    ['!mroute,192.0.2.0/24AS64496', '!mroute,192.0.2.0/24AS64496'],
    ['!mAUT-NUM,as64496', '!maut-num,as64496'],
    ['!omaint-as64496', '!oMAINT-AS64496'],
    ['!j-*', '!j-*'],
    ['!Jjpirr,radb', '!JJPIRR,RADB'],
    ['!fno-rpki-filter', '!fno-rpki-filter'],
    ['!FNO', 'irrd: Unrecognised command: F'],
    ['!', 'irrd: Missing IRRd command'],
    ['!a', 'irrd: Missing required set name for A query'],
    ['!a6', 'irrd: Missing required set name for A query'],
    ['!i', 'irrd: Missing parameter for i query'],
    ['!t0', 'irrd: Invalid value for timeout: 0'],
    ['!t1001', 'irrd: Invalid value for timeout: 1001'],
    ['!gAS-X', 'irrd: Invalid AS number AS-X'],
    ['!g4294967296', 'irrd: Invalid AS number 4294967296'],
    ['!r192.0.2.0/33', 'irrd: Invalid input for route search: 192.0.2.0/33'],
    ['!r192.0.2.0/24,x', 'irrd: Invalid route search option: x'],
    ['!mroute', 'irrd: Invalid argument for object lookup: route'],
    ['!s,', 'irrd: Missing parameter for s query'],
    ['!J,', 'irrd: Missing parameter for J query'],
    ['!z', 'irrd: Unrecognised command: z'],
    ['-s jpirr -i mnt-by MAINT-AS64496', '-s JPIRR -i mnt-by MAINT-AS64496'],
    ['-k -K  -s ARIN -L 192.0.2.0/24', '-k -s ARIN -K -L 192.0.2.0/24'],
    ['-V my-client -T as-set AS-EXAMPLE', '-V my-client -T as-set AS-EXAMPLE'],
    ['-r -a -T ROUTE,route6 -i origin AS64496', '-a -T route,route6 -i origin AS64496'],
    ['-M 2001:db8::/32', '-M 2001:db8::/32'],
    ['-l 192.0.2.1', '-l 192.0.2.1/32'],
    ['-x 192.0.2.0/24', '-x 192.0.2.0/24'],
    ['-i mnt-by,mbrs-by-ref M', '-i mnt-by,mbrs-by-ref M'],
    ['-q sources', '-q sources'],
    ['AS64496', 'AS64496'],
    ['-k', '-k'],
    ['', ''],
    [' !v ', '!v'],
    ['-r !v', 'ripe: The two manners of queries cannot be in one'],
    ['-q hosts', 'ripe: Unrecognised question: hosts'],
    ['-x', 'ripe: Missing argument for flag/search: x'],
    ['-i origin', 'ripe: Missing argument for flag/search: i'],
    ['-x 192.0.2', 'ripe: Invalid input for route search: 192.0.2'],
    ['-', 'ripe: Unrecognised flag/search: '],
    ['-s', 'ripe: Missing argument for flag/search: s'],
    ['-g JPIRR:3:1-LAST', 'ripe: Unrecognised flag/search: g'],
  ] as const)
    it(`reads ${line || 'an empty line'}`, () => expect(shown(line)).to.equal(same));

  const name = fc.stringMatching(/^[A-Z][A-Z0-9:-]{0,20}$/);
  const names = fc.array(name, { minLength: 1, maxLength: 3 });
  const prefix = fc.oneof(
    fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
      .map(([bytes, length]) => prefixOf({ afi: 1, bytes }, length)),
    fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 }))
      .map(([bytes, length]) => prefixOf({ afi: 2, bytes }, length)),
  );
  const scope = fc.constantFrom('exact' as const, 'less' as const, 'all-less' as const, 'more' as const);
  const afi = fc.constantFrom(1 as const, 2 as const);
  const ripeSearch = fc.oneof(
    fc.record({ kind: fc.constant('routes' as const), prefix, scope }),
    fc.record({ kind: fc.constant('inverse' as const), attributes: fc.constant(['origin', 'mnt-by']), value: name }),
    fc.record({ kind: fc.constant('text' as const), text: name }),
    fc.record({ kind: fc.constant('about' as const), what: fc.constantFrom('sources' as const, 'version' as const) }),
    fc.constant(null),
  );
  const query: fc.Arbitrary<Query> = fc.oneof(
    fc.record({ kind: fc.constantFrom('keep-open' as const, 'quit' as const, 'list-sources' as const) }),
    fc.record({ kind: fc.constant('timeout' as const), seconds: fc.integer({ min: 1, max: 1000 }) }),
    fc.record({ kind: fc.constant('sources' as const), sources: names }),
    fc.record({ kind: fc.constant('origin' as const), afi, asn: fc.integer({ min: 0, max: 0xffffffff }) }),
    fc.record({ kind: fc.constant('set-routes' as const), set: name, afi: fc.option(afi) }),
    fc.record({ kind: fc.constant('members' as const), set: name, recursive: fc.boolean() }),
    fc.record({ kind: fc.constant('routes' as const), prefix, scope, originsOnly: fc.constant(false) }),
    fc.record({ kind: fc.constant('key' as const), class: fc.constant('as-set'), key: name }),
    fc.record({ kind: fc.constant('maintained' as const), maintainer: name }),
    fc.record({ kind: fc.constantFrom('serials' as const, 'status' as const), sources: fc.option(names) }),
    fc.record({
      kind: fc.constant('ripe' as const),
      keepOpen: fc.boolean(),
      sources: fc.option(fc.array(name, { maxLength: 3 })),
      classes: fc.constantFrom([], ['route'], ['route', 'as-set']),
      keysOnly: fc.boolean(),
      client: fc.option(name),
      search: ripeSearch,
    }),
  );
  it('reads back what it writes', () => {
    fc.assert(fc.property(query, one => void expect(parseQuery(formatQuery(one))).to.deep.equal(one)));
  });
  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parseQuery(text)));
    fc.assert(
      fc.property(fc.constantFrom(...'!irsmjJag6otnfv'), fc.string(), (c, text) => void parseQuery(`!${c}${text}`)),
    );
  });
});
