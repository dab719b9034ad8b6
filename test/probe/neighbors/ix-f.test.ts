import { expect } from 'chai';
import fc from 'fast-check';
import { parsePrefix } from '../../../src/net/prefix.ts';
import { LARGEST_LIST, type MemberList, readMemberList } from '../../../src/probe/neighbors/ix-f.ts';

const octets = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = (value: unknown, lan: string | null = null) =>
  readMemberList(octets(value), lan === null ? null : parsePrefix(lan)) as MemberList;

/** Of the shape that schema 1.0 publishes. */
const LIST = {
  version: '1.0',
  timestamp: '2026-11-29T00:00:00Z',
  ixp_list: [
    {
      ...{ ixp_id: 1, shortname: 'EX-IX', name: 'Example Exchange', country: 'JP', url: 'https://ix.example.net/' },
      ...{ peeringdb_id: 1, ixf_id: 1, support_email: 'noc@ix.example.net' },
      vlan: [
        {
          id: 1,
          name: 'Peering LAN',
          ipv4: { prefix: '192.0.2.0', mask_length: 24 },
          ipv6: { prefix: '2001:db8::', mask_length: 64 },
        },
      ],
      switch: [
        { id: 1, name: 'sw1', colo: 'Example', city: 'Tokyo', country: 'JP', manufacturer: 'Example', model: 'X' },
      ],
    },
  ],
  member_list: [
    {
      ...{ asnum: 64501, member_type: 'peering', name: 'One', url: 'https://one.example/', peering_policy: 'open' },
      connection_list: [
        {
          ...{ ixp_id: 1, state: 'active', if_list: [{ switch_id: 1, if_speed: 10000, if_type: 'LR4' }] },
          vlan_list: [
            {
              vlan_id: 1,
              ipv4: {
                address: '192.0.2.1',
                routeserver: true,
                max_prefix: 100,
                as_macro: 'AS-ONE',
                mac_addresses: ['00:00:5E:00:53:01'],
              },
              ipv6: {
                address: '2001:DB8::1',
                routeserver: true,
                mac_addresses: ['00:00:5e:00:53:01', '0000.5e00.5302'],
              },
            },
            { vlan_id: 2, ipv4: { address: '198.51.100.1', mac_addresses: ['00-00-5e-00-53-03'] } },
          ],
        },
      ],
    },
    {
      ...{ asnum: 4_200_000_000, member_type: 'other', name: 'Two' },
      connection_list: [
        { ixp_id: 1, state: 'inactive', vlan_list: [{ vlan_id: 1, ipv4: { address: '192.0.2.9' } }] },
        {
          ixp_id: 1,
          state: 'connected',
          mac_addresses: '00005e005304',
          vlan_list: [{ vlan_id: 1, ipv4: { address: '192.0.2.2/24' } }],
        },
      ],
    },
    { asnum: 64503, name: 'Without a port' },
  ],
};

const PORTS = [
  { as: 64501, addresses: ['192.0.2.1', '2001:db8::1'], macs: ['00:00:5e:00:53:01', '00:00:5e:00:53:02'] },
  { as: 64501, addresses: ['198.51.100.1'], macs: ['00:00:5e:00:53:03'] },
  { as: 4_200_000_000, addresses: ['192.0.2.2'], macs: ['00:00:5e:00:53:04'] },
];

describe('probe/ix-f', () => {
  it('reads members with the addresses of their ports, MAC addresses in any spelling', () => {
    expect(read(LIST)).to.deep.equal({ version: '1.0', ports: PORTS, members: 2, unreadable: 0, cut: false });
  });

  it('takes ports with an address in the LAN only', () => {
    expect(read(LIST, '192.0.2.0/24').ports).to.deep.equal([PORTS[0], PORTS[2]]);
    expect(read(LIST, '2001:db8::/64').ports).to.deep.equal([PORTS[0]]);
    expect(read(LIST, '203.0.113.0/24').ports).to.deep.equal([]);
  });

  it('reads older lists: the AS as text, MAC addresses under other names or none', () => {
    const old = (mac: object) => ({
      version: '0.6',
      member_list: [
        {
          asnum: 'AS64501',
          connection_list: [{ ...mac, vlan_list: [{ ...mac, ipv4: { address: '192.0.2.1', ...mac } }] }],
        },
      ],
    });
    for (const mac of [
      { mac_address: '00:00:5e:00:53:01' },
      { mac: '00:00:5e:00:53:01' },
      { mac_addresses: ['00005e005301'] },
    ])
      expect(read(old(mac)).ports).to.deep.equal([
        { as: 64501, addresses: ['192.0.2.1'], macs: ['00:00:5e:00:53:01'] },
      ]);
    expect(read(old({})).ports).to.deep.equal([{ as: 64501, addresses: ['192.0.2.1'], macs: [] }]);
  });

  it('counts what it cannot read and goes on', () => {
    const port = {
      ipv4: { address: '192.0.2.300', mac_addresses: ['nonsense', '01:00:5e:00:00:01', null, 7] },
      ipv6: 4,
    };
    const list = {
      member_list: [
        { asnum: 0, connection_list: [] },
        { asnum: 4294967296 },
        null,
        {
          asnum: 64501,
          connection_list: [{ vlan_list: [port, { ipv4: { address: '192.0.2.1' } }] }, 'x', { vlan_list: {} }],
        },
      ],
    };
    expect(read(list)).to.deep.equal({
      ...{ version: 'unknown', members: 1, unreadable: 9, cut: false },
      ports: [{ as: 64501, addresses: ['192.0.2.1'], macs: [] }],
    });
  });

  it('says why something is no list', () => {
    expect(readMemberList(new TextEncoder().encode('{'), null)).to.equal('it is no JSON');
    expect(readMemberList(Uint8Array.of(0x22, 0xff, 0x22), null)).to.equal('it is no JSON');
    expect(readMemberList(new TextEncoder().encode('['.repeat(1_000_000)), null)).to.equal('it is no JSON');
    expect(read([])).to.contain('no member_list');
    expect(read({ member_list: {} })).to.contain('no member_list');
    expect(readMemberList(new Uint8Array(LARGEST_LIST + 1), null)).to.contain('more than');
  });

  it('takes so much of a list and no more, and says that there is more', () => {
    const many = <T>(count: number, one: (i: number) => T) => Array.from({ length: count }, (_, i) => one(i));
    const macs = many(1000, i => `00005e00${i.toString(16).padStart(4, '0')}`);
    const wide = read({
      member_list: [{ asnum: 1, connection_list: [{ vlan_list: [{ ipv4: { mac_addresses: macs } }] }] }],
    });
    expect([wide.ports[0]!.macs.length, wide.cut]).to.deep.equal([64, true]);
    const vlan_list = many(200, () => ({ ipv4: { address: '192.0.2.1' } }));
    const long = read({ member_list: many(100, i => ({ asnum: i + 1, connection_list: [{ vlan_list }] })) });
    expect([long.ports.length, long.cut]).to.deep.equal([16_384, true]);
  });

  it('never throws, whatever the list', () => {
    const value = fc.anything();
    const port = fc.record(
      { ipv4: fc.oneof(value, fc.record({ address: value, mac_addresses: value })), ipv6: value },
      { requiredKeys: [] },
    );
    const connection = fc.record(
      { state: value, mac: value, vlan_list: fc.oneof(value, fc.array(port)) },
      { requiredKeys: [] },
    );
    const member = fc.record({
      asnum: fc.oneof(value, fc.nat()),
      connection_list: fc.oneof(value, fc.array(connection)),
    });
    const list = fc.record({ version: value, member_list: fc.oneof(value, fc.array(member)) });
    fc.assert(
      fc.property(fc.oneof(list, value), any => {
        const text = JSON.stringify(any, (_, item: unknown) => (typeof item === 'bigint' ? `${item}` : item)) ?? '';
        const found = readMemberList(new TextEncoder().encode(text), null);
        if (typeof found === 'string') return;
        for (const { as, macs } of found.ports) {
          expect(as).to.be.within(1, 0xffffffff);
          for (const mac of macs) expect(mac).to.match(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        readMemberList(bytes, null);
      }),
    );
  });
});
