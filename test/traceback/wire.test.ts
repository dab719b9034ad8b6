import { expect } from 'chai';
import fc from 'fast-check';
import { decodeItem } from '../../src/net/frames.ts';
import {
  encodeMessage,
  MAX_FRAME,
  MAX_INGRESS,
  MAX_NODES,
  type Message,
  type Query,
  readMessage,
} from '../../src/traceback/wire.ts';
import { openOf } from './ases.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const text = (value: string) => Buffer.from(value).toString('hex');

/** Decodes as the wire does. */
function read(item: Uint8Array): ReturnType<typeof readMessage> {
  const got = decodeItem(item);
  if ('reason' in got) throw new Error(got.reason);
  return readMessage(got.message);
}

const query: Query = {
  type: 'query',
  id: 7,
  trace: '0011223344556677',
  origin: 64500,
  hops: [64500, 64501],
  ttl: 14,
  deadline: 1000,
  budget: 30,
  purpose: 'attack',
  nonce: '000102030405060708090a0b0c0d0e0f',
  expires: 2000,
  questions: [{ epoch: 500000, digest: 'fedcba9876543210', from: 10, to: 20 }],
};

const node = {
  as: 64501,
  parent: null,
  verdict: 'saw',
  reason: 'seen',
  ingress: [64502],
  source: false,
  false_positive: 0.5,
  coverage: null,
  retained_from: 5,
  provisional: false,
  after: 3,
};

describe('traceback/wire', () => {
  // Items written by hand from the man page and RFC 8949: a map head, then each key with its value.
  const vectors: [string, string, Message][] = [
    ['KEEPALIVE', `a1 64${text('type')} 69${text('keepalive')}`, { type: 'keepalive' }],
    ['CANCEL', `a2 64${text('type')} 66${text('cancel')} 62${text('id')} 18ff`, { type: 'cancel', id: 255 }],
    [
      'NOTIFICATION',
      `a3 64${text('type')} 6c${text('notification')} 64${text('code')} 06 64${text('text')} 60`,
      { type: 'notification', code: 6, text: '' },
    ],
    [
      'OPEN',
      `aa 64${text('type')} 64${text('open')} 67${text('version')} 01 62${text('as')} 19fbf4 64${text('hold')} 181e
       65${text('roles')} 81 63${text('itm')} 67${text('methods')} 81 66${text('digest')}
       66${text('epochs')} a2 66${text('length')} 190e10 67${text('overlap')} 19012c
       69${text('retention')} f6 68${text('coverage')} f6
       66${text('limits')} a3 69${text('questions')} 1840 66${text('flight')} 1840 64${text('rate')} 1864`,
      openOf(64500),
    ],
    [
      'QUERY',
      `ac 64${text('type')} 65${text('query')} 62${text('id')} 07 65${text('trace')} 48 0011223344556677
       66${text('origin')} 19fbf4 64${text('hops')} 82 19fbf4 19fbf5 63${text('ttl')} 0e 68${text('deadline')} 1903e8
       66${text('budget')} 181e 67${text('purpose')} 66${text('attack')}
       65${text('nonce')} 50 000102030405060708090a0b0c0d0e0f 67${text('expires')} 1907d0
       69${text('questions')} 81 84 1a0007a120 48 fedcba9876543210 0a 14`,
      query,
    ],
    [
      'ANSWER',
      `a5 64${text('type')} 66${text('answer')} 62${text('id')} 07 65${text('final')} f5 67${text('queries')} 00
       65${text('nodes')} 81 ab 62${text('as')} 19fbf5 66${text('parent')} f6 67${text('verdict')} 63${text('saw')}
       66${text('reason')} 64${text('seen')} 67${text('ingress')} 81 19fbf6 66${text('source')} f4
       6e${text('false_positive')} fb 3fe0000000000000 68${text('coverage')} f6 6d${text('retained_from')} 05
       6b${text('provisional')} f4 65${text('after')} 03`,
      { type: 'answer', id: 7, final: true, queries: 0, nodes: [node] } as Message,
    ],
  ];
  for (const [what, octets, message] of vectors) {
    it(`reads ${what}`, () => expect(read(hex(octets))).to.deep.equal({ message }));
    it(`writes ${what}`, () =>
      expect(Buffer.from(encodeMessage(message)).toString('hex').slice(8)).to.equal(octets.replace(/\s/g, '')));
  }

  describe('refuses, with the path of the field', () => {
    const sent = (message: Message) => (decodeItem(encodeMessage(message).subarray(4)) as { message: object }).message;
    const good = sent(query) as Record<string, unknown>;
    const answer = sent({ type: 'answer', id: 7, final: true, queries: 0, nodes: [node] } as Message);
    const withNode = (...nodes: object[]) => ({ ...answer, nodes: nodes.map(one => ({ ...sentNode, ...one })) });
    const sentNode = (answer as { nodes: object[] }).nodes[0]!;
    const digest = new Uint8Array(8);
    const cases: [string, unknown, string, string][] = [
      ['no map', [1], 'type', 'malformed'],
      ['no type', {}, 'type', 'malformed'],
      ['a type that is a method of objects', { type: 'toString' }, 'type', 'unsupported'],
      ['ANNOUNCE', { type: 'announce' }, 'type', 'unsupported'],
      ['OPEN of version 2, whatever its fields', { type: 'open', version: 2, new: 1 }, 'version', 'bad-open'],
      ['a field too many', { ...good, address: '192.0.2.1' }, 'address', 'malformed'],
      ['a field too few', { type: 'cancel' }, 'id', 'malformed'],
      ['AS 0', { ...good, origin: 0 }, 'origin', 'malformed'],
      ['an AS of 33 bits', { ...good, hops: [64500, 2 ** 32] }, 'hops[1]', 'malformed'],
      ['no hops', { ...good, hops: [] }, 'hops', 'malformed'],
      ['17 hops', { ...good, hops: Array(17).fill(1) }, 'hops', 'malformed'],
      ['TTL 17', { ...good, ttl: 17 }, 'ttl', 'malformed'],
      ['a time before 1970', { ...good, deadline: -1 }, 'deadline', 'malformed'],
      ['half a budget', { ...good, budget: 0.5 }, 'budget', 'malformed'],
      ['a purpose of its own', { ...good, purpose: 'fun' }, 'purpose', 'malformed'],
      ['a nonce of 15 octets', { ...good, nonce: new Uint8Array(15) }, 'nonce', 'malformed'],
      ['a digest as text', { ...good, questions: [[1, '00', 0, 1]] }, 'questions[0].digest', 'malformed'],
      ['a question of five', { ...good, questions: [[1, digest, 0, 1, 2]] }, 'questions[0]', 'malformed'],
      ['65 questions', { ...good, questions: Array(65).fill([1, digest, 0, 1]) }, 'questions', 'malformed'],
      ['an interval upside down', { ...good, questions: [[1, digest, 2, 1]] }, 'questions[0]', 'malformed'],
      ['an interval of a day', { ...good, questions: [[1, digest, 0, 86_400_000]] }, 'questions[0]', 'malformed'],
      ['no nodes', { ...answer, nodes: [] }, 'nodes', 'malformed'],
      ['a verdict of its own', withNode({ verdict: 'maybe' }), 'nodes[0].verdict', 'malformed'],
      ['an escape sequence in a reason', withNode({ reason: '\u001b[2J' }), 'nodes[0].reason', 'malformed'],
      ['a right-to-left override in a reason', withNode({ reason: '\u202e' }), 'nodes[0].reason', 'malformed'],
      ['a reason of 201 octets', withNode({ reason: 'é'.repeat(101) }), 'nodes[0].reason', 'malformed'],
      ['a share above 1', withNode({ coverage: 1.1 }), 'nodes[0].coverage', 'malformed'],
      ['a root with a parent', withNode({ parent: 0 }), 'nodes[0].parent', 'malformed'],
      ['two roots', withNode({}, {}), 'nodes[1].parent', 'malformed'],
      ['a node that is its own parent', withNode({}, { parent: 1 }), 'nodes[1].parent', 'malformed'],
    ];
    for (const [what, item, at, code] of cases)
      it(what, () => {
        const got = readMessage(item);
        expect(got).to.include({ at, code });
        expect(got).to.have.property('wrong').that.is.a('string');
      });
  });

  it('fits the largest ANSWER into a frame', () => {
    const longest = {
      ...node,
      as: 0xffffffff,
      verdict: 'clear-partial',
      reason: 'é'.repeat(100),
      ingress: Array(MAX_INGRESS).fill(0xffffffff),
      false_positive: 0.1,
      coverage: 0.1,
      retained_from: Number.MAX_SAFE_INTEGER,
      after: 0xffffffff,
    };
    const nodes = Array.from({ length: MAX_NODES }, (_, i) => ({ ...longest, parent: i === 0 ? null : i - 1 }));
    const frame = encodeMessage({
      type: 'answer',
      id: 0xffffffff,
      final: false,
      queries: 0xffffffff,
      nodes,
    } as Message);
    expect(frame.length - 4).to.be.at.most(MAX_FRAME);
    expect(read(frame.subarray(4))).to.have.property('message');
  });

  const as = fc.integer({ min: 1, max: 0xffffffff });
  const time = fc.integer({ min: 0, max: 2 ** 45 });
  const octets = (size: number) =>
    fc.uint8Array({ minLength: size, maxLength: size }).map(bytes => Buffer.from(bytes).toString('hex'));
  const queries: fc.Arbitrary<Query> = fc.record({
    type: fc.constant('query' as const),
    id: fc.integer({ min: 0, max: 0xffffffff }),
    trace: octets(8),
    origin: as,
    hops: fc.array(as, { minLength: 1, maxLength: 16 }),
    ttl: fc.nat(16),
    deadline: time,
    budget: fc.nat(0xffff),
    purpose: fc.constantFrom('attack', 'misuse', 'fault', 'test'),
    nonce: octets(16),
    expires: time,
    questions: fc.array(
      fc
        .record({ epoch: fc.nat(), digest: octets(8), from: time, width: fc.nat(3_600_000) })
        .map(({ epoch, digest, from, width }) => ({ epoch, digest, from, to: from + width })),
      { minLength: 1, maxLength: 64 },
    ),
  });

  it('reads back every QUERY it writes', () => {
    fc.assert(
      fc.property(queries, message => {
        expect(read(encodeMessage(message).subarray(4))).to.deep.equal({ message });
      }),
      { numRuns: 60 },
    );
  });

  it('never throws on any decoded item', () => {
    fc.assert(
      fc.property(fc.anything(), item => {
        readMessage(item);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws on a message with a field replaced', () => {
    fc.assert(
      fc.property(queries, fc.nat(), fc.anything(), (message, at, value) => {
        const { message: item } = decodeItem(encodeMessage(message).subarray(4)) as {
          message: Record<string, unknown>;
        };
        const keys = Object.keys(item);
        item[keys[at % keys.length]!] = value;
        readMessage(item);
      }),
      { numRuns: 300 },
    );
  });
});
