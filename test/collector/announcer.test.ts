import { expect } from 'chai';
import fc from 'fast-check';
import * as encoder from '../../src/bgp/announce.ts';
import type { Negotiated } from '../../src/bgp/negotiate.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '../../src/bgp/route-refresh.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { createAnnouncer, difference, routesOver, type ToldRoute } from '../../src/collector/announcer.ts';
import type { AnnouncedRoute } from '../../src/config/tree.ts';
import { formatCommunity, formatLargeCommunity } from '../../src/net/community.ts';
import { formatPrefix } from '../../src/net/prefix.ts';

const SESSION: Negotiated = {
  as4: true,
  ipv4: true,
  ipv6: true,
  others: [],
  extendedMessage: false,
  enhancedRefresh: false,
  addPath: [],
  extendedNextHop: [],
  restart: null,
  longLived: [],
  holdTime: 90,
  peerAs: 64496,
  peerId: '192.0.2.1',
  localAs: 64500,
  ebgp: true,
  capabilities: [],
  ourCapabilities: [],
  localAddress: '203.0.113.2',
  remoteAddress: '203.0.113.1',
};

const route = (prefix: string, more: Partial<AnnouncedRoute> = {}): AnnouncedRoute => ({
  prefix,
  communities: [],
  largeCommunities: [],
  ...more,
});

/** A router at the other end: what it holds after these messages, and what else it was told. */
function router(session: Negotiated) {
  const held = new Map<string, ToldRoute>();
  const heard: string[] = [];
  return {
    held,
    heard,
    hear(message: Uint8Array): void {
      if (message[18] === 5) {
        const refresh = decodeRouteRefresh(message, 19, message.length);
        heard.push(
          'subtype' in refresh && 'afi' in refresh ? `refresh ${refresh.afi} ${refresh.subtype}` : 'malformed',
        );
        return;
      }
      const { withdrawn, announced, attributes, errors, endOfRib } = decodeUpdate(message, 19, message.length, session);
      expect(errors).to.deep.equal([]);
      if (endOfRib !== null) heard.push(`end ${endOfRib.afi}`);
      for (const prefix of withdrawn) {
        expect(held.delete(formatPrefix(prefix)), 'a route is withdrawn that was told').to.equal(true);
        heard.push(`- ${formatPrefix(prefix)}`);
      }
      for (const prefix of announced) {
        const text = formatPrefix(prefix);
        heard.push(`+ ${text}`);
        expect(attributes.path).to.deep.equal(session.ebgp ? [{ type: 2, asns: [session.localAs] }] : []);
        expect(attributes.localPref).to.equal(session.ebgp ? null : 100);
        held.set(text, {
          prefix: text,
          communities: attributes.communities.map(formatCommunity),
          largeCommunities: attributes.largeCommunities.map(formatLargeCommunity),
          nextHop: attributes.nextHop ?? attributes.mpReach?.nextHop ?? '',
          ...(attributes.med !== null && { med: attributes.med }),
        });
      }
    },
  };
}

/** Any block over a few prefixes, so that blocks often share some. */
const block = fc.uniqueArray(
  fc.record({
    prefix: fc.constantFrom(
      '192.0.2.1/32',
      '192.0.2.0/25',
      '10.0.0.0/8',
      '0.0.0.0/0',
      '2001:db8::/48',
      '2001:db8::1/128',
    ),
    communities: fc.uniqueArray(fc.constantFrom('blackhole', 'no-export', '64500:66'), { maxLength: 2 }),
    largeCommunities: fc.uniqueArray(fc.constantFrom('64500:1:20', '0:4294967295:0'), { maxLength: 1 }),
    hop: fc.boolean(),
    med: fc.option(fc.constantFrom(0, 10, 0xffffffff), { nil: undefined }),
  }),
  { selector: one => one.prefix, maxLength: 6 },
);
const blocks = fc.array(
  block.map(list =>
    list.map(({ hop, med, ...one }): AnnouncedRoute => {
      const nextHop = one.prefix.includes(':') ? '2001:db8:9::9' : '198.51.100.9';
      return { ...one, ...(hop && { nextHop }), ...(med !== undefined && { med }) };
    }),
  ),
  { minLength: 1, maxLength: 5 },
);
const session = fc.record({
  ebgp: fc.boolean(),
  families: fc.constantFrom({ ipv4: true, ipv6: true }, { ipv4: true, ipv6: false }, { ipv4: false, ipv6: true }),
  localAddress: fc.constantFrom('203.0.113.2', '2001:db8:f::2'),
});
const sorted = (routes: Iterable<ToldRoute>) =>
  [...routes].sort((a, b) => (a.prefix < b.prefix ? -1 : 1)).map(({ ...one }) => one);

describe('collector/announcer', () => {
  it('makes the peer know the block that holds, whatever it knew before, and touches nothing that stays', () => {
    fc.assert(
      fc.property(session, blocks, ({ families, ...more }, list) => {
        const agreed: Negotiated = { ...SESSION, ...families, ...more };
        const peer = router(agreed);
        const announcer = createAnnouncer(
          peer.hear,
          () => encoder,
          () => {},
        );
        announcer.up(agreed, list[0]!);
        for (const [i, next] of list.entries()) {
          const before = sorted(peer.held.values());
          peer.heard.length = 0;
          if (i > 0) announcer.change(next);
          const wanted = sorted(routesOver(next, agreed));
          expect(sorted(peer.held.values())).to.deep.equal(wanted);
          expect(sorted(announcer.told())).to.deep.equal(wanted);
          if (i === 0) continue;
          for (const stays of wanted)
            if (before.some(one => JSON.stringify(sorted([one])) === JSON.stringify(sorted([stays]))))
              expect(peer.heard.some(said => said.endsWith(` ${stays.prefix}`))).to.equal(false);
        }
      }),
    );
  });

  it('finds what is different, and only that', () => {
    const [a, b, c] = routesOver([route('10.0.0.0/8'), route('10.1.0.0/16'), route('10.2.0.0/16')], SESSION);
    const other = { ...b!, communities: ['blackhole'] };
    expect(difference([a!, b!], [other, c!])).to.deep.equal({ withdraw: [a], announce: [other, c] });
    expect(difference([a!, b!], [b!, a!])).to.deep.equal({ withdraw: [], announce: [] });
  });

  it('tells all and then End-of-RIB of each family; without a block not a thing', () => {
    const peer = router(SESSION);
    const announcer = createAnnouncer(
      peer.hear,
      () => encoder,
      () => {},
    );
    announcer.up(SESSION, [route('192.0.2.1/32'), route('2001:db8::/48', { nextHop: '2001:db8::1' })]);
    expect(peer.heard).to.deep.equal(['+ 192.0.2.1/32', '+ 2001:db8::/48', 'end 1', 'end 2']);
    const silent = router(SESSION);
    createAnnouncer(
      silent.hear,
      () => null,
      () => {},
    ).up(SESSION, []);
    expect(silent.heard).to.deep.equal([]);
  });

  it('puts prefixes that are told alike into one UPDATE', () => {
    const messages: Uint8Array[] = [];
    const announcer = createAnnouncer(
      message => messages.push(message),
      () => encoder,
      () => {},
    );
    announcer.up({ ...SESSION, ipv6: false }, [
      route('10.0.0.0/8', { communities: ['blackhole'] }),
      route('10.1.0.0/16', { communities: ['blackhole'] }),
      route('10.2.0.0/16'),
    ]);
    expect(messages).to.have.length(3); // two UPDATEs and End-of-RIB
  });

  it('tells a family again when it is asked to, between marks where they were agreed on', () => {
    const peer = router(SESSION);
    const announcer = createAnnouncer(
      peer.hear,
      () => encoder,
      () => {},
    );
    const refresh = (afi: number, subtype = 0, safi = 1) =>
      announcer.refresh({ afi, safi, subtype, filters: new Uint8Array() });
    refresh(1);
    announcer.up(SESSION, [route('192.0.2.1/32'), route('2001:db8::/48', { nextHop: '2001:db8::1' })]);
    peer.heard.length = 0;
    refresh(2);
    refresh(1, 1);
    refresh(1, 0, 2);
    refresh(7);
    expect(peer.heard).to.deep.equal(['+ 2001:db8::/48']);
    peer.heard.length = 0;
    announcer.up({ ...SESSION, enhancedRefresh: true }, [route('192.0.2.1/32')]);
    refresh(1);
    refresh(2);
    expect(peer.heard.slice(3)).to.deep.equal([
      'refresh 1 1',
      '+ 192.0.2.1/32',
      'refresh 1 2',
      'refresh 2 1',
      'refresh 2 2',
    ]);
    announcer.down();
    refresh(1);
    expect(peer.heard).to.have.length(8);
    expect(announcer.told()).to.deep.equal([]);
    expect(encodeRouteRefresh({ afi: 1, safi: 1 })).to.have.length(23);
  });

  it('marks routes that must not go further up, by our role (RFC 9234)', () => {
    const marked = (ours: 'provider' | 'peer' | 'rs' | 'customer' | 'rs-client') => {
      const messages: Uint8Array[] = [];
      const announcer = createAnnouncer(
        message => messages.push(message),
        () => encoder,
        () => {},
      );
      announcer.up({ ...SESSION, role: { ours, peerAs: 64496 } }, [route('192.0.2.1/32')]);
      return decodeUpdate(messages[0]!, 19, messages[0]!.length, SESSION).attributes.otc;
    };
    expect((['provider', 'peer', 'rs', 'customer', 'rs-client'] as const).map(marked)).to.deep.equal([
      64500,
      64500,
      64500,
      null,
      null,
    ]);
  });
});
