import { expect } from 'chai';
import { attribute, hex } from '../bgp/octets.ts';
import { elementsIn } from './dump.ts';
import {
  ends,
  entry,
  message,
  nextHop,
  nlri,
  ORIGIN_IGP,
  PEERS,
  path,
  reach,
  record,
  rib,
  shortReach,
  unreach,
  update,
} from './octets.ts';

const PATH = path([64496, 64497]);
const SESSION = { peerAddress: '192.0.2.1', peerAs: 64496, localAddress: '192.0.2.2', localAs: 64500 };
const elements = (text: string) => elementsIn(hex(text)).elements;

describe('mrt/elements', () => {
  it('shows both families of an UPDATE, withdrawn routes first', () => {
    const attributes =
      ORIGIN_IGP +
      PATH +
      nextHop('192.0.2.9') +
      attribute(0xc0, 32, '0000fbf00000000100000002') +
      attribute(0xc0, 99, 'ab');
    const both =
      attributes + reach(2, ['2001:db8::9', 'fe80::1'], nlri('2001:db8::/32')) + unreach(2, nlri('2001:db9::/32'));
    const common = {
      path: [64496, 64497],
      originCode: 'IGP',
      largeCommunities: ['64496:1:2'],
      unknown: [{ code: 99, flags: 192, hex: 'ab' }],
    };
    const head = { type: 'BGP4MP_ET', time: 1700000000000.042, ...SESSION };
    expect(
      elements(record(17, 4, `0000002a${ends()}${update(nlri('10.9.0.0/16'), both, nlri('10.0.0.0/8'))}`)),
    ).to.deep.equal([
      { what: 'withdraw', ...head, prefix: '10.9.0.0/16' },
      { what: 'withdraw', ...head, prefix: '2001:db9::/32' },
      { what: 'announce', ...head, prefix: '10.0.0.0/8', ...common, nextHop: '192.0.2.9' },
      { what: 'announce', ...head, prefix: '2001:db8::/32', ...common, nextHop: '2001:db8::9', linkLocal: 'fe80::1' },
    ]);
  });
  it('shows path identifiers, multicast, and what cannot be read', () => {
    const attributes = ORIGIN_IGP + PATH + nextHop('192.0.2.9');
    const [first, second] = elements(
      record(16, 9, ends() + update('', attributes, `80000007${nlri('10.0.0.0/8')}00000001ff`)),
    );
    expect(first).to.include({ prefix: '10.0.0.0/8', pathId: 2147483655 });
    expect(second).to.include({ what: 'announce', unreadable: '00000001ff' });
    const vpn = elements(
      record(16, 4, ends() + update('', ORIGIN_IGP + PATH + reach(1, ['192.0.2.9'], '70aabb', 128), '')),
    );
    expect(vpn[0]).to.include({ what: 'announce', family: '1/128', nlri: '70aabb' });
    const multicast = elements(
      record(16, 4, ends() + update('', ORIGIN_IGP + PATH + reach(1, ['192.0.2.9'], nlri('10.0.0.0/8'), 2), '')),
    );
    expect(multicast[0]).to.include({ prefix: '10.0.0.0/8', multicast: true, nextHop: '192.0.2.9' });
    const bad = elements(record(16, 4, ends() + message(2, '00ff0000')));
    expect(bad[0]).to.include({
      what: 'update',
      error: 'Withdrawn Routes Length exceeds the message',
      hex: '00ff0000',
    });
  });
  it('tells by RFC 7606 what is wrong with attributes', () => {
    const [route] = elements(
      record(16, 4, ends() + update('', `400101ff${PATH}${nextHop('192.0.2.9')}`, nlri('10.0.0.0/8'))),
    );
    expect(route!.errors).to.deep.equal([
      { code: 1, clause: 'RFC 7606 7.1', what: 'ORIGIN: ORIGIN 255', action: 'treat-as-withdraw' },
    ]);
  });
  it('shows RIB entries with the next hop whole or abbreviated, and the peers', () => {
    const [table, ...routes] = elements(
      PEERS +
        rib(
          4,
          '2001:db8::/32',
          entry(0, ORIGIN_IGP + PATH + shortReach('2001:db8::9')),
          entry(1, ORIGIN_IGP + PATH + reach(2, ['2001:db8::8'], nlri('2001:db8::/32'))),
        ) +
        rib(9, '10.0.0.0/8', entry(2, ORIGIN_IGP + PATH + nextHop('192.0.2.9'), 5)),
    );
    expect(table).to.deep.include({ what: 'peers', collector: '192.0.2.99', view: 'view' });
    expect(table!.peers).to.have.length(3);
    expect(
      routes.map(({ peerAs, prefix, nextHop: hop, pathId, multicast }) => [peerAs, prefix, hop, pathId, multicast]),
    ).to.deep.equal([
      [4200000000, '2001:db8::/32', '2001:db8::9', undefined, undefined],
      [64497, '2001:db8::/32', '2001:db8::8', undefined, undefined],
      [64498, '10.0.0.0/8', '192.0.2.9', 5, true],
    ]);
    expect(routes[0]).to.include({ originated: 1600000000000, time: 1700000000000 });
  });
  it('shows messages of every type, state changes and records of other protocols', () => {
    const open = message(1, '04fbf000b401010101080206410400 00fbf0'.replaceAll(' ', ''));
    const shown = elements(
      record(16, 4, ends() + open) +
        record(16, 4, ends() + message(3, '0602026869')) +
        record(16, 7, ends() + message(4, '')) +
        record(16, 4, ends() + message(5, '00010001')) +
        record(16, 5, `${ends()}00030006`) +
        record(11, 0, 'aabb') +
        record(13, 6, '0000000100194605'),
    );
    expect(shown.map(({ what }) => what)).to.deep.equal([
      'open',
      'notification',
      'keepalive',
      'route-refresh',
      'state',
      'record',
      'rib',
    ]);
    expect(shown[0]).to.deep.include({ as: 64496, holdTime: 180, id: '1.1.1.1', capabilities: ['4-octet AS 64496'] });
    expect(shown[1]).to.include({ code: 6, subcode: 2, text: 'Cease/Administrative Shutdown "hi"' });
    expect(shown[2]).to.include({ sent: true });
    expect(shown[4]).to.include({ from: 'Active', to: 'Established' });
    expect(shown[5]).to.include({ type: 'OSPFv2', subtype: 0, hex: 'aabb' });
    expect(shown[6]).to.include({ family: '25/70', hex: '05' });
  });
});
