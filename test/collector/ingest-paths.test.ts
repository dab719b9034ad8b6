import { expect } from 'chai';
import fc from 'fast-check';
import { encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { beginRejudging } from '../../src/collector/rejudge.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { dropTable, walkRoutes } from '../../src/rib/adj-rib-in.ts';
import { MOST_PATHS } from '../../src/rib/paths.ts';
import { updateBody } from '../bgp/octets.ts';
import { announce, routePath, sequence, withdraw } from './route-path.ts';

const UNICAST = [1, 2].map(afi => ({ afi, safi: 1 }));
const hex = (value: number, octets: number) => value.toString(16).padStart(octets * 2, '0');

/** NLRI by hand: path identifier, then the prefix as RFC 7911 section 3 has it. */
function nlri(prefix: string, pathId: number | null): string {
  const { bytes, length } = parsePrefix(prefix)!;
  const octets = Buffer.from(bytes.subarray(0, (length + 7) >> 3)).toString('hex');
  return `${pathId === null ? '' : hex(pathId, 4)}${hex(length, 1)}${octets}`;
}

/** ORIGIN, AS_PATH of one sequence, NEXT_HOP. */
const attributes = (asns: readonly number[], hop = true) =>
  `4001010040 02 ${hex(2 + asns.length * 4, 1)} 02 ${hex(asns.length, 1)} ${asns.map(as => hex(as, 4)).join('')} ${
    hop ? '400304c0000201' : ''
  }`.replaceAll(' ', '');

const update = (withdrawn: string, path: string, routes: string) => [
  encodeMessage(UPDATE, updateBody(withdrawn, path, routes)),
];

/** Announces, or withdraws without a path, in the IPv4 fields or in the multiprotocol attributes. */
function paths(routes: readonly (readonly [string, number | null])[], asns: readonly number[] | null) {
  const field = routes.map(([prefix, pathId]) => nlri(prefix, pathId)).join('');
  if (!routes[0]![0].includes(':')) return asns === null ? update(field, '', '') : update('', attributes(asns), field);
  const family = '000201';
  const hop = '1020010db800000000000000000000000100';
  const value = asns === null ? `${family}${field}` : `${family}${hop}${field}`;
  const attribute = `90${asns === null ? '0f' : '0e'}${hex(value.length / 2, 2)}${value}`;
  return update('', `${attribute}${asns === null ? '' : attributes(asns, false)}`, '');
}

describe('collector/ingest-paths', () => {
  it('holds several paths of a prefix, replaces each by itself and withdraws each by itself', () => {
    const { peer, feed, held, rib } = routePath();
    const p = peer(0, { addPath: UNICAST });
    feed(
      p,
      paths(
        [
          ['192.0.2.0/24', 1],
          ['198.51.100.0/25', 1],
        ],
        [64496, 64497],
      ),
    );
    feed(p, paths([['192.0.2.0/24', 0xffffffff]], [64496, 64498]));
    feed(
      p,
      paths(
        [
          ['2001:db8::/32', 7],
          ['::/0', 7],
        ],
        [64496, 64499],
      ),
    );
    expect(held(p)).to.deep.equal([
      '192.0.2.0/24 64497 path 1',
      '192.0.2.0/24 64498 path 4294967295',
      '198.51.100.0/25 64497 path 1',
      '2001:db8::/32 64499 path 7',
      '::/0 64499 path 7',
    ]);
    expect([p.table.count4, p.table.count6, rib.attributes.live]).to.deep.equal([3, 2, 3]);
    feed(p, paths([['192.0.2.0/24', 1]], [64496, 64500]));
    feed(
      p,
      paths(
        [
          ['192.0.2.0/24', 0xffffffff],
          ['192.0.2.0/24', 5],
          ['10.0.0.0/8', 1],
        ],
        null,
      ),
    );
    feed(p, paths([['::/0', 7]], null));
    expect(held(p)).to.deep.equal([
      '192.0.2.0/24 64500 path 1',
      '198.51.100.0/25 64497 path 1',
      '2001:db8::/32 64499 path 7',
    ]);
    expect([p.table.count4, p.table.count6, rib.attributes.live]).to.deep.equal([2, 1, 3]);
    dropTable(rib, 0);
    expect(rib.attributes.live).to.equal(0);
  });

  it('has one family with path identifiers and another without', () => {
    const { peer, feed, held } = routePath();
    const p = peer(0, { addPath: [{ afi: 2, safi: 1 }] });
    feed(p, announce('192.0.2.0/24', sequence(64496)));
    feed(p, paths([['2001:db8::/32', 1]], [64496]));
    feed(p, paths([['2001:db8::/32', 2]], [64497]));
    expect(held(p)).to.deep.equal(['192.0.2.0/24 64496', '2001:db8::/32 64496 path 1', '2001:db8::/32 64497 path 2']);
  });

  it('is walked prefix by prefix for a dump', () => {
    const { peer, feed, rib } = routePath();
    const p = peer(0, { addPath: UNICAST });
    for (const [pathId, as] of [
      [3, 64496],
      [1, 64497],
    ] as const)
      feed(
        p,
        paths(
          [
            ['192.0.2.0/24', pathId],
            ['198.51.100.0/24', pathId],
          ],
          [as],
        ),
      );
    const seen: unknown[] = [];
    walkRoutes(p.table, 1, 0, rib.ids4.size, (id, pathId, attribute) =>
      seen.push([id, pathId, rib.attributes.originOf(attribute)]),
    );
    expect(seen).to.deep.equal([
      [0, 3, 64496],
      [0, 1, 64497],
      [1, 3, 64496],
      [1, 1, 64497],
    ]);
  });

  it('makes a peer a witness while any of its paths contradicts, of each origin by itself', () => {
    const { peer, feed, registry, told, rib, memo, book } = routePath();
    registry(['192.0.2.0/24', 64500, true]);
    const p = peer(0, { addPath: UNICAST });
    const one = (pathId: number) => [['192.0.2.0/24', pathId]] as const;
    const news = () => told.splice(0);
    feed(p, paths(one(1), [64496, 64500]));
    expect(news()).to.deep.equal([]);
    feed(p, paths(one(2), [64496, 64666]));
    feed(p, paths(one(3), [64497, 64666]));
    expect(news()).to.deep.equal(['p0 held update 192.0.2.0/24 64666']);
    feed(p, paths(one(4), [64497, 64667]));
    expect(news()).to.deep.equal(['p0 held update 192.0.2.0/24 64667']);
    expect(book.size).to.equal(2);
    feed(p, paths(one(2), null));
    expect(news()).to.deep.equal(['p0 held update 192.0.2.0/24 64666']); // by its other path
    feed(p, paths(one(3), [64497, 64500]));
    expect(news()).to.deep.equal(['p0 gone replaced 192.0.2.0/24 64666']);
    registry(['192.0.2.0/24', 64667, true]);
    const rejudging = beginRejudging(
      rib,
      memo,
      book,
      createPathCheck(rib, () => undefined),
    );
    while (!rejudging.step());
    expect(news()).to.deep.equal(['p0 gone registry 192.0.2.0/24 64667', 'p0 held registry 192.0.2.0/24 64500']);
    feed(p, paths([...one(1), ...one(3)], null));
    expect(news()).to.deep.equal(['p0 held update 192.0.2.0/24 64500', 'p0 gone withdraw 192.0.2.0/24 64500']);
    expect(book.size).to.equal(0);
  });

  it('says it when the octets have the other form than was agreed on', () => {
    const { peer, feed, held, passedOver } = routePath();
    const [plain, adding] = [peer(0), peer(1, { addPath: UNICAST })];
    const withIds = paths(
      [
        ['192.0.2.0/24', 1],
        ['198.51.100.0/24', 1],
      ],
      [64496],
    );
    const without = paths(
      [
        ['198.51.0.0/16', null],
        ['192.0.2.0/24', null],
      ],
      [64496],
    );
    expect(feed(plain, withIds)).to.equal(null);
    expect(held(plain)).to.deep.equal([]);
    expect(passedOver).to.deep.equal(['p0 unagreedPathIds 1']);
    const wrong = feed(adding, without);
    expect([wrong?.code, wrong?.subcode]).to.deep.equal([3, 10]);
    expect(wrong?.what).to.include('it reads without path identifiers (RFC 7911)');
    const reads = feed(plain, paths([['192.0.2.0/24', 0x21000000]], [64496]));
    expect(String(reads?.what)).to.include('it reads with path identifiers (RFC 7911)');
    expect(feed(plain, withdraw('192.0.2.0/24'))).to.equal(null);
    expect(feed(adding, paths([['2001:db8::/32', null]], [64496]))?.subcode).to.equal(9);
  });

  it('does not take a default route for a path identifier', () => {
    const { peer, feed, held } = routePath();
    const p = peer(0);
    feed(
      p,
      paths(
        [
          ['0.0.0.0/0', null],
          ['192.0.2.0/24', null],
          ['10.0.0.0/8', null],
        ],
        [64496],
      ),
    );
    feed(p, paths([['0.0.0.0/0', null]], [64497]));
    expect(held(p)).to.deep.equal(['0.0.0.0/0 64497', '10.0.0.0/8 64496', '192.0.2.0/24 64496']);
  });

  it('counts the paths that a prefix has too many', () => {
    const { peer, feed, passedOver } = routePath();
    const p = peer(0, { addPath: UNICAST });
    for (let pathId = 0; pathId <= MOST_PATHS; pathId++) feed(p, paths([['192.0.2.0/24', pathId]], [64496]));
    expect(p.table.count4).to.equal(MOST_PATHS);
    expect(passedOver).to.deep.equal(['p0 excessPaths 1']);
    expect(p.counts.excessPaths).to.equal(1);
  });

  it('withdraws the paths of an announcement that is treated so (RFC 7606)', () => {
    const { peer, feed, held } = routePath();
    const p = peer(0, { addPath: UNICAST });
    feed(
      p,
      paths(
        [
          ['192.0.2.0/24', 1],
          ['192.0.2.0/24', 2],
        ],
        [64496],
      ),
    );
    const noNextHop = update('', attributes([64496], false), nlri('192.0.2.0/24', 2));
    expect(feed(p, noNextHop)).to.equal(null);
    expect(held(p)).to.deep.equal(['192.0.2.0/24 64496 path 1']);
  });

  it('holds what a map of routes would hold, and tells what it would tell', () => {
    const prefix = fc.constantFrom('192.0.2.0/24', '192.0.2.0/25', '0.0.0.0/0', '2001:db8::/32', '2001:db8::/33');
    const step = fc.record({
      prefix,
      pathId: fc.constantFrom(0, 1, 2, 0x80000000),
      origin: fc.constantFrom(0, 64500, 64501, 64502),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), steps => {
        const { peer, feed, held, registry, told, rib } = routePath();
        registry(['192.0.2.0/24', 64500, true], ['2001:db8::/32', 64501, true]);
        const p = peer(0, { addPath: UNICAST });
        const model = new Map<string, number>();
        for (const { prefix, pathId, origin } of steps) {
          feed(p, paths([[prefix, pathId]], origin === 0 ? null : [64496, origin]));
          const key = `${prefix} path ${pathId}`;
          if (origin === 0) model.delete(key);
          else model.set(key, origin);
        }
        const rows = [...model].map(([key, origin]) => key.replace(' path', ` ${origin} path`));
        expect(held(p)).to.deep.equal(rows.sort());
        expect(p.table.count4 + p.table.count6).to.equal(model.size);
        expect(rib.attributes.live).to.equal(
          new Set([...model].map(([key, origin]) => `${key.includes(':')} ${origin}`)).size,
        );
        const witnessed = new Set<string>();
        for (const line of told) {
          const [, what, , of, origin] = line.split(' ');
          if (what === 'held') witnessed.add(`${of} ${origin}`);
          else witnessed.delete(`${of} ${origin}`);
        }
        const right: Readonly<Record<string, number>> = { '192': 64500, '2001': 64501 };
        const contradicting = [...model].flatMap(([key, origin]) => {
          const of = key.split(' ')[0]!;
          const owner = right[of.split(/[.:]/)[0]!];
          return owner !== undefined && owner !== origin ? [`${of} ${origin}`] : [];
        });
        expect([...witnessed].sort()).to.deep.equal([...new Set(contradicting)].sort());
      }),
    );
  });
});
