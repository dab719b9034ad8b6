import { expect } from 'chai';
import fc from 'fast-check';
import { NO_LLGR, restartPeer } from './restart-peer.ts';

describe('collector/restart', () => {
  it('keeps the routes of a peer that restarts, and sweeps at End-of-RIB what does not come again', () => {
    const peer = restartPeer();
    peer.up();
    peer.announce('192.0.2.0/24', 64501);
    peer.announce('198.51.100.0/24', 64502);
    peer.down('connection lost');
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501 stale', '198.51.100.0/24 64502 stale']);
    peer.clock.turn(119_000);
    peer.up({ preserved: true });
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501 stale', '198.51.100.0/24 64502 stale']);
    peer.announce('192.0.2.0/24', 64501);
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501', '198.51.100.0/24 64502 stale']);
    peer.endOfRib(1);
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501']);
    expect(peer.table().stale4).to.equal(null);
    expect(peer.said()).to.deep.equal([
      'is awaited for 120 s: its 2 IPv4 routes are stale',
      'is back: its IPv4 routes are stale until they come again or the table ends',
      '1 stale IPv4 routes are removed: not announced again before End-of-RIB',
    ]);
    expect(peer.live()).to.equal(1);
  });

  it('drops them when the Restart Time is over, or when the peer has not preserved them', () => {
    const peer = restartPeer();
    for (const end of [() => peer.clock.turn(120_000), () => peer.up({ preserved: false })]) {
      peer.up();
      peer.announce('192.0.2.0/24', 64501);
      peer.down('connection lost');
      expect(peer.held()).to.have.length(1);
      end();
      expect([peer.held(), peer.live()]).to.deep.equal([[], 0]);
    }
  });

  it('drops them at once after a NOTIFICATION, unless the peer says N (RFC 8538)', () => {
    const peer = restartPeer();
    for (const [notification, end, left] of [
      [false, 'notification', 0],
      [true, 'notification', 1],
      [true, 'hard reset', 0],
      [false, 'connection lost', 1],
    ] as const) {
      peer.up({ notification });
      peer.announce('192.0.2.0/24', 64501);
      peer.down(end);
      expect(peer.held(), `${notification} ${end}`).to.have.length(left);
      peer.restart.forget();
    }
    expect(peer.rib.tables[0]).to.equal(null);
  });

  it('keeps nothing where it is not to, or the peer does not offer it', () => {
    for (const options of [{ graceful: false }, {}]) {
      const peer = restartPeer(options);
      peer.up(options.graceful === false ? {} : { seconds: null });
      peer.announce('192.0.2.0/24', 64501);
      peer.down('connection lost');
      expect(peer.rib.tables[0]).to.equal(null);
    }
  });

  it('drops at a second fall what was stale before the first', () => {
    const peer = restartPeer();
    peer.up();
    for (const prefix of ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']) peer.announce(prefix, 64501);
    peer.down('connection lost');
    peer.up({ preserved: true });
    peer.announce('192.0.2.0/24', 64502);
    peer.down('connection lost');
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64502 stale']);
  });

  it('waits for the end of the table no longer than the stale path time', () => {
    const peer = restartPeer();
    peer.up();
    peer.announce('192.0.2.0/24', 64501);
    peer.down('connection lost');
    peer.up({ preserved: true });
    peer.clock.turn(359_999);
    expect([peer.held(), peer.whole()]).to.deep.equal([['192.0.2.0/24 64501 stale'], []]);
    peer.clock.turn(1);
    expect([peer.held(), peer.whole()]).to.deep.equal([[], [1, 2]]);
  });

  it('counts no time in which nothing is read from peers', () => {
    let held = true;
    const peer = restartPeer({ held: () => held });
    peer.up();
    peer.announce('192.0.2.0/24', 64501);
    peer.down('connection lost');
    peer.up({ preserved: true });
    peer.clock.turn(3_600_000);
    expect(peer.held()).to.have.length(1);
    held = false;
    peer.clock.turn(10_000);
    expect(peer.held()).to.deep.equal([]);
  });

  it('keeps them for long where the peer says so, but for those marked no-llgr (RFC 9494)', () => {
    const peer = restartPeer();
    peer.up({ longLived: 600 });
    peer.announce('192.0.2.0/24', 64501);
    peer.announce('198.51.100.0/24', 64501, [NO_LLGR]);
    peer.down('connection lost');
    peer.clock.turn(120_000);
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501 llgr-stale']);
    expect(peer.restart.rows()[0]).to.deep.equal({
      ...{ family: 'IPv4 unicast', state: 'long-lived', since: 120_000, stale: 1, left: null, longLivedLeft: 600_000 },
    });
    peer.clock.turn(500_000);
    peer.up({ preserved: true, longLived: 600 });
    peer.announce('203.0.113.0/24', 64501);
    peer.down('connection lost'); // the long time goes on, and what was stale before stays
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501 llgr-stale', '203.0.113.0/24 64501 llgr-stale']);
    peer.clock.turn(99_999);
    expect(peer.held()).to.have.length(2);
    peer.clock.turn(1);
    expect([peer.held(), peer.live()]).to.deep.equal([[], 0]);
  });

  it('begins the long time at once where the Restart Time is 0, and keeps to the bound of the configuration', () => {
    const peer = restartPeer({ longLivedStaleTime: 60_000 });
    peer.up({ seconds: 0, longLived: 600 });
    peer.announce('192.0.2.0/24', 64501);
    peer.down('connection lost');
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501 llgr-stale']);
    peer.clock.turn(60_000);
    expect(peer.held()).to.deep.equal([]);
  });

  it('is no witness of stale routes, and one again of each that is announced again', () => {
    const peer = restartPeer();
    peer.registry(['192.0.2.0/24', 64500, true], ['198.51.100.0/24', 64500, true]);
    peer.up();
    peer.announce('192.0.2.0/24', 64666);
    peer.announce('198.51.100.0/24', 64666);
    expect(peer.told()).to.deep.equal(['held update 192.0.2.0/24 64666', 'held update 198.51.100.0/24 64666']);
    peer.down('connection lost');
    expect(peer.told()).to.deep.equal(['unseen session 192.0.2.0/24 64666', 'unseen session 198.51.100.0/24 64666']);
    peer.registry(['192.0.2.0/24', 64501, true], ['198.51.100.0/24', 64501, true]);
    peer.rejudge();
    expect(peer.told(), 'a registry makes nobody a witness of what is stale').to.deep.equal([]);
    peer.up({ preserved: true });
    peer.announce('192.0.2.0/24', 64666);
    expect(peer.told()).to.deep.equal(['held update 192.0.2.0/24 64666']);
    peer.endOfRib(1);
    expect(peer.told(), 'that the other is gone is said by End-of-RIB').to.deep.equal([]);
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64666']);
  });

  it('sweeps what a route refresh does not bring again, and lets go of it (RFC 7313)', () => {
    const peer = restartPeer();
    peer.registry(['192.0.2.0/24', 64500, true]);
    peer.up();
    peer.announce('192.0.2.0/24', 64666);
    peer.announce('198.51.100.0/24', 64501);
    peer.endOfRib(1);
    peer.told();
    peer.refresh('begin');
    expect(peer.held(), 'a route is not called stale for that').to.deep.equal([
      '192.0.2.0/24 64666',
      '198.51.100.0/24 64501',
    ]);
    peer.announce('198.51.100.0/24', 64501);
    peer.refresh('end');
    expect(peer.held()).to.deep.equal(['198.51.100.0/24 64501']);
    expect(peer.told()).to.deep.equal(['gone withdraw 192.0.2.0/24 64666']);
    peer.refresh('begin');
    peer.clock.turn(360_000);
    expect(peer.held()).to.deep.equal([]);
  });

  it('marks no refresh before the table is whole, where its end is told (RFC 7313 section 4)', () => {
    const peer = restartPeer();
    peer.up();
    peer.announce('192.0.2.0/24', 64501);
    peer.refresh('begin', true);
    peer.refresh('end', true);
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501']);
  });

  it('begins a family anew that comes back in another form', () => {
    const peer = restartPeer();
    peer.up({ addPath: true });
    peer.announce('192.0.2.0/24', 64501, [], 1);
    peer.down('connection lost');
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64501 path 1 stale']);
    peer.up({ preserved: true });
    peer.announce('192.0.2.0/24', 64502);
    expect(peer.held()).to.deep.equal(['192.0.2.0/24 64502']);
    expect(peer.live()).to.equal(1);
  });

  for (const addPath of [false, true])
    it(`holds what a map with marks would, ${addPath ? 'with several paths' : 'with one path'} a prefix`, () => {
      const announce = fc.record({
        do: fc.constant('announce' as const),
        prefix: fc.constantFrom('192.0.2.0/24', '192.0.2.0/25', '198.51.100.0/24'),
        origin: fc.constantFrom(0, 64501, 64666),
        pathId: addPath ? fc.constantFrom(1, 2) : fc.constant(1),
      });
      const other = fc.record({
        do: fc.constantFrom('down', 'down-hard', 'up', 'up-empty', 'end-of-rib', 'begin', 'end', 'restart-time'),
      });
      fc.assert(
        fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: announce }, other), { maxLength: 60 }), steps => {
          const peer = restartPeer({ longLived: false });
          peer.registry(['192.0.2.0/24', 64501, true]);
          const model = new Map<string, { origin: number; mark: number }>();
          let state: 'down' | 'kept' | 'up' | 'returned' | 'refreshing' = 'up';
          peer.up({ addPath });
          const sweep = (least: number) => {
            for (const [key, { mark }] of model) if (mark >= least) model.delete(key);
          };
          const isUp = () => state !== 'down' && state !== 'kept';
          for (const step of steps) {
            if (step.do === 'announce') {
              if (!isUp()) continue;
              const { prefix, origin, pathId } = step;
              if (origin === 0) peer.withdraw(prefix, addPath ? pathId : null);
              else peer.announce(prefix, origin, [], addPath ? pathId : null);
              const key = `${prefix} ${addPath ? pathId : ''}`;
              if (origin === 0) model.delete(key);
              else model.set(key, { origin, mark: 0 });
            } else if (step.do === 'down' && isUp()) {
              for (const one of model.values()) one.mark = state === 'returned' && one.mark > 0 ? 2 : 1;
              sweep(2);
              state = 'kept';
              peer.down('connection lost');
            } else if (step.do === 'down-hard' && isUp()) {
              model.clear();
              state = 'down';
              peer.down('hard reset');
            } else if (step.do === 'up' && !isUp()) {
              state = state === 'kept' ? 'returned' : 'up';
              peer.up({ addPath, preserved: true });
            } else if (step.do === 'up-empty' && !isUp()) {
              model.clear();
              state = 'up';
              peer.up({ addPath });
            } else if (step.do === 'end-of-rib' && isUp()) {
              if (state === 'returned') {
                sweep(1);
                state = 'up';
              }
              peer.endOfRib(1);
            } else if (step.do === 'begin' && (state === 'up' || state === 'refreshing')) {
              for (const one of model.values()) one.mark = 1;
              state = 'refreshing';
              peer.refresh('begin');
            } else if (step.do === 'end' && isUp()) {
              if (state === 'refreshing') {
                sweep(1);
                state = 'up';
              }
              peer.refresh('end');
            } else if (step.do === 'restart-time' && state === 'kept') {
              model.clear();
              state = 'down';
              peer.clock.turn(120_000);
            }
            const shown = [...model].map(([key, { origin, mark }]) => {
              const [prefix, pathId] = key.split(' ');
              const stale = mark > 0 && state !== 'refreshing' ? ' stale' : '';
              return `${prefix} ${origin}${pathId ? ` path ${pathId}` : ''}${stale}`;
            });
            expect(peer.held()).to.deep.equal(shown.sort());
            if (addPath && state !== 'down')
              expect(peer.table().paths4!.marked).to.equal([...model.values()].filter(({ mark }) => mark > 0).length);
            expect(peer.live()).to.equal(new Set([...model.values()].map(({ origin }) => origin)).size);
            const seen = [...model].filter(([, { mark }]) => mark === 0 || state === 'refreshing');
            const witnessed = seen.filter(([key, { origin }]) => key.startsWith('192.0.2.') && origin === 64666);
            expect(peer.witnessed()).to.deep.equal([...new Set(witnessed.map(([key]) => key.split(' ')[0]))].sort());
          }
        }),
        { numRuns: 300 },
      );
    });
});
