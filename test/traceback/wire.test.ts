import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeItem } from '../../src/net/frames.ts';
import { type AnswerNode, flatten } from '../../src/traceback/branch.ts';
import {
  encodeMessage,
  MAX_FRAME,
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

describe('the frames of intertrack-protocol(7)', () => {
  it('are those that are sent', () => {
    const page = readFileSync(new URL('../../man/intertrack-protocol.7', import.meta.url), 'utf8');
    const shown = /^\.Sh EXAMPLES\n[\s\S]*?^\.Bd .*\n([\s\S]*?)^\.Ed$/m.exec(page)![1]!;
    const messages: Message[] = [
      { type: 'keepalive' },
      { type: 'cancel', id: 7 },
      { type: 'notification', code: 9, text: 'moving to a new host' },
    ];
    const frames = messages.map(message => Buffer.from(encodeMessage(message)).toString('hex'));
    expect(shown.replace(/\s/g, '')).to.equal(frames.join(''));
  });
});

const query: Query = {
  type: 'query',
  id: 7,
  hops: [64500, 64501],
  ttl: 14,
  deadline: 1000,
  budget: 30,
  nonce: '000102030405060708090a0b0c0d0e0f',
  expires: 2000,
  proved: true,
  request: Uint8Array.of(1, 2, 3),
  signature: new Uint8Array(64).fill(9),
  record: Uint8Array.of(4, 5),
};

const node = { as: 64501, parent: null, seen: true, sealed: new Uint8Array(49).fill(7) };

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
      `ac 64${text('type')} 64${text('open')} 67${text('version')} 02 65${text('least')} 02 62${text('as')} 19fbf4
       64${text('hold')} 181e 67${text('restart')} 00
       65${text('roles')} 81 63${text('itm')} 67${text('methods')} 81 66${text('digest')}
       66${text('epochs')} a2 66${text('length')} 190e10 67${text('overlap')} 19012c
       69${text('retention')} f6 68${text('coverage')} f6
       66${text('limits')} a3 69${text('questions')} 1840 66${text('flight')} 1840 64${text('rate')} 1864`,
      openOf(64500),
    ],
    [
      'QUERY',
      `ac 64${text('type')} 65${text('query')} 62${text('id')} 07 64${text('hops')} 82 19fbf4 19fbf5 63${text('ttl')} 0e
       68${text('deadline')} 1903e8 66${text('budget')} 181e 65${text('nonce')} 50 000102030405060708090a0b0c0d0e0f
       67${text('expires')} 1907d0 66${text('proved')} f5 67${text('request')} 43 010203
       69${text('signature')} 5840 ${'09'.repeat(64)} 66${text('record')} 42 0405`,
      query,
    ],
    [
      'ANSWER',
      `a5 64${text('type')} 66${text('answer')} 62${text('id')} 07 65${text('final')} f5 67${text('queries')} 00
       65${text('nodes')} 81 a4 62${text('as')} 19fbf5 66${text('parent')} f6 64${text('seen')} f5
       66${text('sealed')} 5831 ${'07'.repeat(49)}`,
      { type: 'answer', id: 7, final: true, queries: 0, nodes: [node] },
    ],
    [
      'ANNOUNCE',
      `a2 64${text('type')} 68${text('announce')} 67${text('records')} 81 42 0405`,
      { type: 'announce', records: [Uint8Array.of(4, 5)] },
    ],
    [
      'ADJACENCY',
      `a2 64${text('type')} 69${text('adjacency')} 67${text('through')} 81 19fbf5`,
      { type: 'adjacency', through: [64501] },
    ],
    [
      'COMMIT',
      `a2 64${text('type')} 66${text('commit')} 65${text('roots')} 81 82 07 5820 ${'0a'.repeat(32)}`,
      { type: 'commit', roots: [{ window: 7, root: '0a'.repeat(32) }] },
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
    const answer = sent({ type: 'answer', id: 7, final: true, queries: 0, nodes: [node] });
    const withNode = (...nodes: object[]) => ({ ...answer, nodes: nodes.map(one => ({ ...sentNode, ...one })) });
    const sentNode = (answer as { nodes: object[] }).nodes[0]!;
    const cases: [string, unknown, string, string][] = [
      ['no map', [1], 'type', 'malformed'],
      ['no type', {}, 'type', 'malformed'],
      ['a type that is a method of objects', { type: 'toString' }, 'type', 'unsupported'],
      ['OPEN of version 1, whatever its fields', { type: 'open', version: 1, old: 1 }, 'version', 'bad-open'],
      ['OPEN of versions that are all later', { ...sent({ ...openOf(1), version: 9, least: 3 }) }, 'least', 'bad-open'],
      ['ANNOUNCE of nothing', { type: 'announce', records: [] }, 'records', 'malformed'],
      [
        'ANNOUNCE of a record too long',
        { type: 'announce', records: [new Uint8Array(4097)] },
        'records[0]',
        'malformed',
      ],
      ['ADJACENCY of AS 0', { type: 'adjacency', through: [0] }, 'through[0]', 'malformed'],
      [
        'COMMIT of a root too short',
        { type: 'commit', roots: [[1, new Uint8Array(31)]] },
        'roots[0].root',
        'malformed',
      ],
      ['a field too many', { ...good, address: '192.0.2.1' }, 'address', 'malformed'],
      ['a field too few', { type: 'cancel' }, 'id', 'malformed'],
      ['an AS of 33 bits', { ...good, hops: [64500, 2 ** 32] }, 'hops[1]', 'malformed'],
      ['no hops', { ...good, hops: [] }, 'hops', 'malformed'],
      ['17 hops', { ...good, hops: Array(17).fill(1) }, 'hops', 'malformed'],
      ['TTL 17', { ...good, ttl: 17 }, 'ttl', 'malformed'],
      ['a time before 1970', { ...good, deadline: -1 }, 'deadline', 'malformed'],
      ['half a budget', { ...good, budget: 0.5 }, 'budget', 'malformed'],
      ['a nonce of 15 octets', { ...good, nonce: new Uint8Array(15) }, 'nonce', 'malformed'],
      ['a request of no octets', { ...good, request: new Uint8Array(0) }, 'request', 'malformed'],
      ['a signature of 63 octets', { ...good, signature: new Uint8Array(63) }, 'signature', 'malformed'],
      ['a record as text', { ...good, record: 'x' }, 'record', 'malformed'],
      ['nothing sealed', withNode({ sealed: new Uint8Array(48) }), 'nodes[0].sealed', 'malformed'],
      ['seen by half', withNode({ seen: 0.5 }), 'nodes[0].seen', 'malformed'],
      ['no nodes', { ...answer, nodes: [] }, 'nodes', 'malformed'],
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

  it('fits the largest ANSWER that is made into a frame', () => {
    const wide: AnswerNode = {
      ...{ as: 0xffffffff, seen: true, sealed: new Uint8Array(8000), sent: 0 },
      children: Array.from({ length: 300 }, () => ({
        ...{ as: 0xffffffff, seen: true, sealed: new Uint8Array(3450), sent: 0, children: [] },
      })),
    };
    const nodes = flatten(wide, () => new Uint8Array(0));
    const frame = encodeMessage({ type: 'answer', id: 0xffffffff, final: false, queries: 0xffffffff, nodes });
    expect(nodes).to.have.length(MAX_NODES);
    expect(frame.length - 4).to.be.within(MAX_FRAME * 0.8, MAX_FRAME);
    expect(read(frame.subarray(4))).to.have.property('message');
  });

  const as = fc.integer({ min: 1, max: 0xffffffff });
  const time = fc.integer({ min: 0, max: 2 ** 45 });
  const octets = (size: number) =>
    fc.uint8Array({ minLength: size, maxLength: size }).map(bytes => Buffer.from(bytes).toString('hex'));
  const bytes = (least: number, most: number) => fc.uint8Array({ minLength: least, maxLength: most });
  const queries: fc.Arbitrary<Query> = fc.record({
    type: fc.constant('query' as const),
    id: fc.integer({ min: 0, max: 0xffffffff }),
    hops: fc.array(as, { minLength: 1, maxLength: 16 }),
    ttl: fc.nat(16),
    deadline: time,
    budget: fc.nat(0xffff),
    nonce: octets(16),
    expires: time,
    proved: fc.boolean(),
    request: bytes(1, 300),
    signature: bytes(64, 64),
    record: bytes(1, 300),
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
