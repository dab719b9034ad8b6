import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ProbeAnswer } from '../../src/probe/question.ts';
import { needOf, packetsFor } from '../../src/traceback/evidence.ts';
import {
  type CheckedEvidence,
  checkEvidence,
  type FiledEvidence,
  FORMAT,
  fileEvidence,
} from '../../src/traceback/evidence-file.ts';
import { signRequest } from '../../src/traceback/request.ts';
import { sealKeys } from '../../src/traceback/seal.ts';
import { type Statement, signStatement } from '../../src/traceback/statement.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { type Ases, NOON, newAses, probeAnswer, question, sawFrom, sawTo, scripted } from './ases.ts';
import { makeAuthority, makeCertificate } from './certificates.ts';
import { type Pem, recordOf } from './signing.ts';

/** A probe that has seen the first so many of the packets asked for. */
function saw(packets: number, from: number): ProbeAnswer {
  const answer = probeAnswer([sawFrom(from)], { windowsAsked: 24 });
  const [sighting] = answer.sightings;
  return { ...answer, sightings: Array.from({ length: packets }, (_, i) => ({ ...sighting!, question: i })) };
}

const asked = {
  questions: Array.from({ length: 8 }, (_, packet) => ({
    ...{ epoch: question.epoch, packet, time: NOON + packet * 1000 },
    digest: packet.toString().repeat(16),
  })),
  need: needOf(8),
  time: NOON,
};

describe('traceback: several packets of one attack', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  const trace = async (seen: number): Promise<{ trace: Trace; evidence: FiledEvidence }> => {
    await ases.start({ as: 64500, peers: [64501], probes: scripted(saw(8, 64501)) });
    const behind = saw(seen, 64520);
    const sightings = [...behind.sightings, ...behind.sightings.map(one => ({ ...one, vantage: sawTo(64500) }))];
    await ases.start({ as: 64501, peers: [64500], coverage: 1, probes: scripted({ ...behind, sightings }) });
    await ases.link();
    let evidence: FiledEvidence | null = null;
    const made = await ases.at(64500).traceback.startTrace(
      asked,
      () => {},
      signed => {
        evidence = signed;
      },
    );
    return { trace: made, evidence: evidence! };
  };
  const textOf = (of: object) => JSON.stringify({ format: FORMAT, ...of });
  const certificateOf = (as: number) => new X509Certificate(readFileSync(join(ases.directory, `as${as}.crt`)));
  const check = (text: string, authorities: X509Certificate[] = []): CheckedEvidence => {
    const checked = checkEvidence(text, authorities);
    if (typeof checked === 'string') throw new Error(checked);
    return checked;
  };

  it('finds the entry by half of the packets, and is all but sure of it', async () => {
    const { trace: made } = await trace(4);
    expect(made.entry).to.deep.equal({ as: 64501, via: 64520, source: false });
    expect(made).to.include({ packets: 8, need: 4 });
    expect([made.from, made.to]).to.deep.equal([NOON - 2000, NOON + 9000]);
    expect(made.tree.children[0]).to.include({ packets: 4, verdict: 'saw', by: 64501 });
    expect(made.certainty).to.be.greaterThan(0.99);
    expect(made.unknown).to.deep.equal([
      { as: 64520, verdict: 'absent', reason: 'takes no part; no participant is known behind it', retainedFrom: null },
    ]);
    expect(made.cost).to.deep.include({ budget: 64, here: 1, waves: 1 });
  });

  it('finds no entry by fewer', async () => {
    const { trace: made } = await trace(3);
    expect(made.tree.children[0]).to.include({ verdict: 'saw-weak', packets: 3 });
    expect(made.entry?.as).to.equal(64500);
  });

  it('files what was signed, so that it can be checked by certificates alone', async () => {
    const made = await trace(8);
    const text = textOf(made);
    const checked = check(text, [certificateOf(64500), certificateOf(64501)]);
    expect(checked.good).to.equal(true);
    expect(checked.request).to.include({ by: 64500, fault: null, doubt: null });
    expect(checked.statements.map(({ by, says, fault }) => [by, says?.as, says?.verdict, fault])).to.have.deep.members([
      [64500, 64500, 'saw', null],
      [64501, 64501, 'saw', null],
      [64501, 64520, 'absent', null],
    ]);
    expect(checked.statements[0]!.certificate).to.equal(certificateOf(64500).fingerprint256);
    expect(check(text).good, 'nobody vouches').to.equal(true);
    const doubted = check(text, [certificateOf(64500)]);
    expect(doubted.good).to.equal(false);
    expect(doubted.statements.find(({ by }) => by === 64501))
      .to.include({ fault: null })
      .and.property('doubt').not.null;

    // What the trace says and nobody signed, and whatever is changed.
    const { tree } = made.trace;
    const more = textOf({ ...made, trace: { ...made.trace, tree: { ...tree, children: [{ ...tree, as: 7 }] } } });
    expect(check(more)).to.deep.include({ good: false, unsaid: ['AS 7 saw it: no good statement says so'] });
    const { statements } = made.evidence;
    for (const field of ['octets', 'signature'] as const)
      for (const [i, one] of statements.entries()) {
        const octets = Buffer.from(one[field], 'base64');
        octets[octets.length >> 1]! ^= 1;
        const changed = statements.with(i, { ...one, [field]: octets.toString('base64') });
        const bad = check(textOf({ ...made, evidence: { ...made.evidence, statements: changed } }));
        expect(bad.good).to.equal(false);
        expect(bad.statements[i]!.fault, field).to.be.a('string');
      }
    const swapped = statements.map(one => ({ ...one, record: 1 - one.record }));
    expect(
      check(textOf({ ...made, evidence: { ...made.evidence, statements: swapped } })).statements[0]!.fault,
    ).to.match(/^record: is of AS \d+, not of AS \d+$/);
  });
});

describe('traceback/evidence-file', () => {
  const now = Date.now();
  const [one, two] = [makeCertificate(64500), makeCertificate(64501)];
  const request = (pem: Pem = one) =>
    signRequest(
      {
        ...{ trace: '0123456789abcdef', origin: 64500, issued: now, expires: now + 10_000, purpose: 'test' as const },
        ...{ reference: '', federation: '', need: 1, seal: sealKeys().seal, proof: [] },
        questions: [{ packet: 0, epoch: 1, digest: '0123456789abcdef', from: 0, to: 1 }],
      },
      createPrivateKey(pem.key),
      recordOf(64500, pem, { issued: now }),
    );
  const signed = request();
  const statement = (more: Partial<Statement> = {}, pem: Pem = two, record = recordOf(64501, pem, { issued: now })) =>
    signStatement(
      {
        ...{ as: 64501, by: 64501, request: signed.hash, time: now, verdict: 'saw', reason: '', ingress: [] },
        ...{ source: false, packets: 1, windows: 1, false_positive: 0, coverage: 1, loss: 0, sampling: 1 },
        ...{ retained_from: null, retained_to: null, provisional: false, egress: [], after: 0, ...more },
      },
      createPrivateKey(pem.key),
      record,
    );
  const textOf = (evidence: FiledEvidence) =>
    JSON.stringify({ format: FORMAT, trace: { id: 't', tree: {} }, evidence });
  const faultOf = (said: ReturnType<typeof statement>): string | null | undefined => {
    const checked = checkEvidence(textOf(fileEvidence(signed, [said])), []);
    return typeof checked === 'string' ? checked : checked.statements[0]?.fault;
  };

  // What a statement may be that has a good signature of its own, and still proves nothing.
  const past = makeCertificate(64501, { notBefore: new Date(now - 2e9), notAfter: new Date(now - 1e9) });
  const other = makeCertificate(64502);
  const rows: [string, ReturnType<typeof statement>, RegExp | null][] = [
    ['as it should be', statement(), null],
    ['of an AS that was not reached', statement({ as: 64777, verdict: 'silent' }), null],
    ['about another request', statement({ request: new Uint8Array(32) }), /about another request/],
    ['for another AS', statement({ as: 64777 }), /saw is not its to say/],
    ['of itself as silent', statement({ verdict: 'silent' }), /silent is not its to say/],
    ['long after the request', statement({ time: now + 300_000 }), /not said while the request was good/],
    [
      'before the request',
      statement({ time: now - 300_000 }, two, recordOf(64501, two, { issued: now - 1e6 })),
      /not said while/,
    ],
    ['by a certificate that had expired', statement({}, past), /certificate expired on .*, and was used then/],
    ['by another AS with its own key', statement({}, other, recordOf(64502, other)), /of AS 64502, not of AS 64501/],
    ["by a key that is not the record's", statement({}, other, recordOf(64501, two)), /not signed by that key/],
    [
      'with a record that had expired',
      statement({}, two, recordOf(64501, two, { issued: now - 9e6, expires: now - 1 })),
      /record: expires: is past/,
    ],
    [
      'with a record of later',
      statement({}, two, recordOf(64501, two, { issued: now + 120_000 })),
      /record: was made later/,
    ],
    ['without a record', statement({}, two, new Uint8Array(0)), /^record: /],
  ];
  for (const [what, said, fault] of rows)
    it(`a statement ${what}: ${fault === null ? 'good' : 'broken'}`, () =>
      fault === null ? expect(faultOf(said)).to.equal(null) : expect(faultOf(said)).to.match(fault));

  it('believes an authority for those alone whom it has certified', () => {
    const authority = makeAuthority('federation');
    const member = makeCertificate(64501, { authority });
    const text = textOf(fileEvidence(signed, [statement({}, member), statement()]));
    const checked = checkEvidence(text, [new X509Certificate(authority.certificate)]);
    if (typeof checked === 'string') throw new Error(checked);
    expect(checked.statements.map(({ doubt }) => doubt)).to.deep.equal([
      null,
      'certificate is neither the configured one nor signed by a configured authority',
    ]);
    expect(checked.good).to.equal(false);
  });

  it('says why a file is none', () => {
    const good = JSON.parse(textOf(fileEvidence(signed, []))) as { evidence: FiledEvidence };
    for (const [text, why] of [
      ['', 'it is no JSON'],
      [`${'['.repeat(1e5)}`, 'it is no JSON'],
      ['null', /no evidence of a trace/],
      ['{"format":"intertrack-case-1"}', /no evidence of a trace/],
      [JSON.stringify({ ...good, trace: 3 }), 'parts of it are missing'],
      [JSON.stringify({ ...good, evidence: { ...good.evidence, request: {} } }), 'its request is none'],
      [JSON.stringify({ ...good, evidence: { ...good.evidence, statements: [7] } }), 'statement 1 is none'],
      [JSON.stringify({ ...good, evidence: { ...good.evidence, records: ['*'] } }), 'a record is no base64'],
      [
        JSON.stringify({ ...good, evidence: { ...good.evidence, statements: new Array(5000).fill(0) } }),
        /more than 4096/,
      ],
    ] as const)
      expect(checkEvidence(text, []), text.slice(0, 60)).to.match(why instanceof RegExp ? why : new RegExp(`^${why}$`));
  });

  it('throws at nothing, and calls nothing good that was changed', () => {
    const text = textOf(fileEvidence(signed, [statement()]));
    const untouched = checkEvidence(text, []);
    expect(typeof untouched === 'string' ? untouched : untouched.good).to.equal(true);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        const checked = checkEvidence(changed, []);
        if (typeof checked === 'string' || !checked.good) return;
        // Only what is not signed may differ: the id, the tree that is empty, white space and unused bits of base64.
        const plain = (one: CheckedEvidence) => JSON.stringify({ ...one, trace: '' });
        expect(plain(checked)).to.equal(plain(untouched as CheckedEvidence));
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.json(), json => void checkEvidence(json, [])));
  });
});

describe('traceback/evidence', () => {
  it('needs half of the packets, and two of several', () => {
    expect([1, 2, 3, 4, 5, 8, 16].map(needOf)).to.deep.equal([1, 2, 2, 2, 3, 4, 8]);
    expect([null, 1, 4, 5, 8, 60].map(packetsFor)).to.deep.equal([8, 8, 8, 10, 16, 16]);
  });
});
