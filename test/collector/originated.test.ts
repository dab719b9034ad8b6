import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { encodeAnnounce } from '../../src/bgp/announce.ts';
import type { OriginatedMessage } from '../../src/collector/messages.ts';
import { createOriginated } from '../../src/collector/originated.ts';
import { BLACKHOLE } from '../../src/net/community.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { dropTable } from '../../src/rib/adj-rib-in.ts';
import { AS4, announce, routePath, sequence, withdraw } from './route-path.ts';

const OURS = 64500;

/** Two internal peers, and what is told of them. */
function world() {
  const path = routePath();
  const peers = [0, 1].map(number => path.peer(number, { ebgp: false }));
  const told: Omit<OriginatedMessage, 'type'>[] = [];
  let whole = false;
  const originated = createOriginated({
    rib: path.rib,
    peers: () => peers.map(({ number }) => ({ number, whole })),
    localAs: () => OURS,
    tell: message => told.push(message),
  });
  return {
    ...path,
    peers,
    told,
    originated,
    becomeWhole() {
      whole = true;
    },
    /** The prefixes that are told now, or null when nothing is. */
    async look(): Promise<readonly string[] | null> {
      const before = told.length;
      originated.look();
      for (let i = 0; i < 20; i++) await turn();
      return told.length === before ? null : [...told.at(-1)!.prefixes].sort();
    },
  };
}

describe('collector/originated', () => {
  it('tells what internal peers hold without another AS in its path, when it is another set', async () => {
    const { peers, feed, look, originated, told, becomeWhole } = world();
    const [p, q] = [peers[0]!, peers[1]!];
    originated.want(true);
    feed(p, announce('150.0.0.0/16', []));
    feed(p, announce('150.1.0.0/16', sequence(64496)));
    feed(p, announce('150.2.0.0/16', sequence(64496, OURS)));
    feed(q, announce('150.3.0.0/24', sequence(OURS, OURS)));
    feed(q, announce('2a00:1::/32', []));
    expect(await look()).to.deep.equal(['150.0.0.0/16', '150.3.0.0/24', '2a00:1::/32']);
    expect(told.at(-1)).to.include({ origin: OURS, more: 0, whole: false });
    expect(await look()).to.equal(null);
    // Another peer holds it too: that is the same set.
    feed(q, announce('150.0.0.0/16', []));
    feed(p, withdraw('150.0.0.0/16'));
    expect(await look()).to.equal(null);
    feed(q, withdraw('150.0.0.0/16'));
    expect(await look()).to.deep.equal(['150.3.0.0/24', '2a00:1::/32']);
    becomeWhole();
    await look();
    expect(told.at(-1)).to.deep.include({ whole: true });
  });

  it('learns no default route, nothing that stays at home, no special space', async () => {
    const { peers, feed, look, originated } = world();
    originated.want(true);
    for (const prefix of [
      ...['0.0.0.0/0', '128.0.0.0/1', '150.0.0.1/32', '150.0.0.0/25', '10.1.0.0/16', '192.0.2.0/24', '150.0.0.0/24'],
      ...['::/0', '2000::/3', '2a00:1::/64', '2001:db8::/32', 'fc00:1::/32', '2a00:1::/48'],
    ])
      feed(peers[0]!, announce(prefix, []));
    expect(await look()).to.deep.equal(['150.0.0.0/24', '2a00:1::/48']);
  });

  it('learns nothing that is to be dropped by the community BLACKHOLE', async () => {
    const { peers, feed, look, originated } = world();
    originated.want(true);
    const dropped = { originCode: 0 as const, path: [], nextHop: '192.0.2.1', communities: [BLACKHOLE] };
    feed(peers[0]!, encodeAnnounce([parsePrefix('150.0.7.0/24')!], dropped, AS4));
    feed(peers[0]!, announce('150.0.0.0/16', []));
    expect(await look()).to.deep.equal(['150.0.0.0/16']);
  });

  it('tells all again to who begins to want it, and nothing to who does not', async () => {
    const { peers, feed, look, originated, rib } = world();
    feed(peers[0]!, announce('150.0.0.0/16', []));
    expect(await look()).to.equal(null);
    originated.want(true);
    expect(await look()).to.deep.equal(['150.0.0.0/16']);
    originated.want(true);
    expect(await look()).to.equal(null);
    originated.want(false);
    originated.want(true);
    expect(await look()).to.deep.equal(['150.0.0.0/16']);
    dropTable(rib, 0);
    expect(await look()).to.deep.equal([]);
  });
});
