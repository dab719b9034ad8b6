import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { commitmentOf, commitmentOver, pathToCommitment } from '../../src/traceback/commitment.ts';
import { lateness } from '../../src/traceback/committing.ts';
import type { HeldCommitment } from '../../src/traceback/kept-commitments.ts';
import { checkProof, decodeProof, encodeProof } from '../../src/traceback/proof.ts';
import type { Request, SignedRequest } from '../../src/traceback/request.ts';
import { checkSightOf, decideSight, type Sight } from '../../src/traceback/sight.ts';
import { createSightGate } from '../../src/traceback/sight-gate.ts';
import { sighted } from './sighted.ts';

const NUMBER = 176_400_123;
const own = sighted(NUMBER, [[300, 40], [900]]);
const [one, two] = own.digests as [string[], string[]];

const questionOf = (digest: string, packet = 0) => ({
  ...{ packet, epoch: own.epoch, digest, from: own.time - 2000, to: own.time + 2000 },
});
const requestOf = (digests: readonly string[], proof: readonly Uint8Array[], need = 1) =>
  ({ origin: 64501, need, questions: digests.map(questionOf), proof: [...proof] }) as unknown as Request;

const END = (NUMBER + 1) * 10_000;
const told =
  (...all: readonly HeldCommitment[]) =>
  () =>
    Promise.resolve(all);
const held = told({ commitment: own.commitment, received: END + 4000 });

describe('traceback/proof', () => {
  it('goes as octets, and is small', () => {
    const octets = own.proof(3, 1, two[0]!);
    const decoded = decodeProof(octets);
    if ('wrong' in decoded) expect.fail(decoded.wrong);
    expect(decoded).to.include({ question: 3, windows: 2, place: 1, number: NUMBER, part: 0, kind: 'each', tables: 1 });
    expect(encodeProof(decoded)).to.deep.equal(octets);
    // An array of 19, which begins with the question, the windows, the place and a path of one hash.
    expect(Buffer.from(octets.subarray(0, 6)).toString('hex')).to.equal('930302015820');
    expect(octets.length).to.be.below(1800);
  });

  it('leads to what the origin has committed to, by every digest of every window', () => {
    for (const [window, digests] of own.digests.entries())
      for (const digest of digests.slice(0, 50))
        expect(checkProof(own.proof(0, window, digest), requestOf([digest], []))).to.deep.include({
          ...{ question: 0, window: NUMBER, commitment: own.commitment },
        });
  });

  it('tells the chance of a guess: of a table, of all tables, windows and tens of seconds that might say yes', () => {
    const chance = (octets: Uint8Array, digest: string, more: object = {}) => {
      const questions = [{ ...questionOf(digest), ...more }];
      const shown = checkProof(octets, { questions });
      return typeof shown === 'string' ? shown : shown.chance * 65_536;
    };
    expect(chance(own.proof(0, 1, two[0]!), two[0]!)).to.equal(1 * 2);
    expect(chance(own.proof(0, 0, one[0]!), one[0]!)).to.equal(2 * 2);
    const wide = { from: own.time - 20_000, to: own.time + 20_000 };
    expect(chance(own.proof(0, 1, two[0]!), two[0]!, wide)).to.equal(1 * 2 * 5);
  });

  it('is of its question, its hour and its interval', () => {
    const octets = own.proof(0, 1, two[0]!);
    const check = (more: object) => checkProof(octets, { questions: [{ ...questionOf(two[0]!), ...more }] });
    expect(check({ digest: one[0]! })).to.be.a('string');
    expect(check({ epoch: own.epoch + 1 })).to.equal('its window is of another hour than the digest');
    const after = { from: END, to: END + 1 };
    expect(check(after)).to.equal('its window is beyond the interval asked');
    expect(check({ from: NUMBER * 10_000 - 5, to: NUMBER * 10_000 - 1 })).to.equal(
      'its window is beyond the interval asked',
    );
    expect(check({ from: END - 1, to: END })).to.include({ window: NUMBER });
    expect(checkProof(own.proof(1, 1, two[0]!), requestOf([two[0]!], []))).to.contain('not asked');
  });

  it('commits to one root over all of them, and to their number', () => {
    const roots = Array.from({ length: 9 }, (_, i) => Buffer.alloc(32, i).toString('hex'));
    const commitment = commitmentOver(7, roots);
    for (const [place, root] of roots.entries()) {
      const path = pathToCommitment(roots, place);
      const lead = (number: number, windows: number, at: number, octets = path) =>
        commitmentOf(number, Buffer.from(root, 'hex'), windows, at, octets);
      expect(lead(7, 9, place)).to.equal(commitment);
      expect(lead(8, 9, place)).to.not.equal(commitment);
      expect(lead(7, 8, place)).to.not.equal(commitment);
      expect(lead(7, 9, (place + 1) % 9)).to.not.equal(commitment);
      expect(lead(7, 9, place, path.subarray(32))).to.not.equal(commitment);
      expect(lead(7, 9, place, Uint8Array.from([...path, ...path]))).to.equal(null);
    }
  });

  it('never throws, whatever the octets are', () => {
    const request = requestOf([one[0]!, two[0]!], []);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), octets => void checkProof(octets, request)));
    const good = own.proof(1, 1, two[0]!);
    const change = fc.record({ at: fc.nat(good.length - 1), octets: fc.uint8Array({ minLength: 1, maxLength: 9 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
        const damaged = Uint8Array.from(good);
        for (const { at, octets } of changes) damaged.set(octets.subarray(0, damaged.length - at), at);
        const shown = checkProof(damaged, request);
        if (typeof shown !== 'string' && shown.commitment === own.commitment && !Buffer.from(damaged).equals(good)) {
          // What it is a proof of may only have been said in another way.
          const [a, b] = [decodeProof(damaged), decodeProof(good)];
          expect(a).to.deep.equal(b);
        }
      }),
    );
  });
});

describe('traceback/sight', () => {
  it('is proved by commitments that are held', async () => {
    const request = requestOf([two[0]!, one[0]!], [own.proof(0, 1, two[0]!), own.proof(1, 0, one[0]!)]);
    const sight = await checkSightOf(request, held, false);
    expect(sight).to.deep.equal({ proved: new Set([0, 1]), by: 'held', fault: null, lack: null });
  });

  it('is not proved by what is false in anything', async () => {
    const digest = two[0]!;
    const faultOf = async (proof: Uint8Array, by = held, asked = digest) =>
      (await checkSightOf(requestOf([asked], [proof]), by, true)).fault;
    const good = decodeProof(own.proof(0, 1, digest));
    if ('wrong' in good) expect.fail(good.wrong);
    const rows = Uint8Array.from(good.rows, octet => octet ^ 1);
    expect(await faultOf(own.proof(0, 1, digest)), 'good').to.equal(null);
    // A leaf that was made up: it says yes or it does not, and leads elsewhere in either case.
    expect(await faultOf(encodeProof({ ...good, rows })!), 'forged leaf').to.match(/do not say yes|leads to no root/);
    expect(await faultOf(encodeProof({ ...good, path: good.path.toReversed() })!), 'path').to.contain('no root');
    expect(await faultOf(encodeProof({ ...good, windows: 1, place: 0, above: new Uint8Array(0) })!)).to.contain(
      'no root',
    );
    // A window of one's own that nobody was told of.
    const made = sighted(NUMBER, [[900]]);
    const other = made.digests[0]![0]!;
    expect(await faultOf(made.proof(0, 0, other), held, other), 'wrong root').to.equal(
      'proof 1: it leads to no root that AS 64501 has committed to',
    );
    // Another's proof of the same packet, which leads to the other's commitment.
    expect(await faultOf(own.proof(0, 1, digest), told({ commitment: made.commitment, received: END }))).to.contain(
      'no root',
    );
    expect(await faultOf(own.proof(0, 0, one[0]!)), 'other digest').to.match(/are not the rows|do not say yes|no root/);
    expect(
      await faultOf(own.proof(0, 1, digest), told({ commitment: own.commitment, received: END + 60_000 })),
    ).to.equal(null);
    expect(
      await faultOf(own.proof(0, 1, digest), told({ commitment: own.commitment, received: END + 312_000 })),
    ).to.equal('proof 1: its root came 312 s after the window had ended');
    expect(lateness(NUMBER, END - 5)).to.equal(0);
  });

  it('is no proof where guesses would pass too often', async () => {
    const many = Array.from({ length: 1025 }, (_, i) => ({ commitment: `${i}`, received: END }));
    const sight = await checkSightOf(requestOf([two[0]!], [own.proof(0, 1, two[0]!)]), told(...many), false);
    expect(sight.fault).to.match(/a guess would pass with a chance of 3\.1 %/);
  });

  it('counts by the word of a peer, or for nothing, where no commitment is held', async () => {
    const request = requestOf([two[0]!], [own.proof(0, 1, two[0]!)]);
    expect(await checkSightOf(request, told(), true)).to.deep.include({ proved: new Set([0]), by: 'vouched' });
    expect(await checkSightOf(request, told(), false)).to.deep.include({
      ...{ proved: new Set(), by: null, fault: null, lack: 'no root of AS 64501 is held for that window' },
    });
  });

  it('lets blind guesses pass no more often than the filters err', async function () {
    this.timeout(240_000);
    const GUESSES = 100_000;
    let passed = 0;
    for (let i = 0; i < GUESSES; i++) {
      const digest = randomBytes(8).toString('hex');
      for (const window of [0, 1]) {
        if (own.sight(window, digest) === null) continue;
        const { proved } = await checkSightOf(requestOf([digest], [own.proof(0, window, digest)]), held, false);
        passed += proved.size;
      }
    }
    // Three tables of 16 bits: 4.6 of them, and more than 20 once in ten million runs.
    expect(passed).to.be.at.most(20);
  });
});

describe('traceback/sight: what policy makes of it', () => {
  const NOW = own.time + 600_000;
  const sight = (proved: readonly number[], fault: string | null = null): Sight => ({
    ...{ proved: new Set(proved), by: proved.length > 0 ? 'held' : null, fault, lack: null },
  });
  const decide = (
    proof: 'none' | 'prefer' | 'require',
    of: Sight,
    { need = 1, now = NOW, tokens = 1 }: { need?: number; now?: number; tokens?: number } = {},
  ) => {
    let asked = 0;
    const request = requestOf(['a', 'b', 'c'], [], need);
    request.questions.forEach((one, i) => {
      one.packet = i;
    });
    const decision = decideSight(request, of, { proof, unproved: 20 }, now, () => ++asked <= tokens);
    expect(asked).to.be.at.most(1);
    const what = 'ask' in decision ? decision.ask.questions.map(({ digest }) => digest).join('') : decision.verdict;
    return `${what}${asked > 0 ? ' for a token' : ''}`;
  };

  it('is a table', () => {
    expect(decide('none', sight([], 'x'))).to.equal('abc');
    expect(decide('prefer', sight([], 'x'))).to.equal('refused');
    expect(decide('require', sight([0, 1, 2]))).to.equal('abc');
    expect(decide('prefer', sight([0, 1, 2]), { tokens: 0 })).to.equal('abc');
    expect(decide('prefer', sight([0]))).to.equal('abc for a token');
    expect(decide('prefer', sight([0]), { tokens: 0 })).to.equal('a for a token');
    expect(decide('prefer', sight([]), { tokens: 0 })).to.equal('busy for a token');
    expect(decide('prefer', sight([0]), { tokens: 0, need: 2 })).to.equal('busy for a token');
    expect(decide('require', sight([0]))).to.equal('a');
    expect(decide('require', sight([0]), { need: 2 })).to.equal('refused');
    expect(decide('require', sight([]))).to.equal('refused');
    const live = { now: own.time + 10_000 };
    expect(decide('require', sight([]), live)).to.equal('abc for a token');
    expect(decide('require', sight([]), { ...live, tokens: 0 })).to.equal('busy for a token');
  });
});

describe('traceback/sight-gate', () => {
  const signed = (digest: string, proof: readonly Uint8Array[] = []): SignedRequest => {
    const octets = randomBytes(8);
    return { request: requestOf([digest], proof), octets, signature: octets, record: octets, hash: octets };
  };
  let now = own.time + 600_000;
  const gate = () => createSightGate({ answer: () => ({ proof: 'prefer', unproved: 2 }), held, clock: () => now });
  const verdict = (outcome: Awaited<ReturnType<ReturnType<typeof gate>['judge']>>) =>
    'verdict' in outcome ? outcome.verdict : 'asked';

  it('answers so many a second without a proof, of each who is accountable', async () => {
    const { judge, counts } = gate();
    const judged = async (as: number) => verdict(await judge(signed('00'.repeat(8)), false, as));
    expect([await judged(1), await judged(1), await judged(1), await judged(2)]).to.deep.equal([
      ...['asked', 'asked', 'busy', 'asked'],
    ]);
    now += 500;
    expect([await judged(1), await judged(1)]).to.deep.equal(['asked', 'busy']);
    // By whichever way it comes, it asks nothing new.
    const same = signed('11'.repeat(8));
    expect(verdict(await judge(same, false, 3))).to.equal('asked');
    for (let i = 0; i < 5; i++) expect(verdict(await judge(same, false, 3))).to.equal('asked');
    expect(counts()).to.deep.equal({ held: 0, vouched: 0, unproved: 10, refused: 2 });
  });

  it('takes nothing of that for what is proved, and says so to those behind it', async () => {
    const { judge, counts } = gate();
    for (let i = 0; i < 5; i++) {
      const outcome = await judge(signed(two[i]!, [own.proof(0, 1, two[i]!)]), false, 1);
      expect(outcome).to.deep.include({ proved: true, told: { sight: { by: 'held', proved: 1, of: 1 } } });
    }
    const wrong = await judge(signed(two[0]!, [own.proof(0, 0, one[0]!)]), false, 1);
    expect(wrong).to.include({ verdict: 'refused', fault: true, proved: false });
    expect(counts()).to.deep.equal({ held: 5, vouched: 0, unproved: 0, refused: 1 });
  });

  it('takes the word of a peer for the QUERYs of that peer alone', async () => {
    const { judge } = createSightGate({
      ...{ answer: () => ({ proof: 'require', unproved: 0 }), held: async () => [], clock: () => now },
    });
    const asked = signed(two[0]!, [own.proof(0, 1, two[0]!)]);
    expect(await judge(asked, false, 1)).to.include({ verdict: 'refused', proved: false });
    expect(await judge(asked, true, 1)).to.deep.include({
      proved: true,
      told: { sight: { by: 'vouched', proved: 1, of: 1 } },
    });
    expect(await judge(asked, false, 1), 'of one who does not vouch').to.include({ verdict: 'refused', proved: false });
    expect(await judge(asked, true, 1)).to.include({ proved: true });
  });

  it('passes on the word of a peer where it does not look itself', async () => {
    const { judge } = createSightGate({ answer: () => ({ proof: 'none', unproved: 0 }), held, clock: () => now });
    expect(await judge(signed('00'.repeat(8)), true, 1)).to.deep.include({ proved: true, told: {} });
    expect(await judge(signed('00'.repeat(8)), false, 1)).to.deep.include({ proved: false });
  });
});
