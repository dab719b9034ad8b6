import { createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { createFramer, encodeMessage, KEEPALIVE, NOTIFICATION, OPEN } from '../../src/bgp/message.ts';
import { encodeOpen, localOpen } from '../../src/bgp/open.ts';
import { createCollector } from '../../src/collector/collector.ts';
import type {
  FromCollector,
  NeighborRow,
  RibQuery,
  RibSize,
  SummaryRow,
  ToCollector,
} from '../../src/collector/messages.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { dial } from '../../src/net/tcp-options.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { startSpeaker } from '../interop/speaker.ts';
import { handRouter } from './router.ts';

const PORT = 17_181;
const THEIRS = 17_182;
const AS = 64496;

/** Sockets and timers of this process, by kind. */
const resources = () =>
  process
    .getActiveResourcesInfo()
    .filter(kind => kind !== 'TTYWrap')
    .sort();

describe('collector among hostile peers', function () {
  this.timeout(240_000);
  let heard: FromCollector[];
  let send: (message: ToCollector) => void;
  let host: string;
  let number = 0;

  async function configure(peers: string): Promise<void> {
    const text = `router id 192.0.2.9; local as 64500; bgp listen ${host} port ${PORT}; ${peers}`;
    const loaded = parseConfig(text, 'c');
    if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
    const { routerId, localAs, bgpListen, peers: configured, bmp } = loaded.config;
    send({ type: 'configure', config: { routerId, localAs, listen: bgpListen, peers: configured, bmp } });
    await until('the collector is configured', () => heard.some(({ type }) => type === 'ready'));
  }
  function ask<T>(query: RibQuery): readonly T[] {
    const id = ++number;
    send({ type: 'query', id, query });
    const answer = heard.findLast(message => message.type === 'answer' && message.id === id);
    return (answer?.type === 'answer' ? answer.rows : []) as readonly T[];
  }
  const summary = () => ask<SummaryRow>({ about: 'summary' });
  const size = () => ask<RibSize>({ about: 'size' })[0]!;

  beforeEach(() => {
    heard = [];
    host = loopbackAddress();
    send = createCollector(message => heard.push(message));
  });
  afterEach(async () => {
    send({ type: 'stop' });
    await until('the collector has stopped', () => heard.some(({ type }) => type === 'stopped'));
  });

  it('has neither socket, timer, column nor attribute set left of a peer that flaps a hundred times', async () => {
    const net = loopbackAddress().split('.').slice(0, 3).join('.');
    await configure(`protocol bgp r { neighbor range ${net}.0/24 as ${AS}; limit 200; }`);
    const before = resources();
    for (let round = 0; round < 10; round++) {
      const flaps = Array.from({ length: 10 }, async (_, i) => {
        const router = handRouter({ host, port: PORT }, `${net}.${10 * round + i + 1}`, AS);
        await router.established;
        router.announce(20 * i, 20);
        router.announce6(20 * i, 20);
        // It goes away, is thrown out, or says good-bye.
        if (i % 3 === 0) router.close();
        else router.update(i % 3 === 1 ? Uint8Array.of(0xff, 0xff, 0, 0) : Uint8Array.of(0, 1, 33, 0, 0));
        await router.closed;
      });
      await Promise.all(flaps);
    }
    await until('all are forgotten', () => summary().length === 0);
    await until('nothing is held', () => size().routes === 0 && size().attributeSets === 0);
    await until('the sockets and timers are gone', () => resources().length <= before.length);
    expect(resources()).to.deep.equal(before);
  });

  it('keeps exactly one of two connections that collide, a hundred times', async () => {
    const net = loopbackAddress().split('.').slice(0, 3).join('.');
    const addresses = Array.from({ length: 100 }, (_, i) => `${net}.${i + 1}`);
    /** Of each peer, the connections that are open. */
    const open = new Map<string, Set<Socket>>(addresses.map(address => [address, new Set()]));
    const said: string[] = [];
    /** A connection of a peer, from either side; its identifier is below ours, or above. */
    function speak(address: string, socket: Socket): void {
      const id = addresses.indexOf(address) % 2 === 0 ? '1.0.0.1' : '223.0.0.1';
      open.get(address)!.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => open.get(address)!.delete(socket));
      const framer = createFramer((type, buffer, start) => {
        if (type === OPEN) socket.write(encodeMessage(KEEPALIVE));
        if (type === NOTIFICATION) said.push(`${buffer[start + 19]}/${buffer[start + 20]}`);
        return true;
      });
      socket.on('data', chunk => void framer.push(chunk));
      socket.write(encodeOpen(localOpen({ localAs: AS, routerId: id, holdTime: 90, ipv4: true, ipv6: true })));
    }
    const server = createServer(socket => {
      const address = socket.localAddress!;
      // The collector has dialled: we dial as well, before either of the two is confirmed.
      const other = dial({ host, port: PORT, localAddress: address });
      other.on('error', () => {});
      other.on('connect', () => {
        speak(address, socket);
        speak(address, other);
      });
    });
    await new Promise<void>(resolve => {
      server.listen(THEIRS, '0.0.0.0', resolve);
    });
    try {
      await configure(
        addresses.map((at, i) => `protocol bgp p${i} { neighbor ${at} port ${THEIRS} as ${AS}; }`).join('\n'),
      );
      await until('all are up', () => summary().filter(({ state }) => state === 'Established').length === 100, 30_000);
      await until('one connection each', () => [...open.values()].every(sockets => sockets.size === 1));
      // Cease/Connection Collision Resolution (RFC 4271 section 6.8, RFC 4486), and nothing else.
      expect(new Set(said)).to.deep.equal(new Set(['6/7']));
      expect(summary().every(({ state }) => state === 'Established')).to.equal(true);
    } finally {
      server.close();
      for (const sockets of open.values()) for (const socket of sockets) socket.destroy();
    }
  });

  it('keeps a session of 3 s hold time while a table loads, strangers knock, and another peer says nothing', async () => {
    const [good, silent, loader] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
    const peers = Object.entries({ good, silent, loader });
    await configure(
      peers.map(([name, at]) => `protocol bgp ${name} { neighbor ${at} as ${AS}; passive; hold time 3s; }`).join('\n'),
    );
    const speaker = await startSpeaker({ from: good, to: host, port: PORT, as: AS, holdTime: 3 });
    const loading = await startSpeaker({ from: loader, to: host, port: PORT, as: AS, holdTime: 3 });
    const mute = handRouter({ host, port: PORT }, silent, AS, {}, { holdTime: 3 });
    await mute.established;
    const { since } = summary().find(({ peer }) => peer === 'good')!;
    const knocking = new Set<Socket>();
    for (let i = 0; !mute.isClosed(); i++) {
      for (let n = 0; n < 50; n++) {
        const socket = dial({ host, port: PORT, localAddress: [good, `127.9.${i & 255}.${n + 1}`][n & 1]! });
        knocking.add(socket);
        socket.on('error', () => {}).on('close', () => knocking.delete(socket));
      }
      const block = Array.from({ length: 250 }, (_, n) => `10.${i & 255}.${n}.0/24`);
      loading.announce(block, AS, 64500 + (i >> 8));
      // A thousand connections a second, and a fifth of a million routes a minute or more.
      await pause(50);
      if (knocking.size > 2000) await pause(200);
    }
    expect(mute.notification()).to.match(/^Hold Timer Expired/);
    const row = ask<NeighborRow>({ about: 'neighbor' }).find(({ peer }) => peer === 'good')!;
    expect([row.state, row.since]).to.deep.equal(['Established', since]);
    expect(speaker.heard.filter(message => message === 'KEEPALIVE')).to.have.length.of.at.least(3);
    expect(summary().find(({ peer }) => peer === 'loader')!.state).to.equal('Established');
    speaker.close();
    loading.close();
    for (const socket of knocking) socket.destroy();
  });
});
