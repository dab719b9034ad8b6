/**
 * Peers that keep to the letter of the protocol and mean no good: games with deadlines and budgets, floods, drips, trees,
 * words at the wrong time. What each does to the AS, to its other peers, and to its traces. (What is malformed, and the audit
 * line of each kind of refusal, is in bad-input.test.ts.)
 */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { encodeFrame, encodeItem } from '../../src/net/frames.ts';
import { newLeaf } from '../../src/traceback/branch.ts';
import { MAX_WORK } from '../../src/traceback/itm.ts';
import type { SignedRequest } from '../../src/traceback/request.ts';
import { sealing } from '../../src/traceback/saying.ts';
import { sealTo } from '../../src/traceback/seal.ts';
import { encodeStatement, signStatement } from '../../src/traceback/statement.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { CODES, encodeMessage, MAX_NODES, type Query } from '../../src/traceback/wire.ts';
import {
  type Ases,
  type AsScript,
  asked,
  dialRaw,
  establishRaw,
  newAses,
  openOf,
  probeAnswer,
  question,
  type Raw,
  type RunningAs,
  sawFrom,
  sawTo,
  scripted,
  until,
} from './ases.ts';
import { makeCertificate } from './certificates.ts';
import {
  askedOf,
  codeOf,
  finalsOf,
  keyOf,
  type Pem,
  queryFrom,
  recordOf,
  requestOf,
  statementOf,
  voiceOf,
} from './signing.ts';

/** It asks its peers whatever it is asked. */
const BLIND: Partial<AsScript> = { probes: scripted(null) };
const SEES: Partial<AsScript> = { probes: scripted(probeAnswer([sawTo(64501)])) };

describe('traceback: hostile peers', function () {
  this.timeout(240_000);
  let ases: Ases;
  let one: RunningAs;
  let identity: Pem;
  const left: (Socket | Raw['socket'])[] = [];
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => {
    for (const socket of left.splice(0)) socket.destroy();
    ases.close();
  });

  /** AS 64500 runs, AS 64501 is spoken for by hand, AS 64502 is an honest peer of 64500. */
  async function stage(script: Partial<AsScript> = SEES): Promise<void> {
    identity = ases.strange(64501);
    one = await ases.start({ as: 64500, peers: [64501, 64502], ...script });
    await ases.start({ as: 64502, peers: [64500], probes: scripted(probeAnswer([])) });
    await ases.link();
  }
  async function dial(pem: Pem = identity): Promise<Raw> {
    const raw = await dialRaw(one.port, pem);
    left.push(raw.socket);
    return raw;
  }
  async function up(): Promise<Raw> {
    const raw = await dial();
    await establishRaw(raw, 64501);
    return raw;
  }
  const write = (raw: Raw, message: Parameters<typeof encodeMessage>[0]) => raw.socket.write(encodeMessage(message));
  const query = (more: Parameters<typeof queryFrom>[2] = {}) => queryFrom(64501, identity, more);
  const state = (peer: number) => one.traceback.status().find(({ as }) => as === peer)!.state;
  /** The honest peer is answered, whatever the other does. */
  async function othersAreServed(): Promise<void> {
    const { tree } = await ases.at(64502).traceback.startTrace(asked, () => {});
    expect(tree.children.map(({ as }) => as)).to.include(64500);
    expect(tree.children.find(({ as }) => as === 64500)!.verdict).to.not.be.oneOf(['silent', 'unreachable', 'busy']);
  }
  const auditLine = (kind: string, reason: RegExp) =>
    until(() =>
      one.audit
        .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
        .find(line => line.kind === kind && reason.test(String(line.reason))),
    );

  describe('before they are known', () => {
    it('a connection that says nothing, and half a TLS handshake, are closed, and others come in', async () => {
      await stage();
      const silent = connect(one.port, '127.0.0.1');
      const half = connect(one.port, '127.0.0.1');
      // The head of a ClientHello of 512 octets, and no more of it.
      half.write(Uint8Array.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
      left.push(silent, half);
      await Promise.all(
        [silent, half].map(socket => {
          socket.on('error', () => {});
          socket.resume();
          return new Promise(resolve => socket.once('close', resolve));
        }),
      );
      await auditLine('handshake', /timeout/i);
      await othersAreServed();
      await up();
    });
    it('so many connections that no more are taken leave the sessions that are up alone', async () => {
      await stage();
      for (let i = 0; i < 200; i++) left.push(connect(one.port, '127.0.0.1').on('error', () => {}));
      await auditLine('crowd', /too many/);
      await othersAreServed();
    });
    it('a certificate that has expired is told so', async () => {
      await stage();
      const raw = await dial(makeCertificate(64501, { notAfter: new Date(Date.now() - 1000) }));
      await raw.closed;
      expect(codeOf(raw)).to.equal(CODES['not-authorised']);
      await auditLine('certificate', /expired on/);
    });
    it('a certificate that names two ASes names none', async () => {
      await stage();
      const raw = await dial(makeCertificate(64501, { uris: [64501, 64502].map(as => `urn:intertrack:as:${as}`) }));
      await raw.closed;
      await auditLine('certificate', /more than one AS/);
    });
    it('a certificate of the right AS by another key is not the configured one', async () => {
      await stage();
      const raw = await dial(makeCertificate(64501));
      await raw.closed;
      await auditLine('certificate', /neither the configured one/);
    });
    it('the right certificate without its key does not get through TLS', async () => {
      await stage();
      expect(() =>
        connectTls({
          ...{ host: '127.0.0.1', port: one.port, rejectUnauthorized: false },
          ...{ key: makeCertificate(64501).key, cert: identity.certificate },
        }),
      ).to.throw(/key values mismatch/);
    });
  });

  describe('that drip', () => {
    it('an OPEN octet by octet has no longer than any other', async () => {
      ases.close();
      ases = newAses({ open: 1000 });
      await stage();
      const raw = await dial();
      const octets = encodeMessage(openOf(64501));
      let at = 0;
      const drip = setInterval(() => raw.socket.writable && raw.socket.write(octets.subarray(at, ++at)), 50);
      await raw.closed;
      clearInterval(drip);
      expect(codeOf(raw)).to.equal(CODES['hold-expired']);
      expect(at).to.be.below(octets.length);
      await auditLine('slow', /nothing heard/);
    });
    it('a QUERY octet by octet is no sign of life', async () => {
      await stage();
      const raw = await dial();
      write(raw, { ...openOf(64501), hold: 3 });
      write(raw, { type: 'keepalive' });
      await until(() => state(64501) === 'Established');
      const octets = encodeMessage(query());
      let at = 0;
      const drip = setInterval(() => raw.socket.writable && raw.socket.write(octets.subarray(at, ++at)), 50);
      await raw.closed;
      clearInterval(drip);
      expect(codeOf(raw)).to.equal(CODES['hold-expired']);
      await auditLine('slow', /nothing heard for 3000 ms/);
    });
    it('a peer that closes its half after a QUERY is done with, and nothing is left in work', async () => {
      await stage({ probes: { ask: () => new Promise(() => {}) } });
      const raw = await up();
      write(raw, query());
      raw.socket.end();
      await raw.closed;
      await until(() => state(64501) !== 'Established');
      const again = await up();
      write(again, query());
      await until(() => one.traceback.status().find(({ as }) => as === 64501)!.queriesIn === 2);
      await othersAreServed();
    });
  });

  describe('that flood', () => {
    const floods: [string, () => Parameters<typeof encodeMessage>[0]][] = [
      ['ADJACENCY', () => ({ type: 'adjacency', through: Array.from({ length: 4096 }, (_, i) => i + 1) })],
      [
        'COMMIT',
        () => ({
          type: 'commit',
          roots: Array.from({ length: 360 }, (_, window) => ({ window, root: '00'.repeat(32) })),
        }),
      ],
      ['KEEPALIVE', () => ({ type: 'keepalive' })],
      ['CANCEL', () => ({ type: 'cancel', id: 7 })],
      [
        'ANSWERs that nobody asked for',
        () => ({
          ...{ type: 'answer', id: 7, final: true, queries: 0 },
          nodes: [{ as: 64501, parent: null, seen: true, sealed: new Uint8Array(8000) }],
        }),
      ],
      ['ANNOUNCE', () => ({ type: 'announce', records: Array(64).fill(new Uint8Array(4000)) })],
    ];
    for (const [what, message] of floods)
      it(`${what}: are cut off, and the other peer is served meanwhile`, async () => {
        await stage();
        const raw = await up();
        const octets = encodeMessage(message());
        const many = Buffer.concat(Array(Math.max(1, Math.ceil(65_536 / octets.length))).fill(octets));
        let served: Promise<void> | null = null;
        let sent = 0;
        while (codeOf(raw) === undefined && raw.socket.writable && sent < 2 ** 30) {
          sent += many.length;
          if (!raw.socket.write(many))
            await Promise.race([new Promise(resolve => raw.socket.once('drain', resolve)), raw.closed]);
          served ??= othersAreServed();
        }
        await raw.closed;
        await served;
        expect(codeOf(raw)).to.equal(CODES.limit);
        await auditLine('limit', /far more than it was asked for|more than \d+ \w+ a second/);
        expect(state(64502)).to.equal('Established');
      });

    it('QUERYs: are told busy, then cut off and not spoken to, and the other peer is served', async () => {
      await stage({ ...SEES, policy: { 64501: { rate: 5 } } });
      const raw = await up();
      for (let i = 0; i < 200; i++) write(raw, query());
      const served = othersAreServed();
      await raw.closed;
      await served;
      expect(codeOf(raw)).to.equal(CODES.limit);
      expect(finalsOf(raw).filter(({ verdict }) => verdict === 'busy').length).to.be.at.least(90);
      const again = await dial();
      await again.closed;
      await auditLine('shunned', /not spoken to/);
    });
  });

  describe('that play games with what they ask', () => {
    it('a deadline in the far future buys no more than two seconds of work', async () => {
      await stage({ ...BLIND });
      const silent = ases.strange(64503);
      await one.reconfigure({
        ...one.config(),
        peers: [
          ...one.config().peers,
          { ...one.config().peers[0]!, as: 64503, certificate: `${ases.directory}/as64503.crt` },
        ],
      });
      const mute = await dial(silent);
      await establishRaw(mute, 64503);
      const raw = await up();
      const began = Date.now();
      write(raw, query({ ttl: 3, budget: 10, deadline: Number.MAX_SAFE_INTEGER }));
      await until(() => finalsOf(raw).length > 0);
      expect(mute.messages.some(({ type }) => type === 'query')).to.equal(true);
      const { deadline } = mute.messages.find(({ type }) => type === 'query') as unknown as Query;
      expect(deadline).to.be.at.most(Date.now() + MAX_WORK);
      expect(deadline).to.be.at.least(began);
    });
    it('a deadline that is nearly now is answered, or past, and never later', async () => {
      await stage();
      const raw = await up();
      write(raw, query({ ttl: 3, budget: 10, deadline: Date.now() + 2 }));
      const [answer] = await until(() => finalsOf(raw).length > 0 && finalsOf(raw));
      expect(answer!.verdict).to.be.oneOf(['saw', 'cannot-know', 'refused']);
    });
    it('a budget of 65535 is cut to 256, and of many such the sum is bounded by the rate', async () => {
      await stage({ ...BLIND, policy: { 64501: { rate: 8 } } });
      const other = ases.at(64502);
      const raw = await up();
      for (let i = 0; i < 8; i++) write(raw, query({ ttl: 3, budget: 65_535 }));
      await until(() => finalsOf(raw).length === 8);
      const budgets = one.audit
        .filter(({ what }) => what === 'query.sent')
        .map(({ body }) => JSON.parse(body) as { budget: number; peer: number })
        .map(({ budget }) => budget);
      expect(Math.max(...budgets)).to.be.at.most(255);
      // 64 for each of the 8 that it may ask in a second, and what a slow run fills meanwhile.
      expect(budgets.reduce((sum, budget) => sum + budget + 1, 0)).to.be.at.most(64 * 8 * 3);
      expect(other.traceback.status()[0]!.state).to.equal('Established');
    });
    it('a budget of nought sends nothing onward', async () => {
      await stage({ ...BLIND });
      const raw = await up();
      write(raw, query({ ttl: 3, budget: 0 }));
      await until(() => finalsOf(raw).length > 0);
      expect(one.audit.some(({ what }) => what === 'query.sent')).to.equal(false);
    });
    it('the same trace asked again and again is led onward once', async () => {
      await stage({ ...BLIND });
      const raw = await up();
      const same = requestOf(64501, identity, { trace: 'aa'.repeat(8), questions: [{ packet: 0, ...question }] });
      for (let i = 0; i < 5; i++) write(raw, { ...query({ ttl: 3, budget: 10 }), ...same });
      await until(() => finalsOf(raw).length === 5);
      expect(one.audit.filter(({ what }) => what === 'query.sent')).to.have.length(1);
    });
    it('a question that was answered is not worked on again over another connection', async () => {
      await stage();
      const raw = await up();
      const first = query();
      write(raw, first);
      await until(() => finalsOf(raw).length === 1);
      const again = await up();
      write(again, { ...first, id: first.id + 1000 });
      await until(() => finalsOf(again).length === 1);
      // For a moment it may be the honest peer that lost its connection and asks anew: the very same answer, or none.
      expect(finalsOf(again)[0]!.verdict).to.be.oneOf(['saw', 'refused']);
      expect(one.audit.filter(({ what }) => what === 'query.answered')).to.have.length(1);
    });
    it('a hop list of sixteen strangers is not led on', async () => {
      await stage({ ...BLIND });
      const raw = await up();
      const hops = [64501, ...Array.from({ length: 14 }, (_, i) => 65_000 + i), 64501];
      write(raw, { ...query({ ttl: 16, budget: 64, hops }) });
      const [answer] = await until(() => finalsOf(raw).length > 0 && finalsOf(raw));
      expect(answer!.reason).to.match(/hop limit/);
    });
  });

  describe('that play games with what they answer', () => {
    /** Starts a trace, and answers its QUERY with messages made of the request. */
    async function traced(
      reply: (signed: SignedRequest, id: number, raw: Raw) => void | Promise<void>,
    ): Promise<Trace> {
      await stage(BLIND);
      const raw = await up();
      const trace = one.traceback.startTrace(asked, () => {});
      const { query: got, signed } = await askedOf(raw);
      await reply(signed, got.id, raw);
      return trace;
    }
    const word = (signed: SignedRequest, verdict: 'saw' | 'clear', about = 64501) =>
      sealing(
        voiceOf(64501, identity),
        signed,
      )({ ...newLeaf(about, verdict, '', 1), ingress: verdict === 'saw' ? [64777] : [] })!;
    const every = (tree: TraceNode): TraceNode[] => [tree, ...tree.children.flatMap(every)];
    const of = (trace: Trace, as: number) => every(trace.tree).filter(node => node.as === as);

    it('a second final ANSWER changes nothing', async () => {
      const trace = await traced((signed, id, raw) => {
        const answer = (verdict: 'saw' | 'clear') =>
          write(raw, {
            ...{ type: 'answer', id, final: true, queries: 0 },
            nodes: [{ as: 64501, parent: null, seen: verdict === 'saw', sealed: word(signed, verdict) }],
          });
        answer('clear');
        answer('saw');
      });
      expect(of(trace, 64501).map(({ verdict }) => verdict)).to.deep.equal(['clear']);
      expect(state(64501)).to.equal('Established');
    });
    it('a tree as deep as there may be nodes is opened and shown as what it is', async () => {
      const trace = await traced((signed, id, raw) => {
        const nodes = Array.from({ length: MAX_NODES }, (_, i) => ({
          ...{ as: 64501 + i, parent: i === 0 ? null : i - 1, seen: false },
          sealed: i === 0 ? word(signed, 'clear') : new Uint8Array(60),
        }));
        write(raw, { type: 'answer', id, final: true, queries: 0, nodes });
      });
      expect(every(trace.tree).length).to.be.within(2, MAX_NODES + 3);
      expect(trace.state).to.equal('final');
      expect(trace.entry).to.equal(null);
      await auditLine('unsealed', /not sealed to this AS/);
    });
    it('a tree as wide as there may be nodes, of one AS, accuses nobody', async () => {
      const trace = await traced((signed, id, raw) => {
        const nodes = Array.from({ length: MAX_NODES }, (_, i) => ({
          ...{ as: i === 0 ? 64501 : 64700, parent: i === 0 ? null : 0, seen: i > 0 },
          sealed: i === 0 ? word(signed, 'clear') : word(signed, 'saw', 64700),
        }));
        write(raw, { type: 'answer', id, final: true, queries: 0, nodes });
      });
      // It may say of another that it is absent, unreachable or silent, and not that it saw the packet.
      expect(of(trace, 64700).every(({ verdict }) => verdict === 'conflict')).to.equal(true);
      expect(trace.entry).to.equal(null);
    });
    it('nodes whose parents stand behind them are no tree', async () => {
      let raw!: Raw;
      const trace = await traced((signed, id, connection) => {
        raw = connection;
        const sealed = word(signed, 'clear');
        const nodes = [null, 2, 1].map((parent, i) => ({ as: 64501 + i, parent, seen: false, sealed }));
        write(raw, { type: 'answer', id, final: true, queries: 0, nodes });
      });
      await raw.closed;
      expect(codeOf(raw)).to.equal(CODES.malformed);
      expect(of(trace, 64501)[0]!.verdict).to.be.oneOf(['unreachable', 'silent']);
      await auditLine('malformed', /does not stand before its child/);
    });
    it('more QUERYs than it was given are not believed', async () => {
      const trace = await traced((signed, id, raw) => {
        write(raw, {
          ...{ type: 'answer', id, final: true, queries: 4_000_000_000 },
          nodes: [{ as: 64501, parent: null, seen: false, sealed: word(signed, 'clear') }],
        });
      });
      expect(trace.queries).to.be.at.most(trace.cost!.budget);
    });
    it('words with control characters reach no terminal', async () => {
      const trace = await traced((signed, id, raw) => {
        const honest = signStatement(statementOf(64501, { request: signed.hash }), keyOf(identity), new Uint8Array(0));
        // The same statement, its reason changed beneath the encoder and signed anew.
        const text = Buffer.from(honest.octets);
        const at = text.indexOf('seen');
        text.set([0x1b, 0x5b, 0x32, 0x4a], at);
        const sealed = sealTo(
          signed.request.seal,
          encodeStatement({ ...honest, octets: new Uint8Array(text), record: recordOf(64501, identity) }),
          signed.hash,
        )!;
        write(raw, {
          ...{ type: 'answer', id, final: true, queries: 0 },
          nodes: [{ as: 64501, parent: null, seen: true, sealed }],
        });
      });
      for (const { reason } of every(trace.tree)) expect(reason).to.not.match(/\p{Cc}/u);
      expect(of(trace, 64501)[0]!.verdict).to.equal('silent');
      await auditLine('statement', /no control character/);
    });
    it('a NOTIFICATION with control characters is malformed, and is logged without them', async () => {
      await stage();
      const raw = await up();
      raw.socket.write(encodeFrame({ type: 'notification', code: 9, text: '\u001b]0;owned\u0007' }));
      await raw.closed;
      for (const line of one.log) expect(line).to.not.match(/\p{Cc}/u);
      await auditLine('malformed', /control character/);
    });
    it('a statement that another AS was sent for another trace is refused', async () => {
      const trace = await traced((signed, id, raw) => {
        const other = createHash('sha256').update(encodeItem('another')).digest();
        const old = signStatement(
          statementOf(64501, { request: new Uint8Array(other) }),
          keyOf(identity),
          recordOf(64501, identity),
        );
        const sealed = sealTo(signed.request.seal, encodeStatement(old), signed.hash)!;
        write(raw, {
          ...{ type: 'answer', id, final: true, queries: 0 },
          nodes: [{ as: 64501, parent: null, seen: true, sealed }],
        });
      });
      expect(of(trace, 64501)[0]!.verdict).to.equal('silent');
      await auditLine('statement', /to another request/);
    });
    it('partial ANSWERs without end, none of them final, are cut off and the trace ends in time', async () => {
      const trace = await traced(async (signed, id, raw) => {
        const node = { as: 64501, parent: null, seen: false, sealed: word(signed, 'clear') };
        for (let i = 0; i < 70; i++) write(raw, { type: 'answer', id, final: false, queries: 0, nodes: [node] });
        await raw.closed;
      });
      expect(trace.state).to.equal('final');
      await auditLine('limit', /more than 64 answers/);
    });
    it('who answers everything with a yes from nowhere does not stop others from being heard', async () => {
      identity = ases.strange(64501);
      one = await ases.start({ as: 64500, peers: [64501, 64502], probes: scripted(null) });
      await ases.start({ as: 64502, peers: [64500], probes: scripted(probeAnswer([sawFrom(64999), sawTo(64500)])) });
      await ases.link();
      const raw = await up();
      const trace = one.traceback.startTrace(asked, () => {});
      const { query: got, signed } = await askedOf(raw);
      write(raw, {
        ...{ type: 'answer', id: got.id, final: true, queries: 0 },
        nodes: [{ as: 64501, parent: null, seen: true, sealed: word(signed, 'saw') }],
      });
      const done = await trace;
      expect(of(done, 64502).map(({ verdict }) => verdict)).to.deep.equal(['saw']);
      expect(of(done, 64501).map(({ verdict }) => verdict)).to.deep.equal(['saw']);
    });
  });
});
