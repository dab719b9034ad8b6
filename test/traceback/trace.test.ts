import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { decodeItem } from '../../src/net/frames.ts';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import {
  type Ases,
  asked,
  DIGEST,
  dialRaw,
  establishRaw,
  findNode,
  NOON,
  newAses,
  probeAnswer,
  question,
  sawFrom,
  sawTo,
  scripted,
  scriptedGraph,
  until,
} from './ases.ts';

/** A tree in one line an AS: what is compared is who says what, under whom. */
function outline(node: TraceNode, indent = ''): string[] {
  return [`${indent}${node.as} ${node.verdict}`, ...node.children.flatMap(child => outline(child, `${indent}  `))];
}

describe('traceback: a trace across ASes, over TLS', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  const trace = (as: number, partials: Trace[] = []) =>
    ases.at(as).traceback.startTrace(asked, partial => partials.push(partial));

  // 64500 victim, 64501 takes part, 64510 does not, behind it 64502 (entry), 64503 (clear), 64504 (no probe),
  // 64505 (does not let us ask), 64506 (its probes hang), 64507 (says nothing); 64511 takes no part either; 64520 is the sender's AS.
  const internet = async () => {
    const never: Probes = { ask: () => new Promise(() => {}) };
    // In the order of their cones: the first four are asked first, the others when those are late.
    const behind = [64504, 64505, 64506, 64507, 64502, 64503];
    const mute = ases.strange(64507);
    await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
    await ases.start({
      as: 64501,
      peers: [64500, ...behind],
      probes: scripted(probeAnswer([sawFrom(64510), sawTo(64500)])),
      graph: scriptedGraph({ 64510: { frontier: behind, passed: [64511] } }),
    });
    await ases.start({
      as: 64502,
      peers: [64501],
      probes: scripted(probeAnswer([sawFrom(64520), sawTo(64510)])),
      graph: scriptedGraph({ 64520: { frontier: [], passed: [] } }),
    });
    await ases.start({ as: 64503, peers: [64501], probes: scripted(probeAnswer([])) });
    await ases.start({ as: 64504, peers: [64501] });
    await ases.start({
      as: 64505,
      peers: [64501],
      probes: scripted(probeAnswer([])),
      policy: { 64501: { in: 'deny' } },
    });
    await ases.start({ as: 64506, peers: [64501], probes: never });
    await ases.link();
    const raw = await dialRaw(ases.at(64501).port, mute);
    await establishRaw(raw, 64507);
    return raw;
  };

  it('goes from the victim past a non-participant to the entry AS, and tells apart who cannot say', async function () {
    this.timeout(240_000);
    const mute = await internet();
    const partials: Trace[] = [];
    const result = await trace(64500, partials);

    expect(outline(result.tree)).to.deep.equal([
      '64500 saw',
      '  64501 saw',
      '    64510 absent',
      '      64511 absent',
      '      64504 cannot-know',
      '      64505 refused',
      '      64506 cannot-know',
      '      64507 silent',
      '      64502 saw',
      '        64520 absent',
      '      64503 clear',
    ]);
    expect(findNode(result.tree, 64504)!.reason).to.equal('no probe is there to ask');
    expect(findNode(result.tree, 64505)!.reason).to.equal('policy does not let this peer ask');
    expect(findNode(result.tree, 64506)!.reason).to.equal('the probes did not answer in time');
    expect(findNode(result.tree, 64507)!.reason).to.equal('no answer by the deadline');
    expect(result.entry).to.deep.equal({ as: 64502, via: 64520, source: false });
    expect(result.ambiguity).to.deep.equal([64520]);
    expect(result.state).to.equal('final');
    expect(result.queries).to.equal(7);
    // The deadline holds: what is given up is given up before 2 s, the rest is the machine's own slowness.
    expect(result.milliseconds).to.be.below(3000);
    await until(() => mute.messages.some(message => message.type === 'cancel'), 'CANCEL');
    mute.socket.destroy();
    expect(result.id).to.match(/^t\d{8}-\d{6}-[0-9a-f]{4}$/);
    expect([result.from, result.to]).to.deep.equal([NOON - 2000, NOON + 2000]);

    // Partial results have all but the AS that is waited for.
    expect(partials).to.not.be.empty;
    expect(partials.map(({ state }) => state)).to.not.include('final');
    expect(partials.at(-1)!.entry).to.deep.equal({ as: 64502, via: 64520, source: false });
  });

  it('lets only digests, intervals, AS numbers, verdicts and fixed sentences cross', async () => {
    const frames: Uint8Array[] = [];
    // Every octet that enters TLS, on either side.
    const { write } = Socket.prototype;
    Socket.prototype.write = function (this: Socket, ...args: unknown[]) {
      if (this instanceof TLSSocket && args[0] instanceof Uint8Array) frames.push(Uint8Array.from(args[0]));
      return Reflect.apply(write, this, args);
    } as typeof write;
    try {
      await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
      await ases.start({
        as: 64501,
        peers: [64500],
        probes: scripted(probeAnswer([sawTo(64500)], { probe: 'customer-example' })),
      });
      await ases.link();
      await ases.at(64500).traceback.startTrace({ ...asked, case: 'c1 192.0.2.1' }, () => {});
    } finally {
      Socket.prototype.write = write;
    }

    const allowed: Record<string, string[]> = {
      open: [
        ...['type', 'version', 'least', 'as', 'hold', 'restart', 'roles', 'methods', 'epochs', 'retention', 'coverage'],
        'limits',
      ],
      keepalive: ['type'],
      query: [
        ...[
          'type',
          'id',
          'hops',
          'ttl',
          'deadline',
          'budget',
          'nonce',
          'expires',
          'proved',
          'request',
          'signature',
          'record',
        ],
      ],
      answer: ['type', 'id', 'final', 'queries', 'nodes'],
      cancel: ['type', 'id'],
      announce: ['type', 'records'],
      notification: ['type', 'code', 'text'],
    };
    const node = ['as', 'parent', 'seen', 'sealed'];
    const request = [
      ...['trace', 'origin', 'issued', 'expires', 'purpose', 'reference', 'federation', 'need', 'questions', 'seal'],
      ...['entropy', 'proof'],
    ];
    const seen = new Set<string>();
    for (const frame of frames) {
      const got = decodeItem(frame.subarray(4));
      if ('reason' in got) throw new Error(got.reason);
      const message = got.message as Record<string, unknown>;
      const type = String(message.type);
      seen.add(type);
      expect(Object.keys(message).sort()).to.deep.equal([...allowed[type]!].sort());
      for (const one of (message.nodes as object[] | undefined) ?? [])
        expect(Object.keys(one).sort()).to.deep.equal([...node].sort());
      if (type === 'query') {
        const bytes = Uint8Array.from(Buffer.from(DIGEST, 'hex'));
        const item = decodeItem(message.request as Uint8Array) as { message: Record<string, unknown> };
        expect(Object.keys(item.message).sort()).to.deep.equal([...request].sort());
        expect(item.message.questions).to.deep.equal([[0, question.epoch, bytes, NOON - 2000, NOON + 2000]]);
        expect(item.message.reference).to.match(/^[0-9a-f]{12}$/);
      }
      const text = Buffer.from(frame).toString('latin1');
      expect(text).to.not.include('192.0.2.1');
      expect(text).to.not.include('customer-example');
    }
    expect([...seen]).to.include.members(['open', 'keepalive', 'query', 'answer']);
  });

  it('finds the source inside an AS that saw it go out and never come in', async () => {
    await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
    await ases.start({ as: 64501, peers: [64500], probes: scripted(probeAnswer([sawTo(64500)])) });
    await ases.link();
    const result = await trace(64500);
    expect(result.entry).to.deep.equal({ as: 64501, via: null, source: true });
    expect(result.ambiguity).to.deep.equal([]);
  });

  it('claims no source where not all of the border was watched', async () => {
    await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
    await ases.start({ as: 64501, peers: [64500], coverage: 0.5, probes: scripted(probeAnswer([sawTo(64500)])) });
    await ases.link();
    const result = await trace(64500);
    expect(result.entry).to.deep.equal({ as: 64501, via: null, source: false });
    expect(findNode(result.tree, 64501)!.reason).to.match(/where it began is open: only 50 %/);
  });

  it('asks every peer when a packet was seen at the border and nothing tells which way, and claims no source', async () => {
    const unknown = { direction: 'unknown', neighbor: null } as const;
    await ases.start({ as: 64500, peers: [64501, 64502], probes: scripted(probeAnswer([unknown])) });
    await ases.start({ as: 64501, peers: [64500], probes: scripted(probeAnswer([])) });
    await ases.start({ as: 64502, peers: [64500], probes: scripted(probeAnswer([sawTo(64500)])) });
    await ases.link();
    const result = await trace(64500);
    expect(outline(result.tree).sort()).to.deep.equal(['  64501 clear', '  64502 saw', '64500 saw']);
    expect(result.tree.reason).to.contain('neither neighbour nor direction is known');
    expect(result.tree.source).to.equal(false);
    expect(result.entry).to.deep.include({ as: 64502, source: true });
  });

  it('asks every peer when the own AS cannot know, and finds the deepest that saw it', async () => {
    await ases.start({ as: 64500, peers: [64501, 64502] });
    await ases.start({ as: 64501, peers: [64500, 64502], probes: scripted(probeAnswer([sawFrom(64502)])) });
    await ases.start({ as: 64502, peers: [64500, 64501], probes: scripted(probeAnswer([sawTo(64501)])) });
    await ases.link();
    const result = await trace(64500);
    expect(result.tree.verdict).to.equal('cannot-know');
    expect(result.entry).to.deep.equal({ as: 64502, via: null, source: true });
  });

  it('says unreachable for a peer without a session, and goes past it', async () => {
    await ases.start({
      as: 64500,
      peers: [64501, 64502],
      probes: scripted(probeAnswer([sawFrom(64501)])),
      graph: scriptedGraph({ 64501: { frontier: [64502], passed: [] } }),
    });
    await ases.start({ as: 64501, peers: [64500] });
    await ases.start({ as: 64502, peers: [64500], probes: scripted(probeAnswer([sawFrom(64520)])) });
    await ases.link();
    ases.stop(64501);
    await until(() =>
      ases
        .at(64500)
        .traceback.status()
        .some(row => row.as === 64501 && row.state !== 'Established'),
    );
    const result = await trace(64500);
    expect(outline(result.tree)).to.deep.equal([
      '64500 saw',
      '  64501 unreachable',
      '    64502 saw',
      '      64520 absent',
    ]);
    expect(result.entry!.as).to.equal(64502);
  });

  it('ends where ASes point at each other', async () => {
    const ring = [64500, 64501, 64502];
    for (const [i, as] of ring.entries())
      await ases.start({
        as,
        peers: ring.filter(other => other !== as),
        probes: scripted(probeAnswer([sawFrom(ring[(i + 1) % 3]!)])),
      });
    await ases.link();
    const result = await trace(64500);
    expect(outline(result.tree)).to.deep.equal(['64500 saw', '  64501 saw', '    64502 saw']);
    expect(result.queries).to.equal(2);
  });

  it('keeps to its budget when everybody is blind and knows everybody', async function () {
    this.timeout(240_000);
    const all = [64500, 64501, 64502, 64503, 64504, 64505, 64506];
    for (const as of all) await ases.start({ as, peers: all.filter(other => other !== as) });
    await ases.link();
    const result = await trace(64500);
    const sent = all.flatMap(as => ases.at(as).audit.filter(line => line.what === 'query.sent')).length;
    expect(result.entry).to.equal(null);
    expect(sent).to.be.at.most(64);
    expect(result.queries).to.be.at.most(64);
    expect(result.ambiguity).to.have.members(all);
    // Led onward once by each AS at most, though it comes to each over several ways.
    expect(sent).to.be.at.most(all.length * (all.length - 1));
  });

  it('asks on past ASes that found a packet or two of many, as filters do falsely', async () => {
    const behind = Array.from({ length: 30 }, (_, i) => 64600 + i);
    const last = behind.at(-1)!;
    const weak = probeAnswer([sawFrom(64999)]);
    const eight = Array.from({ length: 8 }, (_, packet) => ({ packet, epoch: question.epoch, digest: DIGEST }));
    const all = (answer: typeof weak) => ({
      ...answer,
      sightings: answer.sightings.flatMap(one => eight.map(({ packet }) => ({ ...one, question: packet }))),
    });
    await ases.start({
      ...{ as: 64500, peers: behind, probes: scripted(all(probeAnswer([sawFrom(64510)]))) },
      graph: scriptedGraph({ 64510: { frontier: behind, passed: [] } }),
    });
    for (const as of behind)
      await ases.start({
        ...{ as, peers: [64500] },
        probes: scripted(as === last ? all(probeAnswer([sawTo(64510)])) : weak),
      });
    await ases.link();
    // Those that saw nothing asked nobody: what they were given of the budget is there for the last wave.
    const found = await ases.at(64500).traceback.startTrace({ questions: eight, need: 4, time: NOON }, () => {});
    expect(findNode(found.tree, 64600)?.verdict).to.equal('saw-weak');
    expect(found.entry).to.deep.equal({ as: last, via: null, source: true });
    expect(found.queries).to.equal(behind.length);
  });

  it('tells at detail status no neighbours, and at none nothing', async () => {
    const probes = scripted(probeAnswer([sawFrom(64520), sawTo(64500)]));
    await ases.start({ as: 64500, peers: [64501, 64502] });
    await ases.start({ as: 64501, peers: [64500], detail: 'status', probes });
    await ases.start({ as: 64502, peers: [64500], detail: 'none', probes });
    await ases.link();
    const { tree } = await trace(64500);
    expect(outline(tree)).to.deep.equal(['64500 cannot-know', '  64501 saw', '  64502 refused']);
    expect(findNode(tree, 64501)!.ingress).to.deep.equal([]);
    expect(JSON.stringify(tree)).to.not.include('64520');
  });

  it('writes an audit line for every query sent, answered and refused', async () => {
    await ases.start({ as: 64500, peers: [64501, 64502], probes: scripted(null) });
    await ases.start({ as: 64501, peers: [64500], probes: scripted(probeAnswer([])) });
    await ases.start({ as: 64502, peers: [64500], policy: { 64500: { in: 'deny' } } });
    await ases.link();
    await ases.at(64500).traceback.startTrace({ ...asked, case: 'C-7', purpose: 'misuse' }, () => {});
    const lines = (as: number) =>
      ases
        .at(as)
        .audit.filter(({ what }) => what !== 'record.refused') // they trust each other alone
        .map(line => [line.what, JSON.parse(line.body)] as const);
    expect(lines(64500).map(([what]) => what)).to.deep.equal(['trace.start', 'query.sent', 'query.sent', 'trace.end']);
    expect(lines(64500)[0]![1]).to.include({ case: 'C-7', purpose: 'misuse' });
    expect(lines(64501)).to.have.length(1);
    expect(lines(64501)[0]![0]).to.equal('query.answered');
    expect(lines(64501)[0]![1]).to.include({ peer: 64500, purpose: 'misuse', verdict: 'clear' });
    expect(lines(64501)[0]![1]).to.include({ reference: 'C-7' }).and.to.not.have.property('case');
    expect(lines(64502)[0]![0]).to.equal('query.refused');
    expect(lines(64502)[0]![1]).to.include({ peer: 64500, reason: 'policy does not let this peer ask' });
  });

  for (const [what, request, error] of [
    ['no digest', { ...asked, questions: [] }, /1 to 64 digests/],
    ['a digest that is none', { ...asked, questions: [{ epoch: 1, digest: 'abc' }] }, /16 lower-case hex/],
    ['no epoch', { ...asked, questions: [{ epoch: -1, digest: DIGEST }] }, /no epoch/],
    ['no time', { ...asked, time: Number.NaN }, /no time/],
    ['an interval upside down', { ...asked, from: 2, to: 1 }, /before it begins/],
    ['an interval too wide', { ...asked, from: 0, to: NOON }, /wider than 60 minutes/],
  ] as const)
    it(`refuses to trace ${what}`, async () => {
      const { traceback } = await ases.start({ as: 64500, peers: [] });
      const failure = await traceback
        .startTrace(request, () => {})
        .then(
          () => '',
          (reason: Error) => reason.message,
        );
      expect(failure).to.match(error);
    });

  it('prints how long a trace through four ASes takes', async () => {
    const path = [64500, 64501, 64502, 64503];
    for (const [i, as] of path.entries())
      await ases.start({
        as,
        peers: path.filter((_, j) => Math.abs(i - j) === 1),
        probes: scripted(probeAnswer(i < 3 ? [sawFrom(path[i + 1]!)] : [sawTo(path[2]!)])),
      });
    await ases.link();
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      const began = performance.now();
      expect((await trace(64500)).entry).to.deep.equal({ as: 64503, via: null, source: true });
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const show = (share: number) => times[Math.floor(times.length * share)]!.toFixed(1);
    console.log(
      `      4 ASes, TLS, one process: p50 ${show(0.5)} ms, p90 ${show(0.9)} ms, max ${times.at(-1)!.toFixed(1)} ms`,
    );
  });
});
