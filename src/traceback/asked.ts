/**
 * What one peer is asked, through the change of connections (intertrack-protocol(7), RESTART, the first three rows of the
 * table). Pure but for its timer; the connection is the peering's.
 */
import { randomBytes } from 'node:crypto';
import type { Fault } from './connection.ts';
import type { SignedRequest } from './request.ts';
import { type Stopwatch, startStopwatch } from './stopwatch.ts';
import { type Answer, MAX_ANSWERS, MAX_EXPIRY, type Query } from './wire.ts';

/** What goes on to other ASes: what the origin asks, and under which bounds. */
export interface Ask extends Pick<Query, 'hops' | 'ttl' | 'deadline' | 'budget'> {
  readonly signed: SignedRequest;
  /** As in the QUERY; false when left out. */
  readonly proved?: boolean;
}

export interface AskEvents {
  answer(answer: Answer): void;
  /** No answer will come: the session is gone. `late`: why, when it was waited for in vain. */
  lost(late?: string): void;
  /** The connection is cut, and waited for; and then: it is back, and the QUERY was sent again. */
  cut?(): void;
  again?(): void;
}

export interface AskedOfPeer {
  /** Takes note of a QUERY, and gives it its id. */
  add(ask: Ask, events: AskEvents): number;
  /** True when ANSWERs to the QUERY of this id are waited for. */
  waits(id: number): boolean;
  /** False when there is none of this id any more. */
  cancel(id: number): boolean;
  /** Hands an ANSWER on; a fault when the peer sends what it may not. */
  answer(answer: Answer): Fault | null;
  /** The connection is cut: all is kept for so many ms. Nothing is kept for none. */
  cut(ms: number): void;
  /** True while something waits for the peer to come back. */
  waiting(): boolean;
  /** Sends all that is in flight by `send`: the session is up. */
  resend(send: (id: number, ask: Ask) => void): void;
  /** No answer comes to any of them. */
  lose(): void;
  /** Milliseconds from a QUERY to the first ANSWER, smoothed; null before there was one. */
  latency(): number | null;
}

/** Nothing asked yet of AS `as`. */
export function createAsked(as: number): AskedOfPeer {
  const asked = new Map<
    number,
    { readonly ask: Ask; readonly events: AskEvents; answers: number; elapsed: Stopwatch }
  >();
  let nextId = 0;
  let latency: number | null = null;
  let timer: NodeJS.Timeout | null = null;

  const settle = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const lose = (late?: string) => {
    settle();
    for (const [id, { events }] of asked) {
      asked.delete(id);
      events.lost(late);
    }
  };

  return {
    add(ask, events) {
      const id = nextId;
      nextId = (nextId + 1) >>> 0;
      asked.set(id, { ask, events, answers: 0, elapsed: startStopwatch() });
      return id;
    },
    cancel: id => asked.delete(id),
    waits: id => asked.has(id),
    answer(answer) {
      const request = asked.get(answer.id);
      // Cancelled, or too late: the peer could not know.
      if (request === undefined) return null;
      const [root] = answer.nodes;
      if (root!.as !== as) return { code: 'malformed', text: `nodes[0].as: ${root!.as} answers for AS ${as}` };
      if (++request.answers > MAX_ANSWERS)
        return { code: 'limit', text: `more than ${MAX_ANSWERS} answers to one query` };
      if (request.answers === 1) latency = smoothed(latency, request.elapsed());
      if (answer.final) asked.delete(answer.id);
      request.events.answer(answer);
      return null;
    },
    cut(ms) {
      if (asked.size === 0) return;
      if (ms === 0) return lose();
      for (const { events } of asked.values()) events.cut?.();
      // A connection that is cut again before the session is up does not begin the time anew.
      timer ??= setTimeout(() => {
        timer = null;
        lose(`the connection was lost and did not come back within ${ms / 1000} s`);
      }, ms);
    },
    waiting: () => timer !== null && asked.size > 0,
    resend(send) {
      settle();
      for (const [id, one] of asked) {
        one.answers = 0;
        one.elapsed = startStopwatch();
        send(id, one.ask);
        one.events.again?.();
      }
    },
    lose: () => lose(),
    latency: () => latency,
  };
}

/** A latency with one more measurement, which counts for an eighth, as that of a round trip does (RFC 6298 section 2). */
export function smoothed(latency: number | null, took: number): number {
  return latency === null ? took : latency + (took - latency) / 8;
}

/** A QUERY as it is sent: each time with a nonce of its own. `now` in ms. */
export function queryOf(id: number, { signed, hops, ttl, deadline, budget, proved = false }: Ask, now: number): Query {
  const { octets: request, signature, record } = signed;
  const nonce = randomBytes(16).toString('hex');
  const bounds = { hops, ttl, deadline, budget, proved };
  return { type: 'query', id, nonce, expires: now + MAX_EXPIRY / 2, ...bounds, request, signature, record };
}
