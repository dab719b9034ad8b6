import { expect } from 'chai';
import { type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import type { RouteOrigin } from '../../src/registry/origin.ts';
import { checkRoute, type Grounds } from '../../src/registry/route-check.ts';
import { readRouteObject } from '../../src/registry/route-object.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { whatWouldChange } from '../../src/registry/what-if.ts';

const p = (text: string): Prefix => parsePrefix(text)!;

function object(prefix: string, origin: number, source = 'JPIRR'): RouteObject {
  const reading = readRouteObject(readRpslObject(Buffer.from(`route: ${prefix}\norigin: AS${origin}\n`))!, source);
  if (!reading.ok) throw new Error(reading.problem.why);
  return reading.object;
}

const none: Grounds = {
  objects: [],
  vrps: [],
  aspas: null,
  authoritative: new Set(['JPIRR']),
  ixLans: [],
  maintainersOf: () => [],
  hasCustomer: () => false,
};
const routeOf = (prefix: string, origin: RouteOrigin) =>
  ({ prefix: p(prefix), origin, remark: null, path: null, direction: 'downstream', neighbor: null }) as const;
const told = (prefix: string, origin: RouteOrigin, grounds: Partial<Grounds>) =>
  whatWouldChange(routeOf(prefix, origin), { ...none, ...grounds }).map(
    one => `${one.condition}: ${one.irr} ${one.rov} ${one.severity}`,
  );

describe('registry/what-if', () => {
  it('tells the remedies of a contradiction, and what each comes to', () => {
    const vrps = [{ prefix: p('192.0.2.0/24'), maxLength: 24, asn: 64496 }];
    expect(told('192.0.2.0/24', 64666, { objects: [object('192.0.2.0/24', 64496)], vrps })).to.deep.equal([
      'if there were an object 192.0.2.0/24 AS64666 in an authoritative source: match invalid minor',
      'if AS64666 had a ROA for 192.0.2.0/24: mismatch valid info',
      'if the object for 192.0.2.0/24 went: unknown invalid major',
    ]);
  });
  it('proposes nothing for AS_TRANS', () => {
    const route = { ...routeOf('192.0.2.0/24', 23456), remark: 'unreadable' } as const;
    expect(whatWouldChange(route, { ...none, objects: [object('192.0.2.0/24', 64496)] })).to.deep.equal([]);
  });
  it('asks for no better source than the one that decides', () => {
    const objects = [object('192.0.2.0/24', 64496, 'RADB')];
    expect(told('192.0.2.0/24', 64666, { objects })[0]).to.match(
      /^if there were an object 192\.0\.2\.0\/24 AS64666: match/,
    );
  });
  it('tells what a good verdict hangs on', () => {
    const vrps = [{ prefix: p('192.0.2.0/24'), maxLength: 24, asn: 64496 }];
    expect(told('192.0.2.0/24', 64496, { objects: [object('192.0.2.0/24', 64496)], vrps })).to.deep.equal([
      'if the object for 192.0.2.0/24 went: unknown valid ok',
      'if what allows it to AS64496 went from the RPKI: match not-found ok',
    ]);
  });
  it('tells the members of a set to announce alone', () => {
    const objects = [object('192.0.2.0/24', 64496)];
    expect(told('192.0.2.0/24', [64496, 64666], { objects })).to.include(
      'if AS64496 announced it alone, without an AS_SET: match not-found ok',
    );
  });
  it('is right: what it foretells comes true', () => {
    for (const prefix of ['192.0.2.0/24', '192.0.2.0/25'])
      for (const origin of [64496, 64666]) {
        const grounds: Grounds = {
          ...none,
          objects: [object('192.0.2.0/24', 64496), object('192.0.0.0/16', 64666, 'RADB')],
          vrps: [{ prefix: p('192.0.2.0/24'), maxLength: 24, asn: 64496 }],
        };
        const route = routeOf(prefix, origin);
        for (const { condition, irr, rov, severity } of whatWouldChange(route, grounds)) {
          const after = condition.includes('had a ROA')
            ? { ...grounds, vrps: [...grounds.vrps, { prefix: p(prefix), maxLength: p(prefix).length, asn: origin }] }
            : condition.startsWith('if there were an object')
              ? { ...grounds, objects: [...grounds.objects, object(prefix, origin)] }
              : condition.includes('from the RPKI')
                ? { ...grounds, vrps: [] }
                : { ...grounds, objects: grounds.objects.slice(1) };
          expect(checkRoute(route, after, 0), `${prefix} AS${origin} ${condition}`).to.include({ irr, rov, severity });
        }
      }
  });
});
