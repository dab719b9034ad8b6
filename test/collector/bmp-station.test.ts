import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { fourOctetAs, multiprotocol } from '../../src/bgp/capabilities.ts';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import { encodeMessage as encodeBgp, UPDATE } from '../../src/bgp/message.ts';
import type { Open } from '../../src/bgp/open.ts';
import { encodeMessage, INITIATION, PEER_DOWN, PEER_UP, ROUTE_MONITORING, TERMINATION } from '../../src/bmp/framer.ts';
import { encodeInformation, SYS_NAME, textInformation } from '../../src/bmp/information.ts';
import { encodePeerDown } from '../../src/bmp/peer-down.ts';
import {
  encodePeerHeader,
  FLAG_A,
  FLAG_L,
  FLAG_O,
  FLAG_V,
  LOC_RIB,
  type PeerHeader,
} from '../../src/bmp/peer-header.ts';
import { encodePeerUp } from '../../src/bmp/peer-up.ts';
import { createCollector } from '../../src/collector/collector.ts';
import type { CollectorConfig, FromCollector, NeighborRow, RibQuery, RouteRow } from '../../src/collector/messages.ts';
import type { BmpConfig } from '../../src/config/tree.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import { updateBody } from '../bgp/octets.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { registryMessage } from './registry-message.ts';

const ROUTER_AS = 64501;
const PEER_AS = 64496;
const WATCHED = '203.0.113.0/24';

/** The per-peer header of a peer at `address`. */
const peerAt = (address: string, more: Partial<PeerHeader> = {}): PeerHeader => ({
  type: 0,
  flags: address.includes(':') ? FLAG_V : 0,
  distinguisher: new Uint8Array(8),
  address,
  as: PEER_AS,
  id: '192.0.2.99',
  time: 0,
  ...more,
});
const open = (as: number, id: string, ...more: Open['capabilities']): Open => ({
  version: 4,
  as,
  holdTime: 90,
  id,
  capabilities: [multiprotocol({ afi: 1, safi: 1 }), multiprotocol({ afi: 2, safi: 1 }), fourOctetAs(as), ...more],
});
const initiation = (name: string) => encodeMessage(INITIATION, encodeInformation([textInformation(SYS_NAME, name)]));
const peerUp = (
  peer: PeerHeader,
  remotePort = 4000,
  sent = open(ROUTER_AS, '192.0.2.10'),
  received = open(peer.as, peer.id),
) =>
  encodeMessage(
    PEER_UP,
    encodePeerHeader(peer),
    encodePeerUp({ localAddress: peer.address, localPort: 179, remotePort, sent, received, information: [] }),
  );
const peerDown = (peer: PeerHeader) =>
  encodeMessage(
    PEER_DOWN,
    encodePeerHeader(peer),
    encodePeerDown({ reason: 4, notification: null, event: 0, information: [] }),
  );
const monitored = (peer: PeerHeader, updates: readonly Uint8Array[]) =>
  Buffer.concat(updates.map(update => encodeMessage(ROUTE_MONITORING, encodePeerHeader(peer), update)));
const routes = (peer: PeerHeader, prefixes: readonly string[], asns: readonly number[] = [PEER_AS]) =>
  monitored(
    peer,
    encodeAnnounce(
      prefixes.map(text => parsePrefix(text)!),
      {
        originCode: 0,
        path: [{ type: AS_SEQUENCE, asns }],
        nextHop: prefixes[0]!.includes(':') ? '2001:db8::1' : '192.0.2.1',
      },
      { as4: (peer.flags & FLAG_A) === 0 },
    ),
  );

/** A collector with one station, heard and asked. */
async function startCollector(more: Partial<BmpConfig> = {}) {
  const heard: FromCollector[] = [];
  const send = createCollector(message => heard.push(message));
  const listen = { address: loopbackAddress(), port: 11019 };
  const station: BmpConfig = {
    name: 'edge',
    description: 'border routers',
    listen,
    allow: ['127.0.0.0/8'],
    ribs: ['pre-policy'],
    disabled: false,
    ...more,
  };
  const configure = async (...bmp: BmpConfig[]) => {
    const before = heard.filter(({ type }) => type === 'ready').length;
    const config: CollectorConfig = { routerId: '192.0.2.10', localAs: 64500, listen: [], peers: [], bmp };
    send({ type: 'configure', config });
    await until('configured', () => heard.filter(({ type }) => type === 'ready').length > before);
  };
  await configure(station);

  let id = 0;
  function ask<T>(query: RibQuery): T[] {
    send({ type: 'query', id: ++id, query });
    const answer = heard.at(-1);
    if (answer?.type !== 'answer' || answer.error !== undefined) throw new Error(JSON.stringify(answer));
    return answer.rows as T[];
  }
  const neighbors = () => ask<NeighborRow>({ about: 'neighbor' });
  const words = (type: 'session' | 'judged' | 'end-of-rib' | 'peer-forgotten') =>
    heard.flatMap((message): string[] => {
      if (message.type !== type) return [];
      if (message.type === 'session') return [`${message.change.peer} ${message.change.state}`];
      if (message.type === 'judged') return message.changes.map(c => `${c.peer} ${c.what} ${c.why} ${c.prefix}`);
      return 'peer' in message ? [message.peer] : [];
    });
  return {
    station,
    configure,
    send,
    words,
    ask,
    neighbors,
    logged: () => heard.flatMap(message => (message.type === 'log' ? [message.text] : [])),
    /** `NAME STATE PREFIXES` of every peer. */
    peers: () => neighbors().map(row => `${row.peer} ${row.state} ${row.prefixes}`),
    origin: (prefix: string) => ask<RouteRow>({ about: 'route', prefix, scope: 'exact' })[0]?.origin,
    async stop() {
      send({ type: 'stop' });
      await until('stopped', () => heard.at(-1)?.type === 'stopped');
    },
  };
}

describe('collector/bmp-station', function () {
  this.timeout(240_000);
  let collector: Awaited<ReturnType<typeof startCollector>>;
  const sockets: Socket[] = [];

  /** A router that connects from an address of its own and says all this. */
  function router(...said: readonly Uint8Array[]): Socket & { readonly said: (...more: Uint8Array[]) => void } {
    const { address: host, port } = collector.station.listen;
    const socket = connect({ host, port, localAddress: host });
    socket.on('error', () => {});
    socket.resume();
    socket.write(Buffer.concat(said));
    sockets.push(socket);
    return Object.assign(socket, { said: (...more: Uint8Array[]) => void socket.write(Buffer.concat(more)) });
  }
  const shows = (...wanted: string[]) =>
    until(`peers are ${wanted.join(', ')}`, () => {
      const now = collector.peers();
      return now.length === wanted.length && wanted.every(one => now.includes(one));
    }).catch((e: Error) => {
      throw new Error(`${e.message}; they are ${collector.peers().join(', ')}\n${collector.logged().join('\n')}`);
    });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await collector.stop();
  });

  const A = peerAt('192.0.2.1');
  const B = peerAt('2001:db8::2', { as: 64497, id: '192.0.2.98' });

  it('shows each monitored peer with its routes, and what is known of its session', async () => {
    collector = await startCollector();
    router(
      initiation('tyo1'),
      peerUp(A),
      peerUp(B),
      routes(A, ['192.0.2.0/24', '198.51.100.0/24']),
      routes(B, ['2001:db8:1::/48']),
    );
    await shows('tyo1/192.0.2.1 Established 2', 'tyo1/2001:db8::2 Established 1');
    const [row] = collector.neighbors();
    expect(row).to.include({ as: PEER_AS, peerId: '192.0.2.99', holdTime: 90, description: 'border routers' });
    expect(row!.messagesReceived).to.include({ update: 1 });
    expect(row!.monitoring).to.include({ router: 'tyo1', rib: 'pre-policy', assumed: false });
    expect(collector.words('session')).to.deep.equal(['tyo1/192.0.2.1 Established', 'tyo1/2001:db8::2 Established']);
  });

  it('reads AS numbers of 2 octets where the A flag says so, message by message', async () => {
    collector = await startCollector();
    router(
      initiation('r'),
      peerUp(A),
      routes({ ...A, flags: FLAG_A }, ['192.0.2.0/24'], [64496, 64510]),
      routes(A, ['198.51.100.0/24'], [64496, 4_200_000_000]),
    );
    await shows('r/192.0.2.1 Established 2');
    expect(collector.origin('192.0.2.0/24')).to.equal(64510);
    expect(collector.origin('198.51.100.0/24')).to.equal(4_200_000_000);
    expect(collector.neighbors()[0]!.malformed).to.include({ treatAsWithdraw: 0 });
  });

  it('takes routes without a Peer Up, keeps them when it comes, and says so', async () => {
    collector = await startCollector();
    const socket = router(initiation('r'), routes(A, ['192.0.2.0/24']));
    await shows('r/192.0.2.1 Established 1');
    expect(collector.neighbors()[0]!.monitoring).to.include({ assumed: true });
    expect(collector.logged().join('\n')).to.include('routes of r/192.0.2.1 without a Peer Up');
    socket.said(peerUp(A), routes(A, ['198.51.100.0/24']));
    await shows('r/192.0.2.1 Established 2');
    expect(collector.neighbors()[0]!.monitoring).to.include({ assumed: false });
  });

  it('asks nothing of the next hop: the router has taken the route, or it is its own', async () => {
    collector = await startCollector();
    const origin = '40 01 01 00';
    const path = `40 02 06 02 01 0000fbf0`;
    const update = (attributes: string, nlri: string) => encodeBgp(UPDATE, updateBody('', attributes, nlri));
    router(
      initiation('r'),
      peerUp(A),
      monitored(A, [
        update(`${origin} ${path}`, '18 c00002'),
        update(`${origin} ${path} 40 03 04 00000000`, '18 c63364'),
      ]),
    );
    await shows('r/192.0.2.1 Established 2');
    expect(collector.neighbors()[0]!.malformed).to.include({ treatAsWithdraw: 0 });
  });

  it('makes nobody a peer for a withdrawal or End-of-RIB', async () => {
    collector = await startCollector();
    const withdrawn = encodeWithdraw([parsePrefix('192.0.2.0/24')!, parsePrefix('2001:db8::/32')!]);
    router(
      initiation('r'),
      monitored(A, [...withdrawn, ...[1, 2].map(afi => encodeEndOfRib(afi as 1 | 2))]),
      peerUp(B),
    );
    await shows('r/2001:db8::2 Established 0');
  });

  it('leaves the table alone at a Peer Up that repeats the last one, and empties it at another', async () => {
    collector = await startCollector();
    const socket = router(
      initiation('r'),
      peerUp(A),
      routes(A, ['192.0.2.0/24']),
      peerUp(A),
      routes(A, ['198.51.100.0/24']),
    );
    await shows('r/192.0.2.1 Established 2');
    socket.said(peerUp(A, 4001));
    await shows('r/192.0.2.1 Established 0');
    expect(collector.words('session')).to.deep.equal([
      'r/192.0.2.1 Established',
      'r/192.0.2.1 Down',
      'r/192.0.2.1 Established',
    ]);
  });

  it('tells the end of a table when the families that both ends speak are complete', async () => {
    collector = await startCollector();
    const socket = router(initiation('r'), peerUp(A), routes(A, ['192.0.2.0/24']), monitored(A, [encodeEndOfRib(1)]));
    await shows('r/192.0.2.1 Established 1');
    expect(collector.words('end-of-rib')).to.deep.equal([]);
    socket.said(monitored(A, [encodeEndOfRib(2)]));
    await until('the end is told', () => collector.words('end-of-rib').length > 0);
  });

  it('keeps the tables of a peer apart, and ignores those that are not configured', async () => {
    collector = await startCollector({ ribs: ['pre-policy', 'loc-rib'] });
    const locRib = peerAt('0.0.0.0', { type: LOC_RIB, as: ROUTER_AS, id: '192.0.2.10' });
    const vrf = peerAt('192.0.2.1', { type: 1, distinguisher: Uint8Array.of(0, 0, 0xfb, 0xf0, 0, 0, 0, 7) });
    router(
      initiation('r'),
      ...[peerUp(A), peerUp(vrf), peerUp(locRib, 0, open(ROUTER_AS, '192.0.2.10'), open(ROUTER_AS, '192.0.2.10'))],
      routes(A, ['192.0.2.0/24']),
      routes({ ...A, flags: FLAG_L }, ['198.51.100.0/24']),
      routes({ ...A, flags: FLAG_O }, ['198.51.100.0/25']),
      routes({ ...A, flags: FLAG_O | FLAG_L }, ['198.51.100.0/26']),
      routes(vrf, ['10.0.0.0/8', '10.1.0.0/16']),
      routes(locRib, ['192.0.2.0/24', '203.0.113.0/24', '203.0.113.0/25']),
    );
    await shows(
      'r/192.0.2.1 Established 1',
      'r/192.0.2.1 (64496:7) Established 2',
      'r/192.0.2.10 (loc-rib) Established 3',
    );
    expect(collector.logged()).to.include(
      'router r: post-policy routes, which are not taken (rib pre-policy, loc-rib)',
    );
  });

  it('takes routes with path identifiers where Peer Up tells of them, and invents none where it does not', async () => {
    collector = await startCollector();
    const addPath = (mode: number) => ({ code: 69, value: Uint8Array.of(0, 1, 1, mode) });
    const up = peerUp(A, 4000, open(ROUTER_AS, '192.0.2.10', addPath(1)), open(A.as, A.id, addPath(2)));
    /** Routes whose NLRI are given in hex. */
    const withNlri = (peer: typeof A, hex: string) => {
      const path = `400101004002060201${PEER_AS.toString(16).padStart(8, '0')}400304c0000201`;
      return monitored(peer, [encodeBgp(UPDATE, updateBody('', path, hex))]);
    };
    const two = '0000000118c00002' + '0000000218c00002';
    router(initiation('r'), up, withNlri(A, two), routes(A, ['2001:db8::/32']), peerUp(B), withNlri(B, two));
    await shows('r/192.0.2.1 Established 3', 'r/2001:db8::2 Established 0');
    expect(collector.neighbors()[0]).to.include({ prefixes4: 2, prefixes6: 1 });
    expect(collector.neighbors()[1]?.malformed).to.include({ unagreedPathIds: 1 });
    expect(collector.logged()).to.include(
      'r/2001:db8::2: routes look as if they had path identifiers, on which nothing was agreed (RFC 7911): not held (1 times)',
    );
  });

  it('drops what a peer held when it is down or its router gone, and takes it up again', async () => {
    collector = await startCollector();
    const builder = snapshotBuilder();
    builder.add(parsePrefix(WATCHED)!, 64511, true);
    collector.send(registryMessage(builder.freeze(), 1));
    const socket = router(initiation('r'), peerUp(A), peerUp(B), routes(A, [WATCHED]), routes(B, [WATCHED]));
    await shows('r/192.0.2.1 Established 1', 'r/2001:db8::2 Established 1');
    socket.said(peerDown(A));
    await shows('r/192.0.2.1 Down 0', 'r/2001:db8::2 Established 1');
    socket.destroy();
    await shows('r/192.0.2.1 Unseen 0', 'r/2001:db8::2 Unseen 0');
    expect(collector.words('judged')).to.deep.equal([
      `r/192.0.2.1 held update ${WATCHED}`,
      `r/2001:db8::2 held update ${WATCHED}`,
      `r/192.0.2.1 unseen session ${WATCHED}`,
      `r/2001:db8::2 unseen session ${WATCHED}`,
    ]);
    expect(collector.neighbors()[0]!.lastError).to.match(/^no longer monitored: connection closed/);
    router(initiation('r'), peerUp(A), routes(A, [WATCHED, '192.0.2.0/24']));
    await shows('r/192.0.2.1 Established 2', 'r/2001:db8::2 Unseen 0');
  });

  it('takes the newer of two connections of a router, and sees two routers of one name apart', async () => {
    collector = await startCollector();
    const first = router(initiation('r'), peerUp(A), routes(A, ['192.0.2.0/24']));
    await shows('r/192.0.2.1 Established 1');
    router(initiation('r'), peerUp(A), routes(A, ['192.0.2.0/24', '198.51.100.0/24']));
    await until('the older one is closed', () => first.destroyed);
    await shows('r/192.0.2.1 Established 2');
    const from = loopbackAddress();
    const { address: host, port } = collector.station.listen;
    const other = connect({ host, port, localAddress: from });
    sockets.push(other);
    other.write(Buffer.concat([initiation('r'), peerUp(A)]));
    await shows('r/192.0.2.1 Established 2', `r@${from}/192.0.2.1 Established 0`);
  });

  it('calls a router by its address when its name is of no use', async () => {
    collector = await startCollector();
    router(initiation('a/b \u001b[2J'), peerUp(A));
    await shows(`${collector.station.listen.address}/192.0.2.1 Established 0`);
  });

  it('believes a router that ends its reports', async () => {
    collector = await startCollector();
    router(initiation('r'), peerUp(A), encodeMessage(TERMINATION, Uint8Array.of(0, 1, 0, 2, 0, 3)), peerUp(B));
    await shows('r/192.0.2.1 Unseen 0');
    expect(collector.logged()).to.include('router r ends: redundant connection');
  });

  it('says what it cannot read, keeps what it has, and ends what is no BMP', async () => {
    collector = await startCollector();
    const damaged = routes(A, ['198.51.100.0/24']);
    damaged[damaged.length - 4] = 33; // prefix length
    const socket = router(
      initiation('r'),
      peerUp(A),
      routes(A, ['192.0.2.0/24']),
      encodeMessage(PEER_UP),
      damaged,
      encodeMessage(77),
      routes(A, ['203.0.113.0/24']),
    );
    await shows('r/192.0.2.1 Established 2');
    expect(collector.neighbors()[0]!.monitoring).to.include({ unreadable: 1 });
    const said = collector.logged().join('\n');
    expect(said).to.include('router r: a message that cannot be read: octet 6: the per-peer header has 42 octets');
    expect(said).to.include('router r: a message of type 77, passed over');
    socket.said(Uint8Array.of(22, 3, 1, 0, 0, 0));
    await shows('r/192.0.2.1 Unseen 0');
    expect(collector.logged().join('\n')).to.include('BMP version 22, 3 is expected');
  });

  it('closes a connection from elsewhere before it is read, and counts it', async () => {
    collector = await startCollector({ allow: ['192.0.2.0/24'] });
    const socket = router(initiation('r'), peerUp(A));
    await until('closed', () => socket.destroyed);
    expect(collector.peers()).to.deep.equal([]);
    expect(collector.logged().join('\n')).to.match(
      /BMP connection from 127\S+ closed: it is not allowed by protocol bmp edge/,
    );
  });

  it('says where it cannot listen, and tries again', async () => {
    collector = await startCollector();
    const { station } = collector;
    const problems = () => collector.ask<{ problems: readonly string[] }>({ about: 'size' })[0]!.problems;
    expect(problems()).to.deep.equal([]);
    const other = { ...station, name: 'other' };
    await collector.configure(station, other);
    expect(problems()).to.have.length(1);
    expect(problems()[0]).to.match(/^cannot listen for BMP on 127\S+ port 11019: .*EADDRINUSE/);
    await collector.configure(other);
    expect(problems()).to.deep.equal([]);
  });

  it('bounds the peers of a router', async () => {
    collector = await startCollector();
    const many = Array.from({ length: 600 }, (_, i) => peerAt(`10.0.${i >> 8}.${i & 255}`));
    router(initiation('r'), ...many.map(peer => peerUp(peer)));
    await until('512 peers', () => collector.peers().length === 512);
    expect(collector.logged()).to.include('router r: more than 512 peers: the others are ignored');
  });

  it('changes a station as far as its configuration changed, and forgets what is no longer configured', async () => {
    collector = await startCollector();
    router(initiation('r'), peerUp(A), routes(A, ['192.0.2.0/24']));
    await shows('r/192.0.2.1 Established 1');
    const { station } = collector;
    await collector.configure({ ...station, description: 'edge', allow: ['127.0.0.0/9', '127.128.0.0/9'] });
    expect(collector.neighbors()[0]).to.include({ description: 'edge', prefixes: 1 });
    await collector.configure({ ...station, allow: ['192.0.2.0/24'] });
    expect(collector.peers()).to.deep.equal([]);
    expect(collector.words('peer-forgotten')).to.deep.equal(['r/192.0.2.1']);
    await collector.configure(station);
    router(initiation('r'), peerUp(A));
    await shows('r/192.0.2.1 Established 0');
    await collector.configure({ ...station, ribs: ['post-policy'] });
    router(initiation('r'), peerUp(A));
    await shows('r/192.0.2.1 (post-policy) Established 0');
    await collector.configure();
    expect(collector.peers()).to.deep.equal([]);
  });

  it('drops fifty large tables at once, and fills them again', async function () {
    this.timeout(240_000);
    collector = await startCollector();
    const peers = Array.from({ length: 50 }, (_, i) => peerAt(`10.0.0.${i}`));
    const prefixes = Array.from({ length: 5000 }, (_, i) => `20.${i >> 8}.${i & 255}.0/24`);
    const table = (peer: PeerHeader) => Buffer.concat([peerUp(peer), routes(peer, prefixes)]);
    const up = peers.map(peer => `r/${peer.address} Established ${prefixes.length}`);
    const socket = router(initiation('r'), ...peers.map(table));
    await shows(...up);
    socket.said(...peers.map(peerDown));
    await shows(...peers.map(peer => `r/${peer.address} Down 0`));
    socket.said(...peers.map(table));
    await shows(...up);
    // Every reference of the tables that went has been given back.
    const sets = () => collector.ask<{ attributeSets: number }>({ about: 'size' })[0]!.attributeSets;
    expect(sets()).to.equal(1);
    socket.said(...peers.map(peerDown));
    await until('no attribute set is left', () => sets() === 0);
  });
});
