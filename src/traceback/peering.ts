/**
 * The peering with one other AS: dials with back-off, settles collisions, keeps what is asked and what is being answered
 * through the change of connections.
 */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TracePeerConfig } from '../config/traceback-tree.ts';
import { type Ask, type AskEvents, createAsked, queryOf } from './asked.ts';
import {
  type Connection,
  type ConnectionEvents,
  type Fault,
  PEER_SAYS,
  refusalOf,
  runConnection,
  turnAway,
} from './connection.ts';
import type { Dialling } from './dialling.ts';
import type { Identity } from './identity.ts';
import { type Asked, createInWork, type Reply } from './in-work.ts';
import type { Disabled, PeerStatus } from './peer-status.ts';
import type { RefusalBody, RefusalKind } from './refusals.ts';
import { newerStays } from './session.ts';
import { watchBelief } from './standing-belief.ts';
import type { Timing } from './timing.ts';
import { TLS, type Transport } from './transport.ts';
import type { Open, Told } from './wire.ts';

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  text: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Connections of one peer that are not yet, or no longer, the session. */
const MAX_CONNECTIONS = 4;
/** How often a peer is dialled while something asked of it waits for it to come back, ms. */
const HASTE = 200;

export interface PeeringOptions {
  readonly config: TracePeerConfig;
  /** Dials only when there is something to ask, and ends the session when that was long ago. */
  readonly onDemand?: boolean;
  identity(): Identity;
  /** TLS when left out. */
  readonly transport?: Transport;
  /** This side's OPEN. */
  open(): Open;
  readonly timing: Timing;
  readonly clock: () => number;
  readonly log: Log;
  /** A QUERY came in. `reply` takes the ANSWER for it; `signal` tells that nobody waits for it any more. */
  query(query: Asked, peering: Peering, reply: (answer: Reply) => void, signal: AbortSignal): void;
  /** An ANNOUNCE, ADJACENCY or COMMIT came in. */
  hear?(message: Told, peering: Peering): void;
  /** The session came up. */
  up?(peering: Peering): void;
  /** Something of the peer is refused. */
  refused?(kind: RefusalKind, body: RefusalBody): void;
}

export interface Peering {
  readonly as: number;
  config(): TracePeerConfig;
  /** True when a session is up, or about to be. */
  reachable(): boolean;
  /** Asks; returns how to cancel, or null when there is no session. */
  ask(ask: Ask, events: AskEvents): (() => void) | null;
  /** Dials, if there is no connection, though there is nothing to ask. */
  reach(): void;
  /** Tells the peer; false without a session. */
  tell(message: Told): boolean;
  /** Takes a connection that the peer dialled; its certificate is already found to be the peer's. */
  accept(socket: Socket, certificate?: X509Certificate): void;
  /** Ends the session and does not speak to the peer for a while. */
  shun(fault: Fault): void;
  countRefused(): void;
  /** Ends the session with these words of the operator for the peer, and begins it anew. */
  reset(reason: string): void;
  /** The same, and holds it down: whoever dials meanwhile is told the words. Null: it may begin again. */
  hold(disabled: Disabled | null): void;
  /** Takes another configuration; the session ends if the address or the certificates changed. */
  configure(config: TracePeerConfig, trustChanged: boolean): void;
  status(): PeerStatus;
  close(fault: Fault): void;
}

/** Starts to peer at once. */
export function createPeering(options: PeeringOptions): Peering {
  const { timing, clock, log, transport = TLS } = options;
  const as = options.config.as;
  let config = options.config;
  const connections = new Set<Connection>();
  let session: Connection | null = null;
  let dialling: Dialling | null = null;
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let shunned = 0;
  let closed = false;
  const onDemand = options.onDemand === true;
  let restUntil = 0;
  let used = 0;
  const asked = createAsked(as);
  const inWork = createInWork(timing.restart > 0, (query, reply, signal) =>
    options.query(query, peering, reply, signal),
  );
  /** How long the peer keeps what is in work when a connection is cut, ms: as its last OPEN said. */
  let peerKeeps = 0;
  const counts = { in: 0, out: 0, refused: 0 };
  let shown = { state: 'Idle', since: clock() };
  let lastError = '';
  let said = '';
  let disabled: Disabled | null = null;
  const opens = new WeakMap<Connection, Open>();

  const state = (): string => {
    if (session !== null) return session.state();
    for (const connection of connections) return connection.state();
    return dialling !== null ? 'Connect' : closed || disabled !== null ? 'Idle' : 'Active';
  };
  /** Notes when the state changed. */
  const look = () => {
    const now = state();
    if (now !== shown.state) shown = { state: now, since: clock() };
  };

  const failed = (reason: string) => {
    lastError = reason;
    log('warn', `traceback peer AS ${as}: ${reason}`);
  };

  const backOff = (times: number) => Math.min(timing.retryMost, timing.retryFirst * 2 ** Math.min(times, 16));
  const redial = () => {
    clearTimeout(retry);
    if (onDemand && connections.size === 0 && dialling === null) {
      // Who could not be reached is left alone for a while; then the next question dials.
      if (failures > 0) restUntil = clock() + backOff(failures);
      // What waits for a peer that comes back is dialled for.
      if (asked.waiting() && !closed) retry = setTimeout(dial, failures > 0 ? HASTE : 0);
      else asked.lose();
      return look();
    }
    if (closed || disabled !== null || dialling !== null || connections.size > 0) return look();
    const first = failures === 0;
    const wait = backOff(failures++);
    const hurried = asked.waiting() ? Math.min(wait, first ? 0 : HASTE) : wait;
    // A quarter more or less, so that a net that restarts does not dial in step.
    const jittered = Math.max(hurried * (0.75 + Math.random() / 2), shunned - clock());
    retry = setTimeout(dial, jittered);
    look();
  };

  const dial = () => {
    if (closed || disabled !== null || dialling !== null || connections.size > 0) return;
    dialling = transport.dial({
      ...{ as, place: config, identity: options.identity, patience: timing.open, clock },
      up(socket, certificate) {
        dialling = null;
        run(socket, true, certificate);
      },
      failed(reason, impostor) {
        dialling = null;
        if (impostor) options.refused?.('other-as', { peer: as, reason });
        if (onDemand) failures++;
        if (!closed) failed(reason);
        redial();
      },
    });
    look();
  };

  const run = (socket: Socket, dialled: boolean, certificate: X509Certificate | undefined) => {
    const connection = runConnection(socket, { dialled, open: options.open(), patience: timing.open }, events);
    connections.add(connection);
    const belief = { identity: options.identity, clock, every: timing.belief, end: connection.end };
    if (certificate !== undefined) watchBelief(socket, certificate, belief);
    inWork.begin(connection);
    look();
  };

  const transmit = (id: number, ask: Ask) => {
    if (session === null) return;
    session.send(queryOf(id, ask, clock()));
    counts.out++;
  };

  const events: ConnectionEvents = {
    open(open, connection) {
      look();
      opens.set(connection, open);
      if (open.as !== as) return { code: 'bad-open', text: `as: ${open.as}, but the certificate is of AS ${as}` };
      for (const other of connections) {
        if (other === connection || other.state() === 'OpenSent' || other.state() === 'Connect') continue;
        const lost: Fault = { code: 'collision', text: 'another connection between the same ASes stays' };
        if (!newerStays(options.identity().as, as, other, connection)) return lost;
        other.end(lost);
      }
      peerKeeps = open.restart * 1000;
      return null;
    },
    established(connection) {
      session = connection;
      failures = 0;
      lastError = '';
      said = '';
      log('info', `traceback peer AS ${as}: session is up`, { dialled: connection.dialled });
      // What was asked while two connections collided, or of a connection that was cut.
      asked.resend(transmit);
      inWork.up();
      look();
      options.up?.(peering);
    },
    request(request, connection) {
      if (request.type === 'cancel') return inWork.cancel(request.id, connection);
      if (request.type !== 'answer' && request.type !== 'query') return options.hear?.(request, peering);
      let fault: Fault | null;
      if (request.type === 'answer') fault = asked.answer(request);
      else {
        counts.in++;
        used = clock();
        fault = inWork.take(request, connection);
      }
      if (fault !== null) connection.end(fault);
    },
    waits: id => asked.waits(id),
    fault(fault) {
      const kind = refusalOf(fault);
      if (kind !== null) options.refused?.(kind, { peer: as, reason: fault.text });
    },
    end(reason, connection, cut) {
      connections.delete(connection);
      inWork.end(connection, cut && !closed ? timing.restart : 0);
      if (session === connection) session = null;
      if (connections.size === 0) {
        asked.cut(cut && !closed && disabled === null ? peerKeeps : 0);
        if (reason.startsWith(PEER_SAYS)) said = reason.slice(PEER_SAYS.length);
        if (!closed) failed(reason);
      } else log('debug', `traceback peer AS ${as}: one connection ended: ${reason}`);
      redial();
    },
  };

  const rest = onDemand
    ? setInterval(() => {
        if (session !== null && clock() - used > timing.idle) endAll({ code: 'shutdown', text: 'nothing to ask' });
      }, timing.idle / 4).unref()
    : undefined;

  const endAll = (fault: Fault) => {
    for (const connection of [...connections]) connection.end(fault);
  };

  const peering: Peering = {
    as,
    config: () => config,
    // While two connections collide, the one that stays may not be up yet: what is asked waits for it.
    reachable: () =>
      disabled === null &&
      (connections.size > 0 || (onDemand && !closed && (dialling !== null || clock() >= restUntil))),
    ask(ask, askEvents) {
      if (!peering.reachable()) return null;
      const id = asked.add(ask, askEvents);
      used = clock();
      if (connections.size === 0) dial();
      transmit(id, ask);
      return () => {
        if (asked.cancel(id)) session?.send({ type: 'cancel', id });
      };
    },
    reach() {
      used = clock();
      if (connections.size === 0 && peering.reachable()) dial();
    },
    tell: message => session?.send(message) ?? false,
    accept(socket, certificate) {
      if (clock() < shunned || connections.size >= MAX_CONNECTIONS) {
        counts.refused++;
        if (clock() < shunned) options.refused?.('shunned', { peer: as, reason: 'it is not spoken to for a while' });
        else options.refused?.('connections', { peer: as, reason: `${MAX_CONNECTIONS} connections at once` });
        socket.destroy();
        return;
      }
      if (disabled !== null) options.refused?.('disabled', { peer: as, reason: disabled.reason, by: disabled.by });
      if (disabled !== null) return turnAway(socket, { code: 'shutdown', text: disabled.reason });
      run(socket, false, certificate);
    },
    reset: reason => endAll({ code: 'reset', text: reason }),
    hold(next) {
      const before = disabled;
      disabled = next;
      if (next === null && before !== null && !onDemand) dial();
      if (next === null) return;
      clearTimeout(retry);
      dialling?.abandon();
      endAll({ code: 'shutdown', text: next.reason });
      look();
    },
    shun(fault) {
      shunned = clock() + timing.shun;
      endAll(fault);
    },
    countRefused() {
      counts.refused++;
    },
    configure(next, trustChanged) {
      const moved = trustChanged || next.address !== config.address || next.port !== config.port;
      config = next;
      if (!moved) return;
      failures = 0;
      const waits = connections.size === 0 && dialling === null;
      dialling?.abandon();
      const text = trustChanged ? 'what vouches for the peer has changed' : 'the peer was configured anew';
      endAll({ code: 'configuration', text });
      // What it waits for may be here now.
      if (waits) redial();
    },
    status() {
      look();
      const open = session === null ? undefined : opens.get(session);
      return {
        as,
        address: config.address,
        ...shown,
        queriesIn: counts.in,
        queriesOut: counts.out,
        refused: counts.refused,
        ...{ lastError, said, disabled },
        open: open === undefined ? null : { ...open, dialled: session!.dialled },
        latency: asked.latency(),
      };
    },
    close(fault) {
      closed = true;
      clearTimeout(retry);
      clearInterval(rest);
      endAll(fault);
      dialling?.abandon();
      asked.lose();
      inWork.close();
      look();
    },
  };
  if (!onDemand) dial();
  return peering;
}
