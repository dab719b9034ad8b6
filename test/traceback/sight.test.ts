/** Proof of sight between ASes, over TLS: with windows that are sealed, committed to while they are fresh, and asked about. */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { checkEvidence, type FiledEvidence, FORMAT } from '../../src/traceback/evidence-file.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { CODES, encodeMessage } from '../../src/traceback/wire.ts';
import {
  type Ases,
  type AsScript,
  dialRaw,
  establishRaw,
  findNode,
  newAses,
  probeAnswer,
  type RunningAs,
  sawFrom,
  scripted,
} from './ases.ts';
import { type Sighted, sighted } from './sighted.ts';

/** What an AS says in a trace. */
function answerOf({ tree }: Trace, as: number): TraceNode | undefined {
  return findNode(tree, as);
}

/** Waits until an AS holds what another has committed to. */
async function heldBy(one: RunningAs, as: number, window: number): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if ((await one.commitments.held(as, window)).length > 0) return;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  throw new Error(`AS ${one.as} has heard nothing of AS ${as}`);
}

describe('traceback: proof of sight, over TLS', function () {
  this.timeout(240_000);
  let ases: Ases;
  let own: Sighted;

  beforeEach(() => {
    ases = newAses();
    own = sighted(Math.floor(Date.now() / 10_000), [[300, 40], [900]]);
  });
  afterEach(() => ases.close());

  /** AS 64501 asks AS 64502, and behind it AS 64503. */
  async function start(scripts: { [as: number]: Partial<AsScript> }): Promise<void> {
    const blind = scripted(null);
    await ases.start({
      ...{ as: 64501, peers: [64502], probes: { ...blind, prove: own.prove }, ...scripts[64501] },
    });
    await ases.start({
      as: 64502,
      peers: [64501, 64503],
      probes: scripted(probeAnswer([sawFrom(64503)])),
      ...scripts[64502],
    });
    await ases.start({ as: 64503, peers: [64502], probes: scripted(probeAnswer([sawFrom(64599)])), ...scripts[64503] });
    await ases.link();
  }

  /** Commits AS 64501 to its windows, and waits until AS 64502 has heard of it. */
  async function commit(): Promise<void> {
    const [a, b] = [ases.at(64501), ases.at(64502)];
    a.traceback.sealed(own.roots.map((root, part) => ({ number: own.number, part, root })));
    await heldBy(b, 64501, own.number);
  }

  const trace = (digest: string) => {
    const { epoch, time } = own;
    return ases.at(64501).traceback.startTrace({ questions: [{ epoch, digest }], time }, () => {});
  };
  /** The bodies of the lines of an AS's audit log about QUERYs. */
  const lines = (as: number) =>
    ases
      .at(as)
      .audit.filter(({ what }) => what === 'query.answered' || what === 'query.refused')
      .map(({ what, body }) => ({ what, ...JSON.parse(body) }));

  it('answers who has seen it: checked where commitments are held, by the word of that AS behind it', async () => {
    await start({ 64502: { proof: 'require', unproved: 0 }, 64503: { proof: 'require', unproved: 0 } });
    await commit();
    const done = await trace(own.digests[1]![7]!);
    expect(answerOf(done, 64502)).to.include({ verdict: 'saw' });
    expect(answerOf(done, 64503)).to.include({ verdict: 'saw' });
    expect(lines(64502)).to.have.length(1);
    expect(lines(64502)[0]).to.deep.include({ what: 'query.answered', sight: { by: 'held', proved: 1, of: 1 } });
    expect(lines(64503)[0]).to.deep.include({ what: 'query.answered', sight: { by: 'vouched', proved: 1, of: 1 } });
    expect(ases.at(64502).traceback.sight()).to.deep.include({ held: 1, vouched: 0, unproved: 0, refused: 0 });
    expect(ases.at(64503).traceback.sight()).to.deep.include({ held: 0, vouched: 1, unproved: 0, refused: 0 });
  });

  it('files the proof with the evidence, where it can be checked without any daemon', async () => {
    await start({});
    await commit();
    const { epoch, time } = own;
    let evidence: FiledEvidence | null = null;
    const questions = [own.digests[0]![0]!, own.digests[1]![0]!].map((digest, packet) => ({ packet, epoch, digest }));
    const done = await ases.at(64501).traceback.startTrace(
      { questions, time },
      () => {},
      filed => {
        evidence = filed;
      },
    );
    const check = (filed: FiledEvidence) => {
      const checked = checkEvidence(JSON.stringify({ format: FORMAT, trace: done, evidence: filed }), []);
      if (typeof checked === 'string') expect.fail(checked);
      return checked;
    };
    const { proofs, good } = check(evidence!);
    expect(good).to.equal(true);
    const shown = { window: own.number, commitment: own.commitment };
    for (const [packet, one] of proofs.entries()) {
      expect(one).to.deep.include({ proof: packet, fault: null });
      expect(one.shows).to.deep.include({ ...shown, packet, question: packet });
    }
    expect(proofs).to.have.length(2);
    expect(ases.at(64501).traceback.sight().committed).to.deep.equal({
      from: own.number * 10_000,
      root: own.commitment,
    });
  });

  it('refuses who has guessed, and who has committed to nothing', async () => {
    await start({ 64502: { proof: 'require', unproved: 0 } });
    const guessed = await trace(own.digests[1]![7]!);
    expect(answerOf(guessed, 64502)?.verdict).to.be.oneOf(['busy', 'refused']);
    await commit();
    const refused = await trace(randomBytes(8).toString('hex'));
    expect(answerOf(refused, 64502)?.reason).to.match(/^proof of sight of 0 of 1 packets/);
    expect(lines(64502).map(({ kind }) => kind)).to.deep.equal(['unseen', 'unseen']);
    expect(ases.at(64502).traceback.sight()).to.deep.include({ refused: 2 });
  });

  it('refuses a proof that leads to another root than the one that was told first', async () => {
    await start({ 64502: { proof: 'prefer' } });
    // It tells its peers of one window, and proves by another.
    const other = sighted(own.number, [[50]]);
    ases.at(64501).traceback.sealed([{ number: own.number, part: 0, root: other.roots[0]! }]);
    await heldBy(ases.at(64502), 64501, own.number);
    ases.at(64501).commitments.keepOwn(own.number, { commitment: own.commitment, roots: own.roots });
    const done = await trace(own.digests[1]![7]!);
    expect(answerOf(done, 64502)).to.deep.include({
      ...{ verdict: 'refused' },
      reason: 'no proof of sight: proof 1: it leads to no root that AS 64501 has committed to',
    });
    expect(lines(64502)[0]).to.include({ kind: 'sight', peer: 64501 });
  });

  it('refuses a proof whose root came late', async () => {
    await start({ 64502: { proof: 'prefer' } });
    const [a, b] = [ases.at(64501), ases.at(64502)];
    a.commitments.keepOwn(own.number, { commitment: own.commitment, roots: own.roots });
    const late = (own.number + 1) * 10_000 + 61_000;
    b.commitments.hold(64501, [{ window: own.number, commitment: own.commitment }], late);
    expect(answerOf(await trace(own.digests[0]![1]!), 64502)?.reason).to.equal(
      'no proof of sight: proof 1: its root came 61 s after the window had ended',
    );
  });

  it('tells a peer that comes later of the last minute', async () => {
    await start({ 64501: { peers: [64502, 64504] } });
    await commit();
    await ases.start({ as: 64504, peers: [64501] });
    await ases.link();
    await heldBy(ases.at(64504), 64501, own.number);
  });

  it('ends a session with who floods it with commitments, or with adjacencies', async () => {
    for (const message of [
      { type: 'commit', roots: [{ window: 1, root: '00'.repeat(32) }] },
      { type: 'adjacency', through: [64777] },
    ] as const) {
      const one = await ases.start({ as: 64510, peers: [64511] });
      const identity = ases.strange(64511);
      await ases.link();
      const raw = await dialRaw(one.port, identity);
      await establishRaw(raw, 64511);
      const frame = Buffer.from(encodeMessage(message));
      raw.socket.write(Buffer.concat(Array.from({ length: 80 }, () => frame)));
      await raw.closed;
      expect(raw.messages.at(-1), message.type).to.include({ type: 'notification', code: CODES.limit });
      expect(one.audit.map(({ body }) => JSON.parse(body).kind)).to.include('limit');
      ases.stop(64510);
    }
  });
});
