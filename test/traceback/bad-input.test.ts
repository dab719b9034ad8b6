/** Everything that a hostile peer can send, and its line in the audit log. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeFrame } from '../../src/net/frames.ts';
import { newLeaf } from '../../src/traceback/branch.ts';
import { createRefusals, REFUSALS, type RefusalKind } from '../../src/traceback/refusals.ts';
import type { SignedRequest } from '../../src/traceback/request.ts';
import { sealing } from '../../src/traceback/saying.ts';
import { sealTo } from '../../src/traceback/seal.ts';
import type { TraceVerdict } from '../../src/traceback/trace.ts';
import { encodeMessage, type Query, type WireNode } from '../../src/traceback/wire.ts';
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
  readIdentity,
  sawTo,
  scripted,
  until,
} from './ases.ts';
import { makeAuthority, makeCertificate } from './certificates.ts';
import { askedOf, type Pem, queryFrom, recordOf, requestOf, voiceOf } from './signing.ts';

const federation = makeAuthority('jp-isp');

/** AS 64500 as it runs, and how to speak for AS 64501, which it is configured to peer with. */
interface Stage {
  readonly ases: Ases;
  readonly one: RunningAs;
  readonly identity: Pem;
  dial(): Promise<Raw>;
  /** Dials, and brings the session up. */
  up(): Promise<Raw>;
  /** Leaves a socket to be closed. */
  tcp(): Socket;
}

interface Row {
  readonly kind: RefusalKind;
  readonly what: string;
  /** What the line says. */
  readonly reason: RegExp;
  /** The AS that it says it of; left out: nobody that has proved to be one. */
  readonly peer?: number;
  readonly script?: Partial<AsScript>;
  readonly open?: number;
  act(stage: Stage): Promise<unknown>;
}

const write = (raw: Raw, message: Parameters<typeof encodeMessage>[0]) => raw.socket.write(encodeMessage(message));

/** It asks its peers. */
const BLIND: Partial<AsScript> = { probes: scripted(null) };

/** A row of one QUERY. */
function asks(
  kind: RefusalKind,
  what: string,
  reason: RegExp,
  query: (pem: Pem) => Query,
  script: Partial<AsScript> = {},
): Row {
  return {
    ...{ kind, what, reason, peer: 64501, script },
    async act({ up, identity }) {
      write(await up(), query(identity));
    },
  };
}

/** A row of one ANSWER: `seal` makes what it says of `as`. */
function answers(
  kind: RefusalKind,
  what: string,
  reason: RegExp,
  seal: (signed: SignedRequest, pem: Pem) => { readonly sealed: Uint8Array; readonly seen: boolean },
): Row {
  return {
    ...{ kind, what, reason, peer: 64501, script: BLIND },
    async act({ one, up, identity }) {
      const raw = await up();
      const traced = one.traceback.startTrace(asked, () => {});
      const { query, signed } = await askedOf(raw);
      const node: WireNode = { as: 64501, parent: null, ...seal(signed, identity) };
      write(raw, { type: 'answer', id: query.id, final: true, queries: 0, nodes: [node] });
      await traced;
    },
  };
}

function says(signed: SignedRequest, pem: Pem, as: number, verdict: TraceVerdict, about = as): Uint8Array {
  return sealing(voiceOf(as, pem), signed)(newLeaf(about, verdict, '', 1))!;
}

const hang: AsScript['probes'] = { ask: () => new Promise(() => {}) };

const ROWS: readonly Row[] = [
  {
    ...{ kind: 'handshake', what: 'octets that are no TLS', reason: /./ },
    async act({ tcp }) {
      tcp().write('GET / HTTP/1.1\r\n\r\n');
    },
  },
  {
    ...{ kind: 'crowd', what: 'connections without end', reason: /too many connections/ },
    async act({ tcp }) {
      for (let i = 0; i < 90; i++) tcp();
    },
  },
  {
    ...{ kind: 'protocol', what: 'TLS without the protocol', reason: /does not speak/ },
    act: ({ one, identity }) => dialRaw(one.port, identity, { ALPNProtocols: [] }),
  },
  {
    ...{ kind: 'certificate', what: 'no certificate', reason: /no certificate/ },
    act: ({ one }) => dialRaw(one.port, null),
  },
  {
    ...{
      kind: 'certificate',
      what: 'a certificate of its own making with the AS of a peer',
      reason: /AS 64501: certificate is neither/,
    },
    act: ({ one }) => dialRaw(one.port, makeCertificate(64501)),
  },
  {
    ...{ kind: 'stranger', what: 'the certificate of an AS that is no peer', reason: /AS 64666 is no peer/ },
    act: ({ one }) => dialRaw(one.port, makeCertificate(64666)),
  },
  {
    ...{ kind: 'stranger', what: 'a member of a federation that may not ask', reason: /AS 64667 is no peer/ },
    script: { federation: { authority: federation, in: 'deny' } },
    act: ({ one }) => dialRaw(one.port, makeCertificate(64667, { authority: federation })),
  },
  {
    ...{ kind: 'other-as', what: 'another AS where a peer should be', reason: /AS 64502/, peer: 64501 },
    async act({ ases, one }) {
      const other = await ases.start({ as: 64502, peers: [] });
      const [peer] = one.config().peers;
      // The other one takes it in, so that it is AS 64500 that finds out.
      await other.reconfigure({
        ...other.config(),
        peers: [{ ...peer!, as: 64500, certificate: join(ases.directory, 'as64500.crt') }],
      });
      await one.reconfigure({ ...one.config(), peers: [{ ...peer!, port: other.port }] });
    },
  },
  {
    ...{ kind: 'shunned', what: 'whoever is not spoken to', reason: /not spoken to/, peer: 64501 },
    script: { policy: { 64501: { rate: 1 } } },
    async act({ up, dial, identity }) {
      const raw = await up();
      for (let i = 0; i < 130; i++) write(raw, queryFrom(64501, identity));
      await raw.closed;
      await dial();
    },
  },
  {
    ...{ kind: 'disabled', what: 'whoever a person holds down', reason: /maintenance/, peer: 64501 },
    act({ one, dial }) {
      one.traceback.order({ what: 'disable', peer: 64501, reason: 'maintenance' }, 'uid 0');
      return dial();
    },
  },
  {
    ...{ kind: 'connections', what: 'five connections of one AS', reason: /4 connections/, peer: 64501 },
    async act({ dial }) {
      for (let i = 0; i < 5; i++) await dial();
    },
  },
  {
    ...{
      kind: 'open',
      what: 'an OPEN of another AS',
      reason: /as: 64777, but the certificate is of AS 64501/,
      peer: 64501,
    },
    async act({ dial }) {
      write(await dial(), openOf(64777));
    },
  },
  {
    ...{ kind: 'open', what: 'an OPEN of a later version alone', reason: /least: 9 is not spoken/, peer: 64501 },
    async act({ dial }) {
      write(await dial(), { ...openOf(64501), version: 9, least: 9 });
    },
  },
  {
    ...{ kind: 'slow', what: 'no OPEN', reason: /nothing heard/, peer: 64501, open: 100 },
    act: ({ dial }) => dial(),
  },
  {
    ...{ kind: 'slow', what: 'a frame that does not end', reason: /nothing heard for 3000 ms/, peer: 64501 },
    async act({ dial }) {
      const raw = await dial();
      write(raw, { ...openOf(64501), hold: 3 });
      write(raw, { type: 'keepalive' });
      raw.socket.write(Uint8Array.from([0, 0, 9, 0, 0xa1]));
    },
  },
  {
    ...{ kind: 'oversized', what: 'a frame of 2 GiB', reason: /frame of 2147483647 octets/, peer: 64501 },
    async act({ dial }) {
      (await dial()).socket.write(Uint8Array.from([0x7f, 0xff, 0xff, 0xff]));
    },
  },
  {
    ...{ kind: 'malformed', what: 'a frame that is no CBOR', reason: /frame 1, offset/, peer: 64501 },
    async act({ dial }) {
      (await dial()).socket.write(Uint8Array.from([0, 0, 0, 2, 0xff, 0xff]));
    },
  },
  {
    ...{ kind: 'malformed', what: 'a field too many', reason: /no such field/, peer: 64501 },
    async act({ up }) {
      (await up()).socket.write(encodeFrame({ type: 'cancel', id: 1, source: '192.0.2.1' }));
    },
  },
  {
    ...{
      kind: 'malformed',
      what: 'an answer for another AS',
      reason: /nodes\[0\]\.as: 64777/,
      peer: 64501,
      script: BLIND,
    },
    async act({ one, up }) {
      const raw = await up();
      void one.traceback.startTrace(asked, () => {});
      const { query } = await askedOf(raw);
      const node: WireNode = { as: 64777, parent: null, seen: false, sealed: new Uint8Array(60) };
      write(raw, { type: 'answer', id: query.id, final: true, queries: 0, nodes: [node] });
    },
  },
  {
    ...{
      kind: 'malformed',
      what: 'a question under an id that is in use',
      reason: /id: \d+ is in flight/,
      peer: 64501,
    },
    script: { probes: hang },
    async act({ up, identity }) {
      const raw = await up();
      const query = queryFrom(64501, identity);
      write(raw, query);
      write(raw, { ...queryFrom(64501, identity), id: query.id });
    },
  },
  {
    ...{ kind: 'unsupported', what: 'a message of no type', reason: /no such message: "bgp"/, peer: 64501 },
    async act({ dial }) {
      (await dial()).socket.write(encodeFrame({ type: 'bgp' }));
    },
  },
  {
    ...{ kind: 'unexpected', what: 'a question before OPEN', reason: /QUERY before the session is up/, peer: 64501 },
    async act({ dial, identity }) {
      write(await dial(), queryFrom(64501, identity));
    },
  },
  {
    ...{ kind: 'limit', what: 'answers without end', reason: /more than 64 answers/, peer: 64501, script: BLIND },
    async act({ one, up }) {
      const raw = await up();
      void one.traceback.startTrace(asked, () => {});
      const { query } = await askedOf(raw);
      const node: WireNode = { as: 64501, parent: null, seen: false, sealed: new Uint8Array(60) };
      for (let i = 0; i < 65; i++)
        write(raw, { type: 'answer', id: query.id, final: false, queries: 0, nodes: [node] });
    },
  },
  asks('policy', 'a question of an AS that may not ask', /policy/, pem => queryFrom(64501, pem), {
    policy: { 64501: { in: 'deny' } },
  }),
  asks('policy', 'a question where nothing is told', /no detail/, pem => queryFrom(64501, pem), { detail: 'none' }),
  asks(
    'purpose',
    'a question for what it may not ask for',
    /ask for test/,
    pem => ({
      ...queryFrom(64501, pem),
      ...requestOf(64501, pem, { purpose: 'test', questions: [{ packet: 0, ...question }] }),
    }),
    { policy: { 64501: { purposes: ['attack', 'misuse'] } } },
  ),
  asks('pending', 'a question that a person has to approve', /as p[0-9a-f]{8}/, pem => queryFrom(64501, pem), {
    approval: 'all',
  }),
  {
    ...{ kind: 'denied', what: 'a question that a person has denied', reason: /not of ours/, peer: 64501 },
    script: { approval: 'all' },
    async act({ one, up, identity }) {
      const raw = await up();
      write(raw, queryFrom(64501, identity));
      const { id } = await until(() => one.traceback.approvals.list()[0]);
      one.traceback.approvals.deny(id, 'not of ours', 'uid 0');
      write(raw, queryFrom(64501, identity));
    },
  },
  {
    ...{ kind: 'waiting', what: 'more questions than wait for a person', reason: /too many/, peer: 64501 },
    script: { approval: 'all' },
    async act({ up, identity }) {
      const raw = await up();
      for (let i = 0; i < 65; i++) {
        const digest = i.toString(16).padStart(16, '0');
        const asksFor = requestOf(64501, identity, { questions: [{ packet: 0, ...question, digest }] });
        write(raw, { ...queryFrom(64501, identity), ...asksFor });
      }
    },
  },
  asks('rate', 'more questions than the rate', /rate of 0/, pem => queryFrom(64501, pem), {
    policy: { 64501: { rate: 0 } },
  }),
  {
    ...{ kind: 'flight', what: 'more questions at once than are taken', reason: /64 queries are in work/, peer: 64501 },
    script: { probes: hang, policy: { 64501: { rate: 1000 } } },
    async act({ up, identity }) {
      const raw = await up();
      for (let i = 0; i < 65; i++) write(raw, queryFrom(64501, identity));
    },
  },
  asks('loop', 'a question that came through here', /loop/, pem =>
    queryFrom(64501, pem, { hops: [64501, 64500, 64501] }),
  ),
  asks('hops', 'a question whose last hop is another', /not the sender/, pem =>
    queryFrom(64501, pem, { hops: [64501, 64777] }),
  ),
  asks('hops', 'a question whose first hop is another', /not the origin/, pem =>
    queryFrom(64501, pem, { hops: [64777, 64501] }),
  ),
  asks('expired', 'a question that is past', /has expired/, pem => queryFrom(64501, pem, { expires: Date.now() - 1 })),
  asks('expired', 'a question from the future', /too far ahead/, pem =>
    queryFrom(64501, pem, { expires: Date.now() + 60_000 }),
  ),
  {
    ...{ kind: 'replay', what: 'a question that was sent before', reason: /replay/, peer: 64501 },
    async act({ up, identity }) {
      const raw = await up();
      const query = queryFrom(64501, identity);
      write(raw, query);
      write(raw, { ...query, id: query.id + 10_000 });
    },
  },
  asks('epoch', 'a digest under the key of an old epoch', /key of epoch/, pem => ({
    ...queryFrom(64501, pem),
    ...requestOf(64501, pem, { questions: [{ packet: 0, ...question, epoch: question.epoch - 5 }] }),
  })),
  asks('forged', 'a request that another has signed', /not signed by its origin/, pem => ({
    ...queryFrom(64501, pem),
    signature: new Uint8Array(64),
  })),
  asks('forged', 'a question in the name of another AS', /record: is of AS 64501, not of AS 64777/, pem => ({
    ...queryFrom(64501, pem, { hops: [64777, 64501] }),
    ...requestOf(64501, pem, { origin: 64777, questions: [{ packet: 0, ...question }] }),
  })),
  asks(
    'sight',
    'a proof that is none',
    /proof 1: .*expected/,
    pem => ({
      ...queryFrom(64501, pem),
      ...requestOf(64501, pem, { questions: [{ packet: 0, ...question }], proof: [Uint8Array.of(0x80)] }),
    }),
    { proof: 'prefer' },
  ),
  asks(
    'unseen',
    'a question about what it has not seen',
    /proof of sight of 0 of 1 packets/,
    pem => queryFrom(64501, pem),
    {
      proof: 'require',
    },
  ),
  asks('seal', 'a key that nothing can be sealed to', /is no key/, pem => ({
    ...queryFrom(64501, pem),
    ...requestOf(64501, pem, { seal: new Uint8Array(32), questions: [{ packet: 0, ...question }] }),
  })),
  asks(
    'unwritten',
    'a question that cannot be written down',
    /audit log cannot be written/,
    pem => queryFrom(64501, pem),
    {
      recorded: () => Promise.reject(new Error('disk full')),
    },
  ),
  answers('unsealed', 'an answer that was changed on the way', /changed on the way/, (signed, pem) => {
    const sealed = says(signed, pem, 64501, 'saw');
    sealed[40]! ^= 1;
    return { sealed, seen: true };
  }),
  answers('statement', 'an answer about another AS', /about AS 64777/, (signed, pem) => ({
    sealed: says(signed, pem, 64501, 'silent', 64777),
    seen: false,
  })),
  answers('statement', 'an answer that is none', /malformed/, signed => ({
    sealed: sealTo(signed.request.seal, Uint8Array.from([0xa0]), signed.hash)!,
    seen: false,
  })),
  answers('unsigned', 'an answer that another has signed', /cannot be checked|not signed/, signed => {
    const other = makeCertificate(64501);
    const record = recordOf(64501, makeCertificate(64501));
    const voice = { as: 64501, key: () => createPrivateKey(other.key), record: () => record, clock: Date.now };
    return { sealed: sealing(voice, signed)(newLeaf(64501, 'clear', '', 1))!, seen: false };
  }),
  answers('usurped', 'an answer that the AS says it is silent', /not its to say/, (signed, pem) => ({
    sealed: says(signed, pem, 64501, 'silent'),
    seen: false,
  })),
  answers('contradiction', 'an answer whose open bit is not what is signed', /not what it signed/, (signed, pem) => ({
    sealed: says(signed, pem, 64501, 'clear'),
    seen: true,
  })),
  {
    ...{ kind: 'record', what: 'a record that is none', reason: /./, peer: 64501 },
    async act({ up }) {
      write(await up(), { type: 'announce', records: [new Uint8Array(100)] });
    },
  },
  {
    ...{ kind: 'record', what: 'a record that nobody vouches for', reason: /AS 64777/, peer: 64501 },
    async act({ up }) {
      write(await up(), { type: 'announce', records: [recordOf(64777, makeCertificate(64777))] });
    },
  },
  {
    ...{ kind: 'records', what: 'records without end', reason: /more than 500 records a second/, peer: 64501 },
    async act({ up }) {
      const raw = await up();
      const records = Array.from({ length: 64 }, () => new Uint8Array(70));
      for (let i = 0; i < 340; i++) write(raw, { type: 'announce', records });
    },
  },
];

describe('traceback: bad input, each with its line in the audit log', () => {
  let ases: Ases;
  const left: Socket[] = [];
  afterEach(() => {
    for (const socket of left.splice(0)) socket.destroy();
    ases.close();
  });

  for (const row of ROWS)
    it(`${row.kind}: ${row.what}`, async function () {
      this.timeout(240_000);
      ases = newAses(row.open === undefined ? {} : { open: row.open });
      const identity = ases.strange(64501);
      const probes = scripted(probeAnswer([sawTo(64501)]));
      const one = await ases.start({ as: 64500, peers: [64501], probes, ...row.script });
      await ases.link();
      const dial = async () => {
        const raw = await dialRaw(one.port, readIdentity(ases.directory, 64501));
        left.push(raw.socket as unknown as Socket);
        return raw;
      };
      const up = async () => {
        const raw = await dial();
        await establishRaw(raw, 64501);
        return raw;
      };
      const tcp = () => {
        const socket = connect(one.port, '127.0.0.1').on('error', () => {});
        left.push(socket);
        return socket;
      };
      await row.act({ ases, one, identity, dial, up, tcp });
      const line = await until(() =>
        one.audit
          .map(({ what, body }) => ({ what, body: JSON.parse(body) as Record<string, unknown> }))
          .find(({ body }) => body.kind === row.kind && row.reason.test(String(body.reason))),
      );
      expect(line.what).to.equal(REFUSALS[row.kind][0]);
      expect(line.body.peer).to.equal(row.peer);
      expect(JSON.stringify(line.body).length, 'a line is short').to.be.below(2000);
    });

  it('has a row for every kind of refusal', () => {
    const kinds = new Set(ROWS.map(({ kind }) => kind));
    expect(Object.keys(REFUSALS).filter(kind => !kinds.has(kind as RefusalKind))).to.deep.equal([]);
  });
});

describe('traceback/refusals', () => {
  it('are those of intertrackd(8)', () => {
    const page = readFileSync(new URL('../../man/intertrackd.8', import.meta.url), 'utf8');
    const part = page.slice(page.indexOf('.Ss What is refused'), page.indexOf('.Ss The chain'));
    const told = [...part.matchAll(/^\.It Cm (\S+)$/gm)].map(([, kind]) => kind);
    expect(told).to.deep.equal(Object.keys(REFUSALS));
  });

  it('writes a few lines of a flood, counts the rest, and leaves other kinds and ASes alone', () => {
    let now = 1_000_000;
    const lines: [string, Readonly<Record<string, unknown>>][] = [];
    const refusals = createRefusals(
      () => now,
      (what, body) => lines.push([what, body]),
    );
    for (let i = 0; i < 5000; i++) {
      refusals.refused('loop', { peer: 64501, reason: 'loop' });
      now += 1;
    }
    refusals.refused('loop', { peer: 64502, reason: 'loop' });
    refusals.refused('replay', { peer: 64501, reason: 'replay' });
    refusals.close();
    expect(
      lines.filter(([what, { peer, kind }]) => what === 'query.refused' && peer === 64501 && kind === 'loop'),
    ).to.have.length(10);
    expect(lines.filter(([, { peer }]) => peer === 64502)).to.have.length(1);
    expect(lines.filter(([, { kind }]) => kind === 'replay')).to.have.length(1);
    expect(lines.at(-1)).to.deep.equal([
      'refused.more',
      { kind: 'loop', peer: 64501, count: 4990, from: 1_000_010, to: 1_005_000 },
    ]);
  });

  it('bounds what all ASes together write, and keeps count of them', () => {
    const lines: Readonly<Record<string, unknown>>[] = [];
    const refusals = createRefusals(
      () => 1,
      (_, body) => lines.push(body),
    );
    for (let as = 1; as <= 20_000; as++) refusals.refused('record', { peer: as, reason: 'x' });
    expect(lines).to.have.length(1000);
    refusals.close();
    const counted = lines.slice(1000);
    expect(counted.length).to.be.below(4200);
    expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).to.equal(19_000);
  });
});
