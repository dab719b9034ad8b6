import { expect } from 'chai';
import fc from 'fast-check';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { MAX_TRACE_TEXT, readTraceText, writeTraceText } from '../../src/traceback/trace-text.ts';
import { DIGEST, NOON } from './ases.ts';

const node = (as: number, children: readonly TraceNode[] = []): TraceNode => ({
  ...{ as, verdict: 'saw', reason: 'seen coming in from AS 64510', ingress: [64510], egress: [], source: false },
  ...{ falsePositive: 0.001, coverage: 1, loss: 0, sampling: 1, retainedFrom: NOON, retainedTo: null },
  ...{ packets: 1, windows: 3, provisional: false, likelihood: 900.5, signed: 'good', by: as, after: 12 },
  children,
});
const TRACE: Trace = {
  ...{ id: 't20261122-123000-beef', asked: NOON, state: 'final' },
  questions: [{ packet: 0, epoch: 5, digest: DIGEST, time: NOON }],
  ...{ packets: 1, need: 1, time: NOON, from: NOON, to: NOON + 1, milliseconds: 31.5, queries: 2 },
  tree: node(64500, [node(64510)]),
  ...{ entry: { as: 64510, via: 64500, source: false }, ambiguity: [64511], certainty: 0.97, attested: 'both' },
  chances: [{ as: 64510, chance: 0.97 }],
  ...{ doubts: ['none'], measured: [{ as: 64510, text: 'x' }], runnerUp: null, loops: [[1, 2, 1]] },
  unknown: [{ as: 64511, verdict: 'absent', reason: 'takes no part', retainedFrom: null }],
  cost: { budget: 64, here: 1, waves: 1, answers: 1 },
  ...{ purpose: 'attack', reference: 'noc-7', entropy: 'fair', fragment: true },
  inside: {
    ...{ came: ['umeda'], left: [], began: [] },
    sites: [{ site: null, verdict: 'saw', reason: '', ingress: [1], egress: [], domains: [], after: 3 }],
  },
};
const textOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('traceback/trace-text', () => {
  it('reads back what it writes, and leaves out what is of the daemon alone', () => {
    const claim = { paths: [], of: 'now', seen: [], verdict: 'unrouted' } as const;
    expect(readTraceText(writeTraceText({ ...TRACE, claim, caseId: '2026-1' })!)).to.deep.equal({ trace: TRACE });
    const { doubts: _doubts, unknown: _unknown, inside: _inside, ...less } = TRACE;
    expect(readTraceText(writeTraceText(less)!)).to.deep.equal({ trace: less });
  });

  it('says what is wrong, and where', () => {
    const wrong = (change: object) => readTraceText(textOf({ ...TRACE, ...change }));
    expect(wrong({ state: 'done' })).to.include({ at: 'trace.state' });
    expect(wrong({ header: '45' })).to.deep.equal({ wrong: 'no such field', at: 'trace.header' });
    expect(wrong({ questions: [{ epoch: 1, digest: 'FF' }] })).to.include({ at: 'trace.questions[0].digest' });
    expect(wrong({ tree: { ...node(1), reason: 'a\u001b[2Jb' } })).to.include({ at: 'trace.tree.reason' });
    expect(wrong({ tree: undefined })).to.deep.equal({ wrong: 'is missing', at: 'trace.tree' });
    expect(readTraceText(Buffer.from('{'))).to.deep.equal({ wrong: 'is no JSON', at: 'trace' });
  });

  it('reads the durations of a clock that was set back meanwhile as none', () => {
    const sites = [{ ...TRACE.inside!.sites[0]!, after: -3_600_000 }];
    const back: Trace = {
      ...TRACE,
      ...{ milliseconds: -3_599_000.5, tree: { ...node(64500), after: -1 }, inside: { ...TRACE.inside!, sites } },
    };
    for (const octets of [textOf(back), writeTraceText(back)!]) {
      const got = readTraceText(octets);
      if ('wrong' in got) throw new Error(got.wrong);
      expect(got.trace.milliseconds).to.equal(0);
      expect(got.trace.tree.after).to.equal(0);
      expect(got.trace.inside!.sites[0]!.after).to.equal(0);
    }
    expect(readTraceText(textOf({ ...TRACE, milliseconds: '1' }))).to.include({ at: 'trace.milliseconds' });
  });

  it('takes no tree that is deeper than one can be, nor writes a text that is too long', () => {
    let deep = node(1);
    for (let i = 0; i < 70; i++) deep = node(1, [deep]);
    expect(readTraceText(textOf({ ...TRACE, tree: deep }))).to.deep.include({ wrong: 'nested deeper than 64' });
    const wide = node(1, Array<TraceNode>(4096).fill(node(2)));
    const long = writeTraceText({ ...TRACE, tree: { ...wide, reason: 'x'.repeat(MAX_TRACE_TEXT) } });
    expect(long).to.equal(null);
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(TRACE)), fc.uint8Array(), (value, key, octets) => {
        readTraceText(octets);
        readTraceText(Buffer.from(JSON.stringify({ ...TRACE, [key]: value })));
        readTraceText(Buffer.from(JSON.stringify({ ...TRACE, [key]: JSON.stringify(value) })));
        readTraceText(Buffer.from(JSON.stringify({ [key]: null })));
      }),
    );
  });
});
