import { expect } from 'chai';
import { isUnregistered, kindOf, NEW_FLAG } from '../../src/collector/finding.ts';
import { COVERS_FLAG, WATCHED_FLAG } from '../../src/registry/snapshot.ts';
import { announce, feedOf, sequence, withdraw } from './finding-world.ts';

const OURS = '192.0.2.0/24';

describe('collector/finding', () => {
  it('is one kind for each verdict, the gravest', () => {
    const [mismatch, covering, invalid] = [3, 4, 2 << 4];
    const table: [verdict: number, kind: string | null][] = [
      [mismatch, null],
      [mismatch | WATCHED_FLAG, 'origin'],
      [covering | WATCHED_FLAG | invalid, 'more-specific'],
      [1 | WATCHED_FLAG | invalid, 'rpki-invalid'],
      [1 | invalid, null],
      [WATCHED_FLAG | invalid | COVERS_FLAG, 'rpki-invalid'],
      [COVERS_FLAG, 'super-prefix'],
      [NEW_FLAG, 'new-prefix'],
      [1 | WATCHED_FLAG, null],
    ];
    for (const [verdict, kind] of table) expect(kindOf(verdict), String(verdict)).to.equal(kind);
    expect([0, 1, 1 << 4, 2 << 4].map(isUnregistered)).to.deep.equal([true, false, false, false]);
  });

  it('tells what the RPKI calls invalid though the IRR does not object, and that it is over with another VRP', async () => {
    const world = await feedOf({
      objects: [[OURS, 64496]],
      vrps: [[OURS, 24, 64499]],
      watch: { prefixes: [{ prefix: OURS, origins: [] }] },
    });
    world.feed(announce(OURS, sequence(64500, 64496)));
    expect(world.told()).to.deep.equal(['held rpki-invalid 192.0.2.0/24 64496 of 192.0.2.0/24']);
    await world.setVrps([[OURS, 24, 64496]]);
    expect(world.told()).to.deep.equal(['gone rpki-invalid 192.0.2.0/24 64496 of 192.0.2.0/24']);
  });

  it('tells a stranger that covers watched space, until the holder itself does', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { sources: ['TEST'] } });
    world.feed(announce('192.0.0.0/16', sequence(64500, 64667)));
    expect(world.told()).to.deep.equal(['held super-prefix 192.0.0.0/16 64667 of 192.0.2.0/24']);
    world.feed(announce('192.0.0.0/16', sequence(64500, 64496)));
    expect(world.told(), 'the holder itself').to.deep.equal(['gone super-prefix 192.0.0.0/16 64667 of 192.0.2.0/24']);
    world.feed(announce('0.0.0.0/0', sequence(64500, 64666)));
    expect(world.told(), 'a default route').to.deep.equal([]);
  });

  it('tells that it draws traffic where its peer lacks what another one has, and only of whole tables', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { sources: ['TEST'] } });
    const held = 'held super-prefix 192.0.0.0/16 64666 of 192.0.2.0/24';
    world.tables(false);
    world.feed(announce('192.0.0.0/16', sequence(64500, 64666)));
    world.feed(announce(OURS, sequence(64501, 64496)), 1);
    world.tables(false);
    expect(world.told()).to.deep.equal([held]);
    world.tables(true);
    expect(world.told()).to.deep.equal([`${held} drawing`]);
    world.tables(true);
    expect(world.told(), 'nothing new').to.deep.equal([]);
    world.feed(announce(OURS, sequence(64500, 64496)));
    world.tables(true);
    expect(world.told()).to.deep.equal([held]);
    world.feed(withdraw(OURS));
    world.tables(true);
    expect(world.told()).to.deep.equal([`${held} drawing`]);
    world.feed(withdraw(OURS), 1);
    world.tables(true);
    expect(world.told(), 'nobody has it').to.deep.equal([held]);
    world.feed(withdraw('192.0.0.0/16'));
    expect(world.told()).to.deep.equal(['gone super-prefix 192.0.0.0/16 64666 of 192.0.2.0/24']);
  });

  it('does not say so where it is the same AS that others have the covered prefix from', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { sources: ['TEST'] } });
    world.feed(announce('192.0.0.0/16', sequence(64500, 64666)));
    world.feed(announce(OURS, sequence(64501, 64666)), 1);
    world.tables(true);
    expect(world.told()).to.deep.equal([
      'held super-prefix 192.0.0.0/16 64666 of 192.0.2.0/24',
      'held origin 192.0.2.0/24 64666 of 192.0.2.0/24',
    ]);
  });

  it('tells nobody who has registered what covers, in either registry', async () => {
    const world = await feedOf({
      objects: [
        [OURS, 64496],
        ['192.0.0.0/16', 64510],
      ],
      vrps: [['192.0.0.0/12', 14, 64511]],
      watch: { maintainers: [{ maintainer: 'M-64496', source: null }] },
    });
    world.feed(announce('192.0.0.0/16', sequence(64500, 64510)));
    world.feed(announce('192.0.0.0/14', sequence(64500, 64511)));
    expect(world.told()).to.deep.equal([]);
    world.feed(announce('192.0.0.0/14', sequence(64500, 64512)));
    expect(world.told()).to.deep.equal(['held super-prefix 192.0.0.0/14 64512 of 192.0.2.0/24']);
  });

  it('tells what a watched AS announces that nobody has registered, until it is', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { ases: [64496] } });
    world.feed(announce('203.0.113.0/24', sequence(64500, 64496)));
    world.feed(announce('198.51.100.0/24', sequence(64500, 64501)));
    expect(world.told()).to.deep.equal(['held new-prefix 203.0.113.0/24 64496 of 203.0.113.0/24']);
    await world.register('203.0.113.0/24', 64496);
    expect(world.told()).to.deep.equal(['gone new-prefix 203.0.113.0/24 64496 of 203.0.113.0/24']);
  });

  it('says how many peers have the registered route beside a wrong one', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { ases: [64496] } });
    for (const number of [0, 1] as const) world.feed(announce(OURS, sequence(64500 + number, 64496)), number);
    world.feed(announce(OURS, sequence(64500, 64666)));
    world.feed(announce('192.0.2.0/25', sequence(64501, 64666)), 1);
    world.feed(announce(OURS, sequence(64501, 64666)), 1);
    expect(world.told()).to.deep.equal([
      'held origin 192.0.2.0/24 64666 of 192.0.2.0/24',
      'held more-specific 192.0.2.0/25 64666 of 192.0.2.0/24',
      'held origin 192.0.2.0/24 64666 of 192.0.2.0/24',
    ]);
    expect(world.rightly()).to.deep.equal([1, 1, 0]);
  });

  it('tells who had a prefix and has it no longer, whatever a session that is down may hold', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { ases: [64496], visibility: 0.5 } });
    const lost = (what: string) => `${what} visibility 192.0.2.0/24 64496 of 192.0.2.0/24 had by 2`;
    world.tables(true);
    expect(world.told(), 'nobody ever had it').to.deep.equal([]);
    world.feed(announce(OURS, sequence(64500, 64496)));
    world.feed(announce(OURS, sequence(64501, 64496)), 1);
    world.tables(true);
    world.feed(withdraw(OURS));
    world.tables(false);
    expect(world.told(), 'a table that is not whole').to.deep.equal([]);
    world.tables(true);
    expect(world.told()).to.deep.equal([lost('held')]);
    expect(world.grounds()).to.deep.equal(['1 of 2 peers that had it have it no longer']);
    world.lose(1);
    world.lose(0);
    expect(world.told(), 'of one nobody knows whether it still lacks it').to.deep.equal([lost('unseen')]);
    world.tables(false);
    expect(world.told()).to.deep.equal([]);
    world.tables(true);
    expect(world.told(), 'whole again, and without it').to.deep.equal([lost('held'), lost('held')]);
    world.feed(announce(OURS, sequence(64501, 64666)), 1);
    world.tables(true);
    expect(world.told(), 'whoever announces it').to.deep.equal([
      'held origin 192.0.2.0/24 64666 of 192.0.2.0/24',
      lost('gone'),
    ]);
  });

  it('looks at paths where a watch demands something, each time they are others', async () => {
    const world = await feedOf({
      objects: [[OURS, 64496]],
      watch: { ases: [64496], upstreams: [64510, 64511], longestPath: 5 },
    });
    world.feed(announce(OURS, sequence(64500, 64510, 64496, 64496)));
    expect(world.told()).to.deep.equal([]);
    world.feed(announce(OURS, sequence(64500, 64666, 64496)));
    expect(world.told()).to.deep.equal(['held upstream 192.0.2.0/24 64666 of 192.0.2.0/24']);
    world.feed(announce(OURS, sequence(64500, 64511, 64496)));
    expect(world.told()).to.deep.equal(['gone upstream 192.0.2.0/24 64666 of 192.0.2.0/24']);
    world.feed(announce(OURS, sequence(64500, 64499, 64498, 64511, 64496, 64496)));
    expect(world.told()).to.deep.equal(['held path 192.0.2.0/24 64511 of 192.0.2.0/24']);
    world.feed(announce(OURS, sequence(64496)));
    expect(world.told(), 'the origin itself is our peer').to.deep.equal([
      'gone path 192.0.2.0/24 64511 of 192.0.2.0/24',
    ]);
  });

  it('looks at paths by expressions', async () => {
    const world = await feedOf({
      objects: [[OURS, 64496]],
      watch: { ases: [64496], paths: ['^64500 ', '^64501 64510 '] },
    });
    world.feed(announce(OURS, sequence(64501, 64510, 64496)));
    expect(world.told()).to.deep.equal([]);
    world.feed(announce(OURS, sequence(64501, 64511, 64496)));
    expect(world.told()).to.deep.equal(['held path 192.0.2.0/24 64511 of 192.0.2.0/24']);
    expect(world.grounds()).to.deep.equal(['the path matches none of watch w: ^64500   ^64501 64510 ']);
  });

  it('looks at paths by ASPAs, those held already too, and again when they are others', async () => {
    const world = await feedOf({ objects: [[OURS, 64496]], watch: { sources: ['TEST'] } });
    world.feed(announce(OURS, sequence(64500, 64666, 64496)));
    expect(world.told()).to.deep.equal([]);
    await world.attest([64496, [64510]], [64500, [64520]]);
    expect(world.told()).to.deep.equal(['held upstream 192.0.2.0/24 64666 of 192.0.2.0/24']);
    await world.attest([64496, [64510, 64666]], [64500, [64520]]);
    expect(world.told()).to.deep.equal(['gone upstream 192.0.2.0/24 64666 of 192.0.2.0/24']);
    world.feed(announce(OURS, sequence(64500, 64666, 64510, 64496)));
    await world.attest([64496, [64510]], [64510, [64520]], [64500, [64520]]);
    expect(world.told(), 'down from 64510 to 64666, and up again to 64500').to.deep.equal([
      'held leak 192.0.2.0/24 64666 of 192.0.2.0/24',
    ]);
    await world.attest();
    expect(world.told()).to.deep.equal(['gone leak 192.0.2.0/24 64666 of 192.0.2.0/24']);
  });
});
