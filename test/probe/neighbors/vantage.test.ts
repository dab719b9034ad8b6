import { expect } from 'chai';
import fc from 'fast-check';
import type { ProbeConfig } from '../../../src/config/tree.ts';
import { findLayers } from '../../../src/packet/find-layers.ts';
import { newLayers } from '../../../src/packet/layers.ts';
import { formatMac, parseMac } from '../../../src/packet/mac.ts';
import { type KnownNeighbors, type VantageMap, vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { vantageNumbers } from '../../../src/probe/neighbors/vantage-numbers.ts';
import { hex, IPV4 } from '../../packet/packets.ts';
import { probeBlock } from '../tapped.ts';

/** Link addresses of the tests, by their last octet. */
const mac = (last: string) => `00:00:5e:00:53:${last}`;
const OURS = mac('99');

function mapOf(block: Partial<ProbeConfig>, known: Partial<KnownNeighbors> = {}): VantageMap {
  const map = vantageMap();
  expect(map.configure(probeBlock(block))).to.deep.equal([]);
  map.know({ owners: [], members: [], ...known });
  return map;
}

/** The vantage of a frame from one address to another. */
function seen(
  map: VantageMap,
  from: string,
  to: string,
  { vlan, on = '', outgoing = false }: { vlan?: number; on?: string; outgoing?: boolean } = {},
): string {
  const at = map.interfaceNumber(on);
  const number = map.ofAddresses(parseMac(from) ?? 0, parseMac(to) ?? 0, vlan ?? -1, at, outgoing, 1);
  const { direction, neighbor } = map.list[number]!;
  return neighbor === null ? direction : `${direction} ${neighbor}`;
}

/** An ARP message by which a link address says that it has an IP address. */
function claims(map: VantageMap, from: string, address: string, second: number, vlan?: number, ethernet = from): void {
  const octets = (text: string) => text.replaceAll(':', '');
  const ip = address.split('.').map(octet => Number(octet).toString(16).padStart(2, '0'));
  const tag = vlan === undefined ? '' : `8100 ${vlan.toString(16).padStart(4, '0')}`;
  const bytes = hex(
    `ffffffffffff ${octets(ethernet)} ${tag} 0806 0001 0800 0604 0002`,
    `${octets(from)} ${ip.join('')} 000000000000 ${ip.join('')}`,
  );
  const layers = newLayers();
  findLayers(bytes, 0, bytes.length, bytes.length, 1, layers);
  map.second = second;
  map.hear(bytes, layers, bytes.length);
}

const owner = (address: string, as: number, from: 'session' | 'ix-f' | 'bgp' = 'bgp') => ({ address, as, from });
const ONE = { as: 64496, macs: [mac('01')] };
const TWO = { as: 64497, macs: [mac('02')] };

describe('probe/vantage', () => {
  // intertrackd.conf(5), PROBE: which neighbour a frame is from.
  const rows: [
    string,
    Partial<ProbeConfig>,
    [string, string, { vlan?: number; on?: string; outgoing?: boolean }?],
    string,
  ][] = [
    ['the sender is a neighbour', { neighbors: [ONE] }, [mac('01'), OURS], 'in 64496'],
    ['the receiver is a neighbour', { neighbors: [ONE] }, [OURS, mac('01')], 'out 64496'],
    ['between two neighbours the sender decides', { neighbors: [ONE, TWO] }, [mac('01'), mac('02')], 'in 64496'],
    ['no address is known at a border', { neighbors: [ONE] }, [OURS, mac('55')], 'unknown'],
    ['a group is sent to by nobody known', { neighbors: [ONE] }, [OURS, '01:00:5e:00:00:05'], 'unknown'],
    ['nothing is said of neighbours', {}, [OURS, mac('55')], 'inside'],
    [
      'nothing is said of neighbours, at a router that exports flows',
      { exporters: [{ address: '192.0.2.1', domains: [], interfaces: [] }] },
      [OURS, mac('55')],
      'unknown',
    ],
    ['an own router sends to an unknown one', { inside: [OURS] }, [OURS, mac('55')], 'out'],
    ['an unknown one sends to an own router', { inside: [OURS] }, [mac('55'), OURS], 'in'],
    ['between own routers', { inside: [OURS, mac('98')] }, [OURS, mac('98')], 'inside'],
    [
      'own routers over a fibre that says otherwise',
      { inside: [OURS], interfaces: [{ interface: 'eth1', direction: 'in', as: 1 }] },
      [OURS, mac('55'), { on: 'eth1' }],
      'out 1',
    ],
    ['a fibre in', { interfaces: [{ interface: 'eth1', direction: 'in', as: 1 }] }, ['', '', { on: 'eth1' }], 'in 1'],
    [
      'a fibre out',
      { interfaces: [{ interface: 'eth2', direction: 'out', as: 1 }] },
      [mac('01'), OURS, { on: 'eth2' }],
      'out 1',
    ],
    [
      'another interface',
      { interfaces: [{ interface: 'eth2', direction: 'out', as: 1 }] },
      [mac('01'), OURS, { on: 'eth1' }],
      'unknown',
    ],
    [
      'a fibre without an AS, its addresses',
      { neighbors: [ONE], interfaces: [{ interface: 'eth2', direction: 'out' }] },
      [mac('02'), mac('01'), { on: 'eth2' }],
      'out 64496',
    ],
    [
      'a fibre without an AS, no address',
      { interfaces: [{ interface: 'eth2', direction: 'out' }] },
      [mac('02'), mac('01'), { on: 'eth2' }],
      'out',
    ],
    [
      'an address over the AS of a fibre',
      { neighbors: [ONE], interfaces: [{ interface: 'eth2', direction: 'in', as: 1 }] },
      [mac('01'), OURS, { on: 'eth2' }],
      'in 64496',
    ],
    [
      'a VLAN of an interface over the interface',
      {
        interfaces: [
          { interface: 'e', direction: 'in', as: 1 },
          { interface: 'e', vlan: 7, direction: 'out', as: 2 },
        ],
      },
      ['', '', { on: 'e', vlan: 7 }],
      'out 2',
    ],
    [
      'both ways, no address: unknown',
      { interfaces: [{ interface: 'e', direction: 'both', as: 1 }] },
      ['', '', { on: 'e' }],
      'unknown',
    ],
    [
      'both ways, sent by the capturing machine',
      { interfaces: [{ interface: 'e', direction: 'both', as: 1 }] },
      ['', '', { on: 'e', outgoing: true }],
      'out 1',
    ],
    [
      'both ways, from an own router',
      { inside: [OURS], interfaces: [{ interface: 'e', direction: 'both', as: 1 }] },
      [OURS, mac('55'), { on: 'e' }],
      'out 1',
    ],
    [
      'an address with VLAN and interface over one with VLAN',
      {
        neighbors: [
          { as: 1, macs: [mac('01')], vlan: 7 },
          { as: 2, macs: [mac('01')], vlan: 7, interface: 'e' },
        ],
      },
      [mac('01'), OURS, { vlan: 7, on: 'e' }],
      'in 2',
    ],
    [
      'with VLAN over one with interface',
      {
        neighbors: [
          { as: 1, macs: [mac('01')], interface: 'e' },
          { as: 2, macs: [mac('01')], vlan: 7 },
        ],
      },
      [mac('01'), OURS, { vlan: 7, on: 'e' }],
      'in 2',
    ],
    [
      'with interface over one with neither',
      {
        neighbors: [
          { as: 1, macs: [mac('01')] },
          { as: 2, macs: [mac('01')], interface: 'e' },
        ],
      },
      [mac('01'), OURS, { vlan: 7, on: 'e' }],
      'in 2',
    ],
    [
      'an address of another VLAN',
      { neighbors: [{ as: 1, macs: [mac('01')], vlan: 7 }] },
      [mac('01'), OURS, { vlan: 8 }],
      'unknown',
    ],
  ];
  for (const [what, block, [from, to, more], expected] of rows)
    it(`${what}: ${expected}`, () => expect(seen(mapOf(block), from, to, more)).to.equal(expected));

  it('tells of a fibre on which own routers send the wrong way', () => {
    const map = mapOf({
      inside: [OURS],
      interfaces: [
        { interface: 'eth1', direction: 'in' },
        { interface: 'eth2', direction: 'out' },
      ],
    });
    seen(map, mac('55'), OURS, { on: 'eth1' });
    seen(map, OURS, mac('55'), { on: 'eth2' });
    expect(map.report().notes).to.deep.equal([]);
    seen(map, OURS, mac('55'), { on: 'eth1' });
    seen(map, mac('55'), OURS, { on: 'eth2' });
    expect(map.report().notes).to.deep.equal([
      'packets of own routers go the other way on eth1, which is said to be `direction in`',
      'packets of own routers go the other way on eth2, which is said to be `direction out`',
    ]);
  });

  it('reads what it goes by out of the outermost header of a frame', () => {
    const map = mapOf({ neighbors: [ONE, { as: 7, macs: [mac('03')], vlan: 100 }] });
    const layers = newLayers();
    const at = (frame: string, linkType = 1) => {
      const bytes = hex(frame);
      findLayers(bytes, 0, bytes.length, bytes.length, linkType, layers);
      return map.list[map.of(bytes, layers, 0, false)];
    };
    const inner = `00005e005399 00005e005302 0800 ${IPV4}`;
    const outer = `45000056 00010000 402f0000 cb007101 cb007102 0000 6558 ${inner}`;
    expect(at(`00005e005399 00005e005301 0800 ${outer}`)).to.deep.equal({ direction: 'in', neighbor: 64496 });
    expect(at(`00005e005399 00005e005303 88a8 0064 8100 0001 0800 ${IPV4}`)).to.deep.include({ neighbor: 7 });
    expect(at(`00005e005399 00005e005303 8100 0001 0800 ${IPV4}`)).to.deep.include({ direction: 'unknown' });
    expect(at(`0000 0001 0006 00005e0053010000 0800 ${IPV4}`, 113)).to.deep.include({ neighbor: 64496 });
    expect(at(IPV4, 101)).to.deep.equal({ direction: 'unknown', neighbor: null });
  });

  it('has one AS behind each VLAN of an address', () => {
    const neighbors = [1, 2, 3].map(as => ({ as, macs: [mac('01')], vlan: as * 100 }));
    const map = mapOf({ neighbors });
    expect([100, 200, 300, 400].map(vlan => seen(map, mac('01'), OURS, { vlan }))).to.deep.equal([
      ...['in 1', 'in 2', 'in 3', 'unknown'],
    ]);
  });

  describe('what is found out', () => {
    const learning: Partial<ProbeConfig> = { inside: [OURS], learn: ['arp', 'bgp'] };
    const lan = { owners: [owner('192.0.2.1', 64501), owner('192.0.2.2', 64502)] };

    it('is an address that ARP tells of, of an IP address whose AS is known', () => {
      const map = mapOf(learning, lan);
      expect(seen(map, mac('01'), OURS)).to.equal('in');
      claims(map, mac('01'), '192.0.2.1', 10);
      claims(map, mac('02'), '192.0.2.2', 10);
      claims(map, mac('03'), '192.0.2.3', 10);
      expect([1, 2, 3].map(i => seen(map, mac(`0${i}`), OURS))).to.deep.equal(['in 64501', 'in 64502', 'in']);
      expect(seen(map, OURS, mac('02'))).to.equal('out 64502');
      expect(seen(mapOf({ learn: ['arp'] }, lan), mac('01'), mac('02'))).to.equal('unknown');
      // A route tells the AS later than ARP the address.
      map.know({ members: [], owners: [...lan.owners, owner('192.0.2.3', 64503)] });
      expect(seen(map, mac('03'), OURS)).to.equal('in 64503');
      map.know({ members: [], owners: lan.owners });
      expect(seen(map, mac('03'), OURS)).to.equal('in');
    });

    it('is nothing where nothing is to be learned', () => {
      const map = mapOf({ neighbors: [ONE] }, lan);
      claims(map, mac('02'), '192.0.2.2', 10);
      expect(seen(map, mac('02'), OURS)).to.equal('unknown');
    });

    it('counts below an address that is configured, an interface, and a list of members', () => {
      const known = { ...lan, members: [{ mac: mac('02'), as: 7 }] };
      const block = {
        ...learning,
        neighbors: [ONE],
        interfaces: [{ interface: 'e', direction: 'both' as const, as: 9 }],
      };
      const map = mapOf(block, known);
      for (const last of ['01', '02', '03']) claims(map, mac(last), '192.0.2.1', 10);
      const other = mapOf(block, known);
      claims(other, mac('03'), '192.0.2.1', 10);
      claims(map, mac('02'), '192.0.2.2', 10);
      expect(seen(map, mac('01'), OURS)).to.equal('in 64496');
      expect(seen(map, mac('02'), OURS)).to.equal('in 7');
      expect(seen(other, mac('03'), OURS)).to.equal('in 64501');
      expect(seen(other, mac('03'), OURS, { on: 'e' })).to.equal('in 9');
      const { rows } = map.report();
      expect(rows.find(row => row.as === 64502)!.conflict).to.equal('overruled by what is stated: AS 7');
    });

    it('does not move to whoever claims an IP address, as long as its holder is heard of', () => {
      const map = mapOf(learning, lan);
      claims(map, mac('01'), '192.0.2.1', 0);
      for (let second = 1; second < 600; second++) {
        if (second % 50 === 0) seen(map, mac('01'), OURS);
        claims(map, mac('66'), '192.0.2.1', second);
      }
      expect(seen(map, mac('01'), OURS)).to.equal('in 64501');
      expect(seen(map, mac('66'), OURS), 'nor is the liar anybody').to.equal('in');
      expect(map.report().notes.join()).to.match(
        /^192\.0\.2\.1 of AS 64501 is at 00:00:5e:00:53:01 and was claimed 599 times by 00:00:5e:00:53:66/,
      );
    });

    it('moves when its holder was silent for a minute and another has claimed the address as long, and says so', () => {
      const said: string[] = [];
      const map = vantageMap({ say: line => said.push(line) });
      map.configure(probeBlock(learning));
      map.know({ ...lan, members: [] });
      claims(map, mac('01'), '192.0.2.1', 0);
      claims(map, mac('11'), '192.0.2.1', 30);
      claims(map, mac('11'), '192.0.2.1', 60);
      claims(map, mac('11'), '192.0.2.1', 89);
      expect(seen(map, mac('01'), OURS)).to.equal('in 64501');
      claims(map, mac('11'), '192.0.2.1', 200);
      expect(seen(map, mac('11'), OURS)).to.equal('in 64501');
      expect(seen(map, mac('01'), OURS)).to.equal('in');
      expect(said).to.deep.equal([
        '192.0.2.1 of AS 64501 is claimed by 00:00:5e:00:53:11; it stays with 00:00:5e:00:53:01',
        '192.0.2.1 of AS 64501 has moved from 00:00:5e:00:53:01, silent for 111 s, to 00:00:5e:00:53:11',
      ]);
    });

    it('says nothing of an address that moves and is of nobody', () => {
      const said: string[] = [];
      const map = vantageMap({ say: line => said.push(line) });
      map.configure(probeBlock(learning));
      map.know({ ...lan, members: [] });
      claims(map, mac('01'), '192.0.2.200', 0);
      for (const second of [30, 60, 89, 200]) claims(map, mac('11'), '192.0.2.200', second);
      expect(said).to.deep.equal([]);
    });

    it('is of no AS when one address has IP addresses of several, unless its VLANs tell them apart', () => {
      const map = mapOf(learning, lan);
      claims(map, mac('01'), '192.0.2.1', 0);
      claims(map, mac('01'), '192.0.2.2', 0);
      expect(seen(map, mac('01'), OURS)).to.equal('in');
      expect(map.report().rows.find(row => row.mac === mac('01'))).to.include({
        as: null,
        conflict: 'it has addresses of AS 64501, 64502',
      });

      const tagged = mapOf(learning, lan);
      claims(tagged, mac('01'), '192.0.2.1', 0, 100);
      expect(seen(tagged, mac('01'), OURS), 'in a VLAN that nothing contradicts').to.equal('in 64501');
      claims(tagged, mac('01'), '192.0.2.2', 0, 200);
      expect([100, 200, 300].map(vlan => seen(tagged, mac('01'), OURS, { vlan }))).to.deep.equal([
        'in 64501',
        'in 64502',
        'in',
      ]);
    });

    it('believes no message whose sender is not who it says, and no more than a thousand in a second', () => {
      const map = mapOf(learning, lan);
      claims(map, mac('01'), '192.0.2.1', 0, undefined, mac('66'));
      expect(seen(map, mac('01'), OURS)).to.equal('in');
      for (let i = 0; i < 1000; i++) claims(map, mac('01'), '192.0.2.77', 0);
      claims(map, mac('01'), '192.0.2.1', 0);
      expect(seen(map, mac('01'), OURS)).to.equal('in');
      claims(map, mac('01'), '192.0.2.1', 1);
      expect(seen(map, mac('01'), OURS)).to.equal('in 64501');
      const { notes } = map.report();
      expect(notes).to.deep.equal([
        '1 claims were not believed: their sender was not who it said',
        '2 claims were not read: there were too many in a second',
      ]);
    });

    it('tells of a liar who claims every address so many times a minute', () => {
      const said: string[] = [];
      const map = vantageMap({ say: line => said.push(line) });
      map.configure(probeBlock(learning));
      const all = Array.from({ length: 200 }, (_, i) => `192.0.2.${i + 1}`);
      map.know({ owners: all.map(address => owner(address, 64501)), members: [] });
      for (const second of [0, 61])
        for (const address of all) claims(map, second === 0 ? mac('01') : mac('66'), address, second);
      expect(said).to.have.length(30);
      expect(said.at(-1)).to.match(/; more of this minute is not told$/);
    });

    it('stays in bounds whatever is claimed', () => {
      const map = mapOf(learning, lan);
      claims(map, mac('01'), '192.0.2.1', 0);
      for (let i = 0; i < 20_000; i++) claims(map, mac('66'), `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, i);
      expect(seen(map, mac('01'), OURS)).to.equal('in 64501');
      expect(map.report().rows).to.have.length(2);
    });

    it('is a member of an exchange point by its listed address; one of two ASes is of none', () => {
      const members = [
        { mac: mac('01'), as: 1 },
        { mac: mac('02'), as: 1 },
        { mac: mac('02'), as: 2 },
      ];
      const map = mapOf({ inside: [OURS], members: [{ location: '/x' }] }, { members });
      expect([1, 2, 3].map(i => seen(map, mac(`0${i}`), OURS))).to.deep.equal(['in 1', 'in', 'in']);
      expect(map.report().rows.find(row => row.mac === mac('02'))!.conflict).to.contain('listed for AS 1, 2');
    });
  });

  it('tells what it knows, from where, and how much it was of use', () => {
    const map = mapOf(
      { neighbors: [ONE], learn: ['arp'], interfaces: [{ interface: 'e', direction: 'in' }] },
      { owners: [owner('192.0.2.2', 64502, 'ix-f')] },
    );
    claims(map, mac('02'), '192.0.2.2', 100);
    for (let i = 0; i < 3; i++) seen(map, mac('01'), OURS);
    map.second = 101;
    seen(map, mac('02'), OURS);
    seen(map, mac('77'), OURS, { on: 'e' });
    const { rows, notes } = map.report();
    const of = { vlan: null, interface: null, direction: 'both', conflict: '' };
    expect(rows).to.deep.equal([
      { ...of, mac: mac('01'), as: 64496, from: 'configured', packets: 3, lastSeen: 100_000 },
      {
        ...of,
        mac: null,
        interface: 'e',
        direction: 'in',
        as: null,
        from: 'configured',
        packets: 1,
        lastSeen: 101_000,
      },
      { ...of, mac: mac('02'), as: 64502, from: 'ix-f 192.0.2.2', packets: 1, lastSeen: 101_000 },
    ]);
    expect(notes).to.deep.equal([]);
    // Counts go on over a reload.
    map.configure(probeBlock({ neighbors: [ONE] }));
    expect(map.report().rows[0]).to.include({ packets: 3, lastSeen: 100_000 });
  });

  it('keeps its numbers when the neighbours change, and says that answers are stale', () => {
    const map = mapOf({ neighbors: [ONE, TWO] });
    seen(map, mac('01'), OURS);
    seen(map, OURS, mac('02'));
    const before = [...map.list];
    const { generation } = map;
    const refused = map.configure(
      probeBlock({
        neighbors: [
          { as: 64511, macs: [mac('01')] },
          { as: 1, macs: ['nonsense'] },
        ],
      }),
    );
    expect(refused).to.deep.equal(['nonsense']);
    expect(map.generation).to.not.equal(generation);
    expect(seen(map, mac('01'), OURS)).to.equal('in 64511');
    expect(map.list.slice(0, before.length)).to.deep.equal(before);
    map.configure(probeBlock({ neighbors: [ONE] }));
    expect(seen(map, mac('01'), OURS)).to.equal('in 64496');
  });

  it('takes many addresses, and for ASes beyond its numbers says that the neighbour is not known', () => {
    const members = Array.from({ length: 5000 }, (_, i) => ({ mac: formatMac(0x020000000000 + i), as: i + 1 }));
    const map = mapOf({ inside: [OURS], members: [{ location: '/x' }] }, { members });
    const found = members.map(one => seen(map, one.mac, OURS));
    expect(found.slice(0, 4092)).to.deep.equal(members.slice(0, 4092).map(({ as }) => `in ${as}`));
    expect(new Set(found.slice(4092))).to.deep.equal(new Set(['in']));
    expect(map.list).to.have.length(4096);
  });

  it('remembers answers without mixing them up', () => {
    const any = fc.record({
      source: fc.constantFrom(0, 1, 0x00005e005301, 0xfe0000000001, 0xffffffffffff),
      destination: fc.constantFrom(0, 1, 0x00005e005302, 0xfe0000000001, 0xffffffffffff),
      vlan: fc.constantFrom(-1, 1, 7, 4094),
      at: fc.constantFrom('', 'e', 'f'),
      outgoing: fc.boolean(),
    });
    const neighbors = [
      ONE,
      TWO,
      { as: 1, macs: ['fe:00:00:00:00:01'], vlan: 7 },
      { as: 2, macs: [mac('01')], interface: 'e' },
    ];
    const interfaces = [{ interface: 'f', vlan: 1, direction: 'both' as const, as: 3 }];
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), frames => {
        const map = mapOf({ neighbors, interfaces });
        for (const { source, destination, vlan, at, outgoing } of frames) {
          const ask = (of: VantageMap) =>
            of.list[of.ofAddresses(source, destination, vlan, of.interfaceNumber(at), outgoing, 1)];
          expect(ask(map)).to.deep.equal(ask(mapOf({ neighbors, interfaces })));
        }
        const counted = map.report().rows.reduce((sum, { packets }) => sum + packets, 0);
        expect(counted).to.be.at.most(frames.length);
      }),
    );
  });

  it('has the same numbers in every thread', () => {
    const one = vantageNumbers();
    const other = vantageNumbers(one.shared);
    expect(one.of('in', 64496)).to.equal(4);
    expect(other.of('out', 4_200_000_000)).to.equal(5);
    expect(other.of('in', 64496)).to.equal(4);
    expect(one.list()).to.deep.equal(other.list());
    expect(one.of('out', 4_200_000_000)).to.equal(5);
    expect(one.list()[5]).to.deep.equal({ direction: 'out', neighbor: 4_200_000_000 });
  });
});
