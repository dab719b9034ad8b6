import { expect } from 'chai';
import type { ProbeAnswer } from '../../src/probe/question.ts';
import { type AnswerNode, flatten, type Leaf, newLeaf, unflatten } from '../../src/traceback/branch.ts';
import { askBorder, judgeBorder } from '../../src/traceback/btm.ts';
import { conclude } from '../../src/traceback/conclusion.ts';
import { judgeSource } from '../../src/traceback/dtm.ts';
import { epochsOf, intervalOf } from '../../src/traceback/interval.ts';
import { disclose } from '../../src/traceback/policy.ts';
import type { TraceNode, TraceVerdict } from '../../src/traceback/trace.ts';
import { MAX_NODES } from '../../src/traceback/wire.ts';
import { NOON, probeAnswer, question, sawFrom, sawTo } from './ases.ts';

const inside = { direction: 'inside', neighbor: null } as const;
const unknown = { direction: 'unknown', neighbor: null } as const;
const not = (more: Partial<ProbeAnswer> = {}) => probeAnswer([], more);

/** What is asked: one packet. */
const one = { questions: [{ ...question, packet: 0 }], need: 1 };

describe('traceback/btm', () => {
  // Research: traceback 5.5. Only the first row may say `clear`.
  const rows: [string, ProbeAnswer[], string[], number | null, TraceVerdict, RegExp][] = [
    ['all sealed, all covered, 95 % behind taps', [not()], [], 0.95, 'clear', /sealed and hold nothing/],
    ['two probes, both so', [not(), not()], [], 1, 'clear', /hold nothing/],
    ['94.9 % behind taps', [not()], [], 0.949, 'clear-partial', /only 94.9 %/],
    ['coverage not stated', [not()], [], null, 'clear-partial', /not stated/],
    ['1 % lost', [not({ packets: 99, lost: 1 })], [], 1, 'clear-partial', /1 % of the packets were lost/],
    ['0.9 % lost', [not({ packets: 991, lost: 9 })], [], 1, 'clear', /./],
    ['sampled', [not({ sampling: 0.25 })], [], 1, 'clear-partial', /only 25 % of the packets were kept/],
    ['sampled by value, and it would be kept', [not({ sampling: 0.25, unsaid: 0 })], [], 1, 'clear', /not seen/],
    ['sampled by value, and not', [not({ sampling: 2 ** -8, unsaid: 2 })], [], 1, 'clear-partial', /only 0.4 % of the/],
    ['samples only', [not({ covered: false, samples: true })], [], 1, 'cannot-know', /only samples/],
    ['samples of one in one only', [not({ samples: true })], [], 1, 'cannot-know', /only samples/],
    ['samples beside a tap that saw all', [not(), not({ covered: false, samples: true })], [], 1, 'clear', /./],
    [
      'samples, thin and lossy, beside it',
      [not(), not({ samples: true, sampling: 0.001, lost: 99 })],
      [],
      1,
      'clear',
      /./,
    ],
    ['samples beside a silent tap', [not({ samples: true })], ['tap2'], 1, 'cannot-know', /no answer in time/],
    ['a second probe silent', [not()], ['tap2'], 1, 'clear-partial', /no answer in time \(1 of 2 probes\)/],
    ['a second probe without the windows', [not(), not({ covered: false })], [], 1, 'clear-partial', /missing/],
    [
      'a second probe whose windows are gone',
      [not(), not({ retained: { from: NOON + 1, to: NOON * 2 } })],
      [],
      1,
      'clear-partial',
      /dropped/,
    ],
    ['a second probe that is not sealed', [not(), not({ sealed: false })], [], 1, 'not-yet', /not all sealed/],
    ['live windows only', [not({ sealed: false })], [], 1, 'not-yet', /not all sealed/],
    [
      'windows end before the interval does',
      [not({ retained: { from: 0, to: NOON + 4000 }, covered: false })],
      [],
      1,
      'not-yet',
      /not all sealed/,
    ],
    [
      'windows begin after the interval does',
      [not({ retained: { from: NOON + 1, to: NOON * 2 }, covered: false })],
      [],
      1,
      'expired',
      /dropped/,
    ],
    ['windows missing, or no key', [not({ covered: false })], [], 1, 'cannot-know', /key of that epoch/],
    ['no windows', [not({ retained: null, covered: false })], [], 1, 'cannot-know', /no windows/],
    ['the only probe silent', [], ['tap1'], 1, 'cannot-know', /no answer in time/],
    ['no probe', [], [], 1, 'cannot-know', /no probe is there/],
    ['seen coming in', [probeAnswer([sawFrom(64501)])], [], null, 'saw', /coming in from AS 64501/],
    ['seen by one, the other silent', [probeAnswer([sawFrom(64501)])], ['tap2'], 1, 'saw', /seen/],
    [
      'seen where the neighbour is not known',
      [probeAnswer([{ direction: 'in', neighbor: null }])],
      [],
      1,
      'saw',
      /not known/,
    ],
    [
      'seen going out to a neighbour that is not known',
      [probeAnswer([{ direction: 'out', neighbor: null }])],
      [],
      1,
      'saw',
      /^seen going out, the neighbour is not known$/,
    ],
    ['seen where nothing tells its way', [probeAnswer([unknown])], [], 1, 'saw', /^seen at the border, neither/],
    [
      'seen coming in, and where nothing tells its way',
      [probeAnswer([sawFrom(64501), unknown])],
      [],
      1,
      'saw',
      /^seen coming in from AS 64501, at the border, neither/,
    ],
  ];
  for (const [what, answers, silent, coverage, verdict, reason] of rows)
    it(`${what}: ${verdict}`, () => {
      const border = judgeBorder(answers, silent, one, coverage);
      expect(border.verdict).to.equal(verdict);
      expect(border.reason).to.match(reason);
      expect(border.reason, 'a tap has no name outside').to.not.match(/tap\d/);
    });

  it('adds the windows’ chances of a false yes', () => {
    const { falsePositive } = judgeBorder([not({ falsePositive: 0.003, windowsAsked: 120 })], [], one, 1);
    // 40 taps, 3 windows: 30 % (research: traceback 4.4).
    expect(falsePositive).to.be.closeTo(0.3, 0.005);
    expect(judgeBorder([not({ windowsAsked: 0 })], [], one, 1).falsePositive).to.equal(null);
  });

  it('answers when the probes fail, and tells the error to the log alone', async () => {
    const log: string[] = [];
    const probes = { ask: () => Promise.reject(new Error('/run/secret.sock')) };
    const border = await askBorder(probes, one, 1, Date.now() + 500, Date.now(), text => log.push(text));
    expect([border.verdict, border.reason]).to.deep.equal(['cannot-know', 'the probes cannot be asked']);
    expect(log.join()).to.include('/run/secret.sock');
  });
});

describe('traceback/btm: k of n packets', () => {
  const eight = Array.from({ length: 8 }, (_, packet) => ({ ...question, packet }));
  const sighted = (...seen: [number, number][]) =>
    probeAnswer([], {
      sightings: seen.map(([neighbor, packet]) => ({
        ...{ vantage: sawFrom(neighbor), from: 0, to: 1, question: packet, provisional: false },
      })),
    });
  const judge = (answers: ProbeAnswer[], need: number) => judgeBorder(answers, [], { questions: eight, need }, 1);

  it('is seen where one vantage has enough of them', () => {
    const border = judge([sighted([1, 0], [1, 1], [1, 2], [1, 3], [2, 5])], 4);
    expect([border.verdict, border.ingress, border.packets]).to.deep.equal(['saw', [1], 4]);
  });
  it('is seen weakly where several vantages have some', () => {
    const border = judge([sighted([1, 0], [1, 0], [2, 1], [3, 2])], 2);
    expect([border.verdict, border.ingress, border.packets]).to.deep.equal(['saw-weak', [], 1]);
    expect(border.reason).to.equal('1 of 8 packets seen at one place, 2 are needed');
  });
  it('counts one packet under two keys once', () => {
    const questions = [0, 0, 1, 1].map(packet => ({ ...question, packet }));
    const border = judgeBorder([sighted([1, 0], [1, 1])], [], { questions, need: 2 }, 1);
    expect([border.verdict, border.packets]).to.deep.equal(['saw-weak', 1]);
  });
  it('is next to never seen falsely (research: traceback 4.4)', () => {
    // 40 taps, 3 windows, f = 0.3 %, 4 of 8 packets: 0.002 %.
    const taps = Array.from({ length: 40 }, () => sawFrom(1));
    const answer = not({ falsePositive: 0.003, windowsAsked: 8 * 3 * 40, vantages: taps });
    expect(judge([answer], 4).falsePositive).to.be.closeTo(1.8e-5, 2e-6);
  });
});

describe('traceback/dtm', () => {
  const cases: [string, ProbeAnswer, number | null, boolean][] = [
    ['going out, all watched', probeAnswer([sawTo(1)]), 1, true],
    ['inside, all watched', probeAnswer([inside]), 1, true],
    ['where nothing tells its way, all watched', probeAnswer([unknown]), 1, false],
    ['inside, and where nothing tells its way', probeAnswer([inside, unknown]), 1, false],
    ['going out, and where nothing tells its way', probeAnswer([sawTo(1), unknown]), 1, false],
    ['going out to a neighbour not known, all watched', probeAnswer([{ direction: 'out', neighbor: null }]), 1, true],
    ['coming in from a neighbour not known', probeAnswer([{ direction: 'in', neighbor: null }]), 1, false],
    ['going out and coming in', probeAnswer([sawTo(1), sawFrom(2)]), 1, false],
    ['going out, half watched', probeAnswer([sawTo(1)]), 0.5, false],
    ['going out, coverage not stated', probeAnswer([sawTo(1)]), null, false],
    ['going out, windows missing', probeAnswer([sawTo(1)], { covered: false }), 1, false],
    ['not seen', not(), 1, false],
  ];
  for (const [what, answer, coverage, source] of cases)
    it(`${what}: ${source ? 'the source is inside' : 'no claim'}`, () =>
      expect(judgeSource(judgeBorder([answer], [], one, coverage)).source).to.equal(source));
});

describe('traceback/tree', () => {
  const leaf = (
    as: number,
    verdict: TraceVerdict,
    children: TraceNode[] = [],
    more: Partial<TraceNode> = {},
  ): TraceNode => ({
    ...newLeaf(as, verdict, '', 0),
    signed: 'own',
    children,
    ...more,
  });

  const cases: [string, TraceNode, number | null, number | null, number[]][] = [
    [
      'nobody saw it: all that did not say clear remain',
      leaf(1, 'cannot-know', [leaf(2, 'clear'), leaf(3, 'expired')]),
      null,
      null,
      [1, 3],
    ],
    [
      'the deepest sighting is the entry; beyond it what is not clear',
      leaf(1, 'saw', [leaf(2, 'saw', [leaf(9, 'absent', [leaf(3, 'clear'), leaf(4, 'silent')])], { ingress: [9] })]),
      2,
      9,
      [9, 4],
    ],
    [
      'the ingress neighbour that says clear does not remain',
      leaf(1, 'saw', [leaf(2, 'clear')], { ingress: [2] }),
      1,
      2,
      [],
    ],
    ['a source ends it', leaf(1, 'saw', [leaf(2, 'saw', [], { source: true })]), 2, null, []],
    [
      'an AS that saw it pass on elsewhere is no entry',
      leaf(1, 'cannot-know', [leaf(2, 'saw', [leaf(3, 'saw')]), leaf(3, 'saw', [leaf(4, 'saw')])]),
      4,
      null,
      [],
    ],
    [
      'of equals the surer',
      leaf(1, 'saw', [leaf(2, 'saw', [], { falsePositive: 0.3 }), leaf(3, 'saw', [], { falsePositive: 0.01 })]),
      3,
      null,
      [],
    ],
  ];
  for (const [what, tree, as, via, ambiguity] of cases)
    it(what, () => {
      const found = conclude(tree);
      expect(found.entry?.as ?? null).to.equal(as);
      expect(found.entry?.via ?? null).to.equal(via);
      expect(found.ambiguity).to.have.members(ambiguity);
    });
});

describe('traceback/branch', () => {
  const own = (
    as: number,
    verdict: TraceVerdict,
    children: AnswerNode[] = [],
    more: Partial<Leaf> = {},
  ): AnswerNode => ({
    ...{ as, seen: verdict === 'saw', leaf: { ...newLeaf(as, verdict, '', 0), ...more }, children },
  });
  const theirs = (as: number, seen: boolean, children: AnswerNode[] = [], sent = 0): AnswerNode => ({
    ...{ as, seen, sealed: Uint8Array.of(as), sent, children },
  });
  const seal = (leaf: Leaf) => Uint8Array.of(leaf.as);

  it('comes back from the wire as it went, all of it sealed, with when it was asked', () => {
    const tree = own(1, 'saw', [own(2, 'absent', [theirs(3, false), theirs(4, true)]), theirs(5, false)]);
    const inner = theirs(2, false, [theirs(3, false, [], 7), theirs(4, true, [], 7)], 7);
    const expected = theirs(1, true, [inner, theirs(5, false, [], 7)], 7);
    expect(unflatten(flatten(tree, seal), 7)).to.deep.equal(expected);
  });

  it('leaves off the farthest nodes', () => {
    const wide = own(
      1,
      'saw',
      Array.from({ length: 200 }, (_, i) => own(i + 2, 'absent', [own(9999, 'clear')])),
    );
    const nodes = flatten(wide, seal);
    expect(nodes).to.have.length(MAX_NODES);
    expect(nodes.filter(({ as }) => as !== 9999)).to.have.length(201);
    expect(nodes.slice(0, 2).map(({ parent }) => parent)).to.deep.equal([null, 0]);
  });

  it('leaves off what does not fit into a frame', () => {
    const wide = own(
      1,
      'saw',
      Array.from({ length: 200 }, (_, i) => theirs(i + 2, false)),
    );
    expect(flatten(wide, () => new Uint8Array(8000)).length).to.equal(201);
    const big = own(
      1,
      'saw',
      Array.from({ length: 200 }, (_, i) => own(i + 2, 'clear')),
    );
    expect(flatten(big, () => new Uint8Array(8000)).length).to.equal(112);
  });

  it('at detail status leaves out what the AS placed itself, and lifts what lay under it', () => {
    const tree = own(1, 'saw', [own(9, 'absent', [theirs(2, true, [theirs(8, false)]), own(7, 'absent')])], {
      ingress: [9],
      reason: 'seen coming in from AS 9',
    });
    const told = disclose(tree, 'status') as Extract<AnswerNode, { leaf: Leaf }>;
    expect(told.leaf.ingress).to.deep.equal([]);
    expect(told.leaf.reason).to.equal('seen; the neighbours are not told');
    expect(told.children).to.deep.equal([theirs(2, true, [theirs(8, false)])]);
    expect(disclose(tree, 'neighbor-as')).to.equal(tree);
    const again = disclose(tree, 'status') as Extract<AnswerNode, { leaf: Leaf }>;
    expect(again.leaf, 'signed once').to.equal(told.leaf);
  });
});

describe('traceback/interval', () => {
  const hour = 3_600_000;
  const cases: [string, number, number[]][] = [
    ['in the middle of an hour', 10 * hour + hour / 2, [10]],
    ['just before 5 minutes past', 10 * hour + 299_999, [9, 10]],
    ['5 minutes past', 10 * hour + 300_000, [10]],
    ['5 minutes to', 11 * hour - 300_000, [10, 11]],
    ['on the hour', 10 * hour, [9, 10]],
    ['at the epoch', 0, [0]],
  ];
  for (const [what, time, epochs] of cases)
    it(`asks ${what} for ${epochs}`, () => expect(epochsOf(time)).to.deep.equal(epochs));
  it('asks two seconds either side', () => expect(intervalOf(5000)).to.deep.equal({ from: 3000, to: 7000 }));
});
