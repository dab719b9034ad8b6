import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Case } from '../../src/hijack/case.ts';
import {
  BEGIN,
  type ChainEnd,
  canonicalJson,
  checkChain,
  type Evidence,
  MOST_RECORDS,
  NO_HASH,
  readEvidence,
  type SealedEvidence,
  seal,
} from '../../src/hijack/evidence-chain.ts';
import { wholeEvidence } from '../../src/hijack/whole-evidence.ts';
import { FEW } from '../../src/hijack/witness-ledger.ts';
import { CASE } from '../control/scripted.ts';

/** The records of a case as it went through these states. */
function chain(states: readonly Partial<Case>[]): SealedEvidence[] {
  let end: ChainEnd = BEGIN;
  const records: SealedEvidence[] = [];
  for (const [i, state] of states.entries()) {
    const sealed = seal(end, { ...CASE, ...state }, `change ${i}`, CASE.opened + i, { file: 'updates.x.gz', time: i });
    end = sealed.end;
    if (sealed.record !== null) records.push(sealed.record);
  }
  return records;
}

describe('hijack/evidence-chain', () => {
  const records = chain([{}, { state: 'fading' }, { upstream: 64510 }, { state: 'resolved' }]);

  it('hashes the hash before and the canonical record, as anybody can', () => {
    let previous = NO_HASH;
    for (const { body, hash } of records) {
      expect(
        createHash('sha256')
          .update(previous + body, 'utf8')
          .digest('hex'),
      ).to.equal(hash);
      expect(canonicalJson(JSON.parse(body))).to.equal(body);
      expect(JSON.parse(body)).to.include({ previous });
      previous = hash;
    }
    expect(checkChain(CASE.id, records)).to.deep.equal({ records: 4, hash: records[3]!.hash, fault: null });
    expect(checkChain(CASE.id, [])).to.deep.equal({ records: 0, hash: NO_HASH, fault: null });
  });

  it('freezes all at the beginning, and then what has changed', () => {
    const [first, second, third] = records.map(({ body }) => readEvidence(body)!);
    expect(first).to.deep.include({
      witnesses: CASE.witnesses,
      objects: CASE.objects,
      why: CASE.why,
      hints: CASE.hints,
      mrt: { file: 'updates.x.gz', time: 0 },
      event: 'change 0',
    });
    expect(Object.keys(second!)).to.not.include.members(['witnesses', 'objects', 'why']);
    expect(second).to.include({ state: 'fading' });
    expect(third).to.include({ state: 'ongoing', upstream: 64510 });
    expect(chain([{}, { timeline: [] }]), 'a line of the timeline is no change of what is frozen').to.have.length(1);
  });

  it('finds whatever is changed, left out, put in or moved', () => {
    fc.assert(
      fc.property(
        fc.nat(records.length - 1),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, place, char) => {
          const body = records[at]!.body;
          const i = place % body.length;
          const forged = body.slice(0, i) + char + body.slice(i + 1);
          fc.pre(forged !== body);
          expect(checkChain(CASE.id, records.with(at, { ...records[at]!, body: forged })).fault?.number).to.equal(
            at + 1,
          );
        },
      ),
    );
    const [a, b, c, d] = records as [SealedEvidence, SealedEvidence, SealedEvidence, SealedEvidence];
    expect(checkChain(CASE.id, [a, c, d]).fault).to.deep.equal({ number: 2, why: 'record 2 is missing' });
    expect(checkChain(CASE.id, [b, c, d]).fault).to.deep.equal({ number: 1, why: 'record 1 is missing' });
    expect(checkChain(CASE.id, [a, c, b, d]).fault?.number).to.equal(2);
    expect(checkChain('2026-03-01-02', records).fault).to.deep.equal({ number: 1, why: `it is of case ${CASE.id}` });
    expect(checkChain(CASE.id, [{ ...a, time: a.time + 1 }]).fault).to.deep.equal({
      number: 1,
      why: 'number or time is not its own',
    });
    expect(checkChain(CASE.id, [a, b]), 'an end that is cut off shows by the hash alone').to.deep.equal({
      records: 2,
      hash: b.hash,
      fault: null,
    });
  });

  it('finds a record that was hashed anew, by the one behind it', () => {
    const forged = chain([{ offender: 64500 }, { state: 'fading' }]);
    expect(checkChain(CASE.id, [forged[0]!, records[1]!]).fault).to.deep.equal({
      number: 2,
      why: 'its hash is not that of its content',
    });
  });

  it('is bounded, and counts what it leaves out', () => {
    const states: Partial<Case>[] = Array.from({ length: MOST_RECORDS + 100 }, (_, i) => ({ upstream: i }));
    const long = chain([...states, { state: 'resolved', upstream: 1 }]);
    expect(long).to.have.length(MOST_RECORDS + 1);
    expect(readEvidence(long.at(-1)!.body)).to.include({ state: 'resolved', leftOut: 100 });
    expect(checkChain(CASE.id, long).fault).to.equal(null);
  });

  /** The records of chains as they are shown. */
  const shown = (sealed: readonly SealedEvidence[]) =>
    wholeEvidence(sealed.map(({ body, hash }) => ({ ...readEvidence(body)!, hash })));
  const peersOf = ({ witnesses, witnessed }: Pick<Evidence, 'witnesses' | 'witnessed'>) =>
    [witnesses, witnessed].map(list => list?.map(({ peer }) => peer));

  it('freezes of witnesses only those that are others than before, and shows all of few', () => {
    const witness = (i: number, state: 'holds' | 'gone' = 'holds') => ({ ...CASE.witnesses[0]!, peer: `p${i}`, state });
    const many = Array.from({ length: FEW + 36 }, (_, i) => witness(i));
    const names = many.map(({ peer }) => peer);
    const kept = chain([
      { witnesses: many.slice(0, 2) },
      { witnesses: many.slice(0, 3) },
      { witnesses: many.slice(0, 3).map(one => ({ ...one })) },
      { witnesses: many.slice(0, 3).with(1, witness(1, 'gone')) },
      { witnesses: many.with(1, witness(1, 'gone')) },
      { state: 'fading', witnesses: many.with(1, witness(1, 'gone')) },
    ]);
    expect(checkChain(CASE.id, kept).fault).to.equal(null);
    expect(kept.map(({ body }) => peersOf(readEvidence(body)!))).to.deep.equal([
      [['p0', 'p1'], undefined],
      [undefined, ['p2']],
      [undefined, ['p1']],
      [undefined, names.slice(3)],
      [undefined, undefined],
    ]);
    const whole = shown(kept);
    expect(whole.map(peersOf)).to.deep.equal([
      [['p0', 'p1'], undefined],
      [['p0', 'p1', 'p2'], undefined],
      [['p0', 'p1', 'p2'], undefined],
      [undefined, names.slice(3)],
      [undefined, undefined],
    ]);
    expect(whole[2]!.witnesses!.map(({ state }) => state)).to.deep.equal(['holds', 'gone', 'holds']);
  });

  it('freezes of a why-record that came to the same by another path only that, and shows the whole', () => {
    const why = CASE.why!;
    const other = { ...why, time: why.time + 1, path: [64500, 64511, 64666] };
    const graver = { ...other, severity: 'critical' as const };
    const kept = chain([{}, { why: other }, { why: graver }, { why: { ...graver, path: [] } }, { why: other }]);
    const parts = kept.map(({ body }) => readEvidence(body)!).map(({ why: all, rejudged }) => [all, rejudged]);
    expect(parts).to.deep.equal([
      [why, undefined],
      [undefined, { time: other.time, path: other.path }],
      [graver, undefined],
      [undefined, { time: graver.time, path: [] }],
      [other, undefined],
    ]);
    expect(shown(kept).map(record => record.why)).to.deep.equal([why, other, graver, { ...graver, path: [] }, other]);
    for (const record of shown(kept)) expect(record).to.not.have.property('rejudged');
  });

  it('shows whatever was forged, and records that leave nothing out as they are', () => {
    const old = records.map(({ body, hash }) => ({ ...readEvidence(body)!, hash, witnesses: CASE.witnesses }));
    expect(wholeEvidence(old)).to.deep.equal(old);
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.constantFrom('witnesses', 'witnessed', 'why', 'rejudged'), fc.anything())),
        parts => {
          const forged = parts.map((part, i) => ({ ...old[i % old.length]!, ...part }) as (typeof old)[number]);
          expect(wholeEvidence(forged)).to.have.length(forged.length);
        },
      ),
    );
  });

  it('reads no record from what is none', () => {
    for (const text of ['', '[]', 'null', '{"case":1}', '{"case":"x","number":"1"}'])
      expect(readEvidence(text), text).to.equal(null);
  });
});
