import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type MemberLists, openMemberLists } from '../../src/daemon/member-lists.ts';
import { neighborsOf, openNeighbors } from '../../src/daemon/neighbors.ts';
import type { MemberPort } from '../../src/probe/neighbors/ix-f.ts';
import type { KnownNeighbors } from '../../src/probe/neighbors/vantage.ts';
import type { NextHops } from '../../src/rib/next-hops.ts';
import { until } from '../interop/bgp-peers.ts';
import { probeBlock } from '../probe/tapped.ts';

const LOCATION = '/srv/members.json';
const PORTS: MemberPort[] = [
  { as: 64501, addresses: ['192.0.2.1', '2001:db8::1'], macs: ['00:00:5e:00:53:01'] },
  { as: 64502, addresses: ['192.0.2.2'], macs: ['00:00:5e:00:53:02'] },
];
const lists = (ports: readonly MemberPort[]) => ({
  of: () => ({ version: '1.0', ports, members: 2, unreadable: 0, cut: false }),
});
const none = lists([]);
const hops = (...nextHops: [string, ...number[]][]): NextHops => ({
  nextHops: nextHops.map(([address, ...ases]) => ({ address, ases })),
  more: 0,
});
const members = [{ location: LOCATION }];

describe('daemon/neighbors', () => {
  it('joins sessions, members and next hops, in this order', () => {
    const found = neighborsOf(
      { learn: ['bgp'], members },
      64500,
      [
        { address: '192.0.2.9', as: 64509 },
        { address: '192.0.2.250', as: 64500 },
        { address: '192.0.2.1', as: 64501 },
      ],
      hops(['192.0.2.2', 64502], ['192.0.2.3', 64503], ['192.0.2.4', 64504, 64505], ['192.0.2.9', 64510]),
      lists(PORTS),
    );
    expect(found).to.deep.equal({
      neighbors: {
        owners: [
          { address: '192.0.2.9', as: 64509, from: 'session' },
          { address: '192.0.2.1', as: 64501, from: 'session' },
          { address: '2001:db8::1', as: 64501, from: 'ix-f' },
          { address: '192.0.2.2', as: 64502, from: 'ix-f' },
          { address: '192.0.2.3', as: 64503, from: 'bgp' },
        ],
        members: [
          { mac: '00:00:5e:00:53:01', as: 64501 },
          { mac: '00:00:5e:00:53:02', as: 64502 },
        ],
      },
      notes: [
        '192.0.2.4 is of AS 64504, 64505 by bgp: it is not used',
        '192.0.2.9 is of AS 64509 by session, of AS 64510 by bgp',
      ],
    });
  });

  it('learns what is to be learned only, and takes an address of two members for none', () => {
    const twice = lists([...PORTS, { as: 64503, addresses: ['192.0.2.2'], macs: [] }]);
    const sessions = [{ address: '192.0.2.9', as: 64509 }];
    const arp = neighborsOf({ learn: ['arp'], members }, 64500, sessions, null, twice);
    expect(arp.neighbors.owners.map(({ address }) => address)).to.deep.equal(['192.0.2.9', '192.0.2.1', '2001:db8::1']);
    expect(arp.notes).to.deep.equal(['192.0.2.2 is of AS 64502, 64503 by ix-f: it is not used']);
    const listed = neighborsOf({ learn: [], members }, 64500, sessions, null, lists(PORTS));
    expect(listed.neighbors).to.deep.equal({
      owners: [],
      members: [
        { mac: '00:00:5e:00:53:01', as: 64501 },
        { mac: '00:00:5e:00:53:02', as: 64502 },
      ],
    });
    expect(neighborsOf({ learn: [], members: [] }, 64500, sessions, null, none).neighbors).to.deep.equal({
      ...{ owners: [], members: [] },
    });
  });

  it('tells probes what it knows, again when a table is complete, and nothing to those that do not learn', async () => {
    const told: [string, KnownNeighbors][] = [];
    const asked: string[] = [];
    let row = hops(['192.0.2.3', 64503]);
    const state = mkdtempSync(join(tmpdir(), 'intertrack-'));
    const probes = [probeBlock({ learn: ['bgp'] }), probeBlock({ name: 'tap2' })];
    const neighbors = openNeighbors({
      config: () => ({ state, localAs: 64500, probes }),
      query: async query => {
        asked.push(query.about);
        return { rows: query.about === 'next-hops' ? [row] : [] };
      },
      station: { tell: (...given) => told.push(given) },
      log: Object.assign(() => {}, { configure() {}, problems: () => [], close: async () => {} }),
    });
    try {
      neighbors.configure();
      await until('the neighbours are told', () => told.some(([name]) => name === 'tap1'));
      expect(told).to.deep.equal([
        ['tap2', { owners: [], members: [] }],
        ['tap1', { owners: [{ address: '192.0.2.3', as: 64503, from: 'bgp' }], members: [] }],
      ]);
      row = hops(['192.0.2.3', 64503, 64504]);
      neighbors.configure();
      await until('they are told anew', () => told.at(-1)![0] === 'tap1' && told.length > 3);
      expect(neighbors.notes('tap1')).to.deep.equal(['192.0.2.3 is of AS 64503, 64504 by bgp: it is not used']);
      expect(neighbors.notes('tap2')).to.deep.equal([]);
      expect(asked).to.deep.equal(['summary', 'next-hops', 'summary', 'next-hops']);
    } finally {
      neighbors.close();
      rmSync(state, { recursive: true });
    }
  });
});

describe('daemon/member-lists', () => {
  const list = (count: number) =>
    JSON.stringify({
      version: '1.0',
      member_list: Array.from({ length: count }, (_, i) => ({
        asnum: 64501 + i,
        connection_list: [
          { vlan_list: [{ ipv4: { address: `192.0.2.${i + 1}` } }, { ipv4: { address: `198.51.100.${i + 1}` } }] },
        ],
      })),
    });
  let directory: string;
  let open: MemberLists | null = null;
  let changes = 0;
  let said: string[] = [];
  const start = () => {
    open?.close();
    changes = 0;
    said = [];
    open = openMemberLists({
      directory: join(directory, 'copies'),
      changed: () => changes++,
      log: Object.assign((_: string, line: string) => void said.push(line), {
        configure() {},
        problems: () => [],
        close: async () => {},
      }),
    });
    return open;
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  afterEach(() => {
    open?.close();
    open = null;
    rmSync(directory, { recursive: true });
  });
  const ports = (location: string, lan?: string) => open?.of(location, lan)?.ports.length ?? null;

  it('reads a file, for LANs too, and says what it has', async () => {
    const file = join(directory, 'members.json');
    writeFileSync(file, list(4));
    const { configure, notes } = start();
    configure([file]);
    await until('the list is read', () => changes === 1);
    expect([ports(file), ports(file, '192.0.2.0/30'), ports(file, '203.0.113.0/24')]).to.deep.equal([8, 3, 0]);
    expect(notes([file], Date.now())).to.deep.equal([`members ${file}: 8 ports of 4 ASes, schema 1.0, of 0 h ago`]);
    expect(notes([], Date.now())).to.deep.equal([]);
    // A reload believes a list that has shrunk, and keeps the last one of a file that is gone.
    writeFileSync(file, list(1));
    configure([file]);
    await until('the list is read again', () => changes === 2);
    expect(ports(file)).to.equal(2);
    rmSync(file);
    configure([file]);
    await until('it is missed', () => said.some(line => line.endsWith('the last good one stays in use')));
    expect(ports(file)).to.equal(2);
    configure([]);
    expect(ports(file)).to.equal(null);
  });

  it('fetches a list, keeps it over a start without a server, and believes no server that misbehaves', async () => {
    let answer: (response: ServerResponse) => void = response => response.end(list(10));
    const server = createServer((_, response) => answer(response));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/members.json`;
    try {
      start().configure([url]);
      await until('the list is fetched', () => changes === 1 && readdirSync(join(directory, 'copies')).length === 1);
      expect(ports(url)).to.equal(20);
      const hostile: [string, (response: ServerResponse) => void][] = [
        ['status 500', response => response.writeHead(500).end()],
        ['no JSON', response => response.end(list(10).slice(0, 200))],
        ['no member_list', response => response.end('{}')],
        ['no member with an address', response => response.end('{"member_list":[]}')],
      ];
      for (const [why, misbehave] of hostile) {
        answer = misbehave;
        start().configure([url]);
        await until(`it is refused: ${why}`, () => said.some(line => line.includes(why)));
        expect(ports(url), 'the copy is in use').to.equal(20);
        expect(open!.notes([url], Date.now())[0]).to.contain(why);
      }
    } finally {
      server.close();
    }
  });
});
