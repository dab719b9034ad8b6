import { expect } from 'chai';
import { requestOf, termsOf } from '../../src/daemon/trace-terms.ts';
import { createApprovals, type KeptApproval, needsApproval } from '../../src/traceback/approval.ts';
import type { Request } from '../../src/traceback/request.ts';
import { type Ases, DIGEST, NOON, newAses, probeAnswer, question, sawTo, scripted } from './ases.ts';

const DAY = 86_400_000;

function request(origin: number, digest: string, more: Partial<Request> = {}): Request {
  return {
    ...{ trace: '0011223344556677', origin, issued: 0, expires: 1, purpose: 'attack', reference: 'CASE-7' },
    ...{ federation: '', need: 1, seal: new Uint8Array(32), proof: [], entropy: 'guessable' as const },
    questions: [{ packet: 0, epoch: 1, digest, from: 10, to: 20 }],
    ...more,
  } as Request;
}
/** The name of a question where no other has the same. */
const approvalId = (of: Request): string =>
  createApprovals(
    () => 1,
    () => {},
  ).look(of, 1)!.id;
const digestOf = (i: number) => i.toString(16).padStart(16, '0');

describe('traceback/approval', () => {
  it('is needed by policy and class, and unknown is guessable', () => {
    const classes = [undefined, 'unknown', 'guessable', 'fair', 'high'] as const;
    const needed = (policy: 'none' | 'guessable' | 'all') =>
      classes.map(entropy => needsApproval(policy, entropy === undefined ? {} : { entropy }));
    expect(needed('none')).to.deep.equal([false, false, false, false, false]);
    expect(needed('guessable')).to.deep.equal([true, true, true, false, false]);
    expect(needed('all')).to.deep.equal([true, true, true, true, true]);
  });

  it('is of exactly this question of this origin, whatever it is sealed to', () => {
    const one = request(64501, digestOf(1));
    expect(approvalId(one)).to.match(/^p[0-9a-f]{8}$/);
    expect(approvalId({ ...one, trace: 'x', entropy: 'fair', seal: new Uint8Array(1) } as Request)).to.equal(
      approvalId(one),
    );
    for (const other of [
      request(64502, digestOf(1)),
      request(64501, digestOf(2)),
      request(64501, digestOf(1), { purpose: 'test' }),
      request(64501, digestOf(1), { reference: 'CASE-8' }),
      request(64501, digestOf(1), { need: 2 }),
      request(64501, digestOf(1), { questions: [{ ...one.questions[0]!, packet: 1 }] }),
      request(64501, digestOf(1), { questions: [{ ...one.questions[0]!, to: 21 }] }),
      request(64501, digestOf(1), {
        questions: [...one.questions, { ...one.questions[0]!, packet: 1, digest: digestOf(2) }],
      }),
    ])
      expect(approvalId(other)).to.not.equal(approvalId(one));
  });

  it('waits, is decided on, and is forgotten', () => {
    let now = 1000;
    const approvals = createApprovals(
      () => now,
      () => {},
    );
    const one = request(64501, digestOf(1));
    const { id } = approvals.look(one, 64502)!;
    now += 1000;
    expect(approvals.look(one, 64503)).to.include({
      id,
      state: 'pending',
      asked: 2,
      first: 1000,
      last: 2000,
      peer: 64503,
    });
    expect(() => approvals.approve('p00000000', 1, 'x')).to.throw('no question p00000000 waits');
    expect(approvals.approve(id, 5000, 'uid 0')).to.include({ state: 'approved', by: 'uid 0', until: 7000 });
    expect(approvals.look(one, 64502)).to.include({ state: 'approved', asked: 3 });
    now = 7000;
    expect(approvals.look(one, 64502)).to.include({ state: 'pending', asked: 1 });
    approvals.deny(id, 'not of ours', 'uid 0');
    expect(approvals.look(one, 64502)).to.include({ state: 'denied', reason: 'not of ours' });
    expect(approvals.list().map(({ asked }) => asked)).to.deep.equal([2]);
    now += DAY;
    expect(approvals.list()).to.deep.equal([]);
  });

  it('goes on from what was kept, and keeps what is new and what is decided, no more', () => {
    const kept: KeptApproval[] = [];
    const memory = () => new Map(kept.map(one => [one.approval.id, one]));
    const open = () =>
      createApprovals(
        () => 1000,
        () => {},
        { all: () => [...memory().values()], keep: one => void kept.push(one) },
      );
    const [one, other] = [request(64501, digestOf(1)), request(64501, digestOf(2))];
    const before = open();
    const { id } = before.look(one, 1)!;
    before.look(one, 1);
    before.look(other, 1);
    before.approve(id, 5000, 'uid 0');
    expect(kept.map(({ approval: { state } }) => state)).to.deep.equal(['pending', 'pending', 'approved']);
    const after = open();
    expect(after.look(one, 1)).to.include({ id, state: 'approved', by: 'uid 0', until: 6000 });
    expect(after.look(other, 1)).to.include({ state: 'pending' });
    expect(after.look(request(64501, digestOf(1), { purpose: 'misuse' }), 1), 'for another reason').to.include({
      state: 'pending',
      asked: 1,
    });
    // What a name was short for is known as before: a yes is a yes to one question.
    expect(after.deny(id, 'no', 'uid 1')).to.include({ state: 'denied' });
    expect(open().look(one, 1)).to.include({ state: 'denied', by: 'uid 1' });
  });

  it('takes a yes to one question for a yes to no other whose name begins the same', () => {
    // Of 2^17 questions two have the same 8 digits: whoever asks can look for such a pair.
    const names = new Map<string, Request>();
    let pair: readonly [Request, Request] | null = null;
    for (let i = 0; pair === null; i++) {
      const one = request(64501, digestOf(i));
      const before = names.get(approvalId(one));
      if (before !== undefined) pair = [before, one];
      names.set(approvalId(one), one);
    }
    const approvals = createApprovals(
      () => 1,
      () => {},
    );
    const [harmless, other] = pair;
    const { id } = approvals.look(harmless, 1)!;
    approvals.approve(id, 1000, 'uid 0');
    const asked = approvals.look(other, 1)!;
    expect(asked).to.include({ state: 'pending', asked: 1 });
    expect(asked.id).to.match(new RegExp(`^${id}[0-9a-f]$`));
    expect(approvals.look(harmless, 1)).to.include({ id, state: 'approved' });
    expect(approvals.approve(asked.id, 1000, 'uid 0')).to.include({ state: 'approved', last: asked.last });
  });

  it('keeps no more than a person can look at, and those of one AS do not take the place of others', () => {
    let now = 0;
    const approvals = createApprovals(
      () => ++now,
      () => {},
    );
    for (let i = 0; i < 64; i++) expect(approvals.look(request(64501, digestOf(i)), 1)).to.not.equal(null);
    expect(approvals.look(request(64501, digestOf(64)), 1)).to.equal(null);
    expect(approvals.look(request(64501, digestOf(63)), 1), 'one that waits already').to.not.equal(null);
    for (let as = 1; as <= 15; as++)
      for (let i = 0; i < 64; i++) expect(approvals.look(request(as, digestOf(i)), 1)).to.not.equal(null);
    expect(approvals.look(request(99, digestOf(1)), 1)).to.equal(null);
    now += DAY;
    expect(approvals.look(request(99, digestOf(1)), 1)).to.not.equal(null);
  });
});

describe('daemon/trace-terms', () => {
  const guessable = { entropy: 'guessable', bits: 41 } as const;
  const ask = { approval: 'guessable', purpose: 'misuse', reference: 'noc' } as const;
  it('asks for packets that can be guessed only when a person says so', () => {
    expect(() => termsOf(ask, { by: 'uid 0' }, guessable)).to.throw(/guessable, at 41 bits.*--approve/);
    expect(termsOf(ask, { by: 'uid 0', approve: true }, guessable)).to.include({ approved: true, by: 'uid 0' });
    expect(termsOf({ ...ask, approval: 'none' }, { by: 'uid 0' }, guessable)).to.not.have.property('approved');
    expect(termsOf(ask, { by: 'uid 0' }, { entropy: 'fair', bits: 90 })).to.include({ entropy: 'fair' });
    const cause = { ids: 'x', signature: 7, text: '', at: 0, packets: 1 };
    expect(termsOf(ask, { cause }, guessable)).to.include({ case: 'ids x 7', entropy: 'guessable' });
  });
  it('has purpose and reference of the command, else of the configuration', () => {
    const high = { entropy: 'high', bits: 120 } as const;
    expect(termsOf(ask, {}, high)).to.include({ purpose: 'misuse', case: 'noc' });
    expect(termsOf(ask, { purpose: 'fault', reference: 'T-1' }, high)).to.include({ purpose: 'fault', case: 'T-1' });
    expect(termsOf(undefined, {}, high)).to.include({ purpose: 'attack', case: '' });
  });
});

describe('traceback: approval, over TLS', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  it('is pending at once, and answered when it is asked again once a person has said yes', async () => {
    const asked = { questions: [{ epoch: question.epoch, digest: DIGEST }], time: NOON, case: 'CASE-7' };
    await ases.start({ as: 64500, peers: [64501], probes: scripted(null) });
    await ases.start({
      as: 64501,
      peers: [64500],
      probes: scripted(probeAnswer([sawTo(64500)])),
      approval: 'guessable',
    });
    await ases.link();
    const one = ases.at(64500).traceback;
    const other = ases.at(64501).traceback;
    const verdicts = ({
      tree,
    }: {
      readonly tree: { readonly children: readonly { readonly verdict: string; readonly reason: string }[] };
    }) => tree.children.map(({ verdict }) => verdict);

    const first = await one.startTrace({ ...asked, entropy: 'guessable' }, () => {});
    expect(verdicts(first)).to.deep.equal(['pending']);
    expect(first.entry).to.equal(null);
    expect(first.ambiguity, 'it is no no').to.include(64501);
    const [waiting] = other.approvals.list();
    expect(waiting).to.include({
      origin: 64500,
      entropy: 'guessable',
      reference: 'CASE-7',
      state: 'pending',
      packets: 1,
    });
    expect(first.tree.children[0]!.reason).to.equal(`a person has to approve it, as ${waiting!.id}`);
    expect(ases.at(64501).log.join('\n')).to.match(
      /AS 64500 asks about packets of class guessable \(attack, reference CASE-7\)/,
    );

    other.approvals.approve(waiting!.id, 60_000, 'uid 1000 (taro), pid 7');
    const again = await one.startTrace(requestOf(first), () => {});
    expect(verdicts(again)).to.deep.equal(['saw']);
    expect(again).to.include({ repeats: first.id, reference: 'CASE-7', purpose: 'attack' });
    const audit = ases.at(64501).audit.map(({ what, body }) => [what, JSON.parse(body)] as const);
    const lines = audit.filter(([what]) => /^(query|approval)/.test(what));
    expect(lines.map(([what]) => what)).to.deep.equal(['query.pending', 'approval.approved', 'query.answered']);
    expect(lines[1]![1]).to.include({ id: waiting!.id, by: 'uid 1000 (taro), pid 7', origin: 64500 });
    expect(lines[2]![1]).to.include({ approval: waiting!.id, approvedBy: 'uid 1000 (taro), pid 7' });

    // What is not guessable needs nobody; what is denied is refused, in the words of the person.
    const hard = await one.startTrace({ ...asked, time: NOON + 1, entropy: 'high' }, () => {});
    expect(verdicts(hard)).to.deep.equal(['saw']);
    const denied = { ...asked, time: NOON + 2 };
    await one.startTrace(denied, () => {});
    other.approvals.deny(other.approvals.list()[0]!.id, 'not of ours', 'uid 0');
    const refused = await one.startTrace(denied, () => {});
    expect(refused.tree.children.map(({ verdict, reason }) => [verdict, reason])).to.deep.equal([
      ['refused', 'not of ours'],
    ]);
  });
});
