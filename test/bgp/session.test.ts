import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Capability } from '../../src/bgp/capabilities.ts';
import { isSessionError, type SessionError, sessionError } from '../../src/bgp/errors.ts';
import type { SessionEnd } from '../../src/bgp/graceful-restart.ts';
import { listenBgp } from '../../src/bgp/listener.ts';
import {
  createFramer,
  encodeMessage,
  KEEPALIVE,
  messageName,
  NOTIFICATION,
  OPEN,
  ROUTE_REFRESH,
  UPDATE,
} from '../../src/bgp/message.ts';
import { ceaseWith, decodeNotification, encodeNotification, formatNotification } from '../../src/bgp/notification.ts';
import { gracefulRestart } from '../../src/bgp/offers.ts';
import { decodeOpen, encodeOpen, localOpen, type Open } from '../../src/bgp/open.ts';
import { encodeRouteRefresh } from '../../src/bgp/route-refresh.ts';
import { createSession, type Session } from '../../src/bgp/session.ts';
import type { SessionConfig } from '../../src/bgp/session-config.ts';
import type { BgpPeerConfig } from '../../src/config/tree.ts';
import { handClock } from './clock.ts';
import { hex, MARKER, toHex } from './octets.ts';

const CONFIG: Omit<BgpPeerConfig, 'neighborPort'> = {
  name: 'peer',
  description: '',
  neighbor: '127.0.0.1',
  range: null,
  ttlSecurity: null,
  prefixLimits: [],
  neighborAs: 64496,
  localAs: 64500,
  passive: false,
  ipv4: true,
  ipv6: true,
  others: [],
  addPaths: false,
  extendedNextHop: false,
  strictRole: false,
  holdTime: 90_000,
  connectRetry: 30_000,
  restart: { graceful: true, longLived: true, stalePathTime: 360_000, longLivedStaleTime: 86_400_000 },
  disabled: false,
};
const peerOpen = (change: Partial<Open> = {}): Uint8Array =>
  encodeOpen({
    ...localOpen({ localAs: 64496, routerId: '192.0.2.1', holdTime: 30, ipv4: true, ipv6: true }),
    ...change,
  });

/** The other end, played by hand: what it received, in words, and the socket to answer on. */
interface Peer {
  readonly socket: Socket;
  readonly got: string[];
  /** The OPENs among it. */
  readonly opens: Open[];
  send(...messages: Uint8Array[]): void;
  /** Resolves when `got` holds this text. */
  sees(text: string): Promise<void>;
  closed(): Promise<void>;
}

function peerOn(socket: Socket): Peer {
  const got: string[] = [];
  const opens: Open[] = [];
  const framer = createFramer((type, buffer, start, end) => {
    const open = type === OPEN ? decodeOpen(buffer, start + 19, end) : null;
    if (open !== null && !isSessionError(open)) opens.push(open);
    const words = type === NOTIFICATION ? ` ${formatNotification(decodeNotification(buffer, start + 19, end))}` : '';
    got.push(messageName(type) + words);
    socket.emit('got');
    return true;
  });
  const gone = new Promise<void>(resolve => socket.once('close', () => resolve()));
  socket.on('data', chunk => void framer.push(chunk));
  socket.on('error', () => {});
  return {
    socket,
    got,
    opens,
    send: (...messages) => void socket.write(Buffer.concat(messages)),
    async sees(text) {
      while (!got.some(entry => entry.startsWith(text))) {
        if (socket.destroyed) throw new Error(`closed; saw ${got.join(', ')}`);
        await Promise.race([once(socket, 'got'), gone]);
      }
    },
    closed: () => gone,
  };
}

describe('bgp/session', () => {
  let server: Server;
  let port: number;
  let clock = handClock();
  let events: string[] = [];
  let updates: string[] = [];
  let refusedMessages: string[] = [];
  let ends: SessionEnd[] = [];
  let answer: SessionError | null = null;
  const waiting: ((peer: Peer) => void)[] = [];
  const sockets = new Set<Socket>();
  let session: Session;

  const changed: (() => void)[] = [];
  const note = (event: string) => {
    events.push(event);
    for (const wake of changed.splice(0)) wake();
  };
  /** Resolves when the session reported this. */
  const reported = async (event: string) => {
    while (!events.some(entry => entry.startsWith(event))) await new Promise<void>(resolve => changed.push(resolve));
  };
  /** The next connection that the session dials. */
  const dialled = () => new Promise<Peer>(resolve => waiting.push(resolve));

  function newSession(change: Partial<SessionConfig> = {}): Session {
    session = createSession({
      config: { ...CONFIG, neighborPort: port, ...change },
      routerId: '192.0.2.9',
      clock,
      handler: {
        stateChanged: (state, reason) => note(reason === undefined ? state : `${state}: ${reason}`),
        established: ({ peerAs, holdTime }) => note(`up ${peerAs} ${holdTime}`),
        update: (buffer, start, end) => {
          updates.push(Buffer.from(buffer.subarray(start, end)).toString('hex'));
          note('update');
          return answer;
        },
        refused: message => void refusedMessages.push(toHex(message)),
        refresh: ({ afi, safi, subtype }) => note(`refresh ${afi}/${safi} ${subtype}`),
        down(reason, end) {
          ends.push(end);
          note(`down: ${reason}`);
        },
      },
    });
    return session;
  }

  /** A connection that the peer opens. */
  async function inbound(): Promise<Peer> {
    const lobby = createServer(socket => session.accept(socket)).listen(0, '127.0.0.1');
    await once(lobby, 'listening');
    const address = lobby.address();
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    sockets.add(socket);
    const peer = peerOn(socket);
    await once(socket, 'connect');
    lobby.close();
    return peer;
  }

  async function establish(): Promise<Peer> {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    peer.send(peerOpen(), encodeMessage(KEEPALIVE));
    await reported('Established');
    return peer;
  }

  beforeEach(async () => {
    clock = handClock();
    events = [];
    updates = [];
    refusedMessages = [];
    ends = [];
    answer = null;
    server = createServer(socket => {
      sockets.add(socket);
      waiting.shift()?.(peerOn(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await session.stop();
    server.close();
  });

  it('goes up by dialling, state by state, and delivers UPDATE bodies', async () => {
    const peer = await establish();
    peer.send(encodeMessage(UPDATE, new Uint8Array(4)));
    await reported('update');
    expect(updates).to.deep.equal(['00000000']);
    expect(events).to.deep.equal(['Connect', 'OpenSent', 'OpenConfirm', 'up 64496 30', 'Established', 'update']);
    const { state, received, sent, negotiated } = session.status();
    expect([state, received.open, received.keepalive, received.update, sent.open, sent.keepalive]).to.deep.equal([
      'Established',
      1,
      1,
      1,
      1,
      1,
    ]);
    expect(negotiated).to.include({ peerId: '192.0.2.1', as4: true, remoteAddress: '127.0.0.1' });
  });

  it('delivers ROUTE-REFRESH, and ends with 7/1 where a demarcation is damaged', async () => {
    const peer = await establish();
    peer.send(encodeRouteRefresh({ afi: 2, safi: 1 }), encodeRouteRefresh({ afi: 1, safi: 1 }, 2));
    await reported('refresh 1/1 2');
    expect(events.slice(-2)).to.deep.equal(['refresh 2/1 0', 'refresh 1/1 2']);
    expect(session.status().received.routeRefresh).to.equal(2);
    peer.send(encodeMessage(ROUTE_REFRESH, Uint8Array.of(0, 1, 1, 1, 0)));
    await peer.sees('NOTIFICATION ROUTE-REFRESH Message Error');
  });

  it('takes no mark of a route refresh where none was agreed on', async () => {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    const { capabilities } = localOpen({ localAs: 64496, routerId: '192.0.2.1', holdTime: 30, ipv4: true, ipv6: true });
    peer.send(peerOpen({ capabilities: capabilities.filter(({ code }) => code !== 70) }), encodeMessage(KEEPALIVE));
    await reported('Established');
    peer.send(encodeMessage(ROUTE_REFRESH, Uint8Array.of(0, 1, 1, 1, 0)), encodeRouteRefresh({ afi: 1, safi: 1 }, 1));
    peer.send(encodeRouteRefresh({ afi: 1, safi: 1 }));
    await reported('refresh 1/1 0');
    expect(events.filter(event => event.startsWith('refresh'))).to.deep.equal(['refresh 1/1 0']);
  });

  it('sends the messages of its owner while it is Established, and counts them', async () => {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    expect(session.send(encodeMessage(UPDATE, new Uint8Array(4)))).to.equal(false);
    peer.send(peerOpen(), encodeMessage(KEEPALIVE));
    await reported('Established');
    expect(session.send(encodeMessage(UPDATE, new Uint8Array(4)))).to.equal(true);
    expect(session.send(encodeRouteRefresh({ afi: 1, safi: 1 }))).to.equal(true);
    await peer.sees('ROUTE-REFRESH');
    expect(peer.got).to.deep.equal(['OPEN', 'KEEPALIVE', 'UPDATE', 'ROUTE-REFRESH']);
    expect(session.status().sent).to.include({ update: 1, routeRefresh: 1 });
  });

  it('goes up by accepting when it is passive, and never dials', async () => {
    newSession({ passive: true }).start();
    expect(events).to.deep.equal(['Active']);
    clock.turn(1_000_000);
    const peer = await inbound();
    await peer.sees('OPEN');
    peer.send(peerOpen(), encodeMessage(KEEPALIVE));
    await reported('Established');
    expect(events).to.deep.equal(['Active', 'OpenSent', 'OpenConfirm', 'up 64496 30', 'Established']);
  });

  it('sends keepalives at a third of the hold time, and 4/0 when the peer is silent', async () => {
    const peer = await establish();
    clock.turn(10_000);
    clock.turn(10_000);
    clock.turn(9_000);
    expect(session.status().sent.keepalive).to.equal(3);
    clock.turn(2_000);
    await peer.sees('NOTIFICATION Hold Timer Expired');
    expect(session.status().lastDown).to.equal('sent Hold Timer Expired: nothing heard for 30 s');
  });

  it('counts silences of more than two thirds of the hold time', async () => {
    const peer = await establish();
    const heard = async (wait: number) => {
      clock.turn(wait);
      const before = session.status().received.keepalive;
      peer.send(encodeMessage(KEEPALIVE));
      while (session.status().received.keepalive === before) await new Promise(resolve => setImmediate(resolve));
    };
    await heard(10_000);
    await heard(20_000);
    expect(session.status().nearMisses).to.equal(0);
    await heard(21_000);
    await heard(5_000);
    expect(session.status().nearMisses).to.equal(1);
  });

  it('does not count the time that it did not read', async () => {
    const peer = await establish();
    session.pause();
    clock.turn(100_000);
    expect(session.status().state).to.equal('Established');
    session.resume();
    peer.send(encodeMessage(UPDATE, new Uint8Array(4)));
    await reported('update');
  });

  it('waits so long for the OPEN and no longer', async () => {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    clock.turn(31_000);
    await peer.sees('NOTIFICATION Hold Timer Expired');
    await peer.closed();
  });

  it('keeps the reason of a NOTIFICATION and does not answer it', async () => {
    const peer = await establish();
    peer.send(encodeNotification(ceaseWith(2, 'maintenance until 03:00')));
    await peer.closed();
    const reason = 'received Cease/Administrative Shutdown "maintenance until 03:00"';
    expect(events).to.include(`down: ${reason}`).and.to.include(`Idle: ${reason}`);
    expect(session.status().lastDown).to.equal(reason);
    expect(peer.got).not.to.include('NOTIFICATION');
  });

  it('takes a peer that was restarted at once, and one that keeps failing only after the idle hold time', async () => {
    const first = await establish();
    first.socket.destroy();
    await reported('Idle');
    const second = await inbound();
    await second.sees('OPEN');
    second.socket.destroy();
    await reported('Active');
    const third = await inbound();
    await third.sees('OPEN');
    third.send(encodeNotification(sessionError(6, 5, '')));
    await third.closed();
    const fourth = await inbound();
    await fourth.sees('NOTIFICATION Cease/Connection Rejected');
    await fourth.closed();
    expect(session.status().state).to.equal('Idle');
  });

  it('tells how a session ended, for its routes', async () => {
    const data = new Uint8Array(0);
    const ways: readonly (readonly [SessionEnd, (peer: Peer) => void])[] = [
      ['connection lost', peer => peer.socket.destroy()],
      ['notification', peer => peer.send(encodeNotification({ code: 6, subcode: 4, data }))],
      ['hard reset', peer => peer.send(encodeNotification({ code: 6, subcode: 9, data }))],
      ['notification', () => clock.turn(31_000)],
      ['hard reset', () => void session.stop()],
    ];
    for (const [end, way] of ways) {
      const peer = await establish();
      way(peer);
      await reported('down');
      expect(ends.splice(0)).to.deep.equal([end]);
      await session.stop();
      events = [];
    }
  });

  it('dials again after the idle hold time, which doubles and is bounded', async () => {
    const refused: Promise<Peer>[] = [];
    newSession();
    const fail = async () => {
      const peer = await refused.shift()!;
      await peer.sees('OPEN');
      peer.send(encodeNotification(sessionError(6, 5, '')));
      await peer.closed();
    };
    refused.push(dialled());
    session.start();
    for (const wait of [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000]) {
      await fail();
      clock.turn(wait - 1);
      expect(session.status().state, `before ${wait}`).to.equal('Idle');
      refused.push(dialled());
      clock.turn(1);
      expect(session.status().state, `after ${wait}`).to.equal('Connect');
    }
  });

  it('listens while nobody answers its dial, and dials again after the connect-retry time', async () => {
    server.close();
    newSession().start();
    await reported('Active: connect ECONNREFUSED');
    clock.turn(30_000);
    expect(session.status().state).to.equal('Connect');
  });

  it('says that nobody answers, and dials again after the connect-retry time', async () => {
    // The kernel drops a signed SYN where no key is set.
    newSession({ password: 'key', connectRetry: 5000 }).start();
    clock.turn(5000);
    const { state, lastError } = session.status();
    const words = 'no answer within 5 s (a refusal, or another password, looks the same)';
    expect([state, lastError]).to.deep.equal(['Connect', words]);
  });

  it('says why it cannot dial as it must, and dials again', async () => {
    newSession({ interface: 'nowhere0' }).start();
    await reported('Active: setsockopt ENODEV');
    clock.turn(30_000);
    expect(session.status().state).to.equal('Connect');
  });

  it('takes no connection that it cannot protect', async () => {
    newSession({ passive: true, password: 'x'.repeat(81) }).start();
    const peer = await inbound();
    await peer.closed();
    expect(session.status()).to.include({
      state: 'Active',
      lastError: 'a connection of the peer was closed: setsockopt EINVAL',
    });
  });

  it('ends with 8/0 when the peer takes nothing any more (RFC 9687)', async () => {
    const peer = await establish();
    peer.socket.pause();
    session.pause(); // so that the silence of the peer does not count
    // What is sent fits into the buffers of the kernel for long; the peer's acknowledges it until its own is full.
    for (let turns = 0; session.status().state === 'Established' && turns < 100_000; turns++) clock.turn(10_000);
    const { state, lastDown } = session.status();
    expect(state).to.equal('Idle');
    expect(lastDown).to.match(/^sent Send Hold Timer Expired: the peer has taken nothing for 480 s, \d+ octets wait$/);
  });

  it('does not end while the peer takes what it is sent', async () => {
    const peer = await establish();
    session.pause();
    for (let turns = 0; turns < 200; turns++) {
      clock.turn(10_000);
      if (turns % 20 === 0) await new Promise(setImmediate);
    }
    expect(session.status().state).to.equal('Established');
    expect(peer.socket.destroyed).to.equal(false);
  });

  it('stays down as long as it is told, once', async () => {
    const peer = await establish();
    answer = sessionError(6, 1, 'too many');
    session.stayDown(900_000);
    peer.send(encodeMessage(UPDATE, new Uint8Array(4)));
    await peer.sees('NOTIFICATION Cease/Maximum Number of Prefixes Reached');
    await peer.closed();
    clock.turn(899_999);
    expect(session.status().state).to.equal('Idle');
    const next = dialled();
    clock.turn(1);
    (await next).socket.destroy();
  });

  it('stays down until it is started, when it is told so', async () => {
    const peer = await establish();
    answer = sessionError(6, 1, 'too many');
    session.stayDown(Number.POSITIVE_INFINITY);
    peer.send(encodeMessage(UPDATE, new Uint8Array(4)));
    await peer.closed();
    clock.turn(100_000_000);
    expect(session.status().state).to.equal('Idle');
    const next = dialled();
    session.start();
    await next;
  });

  it('sends what the user of the routes answers, and closes', async () => {
    const peer = await establish();
    answer = sessionError(3, 10, 'prefix length 33');
    peer.send(encodeMessage(UPDATE, new Uint8Array(4)), encodeMessage(UPDATE, new Uint8Array(4)));
    await peer.sees('NOTIFICATION UPDATE Message Error/Invalid Network Field');
    await peer.closed();
    expect(updates, 'nothing is delivered after it').to.have.length(1);
  });

  it('says why when it is stopped, and the peer receives it', async () => {
    const peer = await establish();
    const stopped = session.stop(ceaseWith(2, 'bye'));
    await peer.sees('NOTIFICATION Cease/Administrative Shutdown "bye"');
    await Promise.all([stopped, peer.closed()]);
    clock.turn(1_000_000);
    expect(session.status().state).to.equal('Idle');
  });

  // RFC 4271 section 6.2, RFC 6608
  const refusals: readonly [name: string, messages: readonly Uint8Array[], notification: string][] = [
    ['another AS', [peerOpen({ as: 64497, capabilities: [] })], 'OPEN Message Error/Bad Peer AS'],
    [
      'a KEEPALIVE before the OPEN',
      [encodeMessage(KEEPALIVE)],
      'Finite State Machine Error/Unexpected Message in OpenSent',
    ],
    [
      'an UPDATE before the KEEPALIVE',
      [peerOpen(), encodeMessage(UPDATE, new Uint8Array(4))],
      'Finite State Machine Error/Unexpected Message in OpenConfirm',
    ],
    [
      'a second OPEN',
      [peerOpen(), encodeMessage(KEEPALIVE), peerOpen()],
      'Finite State Machine Error/Unexpected Message in Established',
    ],
    ['a bad marker', [new Uint8Array(19)], 'Message Header Error/Connection Not Synchronized'],
    ['an unknown type', [encodeMessage(9)], 'Message Header Error/Bad Message Type'],
  ];
  for (const [name, messages, notification] of refusals)
    it(`answers ${name} with ${notification}`, async () => {
      const next = dialled();
      newSession().start();
      const peer = await next;
      await peer.sees('OPEN');
      peer.send(...messages);
      await peer.sees(`NOTIFICATION ${notification}`);
      await peer.closed();
      expect(session.status().state).to.equal('Idle');
    });

  // What is shown to the handler: the whole message, or as much of it as its header lets it have.
  const unreadable: readonly [name: string, messages: readonly Uint8Array[], refused: string][] = [
    ['an OPEN with a hold time of 1 s', [peerOpen({ holdTime: 1 })], toHex(peerOpen({ holdTime: 1 }))],
    ['a header of zeros', [new Uint8Array(30)], '00'.repeat(19)],
    ['a KEEPALIVE with a body', [encodeMessage(KEEPALIVE, Uint8Array.of(7)), new Uint8Array(9)], `${MARKER}00140407`],
    [
      'a demarcation of 5 octets',
      [peerOpen(), encodeMessage(KEEPALIVE), hex(`${MARKER}001805 0001 01 01 00`)],
      `${MARKER}0018050001010100`,
    ],
  ];
  for (const [name, messages, octets] of unreadable)
    it(`shows ${name} that ends the session`, async () => {
      const next = dialled();
      newSession().start();
      const peer = await next;
      await peer.sees('OPEN');
      peer.send(...messages);
      await peer.sees('NOTIFICATION');
      await peer.closed();
      expect(refusedMessages).to.deep.equal([octets]);
    });

  it('has neither keepalives nor a hold timer where the peer offers a hold time of 0', async () => {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    peer.send(peerOpen({ holdTime: 0 }), encodeMessage(KEEPALIVE));
    await reported('Established');
    clock.turn(100_000_000);
    peer.send(encodeMessage(UPDATE, new Uint8Array(4)));
    await reported('update');
    await peer.sees('KEEPALIVE');
    expect(peer.got).to.deep.equal(['OPEN', 'KEEPALIVE']);
  });

  it('goes idle for a NOTIFICATION while its OPEN is on the way, says its words, and dials again', async () => {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    const again = dialled();
    peer.send(encodeNotification(ceaseWith(2, 'not today')));
    await reported('Idle: received Cease/Administrative Shutdown "not today"');
    clock.turn(2000);
    await (await again).sees('OPEN');
  });

  // RFC 5492 sections 3 and 5
  const all = (capabilities: readonly Capability[]) => capabilities;
  const refused: readonly [name: string, error: SessionError, next: typeof all][] = [
    ['that knows no capabilities without any', sessionError(2, 4, ''), () => []],
    [
      'that does not know one without that',
      sessionError(2, 7, '', hex('4600')),
      list => list.filter(c => c.code !== 70),
    ],
    ['that does not want a family without that', sessionError(2, 7, '', hex('0104 00010001')), list => list.slice(1)],
    ['that wants neither as before', sessionError(2, 7, '', hex('0104 00010001 0104 00020001')), all],
    ['that demands something else as before', sessionError(2, 7, '', hex('4504 00010103')), all],
    ['that does not say what as before', sessionError(2, 7, ''), all],
    ['that refuses something else as before', sessionError(2, 2, ''), all],
  ];
  for (const [name, error, left] of refused)
    it(`meets a peer ${name}, and offers all again after a session`, async () => {
      const next = dialled();
      newSession().start();
      const peer = await next;
      await peer.sees('OPEN');
      const { capabilities } = peer.opens[0]!;
      const again = dialled();
      peer.send(encodeNotification(error));
      await reported('Idle: received OPEN Message Error');
      clock.turn(2000);
      const second = await again;
      await second.sees('OPEN');
      expect(second.opens[0]!.capabilities).to.deep.equal(left(capabilities));
      second.send(peerOpen(), encodeMessage(KEEPALIVE));
      await reported('Established');
      const third = dialled();
      second.socket.destroy();
      await reported('down');
      clock.turn(5000);
      const last = await third;
      await last.sees('OPEN');
      expect(last.opens[0]!.capabilities).to.deep.equal(capabilities);
    });

  it('takes a message an octet at a time', async () => {
    const next = dialled();
    newSession().start();
    const peer = await next;
    await peer.sees('OPEN');
    peer.socket.setNoDelay(true);
    for (const octet of Buffer.concat([peerOpen(), encodeMessage(KEEPALIVE)])) {
      peer.socket.write(Uint8Array.of(octet));
      await new Promise(setImmediate);
    }
    await reported('Established');
  });

  describe('with two connections (RFC 4271 section 6.8)', () => {
    // Ours is 192.0.2.9: we keep the connection of the side with the higher identifier.
    for (const [id, kept] of [
      ['192.0.2.1', 'outbound'],
      ['192.0.2.200', 'inbound'],
    ] as const)
      for (const first of ['outbound', 'inbound'] as const)
        for (const late of [false, true])
          it(`keeps the ${kept} one when the peer is ${id} and its OPEN comes ${first} first${late ? ', and is confirmed' : ''}`, async () => {
            const next = dialled();
            newSession().start();
            const ours = await next;
            await ours.sees('OPEN');
            const theirs = await inbound();
            await theirs.sees('OPEN');
            const [one, other] = first === 'outbound' ? [ours, theirs] : [theirs, ours];
            const [winner, loser] = kept === 'outbound' ? [ours, theirs] : [theirs, ours];
            one.send(peerOpen({ id }));
            // Confirmed: the first is in OpenConfirm when the other OPEN comes.
            if (late && one === winner) await one.sees('KEEPALIVE');
            other.send(peerOpen({ id }));
            await loser.sees('NOTIFICATION Cease/Connection Collision Resolution');
            await loser.closed();
            winner.send(encodeMessage(KEEPALIVE));
            await reported('Established');
            expect(winner.got).to.deep.equal(['OPEN', 'KEEPALIVE']);
            winner.send(encodeMessage(UPDATE, new Uint8Array(4)));
            await reported('update');
            expect(events.filter(event => event.startsWith('up '))).to.have.length(1);
            expect(session.status().lastError).to.equal('');
          });

    it('takes one that comes while ours is in OpenConfirm, and keeps the one that it must', async () => {
      const next = dialled();
      newSession().start();
      const ours = await next;
      await ours.sees('OPEN');
      ours.send(peerOpen({ id: '192.0.2.200' }));
      await ours.sees('KEEPALIVE');
      const theirs = await inbound();
      await theirs.sees('OPEN');
      theirs.send(peerOpen({ id: '192.0.2.200' }), encodeMessage(KEEPALIVE));
      await ours.sees('NOTIFICATION Cease/Connection Collision Resolution');
      await reported('Established');
    });

    it('gives up the older of two of the peer: it began anew', async () => {
      newSession({ passive: true }).start();
      const older = await inbound();
      await older.sees('OPEN');
      older.send(peerOpen());
      await older.sees('KEEPALIVE');
      const newer = await inbound();
      await newer.sees('OPEN');
      newer.send(peerOpen(), encodeMessage(KEEPALIVE));
      await older.sees('NOTIFICATION Cease/Connection Collision Resolution');
      await reported('Established');
    });

    it('refuses another one while it is Established', async () => {
      const peer = await establish();
      const stranger = await inbound();
      await stranger.sees('NOTIFICATION Cease/Connection Collision Resolution');
      await stranger.closed();
      peer.send(encodeMessage(UPDATE, new Uint8Array(4)));
      await reported('update');
    });

    it('takes another one of a peer that restarts gracefully: it came back before its loss was seen (RFC 4724)', async () => {
      const { capabilities } = localOpen({ localAs: 64496, routerId: '', holdTime: 0, ipv4: true, ipv6: true });
      const families = [{ afi: 1, safi: 1, preserved: true }];
      const restarts = gracefulRestart({ seconds: 120, restarting: false, notification: false, families });
      const open = peerOpen({ capabilities: [...capabilities, restarts] });
      const next = dialled();
      newSession().start();
      const before = await next;
      await before.sees('OPEN');
      before.send(open, encodeMessage(KEEPALIVE));
      await reported('Established');
      const crossing = await inbound();
      await crossing.sees('NOTIFICATION Cease/Connection Collision Resolution');
      clock.turn(5000);
      const again = await inbound();
      await again.sees('OPEN');
      expect([events.some(entry => entry.startsWith('down: the peer began a new')), ends]).to.deep.equal([
        true,
        ['connection lost'],
      ]);
      expect(before.got.some(entry => entry.startsWith('NOTIFICATION'))).to.equal(false);
      events = [];
      again.send(open, encodeMessage(KEEPALIVE));
      await reported('Established');
    });

    it('lives on with the second when the first one is lost', async () => {
      const next = dialled();
      newSession().start();
      const ours = await next;
      await ours.sees('OPEN');
      const theirs = await inbound();
      await theirs.sees('OPEN');
      ours.socket.destroy();
      theirs.send(peerOpen(), encodeMessage(KEEPALIVE));
      await reported('Established');
    });
  });

  it('refuses connections while it is idle', async () => {
    newSession();
    const peer = await inbound();
    await peer.sees('NOTIFICATION Cease/Connection Rejected');
    await peer.closed();
  });
});

describe('bgp/listener', () => {
  it('hands over wanted connections with their IPv4 source, closes and counts the others', async () => {
    const sources: string[] = [];
    const listener = await listenBgp({ address: '127.0.0.1', port: 0 }, (socket, source) => {
      sources.push(source.address);
      const wanted = sources.length > 1;
      if (wanted) socket.end('x');
      return wanted;
    });
    try {
      const refused = connect(listener.port, '127.0.0.1');
      await once(refused, 'close');
      const taken = connect(listener.port, '127.0.0.1');
      const [data] = await once(taken, 'data');
      expect([String(data), listener.refused(), sources]).to.deep.equal(['x', 1, ['127.0.0.1', '127.0.0.1']]);
      taken.destroy();
    } finally {
      await listener.close();
    }
  });

  it('shows IPv4-mapped sources as IPv4', async function () {
    const sources: string[] = [];
    const listener = await listenBgp({ address: '::', port: 0 }, (_, source) => {
      sources.push(source.address);
      return false;
    }).catch(() => null);
    if (listener === null) this.skip();
    await once(connect(listener.port, '127.0.0.1'), 'close');
    await listener.close();
    expect(sources).to.deep.equal(['127.0.0.1']);
  });

  it('says when the address is taken', async () => {
    const first = await listenBgp({ address: '127.0.0.1', port: 0 }, () => false);
    const failed = await listenBgp({ address: '127.0.0.1', port: first.port }, () => false).catch(error => error.code);
    expect(failed).to.equal('EADDRINUSE');
    await first.close();
  });
});
