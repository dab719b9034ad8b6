import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeItem, encodeItem } from '../../src/net/frames.ts';
import { type Leaf, newLeaf } from '../../src/traceback/branch.ts';
import { createDirectory } from '../../src/traceback/directory.ts';
import { createOpening } from '../../src/traceback/opening.ts';
import { MAX_LIFE, readParticipation } from '../../src/traceback/participation.ts';
import { isRequestOf, type Request, readRequest, referenceOf, signRequest } from '../../src/traceback/request.ts';
import { sealing } from '../../src/traceback/saying.ts';
import { isSealKey, openSeal, sealKeys, sealTo } from '../../src/traceback/seal.ts';
import { isSigned } from '../../src/traceback/signed.ts';
import {
  decodeStatement,
  encodeStatement,
  isStatementOf,
  readStatement,
  type Statement,
  signStatement,
} from '../../src/traceback/statement.ts';
import { makeAuthority, makeCertificate } from './certificates.ts';
import { type Pem, recordOf } from './signing.ts';

const authority = makeAuthority('federation');
const pem = makeCertificate(64500, { authority });
const key = createPrivateKey(pem.key);
const publicKey = createPublicKey(key);
const record = recordOf(64500, pem);
const keys = sealKeys();

const asked: Request = {
  trace: '0011223344556677',
  origin: 64500,
  issued: 1000,
  expires: 2000,
  purpose: 'attack',
  reference: 'ticket-7',
  federation: 'jp-isp',
  need: 1,
  questions: [{ packet: 0, epoch: 500000, digest: 'fedcba9876543210', from: 10, to: 20 }],
  seal: keys.seal,
  proof: [],
};

describe('traceback/request', () => {
  const signed = signRequest(asked, key, record);
  const read = (more: object) => {
    const { octets } = signRequest({ ...asked, ...more }, key, record);
    return readRequest({ octets, signature: signed.signature, record });
  };

  it('is an item as the page has it, signed as a request', () => {
    const item = encodeItem({
      ...asked,
      trace: Uint8Array.from(Buffer.from(asked.trace, 'hex')),
      questions: [[0, 500000, Uint8Array.from(Buffer.from('fedcba9876543210', 'hex')), 10, 20]],
    });
    expect(Buffer.from(signed.octets).toString('hex')).to.equal(Buffer.from(item).toString('hex'));
    expect(Buffer.from(signed.hash).toString('hex')).to.equal(createHash('sha256').update(item).digest('hex'));
    expect(isRequestOf(signed, publicKey)).to.equal(true);
    expect(isSigned('intertrack statement', signed.octets, signed.signature, publicKey)).to.equal(false);
    expect(readRequest(signed)).to.deep.equal(signed);
  });
  it('is nobody’s when an octet is another', () => {
    for (let at = 0; at < signed.octets.length; at += 7) {
      const octets = Uint8Array.from(signed.octets);
      octets[at]! ^= 1;
      expect(isRequestOf({ ...signed, octets }, publicKey)).to.equal(false);
    }
    expect(isRequestOf(signed, createPublicKey(createPrivateKey(makeCertificate(1).key)))).to.equal(false);
  });

  const question = asked.questions[0]!;
  const cases: [string, object, string][] = [
    ['a purpose of its own', { purpose: 'fun' }, 'purpose'],
    ['no question', { questions: [] }, 'questions'],
    ['65 questions', { questions: Array(65).fill(question) }, 'questions'],
    ['a digest of 7 octets', { questions: [{ ...question, digest: '00112233445566' }] }, 'questions[0].digest'],
    ['an interval upside down', { questions: [{ ...question, from: 21 }] }, 'questions[0]'],
    ['an interval of a day', { questions: [{ ...question, to: 86_400_000 }] }, 'questions[0]'],
    ['more packets needed than there are', { need: 2 }, 'need'],
    ['none needed', { need: 0 }, 'need'],
    ['an address in its reference', { reference: '192.0.2.1' }, 'reference'],
    ['a seal of 31 octets', { seal: new Uint8Array(31) }, 'seal'],
    ['AS 0', { origin: 0 }, 'origin'],
  ];
  for (const [what, more, at] of cases)
    it(`refuses ${what}`, () => expect(read(more)).to.include({ at }).and.to.have.property('wrong'));
  it('has a reference that tells nothing but a name', () => {
    expect(referenceOf('C-7')).to.equal('C-7');
    expect(referenceOf('from 192.0.2.1')).to.match(/^[0-9a-f]{12}$/);
  });
  it('takes two packets of which two are needed', () =>
    expect(read({ need: 2, questions: [question, { ...question, packet: 1 }] })).to.have.property('request'));
});

describe('traceback/statement', () => {
  const value: Statement = {
    as: 64500,
    by: 64500,
    request: new Uint8Array(32),
    time: 5,
    verdict: 'saw',
    reason: 'seen',
    ingress: [64501],
    egress: [64502],
    source: false,
    packets: 1,
    windows: 3,
    false_positive: 0.5,
    coverage: null,
    loss: 0,
    sampling: 1,
    retained_from: 1,
    retained_to: 2,
    provisional: false,
    after: 3,
  };
  const statement = signStatement(value, key, record);
  const refused = (more: object) => {
    const { octets } = signStatement({ ...value, ...more }, key, record);
    return readStatement({ octets, signature: statement.signature, record });
  };

  it('may have no likelihood, as those of old, and else one that is a number', () => {
    expect(statement.statement).to.not.have.property('likelihood');
    const said = refused({ likelihood: 20 });
    expect(typeof said === 'string' ? said : said.statement.likelihood).to.equal(20);
    for (const likelihood of [-1, 1e13, 'much', [], true])
      expect(refused({ likelihood })).to.match(/^likelihood: expected a number of 0 to 1000000000000, not /);
    expect(refused({ likelihood: null })).to.be.an('object');
  });
  it('is good with the duration of a clock that was set back, and that is none', () => {
    const item = decodeItem(statement.octets) as { readonly message: object };
    const octets = encodeItem({ ...item.message, after: -3_600_000 });
    const said = readStatement({ octets, signature: statement.signature, record });
    expect(typeof said === 'string' ? said : said.statement.after).to.equal(0);
    expect(refused({ after: 1.5 })).to.match(/^after: expected an integer/);
  });
  it('comes back as it was, and is of who signed it', () => {
    expect(decodeStatement(encodeStatement(statement))).to.deep.equal(statement);
    expect(isStatementOf(statement, publicKey)).to.equal(true);
    expect(isStatementOf({ ...statement, signature: new Uint8Array(64) }, publicKey)).to.equal(false);
  });
  it('says what is wrong with one, and where', () => {
    expect(refused({ verdict: 'maybe' })).to.match(/^verdict: /);
    expect(refused({ reason: '\u202e' })).to.match(/^reason: /);
    expect(refused({ reason: 'é'.repeat(101) })).to.match(/^reason: /);
    expect(refused({ coverage: 1.1 })).to.match(/^coverage: /);
    expect(refused({ ingress: Array(65).fill(1) })).to.match(/^ingress: /);
  });
});

describe('traceback/participation', () => {
  const now = Date.now();
  const read = (octets: Uint8Array) => readParticipation(octets, now);
  it('is read as it was made', () => {
    const got = read(record);
    if (typeof got === 'string') throw new Error(got);
    expect(got.participation).to.include({ as: 64500, withdrawn: false });
    expect(got.certificate.fingerprint256).to.equal(new X509Certificate(pem.certificate).fingerprint256);
  });
  const cases: [string, () => Uint8Array, RegExp][] = [
    ['for another AS than its certificate', () => recordOf(64501, pem), /names AS 64500, not AS 64501/],
    [
      'with a certificate that is none',
      () => recordOf(64500, pem, { certificate: Uint8Array.of(1) }),
      /certificate: is none/,
    ],
    ['that is past', () => recordOf(64500, pem, { issued: 1, expires: 2 }), /expires: is past/],
    ['for a month', () => recordOf(64500, pem, { expires: Date.now() + MAX_LIFE + 60_000 }), /within a week/],
    ['by another key', () => recordOf(64500, { ...pem, key: makeCertificate(64500).key }), /not signed by the key/],
    ['too long', () => new Uint8Array(5000), /5000 octets/],
    ['of garbage', () => new Uint8Array(100).fill(0xff), /offset/],
    ['of nothing', () => new Uint8Array(0), /offset/],
  ];
  for (const [what, octets, words] of cases) it(`refuses one ${what}`, () => expect(read(octets())).to.match(words));
});

describe('traceback/directory', () => {
  const now = Date.now();
  const certificate = (one: { readonly certificate: string }) => new X509Certificate(one.certificate);
  const identity = (more: object = {}) => ({
    ...{ as: 1, key: '', certificate: '', signs: key, trust: new Map(), authorities: [], authoritiesOf: new Map() },
    ...more,
  });
  const ask = (more: object, octets = record, as = 64500) => {
    const got = createDirectory(() => identity(more)).keyOf(as, octets, now);
    return typeof got === 'string' ? got : got.doubt;
  };
  it('believes the certificate that is configured for the AS', () =>
    expect(ask({ trust: new Map([[64500, [certificate(pem)]]]) })).to.equal(null));
  it('believes what an authority of a federation has issued', () =>
    expect(ask({ authorities: [certificate(authority)] })).to.equal(null));
  it('does not believe it where another certificate is configured', () => {
    const trust = new Map([[64500, [certificate(makeCertificate(64500))]]]);
    expect(ask({ trust, authorities: [certificate(authority)] })).to.match(/neither the configured one/);
  });
  it('does not believe one that nobody issued', () =>
    expect(ask({ authorities: [certificate(makeAuthority('other'))] })).to.match(/neither/));
  it('finds no key in the record of another AS', () => expect(ask({}, record, 64501)).to.match(/is of AS 64500/));
});

describe('traceback/seal', () => {
  const context = Uint8Array.of(1, 2, 3);
  it('is opened by whom it is for, and in its context alone', () => {
    const sealed = sealTo(keys.seal, Uint8Array.of(7, 8), context)!;
    expect([...openSeal(keys, sealed, context)!]).to.deep.equal([7, 8]);
    expect(openSeal(keys, sealed, Uint8Array.of(1))).to.equal(null);
    expect(openSeal(sealKeys(), sealed, context)).to.equal(null);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      expect(openSeal(keys, changed, context)).to.equal(null);
    }
  });
  it('seals to no key of which no secret comes, and tells such keys beforehand', () => {
    expect(sealTo(new Uint8Array(32), Uint8Array.of(1), context)).to.equal(null);
    expect([new Uint8Array(32), new Uint8Array(31), keys.seal].map(isSealKey)).to.deep.equal([false, false, true]);
  });
  it('never throws on what it is to open', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), octets => openSeal(keys, octets, context) === null)));
});

describe('traceback/opening', () => {
  const other = makeCertificate(64501, { authority });
  const signed = signRequest(asked, key, record);
  const identity = {
    ...{ as: 64500, key: '', certificate: '', signs: key, trust: new Map(), authoritiesOf: new Map() },
    authorities: [new X509Certificate(authority.certificate)],
  };
  const voice = (as: number, { key: pemKey, certificate }: Pem) => ({
    as,
    key: () => createPrivateKey(pemKey),
    record: () => recordOf(as, { key: pemKey, certificate }),
    clock: Date.now,
  });
  const refused: string[] = [];
  const open = (as: number, sealed: Uint8Array, seen: boolean) => {
    const opening = createOpening(
      64500,
      signed,
      keys,
      createDirectory(() => identity),
      Date.now,
      kind => refused.push(kind),
    );
    const node = { as, seen, sealed, sent: 10, children: [] };
    const tree = { as: 64500, seen: true, leaf: newLeaf(64500, 'saw', '', 0), children: [node] };
    const [child] = opening.open(tree).children;
    return { child: child!, statements: opening.statements() };
  };
  const sealAs = (leaf: Leaf) => sealing(voice(64501, other), signed)(leaf)!;

  it('is the word of the AS, later by when it was asked, and evidence', () => {
    const { child, statements } = open(64501, sealAs({ ...newLeaf(64501, 'saw', 'seen', 5), ingress: [9] }), true);
    expect(child).to.include({ as: 64501, verdict: 'saw', signed: 'good', after: 15 });
    expect(child.ingress).to.deep.equal([9]);
    expect(statements.map(({ statement }) => statement.by)).to.deep.equal([64501]);
  });
  it('is of a signer that nobody here trusts', () => {
    const stranger = sealing(voice(64501, makeCertificate(64501)), signed);
    expect(open(64501, stranger(newLeaf(64501, 'clear', '', 5))!, false).child.signed).to.equal('unknown');
  });

  const bad: [string, () => { child: { verdict: string; reason: string } }, string, RegExp][] = [
    [
      'changed on the way',
      () => {
        const sealed = sealAs(newLeaf(64501, 'saw', '', 5));
        sealed[40]! ^= 1; // what is sealed is another each time: no value is sure to be a change
        return open(64501, sealed, true);
      },
      'silent',
      /changed on the way/,
    ],
    ['about another AS', () => open(64502, sealAs(newLeaf(64501, 'saw', '', 5)), true), 'silent', /about AS 64501/],
    [
      'whose open bit is not what is signed',
      () => open(64501, sealAs(newLeaf(64501, 'clear', '', 5)), true),
      'conflict',
      /not what it signed/,
    ],
    [
      'that it is silent itself',
      () => open(64501, sealAs(newLeaf(64501, 'silent', '', 5)), false),
      'conflict',
      /not its to say/,
    ],
    [
      'of an AS that nobody asked',
      () => open(64777, sealAs(newLeaf(64777, 'absent', '', 5)), false),
      'silent',
      /nobody asked/,
    ],
    [
      'of what an AS has to say itself',
      () => open(64777, sealAs(newLeaf(64777, 'clear', '', 5)), false),
      'conflict',
      /not its to say/,
    ],
    [
      'to another request',
      () => {
        const elsewhere = signRequest({ ...asked, trace: '8899aabbccddeeff' }, key, record);
        const octets = openSeal(
          keys,
          sealing(voice(64501, other), elsewhere)(newLeaf(64501, 'saw', '', 5))!,
          elsewhere.hash,
        )!;
        return open(64501, sealTo(keys.seal, octets, signed.hash)!, true);
      },
      'silent',
      /to another request/,
    ],
    [
      'of garbage',
      () => open(64501, sealTo(keys.seal, Uint8Array.of(0xff), signed.hash)!, true),
      'silent',
      /malformed/,
    ],
  ];
  for (const [what, made, verdict, reason] of bad)
    it(`takes no word ${what}`, () => {
      const { child } = made();
      expect(child.verdict).to.equal(verdict);
      expect(child.reason).to.match(reason);
    });
});
