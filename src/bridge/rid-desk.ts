/**
 * What is done about RID messages (RFC 6545): a request of a peer becomes a trace where policy allows, waits for a person
 * where it says so, or is denied with its justification; and our reports and requests go to peers. No sockets.
 */
import { randomBytes } from 'node:crypto';
import { seldom, takeToken, withUnsaid } from '../net/rate.ts';
import type { Trace } from '../traceback/trace.ts';
import type { BridgeAudit, BridgeLog, BridgeSelf, TraceGate } from './bridged.ts';
import type { PacketRecord } from './packet-record.ts';
import { createRidBook, RID_LIFE, type RidEntry } from './rid-book.ts';
import type { RidPosted } from './rid-client.ts';
import { createRidCounts, type RidPeer, type RidPeerRow } from './rid-counts.ts';
import { decodeRid, encodeRid, type RequestStatus, type RidMessage } from './rid-message.ts';
import { nameOf, purposeOf, recordsOf, wordsOf } from './rid-request.ts';
import type { RidReply } from './rid-server.ts';
import { type KeptRid, keptRid, messageOf } from './rid-waiting.ts';
import { incidentOf, traceIncident } from './trace-incident.ts';

export interface RidDeskOptions {
  readonly gate: TraceGate;
  readonly self: () => BridgeSelf;
  readonly peers: () => readonly RidPeer[];
  readonly post: (peer: RidPeer, body: string, token: string | null, signal: AbortSignal) => Promise<RidPosted>;
  readonly audit: BridgeAudit;
  readonly log: BridgeLog;
  readonly clock: () => number;
  /** Keeps a request that waits for a person, and (null) forgets one that waits no more. Never rejects. */
  keep?(number: number, kept: KeptRid | null): Promise<void>;
}

export interface RidDesk {
  /** A message that came; `token`: it answers one of ours. */
  receive(peer: string, text: string, token: string | null): Promise<RidReply>;
  /** Sends a trace to a peer, as a report or as a request to trace on. Rejects when there is no such peer. */
  send(trace: Trace, peer: string, type: 'Report' | 'TraceRequest', by: string, signal: AbortSignal): Promise<RidEntry>;
  /** What a person decided about a request that waits. Rejects when none of this number does. */
  decide(number: number, approve: boolean, by: string, signal: AbortSignal): Promise<RidEntry>;
  /**
   * Takes requests that waited for a person when the daemon ended: they wait on, and are traced by what was kept of them.
   * One of which no digest was kept is lost, and its peer has to ask again.
   */
  resume(kept: readonly KeptRid[]): void;
  peers(): RidPeerRow[];
  entries(): readonly RidEntry[];
}

/** Requests of one peer that are worked on, and that wait for a person, at a time. */
const AT_ONCE = 4;
const MOST_PENDING = 16;
/** Requests that were answered and can be asked about again. */
const MOST_KNOWN = 1024;

interface Waiting {
  readonly message: RidMessage;
  readonly peer: string;
  readonly token: string | null;
  /** When it came, ms. */
  readonly since: number;
}

export function createRidDesk({ gate, self, peers, post, audit, log, clock, keep }: RidDeskOptions): RidDesk {
  const book = createRidBook(clock);
  const { of: countsOf, change: count, rowOf } = createRidCounts();
  const pending = new Map<number, Waiting>();
  /** Those that wait, without what nobody has decided about within a day. */
  const waitingNow = (): Map<number, Waiting> => {
    for (const [number, { since }] of pending)
      if (since + RID_LIFE < clock()) {
        pending.delete(number);
        void keep?.(number, null);
      }
    return pending;
  };
  /** Tokens of messages that are answered later, with the entry of each. */
  const later = new Map<string, number>();
  /** Traces by peer and incident. */
  const known = new Map<string, string>();

  const tooFast = seldom(1, clock, (text, unsaid) => audit('rid.refused', { ...JSON.parse(text), unsaid }));
  const say = seldom(4, clock, (text, unsaid) => log('info', withUnsaid(text, unsaid)));

  const answer = (
    to: RidMessage | null,
    type: RidMessage['type'],
    status: RequestStatus,
    more: Partial<RidMessage> = {},
  ) =>
    encodeRid({
      ...{ type, region: to?.region ?? 'PeerToPeer', traffic: to?.traffic ?? 'Attack', node: self().creator.name },
      ...{ incident: to?.incident ?? null, status, source: null, report: null, ...more },
    });
  const ok = (body: string): RidReply => ({ status: 200, body, token: null });

  function deny(
    peer: string,
    to: RidMessage | null,
    justification: RequestStatus['justification'],
    why: string,
  ): RidReply {
    count(peer, { denied: countsOf(peer).denied + 1, lastError: why });
    const body = { peer, type: to?.type ?? null, incident: to === null ? null : nameOf(to), justification, why };
    // Of what comes faster than it may a line a second is enough.
    if (to === null && justification === 'SystemResource') tooFast(JSON.stringify(body));
    else audit('rid.refused', body);
    say(`rid: ${peer}: ${to?.type ?? 'a message'} is denied: ${why}`);
    const said = answer(to, 'Acknowledgement', { authorization: 'Denied', justification });
    return { status: justification === 'UnrecognizedFormat' ? 400 : 200, body: said, token: null };
  }

  /** Traces and answers with what was found, and by what name. Rejects when it cannot be traced. */
  async function traceFor(
    message: RidMessage,
    peer: string,
    records: readonly PacketRecord[],
  ): Promise<{ readonly body: string; readonly trace: string }> {
    const { working } = countsOf(peer);
    count(peer, { working: working + 1 });
    try {
      const digests = records.filter(one => one.kind === 'digest');
      const raw = records.filter(one => one.kind === 'packet');
      const why = {
        requester: { by: 'rid', peer, reference: nameOf(message) },
        purpose: purposeOf(message),
      } as const;
      const trace = digests.length > 0 ? await gate.digests(digests, why) : await gate.packets(raw, why);
      if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value!);
      known.set(`${peer} ${nameOf(message)}`, trace.id);
      count(peer, { traced: countsOf(peer).traced + 1 });
      audit('rid.answered', { peer, type: message.type, incident: nameOf(message), id: trace.id, entry: trace.entry });
      return { body: await resultFor(message, trace, 'Result'), trace: trace.id };
    } finally {
      count(peer, { working: countsOf(peer).working - 1 });
    }
  }

  /**
   * What a peer is told of a trace that it asked for: the entry, how sure it is, and whom to call. What each AS said was said
   * to this AS alone, and stays here.
   */
  async function resultFor(message: RidMessage, trace: Trace, type: 'Result' | 'Report'): Promise<string> {
    const contacts = await gate.contacts(trace, null);
    const whole = incidentOf(trace, {
      ...{ ...self(), contacts, internal: false, now: clock(), incident: message.incident },
    });
    const systems = whole.systems.filter(({ category }) => category !== 'intermediate');
    const source = { found: trace.entry !== null, ases: trace.entry === null ? [] : [trace.entry.as] };
    const report = { ...whole, systems, records: [] };
    return answer(message, type, { authorization: 'Approved', justification: null }, { source, report });
  }

  async function request(message: RidMessage, peer: RidPeer): Promise<RidReply> {
    const { name } = peer;
    if (peer.in === 'deny') return deny(name, message, 'Other', 'policy denies requests of this peer');
    const asked = recordsOf(message, self().federation, peer.packets);
    if ('why' in asked) return deny(name, message, asked.justification, asked.why);
    if (countsOf(name).working >= AT_ONCE)
      return deny(name, message, 'SystemResource', `${AT_ONCE} are worked on already`);
    if (peer.in === 'ask') return hold(message, peer, asked.records);
    const entry = book.add({ ...entryOf(message, name, 'in'), state: 'pending', words: 'is traced' });
    try {
      const { body, trace } = await traceFor(message, name, asked.records);
      book.change(entry.number, { state: 'answered', words: 'traced and answered', trace });
      return ok(body);
    } catch (error) {
      const why = (error as Error).message;
      book.change(entry.number, { state: 'denied', words: why });
      return deny(name, message, 'CannotProcess', why);
    }
  }

  const entryOf = (message: RidMessage, peer: string, way: RidEntry['way']) => ({
    ...{ at: clock(), way, peer, type: message.type, incident: nameOf(message), trace: null },
  });

  /** A request that waits for a person. Where the peer can be called back it is told so (RFC 6546 section 3). */
  async function hold(
    message: RidMessage,
    { name, url }: RidPeer,
    records: readonly PacketRecord[],
  ): Promise<RidReply> {
    if ([...waitingNow().values()].filter(({ peer }) => peer === name).length >= MOST_PENDING)
      return deny(name, message, 'SystemResource', `${MOST_PENDING} wait already`);
    const token = url === null ? null : randomBytes(16).toString('hex');
    const entry = book.add({ ...entryOf(message, name, 'in'), state: 'pending', words: 'waits for a person' });
    const { number } = entry;
    pending.set(number, { message, peer: name, token, since: clock() });
    audit('rid.pending', { peer: name, type: message.type, incident: nameOf(message), number });
    log(
      'warn',
      `rid: ${name} asks for a trace (${nameOf(message)}): \`rid approve ${number}\` or \`rid deny ${number}\``,
    );
    // The peer is told that it waits when it does so whatever becomes of this run of the daemon.
    const kept = await keptRid(entry, message, records, token, gate.digestsOf, self().federation);
    if (pending.has(number)) await keep?.(number, kept);
    const body = answer(message, 'Acknowledgement', { authorization: 'Pending', justification: null });
    return { status: token === null ? 200 : 202, body, token };
  }

  async function query(message: RidMessage, peer: RidPeer): Promise<RidReply> {
    const { name } = peer;
    const waits = [...waitingNow().values()].some(one => one.peer === name && nameOf(one.message) === nameOf(message));
    if (waits) return ok(answer(message, 'Acknowledgement', { authorization: 'Pending', justification: null }));
    const id = known.get(`${name} ${nameOf(message)}`) ?? message.incident?.id ?? '';
    const trace = await gate.find(id);
    // Of what others asked for nothing is said, not even that it is there.
    const { requester } = trace ?? {};
    if (trace === null || requester?.by !== 'rid' || requester.peer !== name)
      return deny(name, message, 'CannotProcess', 'nothing of this incident is known');
    audit('rid.answered', { peer: name, type: message.type, incident: nameOf(message), id: trace.id });
    return ok(await resultFor(message, trace, 'Report'));
  }

  /** Takes what a peer answered to one of our messages into the book. */
  function taken(number: number, peer: string, text: string): RidEntry | null {
    const message = decodeRid(text);
    if ('wrong' in message) {
      count(peer, { failed: countsOf(peer).failed + 1, lastError: message.wrong });
      return book.change(number, { state: 'failed', words: `its answer cannot be read: ${message.wrong}` });
    }
    const { authorization } = message.status ?? {};
    const state = authorization === 'Denied' ? 'denied' : authorization === 'Pending' ? 'waits' : 'answered';
    log('info', `rid: ${peer} answers: ${wordsOf(message)}`);
    return book.change(number, { state, words: wordsOf(message) });
  }

  async function deliver(number: number, peer: RidPeer, body: string, token: string | null, signal: AbortSignal) {
    const posted = await post(peer, body, token, signal);
    const { name } = peer;
    if (posted.how === 'failed') {
      count(name, { failed: countsOf(name).failed + 1, lastError: posted.why });
      return { posted, entry: book.change(number, { state: 'failed', words: posted.why }) };
    }
    count(name, { sent: countsOf(name).sent + 1 });
    if (posted.how === 'later' && posted.token !== null) {
      if (later.size >= MOST_KNOWN) later.delete(later.keys().next().value!);
      later.set(`${name} ${posted.token}`, number);
    }
    const entry =
      posted.text === ''
        ? book.change(
            number,
            posted.how === 'later' ? { state: 'waits', words: 'answers later' } : { state: 'answered', words: 'taken' },
          )
        : taken(number, name, posted.text);
    return { posted, entry: posted.how === 'later' ? book.change(number, { state: 'waits' }) : entry };
  }

  return {
    async receive(name, text, token) {
      const peer = peers().find(one => one.name === name);
      if (peer === undefined) throw new Error('it is no longer a peer');
      const own = countsOf(name);
      const { bucket, taken: may } = takeToken(own.bucket, peer.rate, clock(), Math.max(4, peer.rate));
      count(name, { received: own.received + 1, bucket });
      if (!may) return deny(name, null, 'SystemResource', `it sends more than ${peer.rate} a second`);
      if (token !== null) {
        const number = later.get(`${name} ${token}`);
        if (number === undefined) return deny(name, null, 'Other', 'nothing of ours waits for this token');
        later.delete(`${name} ${token}`);
        const entry = taken(number, name, text);
        audit('rid.callback', { peer: name, number, words: entry?.words ?? '' });
        return ok('');
      }
      const message = decodeRid(text);
      if ('wrong' in message) return deny(name, null, 'UnrecognizedFormat', message.wrong);
      audit('rid.received', { peer: name, type: message.type, incident: nameOf(message) });
      switch (message.type) {
        case 'TraceRequest':
        case 'InvestigationRequest':
          return request(message, peer);
        case 'Query':
          return peer.in === 'deny'
            ? deny(name, message, 'Other', 'policy denies requests of this peer')
            : query(message, peer);
        case 'Report':
        case 'Result':
        case 'Acknowledgement': {
          log('info', `rid: ${name} tells: ${nameOf(message)}: ${wordsOf(message)}`);
          book.add({ ...entryOf(message, name, 'in'), state: 'answered', words: wordsOf(message) });
          return ok(answer(message, 'Acknowledgement', { authorization: 'Approved', justification: null }));
        }
      }
    },

    async send(trace, name, type, by, signal) {
      const peer = peers().find(one => one.name === name);
      if (peer === undefined) throw new Error(`no rid peer ${name} is configured`);
      if (peer.url === null) throw new Error(`rid peer ${name} has no url: nothing can be sent to it`);
      const own = self();
      const contacts = await gate.contacts(trace, signal);
      const report = traceIncident(trace, { ...own, contacts, internal: false, incident: null, now: clock() });
      const message: RidMessage = {
        ...{ type, region: 'PeerToPeer', traffic: 'Attack', node: own.creator.name },
        // A request says what is to be traced; what others said of it is not the peer's to know.
        ...{ incident: report.incident, status: null, source: null },
        report: type === 'Report' ? report : { ...report, systems: report.systems.slice(0, 1), contacts: [], data: [] },
      };
      const { number } = book.add({
        ...entryOf(message, name, 'out'),
        trace: trace.id,
        state: 'pending',
        words: 'is sent',
      });
      const { entry } = await deliver(number, peer, encodeRid(message), null, signal);
      audit('rid.sent', { peer: name, type, id: trace.id, by, words: entry?.words ?? '' });
      return entry!;
    },

    async decide(number, approve, by, signal) {
      const waiting = waitingNow().get(number);
      if (waiting === undefined) throw new Error(`no request ${number} waits for a person`);
      pending.delete(number);
      void keep?.(number, null);
      const { message, peer: name, token } = waiting;
      const peer = peers().find(one => one.name === name);
      audit('rid.decided', { peer: name, incident: nameOf(message), number, approved: approve, by });
      if (peer === undefined) return book.change(number, { state: 'failed', words: 'it is no longer a peer' })!;
      const asked = recordsOf(message, self().federation, peer.packets);
      let body: string;
      if (!approve || 'why' in asked) {
        body = deny(name, message, 'Other', `${by} denied it`).body;
        book.change(number, { state: 'denied', words: `denied by ${by}` });
      } else
        try {
          const traced = await traceFor(message, name, asked.records);
          body = traced.body;
          book.change(number, { state: 'answered', words: `approved by ${by}`, trace: traced.trace });
        } catch (error) {
          body = deny(name, message, 'CannotProcess', (error as Error).message).body;
          book.change(number, { state: 'denied', words: (error as Error).message });
        }
      if (token !== null) {
        const posted = await post(peer, body, token, signal);
        if (posted.how === 'failed') {
          count(name, { failed: countsOf(name).failed + 1, lastError: posted.why });
          book.change(number, { state: 'failed', words: `the answer was not taken: ${posted.why}` });
        }
      }
      return book.list().find(one => one.number === number)!;
    },

    resume(all) {
      for (const kept of all) {
        const { entry, asked } = kept;
        const { number, peer, incident, at } = entry;
        const message = messageOf(kept);
        if (message !== null && at + RID_LIFE >= clock()) {
          pending.set(number, { message, peer, token: asked?.token ?? null, since: at });
          book.restore([entry]);
          log('info', `rid: request ${number} of ${peer} (${incident}) still waits for a person`);
          continue;
        }
        const words =
          message === null
            ? 'the daemon ended before a person had decided: it has to ask again'
            : 'nothing came of it within a day';
        book.restore([{ ...entry, state: 'failed', words }]);
        audit('rid.lost', { peer, incident, number });
        log('warn', `rid: request ${number} of ${peer} (${incident}) is lost: ${words}`);
        void keep?.(number, null);
      }
    },

    peers: () => peers().map(rowOf),
    entries: book.list,
  };
}
