import { expect } from 'chai';
import fc from 'fast-check';
import { authorized, type Direction, verifyPath } from '../../src/registry/aspa-path.ts';
import type { AspaTable } from '../../src/registry/rpki/aspa.ts';
import type { AspaState } from '../../src/registry/verdict.ts';

/** AS numbers of the letters; AS 0 as itself. */
const as = (letter: string) => (letter === '0' ? 0 : 64496 + letter.charCodeAt(0) - 65);
const path = (letters: string) => letters.split(' ').map(as);
const table = (rows: Readonly<Record<string, string>>): AspaTable =>
  new Map(Object.entries(rows).map(([customer, providers]) => [as(customer), path(providers)]));

/**
 * "ASPA-based AS Path Verification Examples" (Sriram, Borchert, Matejka, August 2025), to which section 6.1 of
 * draft-ietf-sidrops-aspa-verification-28 refers: its topologies, and its tables 1 to 3 with the lengths of the ramps.
 */
const SIMPLE = table({ A: 'C D', B: 'E', C: 'F', D: 'F G', G: '0' });
const COMPLEX = table({ H: '0', K: '0', L: 'K', P: '0', Q: '0', R: 'Q', S: 'R' });

type Row = readonly [path: string, up: readonly [max: number, min: number], down: readonly number[], AspaState];

describe('registry/aspa-path', () => {
  const upstream: readonly Row[] = [
    ['F C A', [3, 3], [], 'valid'],
    ['D C A', [2, 2], [], 'invalid'],
    ['D F C A', [4, 3], [], 'unknown'],
    ['D E B', [3, 2], [], 'unknown'],
    ['A D E B', [3, 2], [], 'invalid'],
    ['A D G E B', [3, 2], [], 'invalid'],
    ['A C F', [2, 1], [], 'invalid'],
    ['A C F G', [1, 1], [], 'invalid'],
    ['E B', [2, 2], [], 'valid'],
  ];
  const downstream: readonly Row[] = [
    ['E G F C A', [4, 3], [2, 1], 'unknown'],
    ['E G D A', [3, 3], [2, 1], 'valid'],
    ['E D C A', [2, 2], [2, 1], 'unknown'],
    ['E G D C A', [2, 2], [2, 1], 'invalid'],
    ['C F D G', [1, 1], [4, 2], 'unknown'],
    ['D G E B', [3, 2], [2, 2], 'valid'],
    ['C D G E B', [3, 2], [1, 1], 'invalid'],
    ['F C A', [3, 3], [2, 1], 'valid'],
    ['E A', [1, 1], [2, 1], 'valid'], // what a provider forges towards its customer nobody sees
    ['E C A', [2, 2], [2, 1], 'valid'],
  ];
  const verifies = (what: string, rows: readonly Row[], aspas: AspaTable, direction: Direction) => {
    for (const [i, [letters, up, down, state]] of rows.entries())
      it(`${what} ${i + 1}: ${letters} is ${state}`, () => {
        const judged = verifyPath(path(letters), aspas, direction, path(letters)[0]!);
        expect([judged.ramps.maxUp, judged.ramps.minUp]).to.deep.equal(up);
        if (down.length > 0) expect([judged.ramps.maxDown, judged.ramps.minDown]).to.deep.equal(down);
        expect(judged.state).to.equal(state);
        expect(judged.why).not.to.match(/undefined/);
      });
  };
  verifies('upstream', upstream, SIMPLE, 'upstream');
  verifies('downstream', downstream, SIMPLE, 'downstream');
  verifies('complex', [['J H', [1, 1], [], 'invalid']], COMPLEX, 'upstream');
  verifies('complex, from a provider', [['K J H', [1, 1], [1, 1], 'invalid']], COMPLEX, 'downstream');
  verifies('complex, two without providers', [['Q P', [1, 1], [], 'invalid']], COMPLEX, 'upstream');

  it('tells an ASPA without providers from none (section 5.3)', () => {
    expect(authorized(SIMPLE, as('A'), as('C'))).to.equal('provider+');
    expect(authorized(SIMPLE, as('A'), as('E'))).to.equal('not-provider+');
    expect(authorized(SIMPLE, as('G'), as('F'))).to.equal('not-provider+');
    expect(authorized(SIMPLE, as('G'), 0)).to.equal('not-provider+');
    expect(authorized(SIMPLE, as('E'), as('A'))).to.equal('no-attestation');
  });
  it('refuses what cannot be verified (sections 5.5 and 5.6, steps 1 to 3)', () => {
    for (const direction of ['upstream', 'downstream'] as const) {
      expect(verifyPath([], SIMPLE, direction, null).state).to.equal('invalid');
      expect(verifyPath(path('F C A'), SIMPLE, direction, as('G')).state).to.equal('invalid');
      expect(verifyPath([as('F'), [as('C'), as('A')]], SIMPLE, direction, null).state).to.equal('invalid');
      // A client does not ask whether its route server stands in the path.
      expect(verifyPath(path('F C A'), SIMPLE, direction, null).state).to.equal('valid');
      expect(verifyPath(path('A'), SIMPLE, direction, as('A')).state).to.equal('valid');
    }
  });
  it('counts prepends once', () => {
    expect(verifyPath(path('F F C A A A'), SIMPLE, 'upstream', as('F')).ramps.maxUp).to.equal(3);
  });
  it('names the hop that decides', () => {
    const leak = verifyPath(path('A D G E B'), SIMPLE, 'upstream', as('A'));
    expect(leak.why).to.equal(`AS${as('G')} does not have AS${as('D')} for a provider`);
    const valley = verifyPath(path('E G D C A'), SIMPLE, 'downstream', as('E'));
    expect(valley.why).to.match(/^it goes down and up again: AS64498 does not have AS64499 for a provider/);
    expect(verifyPath(path('D E B'), SIMPLE, 'upstream', as('D')).why).to.match(/^no ASPA of AS64500 /);
    // Behind the apex only an AS further down can say that the path comes from its provider.
    const apex = table({ A: 'B', B: '0' });
    expect(verifyPath(path('D C B A'), apex, 'downstream', as('D')).why).to.equal(
      `no ASPA of AS${as('D')} that would settle it`,
    );
    const settled = verifyPath(path('D C B A'), new Map([...apex, [as('D'), [as('C')]]]), 'downstream', as('D'));
    expect(settled.state).to.equal('valid');
  });

  /** The meaning of the rule: uphill hops, then at most one between equals, then downhill hops. */
  it('calls a path possible when it can be read as up, across once, and down', () => {
    const hop = fc.constantFrom<readonly number[] | null>(null, [0], [1], [2], [3], [1, 2], [2, 3], [1, 3]);
    const aspas = fc
      .tuple(hop, hop, hop, hop)
      .map(
        rows =>
          new Map(rows.flatMap((providers, customer) => (providers === null ? [] : [[customer, providers] as const]))),
      );
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), aspas, (ases, held) => {
        const { state, hops } = verifyPath(ases, held, 'downstream', ases[0]!);
        const readable = (up: (at: number) => boolean, down: (at: number) => boolean) => {
          for (let apex = 0; apex <= hops.length; apex++)
            for (const across of [0, 1])
              if (hops.every((_, at) => (at < apex ? up(at) : at < apex + across ? true : down(at)))) return true;
          return false;
        };
        const possible = readable(
          at => hops[at]!.up !== 'not-provider+',
          at => hops[at]!.down !== 'not-provider+',
        );
        const proven = readable(
          at => hops[at]!.up === 'provider+',
          at => hops[at]!.down === 'provider+',
        );
        expect(state).to.equal(!possible ? 'invalid' : proven ? 'valid' : 'unknown');
        const alone = verifyPath(ases, held, 'upstream', ases[0]!).state;
        const denied = hops.some(({ up }) => up === 'not-provider+');
        const silent = hops.some(({ up }) => up !== 'provider+');
        expect(alone).to.equal(denied ? 'invalid' : silent ? 'unknown' : 'valid');
      }),
      { numRuns: 1000 },
    );
  });
});
