import { expect } from 'chai';
import { AS_SEQUENCE, AS_SET } from '../../src/bgp/as-path.ts';
import { membersOf } from '../../src/collector/rows.ts';
import { announce, feedOf, withdraw } from './finding-world.ts';

const setAtEnd = (neighbor: number, members: number[]) => [
  { type: AS_SEQUENCE, asns: [neighbor] },
  { type: AS_SET, asns: members },
];

const OURS = '192.0.2.0/24';
const INSIDE = '192.0.2.128/25';

/** A path that ends in an AS_SET (research: hijack 3.1): no origin for the RPKI, each member one for the IRR. */
describe('collector: a path that ends in an AS_SET', () => {
  const world = (...vrps: (readonly [string, number, number])[]) =>
    feedOf({
      objects: [
        [OURS, 64496],
        [OURS, 64497],
      ],
      vrps,
      watch: { prefixes: [{ prefix: OURS, origins: [] }] },
    });

  it('is no contradiction while every member is registered', async () => {
    const { feed, told } = await world();
    feed(announce(OURS, setAtEnd(64500, [64497, 64496])));
    feed(announce(INSIDE, setAtEnd(64500, [64496])));
    expect(told()).to.deep.equal([]);
    feed(announce(OURS, setAtEnd(64500, [64496, 64666])));
    feed(announce(INSIDE, setAtEnd(64500, [64666])));
    expect(told()).to.deep.equal([
      'held origin 192.0.2.0/24 null of 192.0.2.0/24',
      'held more-specific 192.0.2.128/25 null of 192.0.2.0/24',
    ]);
    feed(announce(OURS, setAtEnd(64500, [64496])));
    feed(withdraw(INSIDE));
    expect(told()).to.deep.equal([
      'gone origin 192.0.2.0/24 null of 192.0.2.0/24',
      'gone more-specific 192.0.2.128/25 null of 192.0.2.0/24',
    ]);
  });

  it('is invalid by the RPKI though the IRR has no objection', async () => {
    const { feed, told } = await world([OURS, 24, 64496]);
    feed(announce(OURS, setAtEnd(64500, [64496])));
    expect(told()).to.deep.equal(['held rpki-invalid 192.0.2.0/24 null of 192.0.2.0/24']);
  });

  it('has the members of that set alone', () => {
    expect(membersOf([64500, [64496, 64497]])).to.deep.equal([64496, 64497]);
    expect(membersOf([[64496], 64500])).to.deep.equal([]);
    expect(membersOf([])).to.deep.equal([]);
  });
});
