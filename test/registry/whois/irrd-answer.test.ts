import { expect } from 'chai';
import fc from 'fast-check';
import {
  IRRD_EMPTY,
  IRRD_NOT_FOUND,
  IRRD_TAIL,
  type IrrdAnswer,
  irrdError,
  irrdHead,
  irrdReader,
} from '../../../src/registry/whois/irrd-answer.ts';

const MOST = 1000;

/** Reads octets in chunks of the given sizes (the last one repeats); data as text. */
function read(input: string | Uint8Array, sizes: readonly number[] = [1 << 20]) {
  const bytes = typeof input === 'string' ? Buffer.from(input) : Buffer.from(input);
  const answers: (Exclude<IrrdAnswer, { kind: 'data' }> | { kind: 'data'; data: string })[] = [];
  const reader = irrdReader(
    answer => answers.push(answer.kind === 'data' ? { kind: 'data', data: answer.data.toString() } : answer),
    MOST,
  );
  let broken: string | null = null;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)]!;
    broken = reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { answers, broken, ended: reader.end() };
}

const encode = (data: string) => irrdHead(Buffer.byteLength(data)) + data + IRRD_TAIL;

describe('registry/whois/irrd-answer', () => {
  it('writes what the documentation shows', () => {
    expect(encode('192.0.2.0/24 198.51.100.0/24\n')).to.equal('A29\n192.0.2.0/24 198.51.100.0/24\nC\n');
    expect([IRRD_EMPTY, IRRD_NOT_FOUND]).to.deep.equal(['C\n', 'D\n']);
    expect(irrdError('no such\nthing')).to.equal('F no such thing\n');
  });

  it('reads one answer after the other', () => {
    const { answers, broken, ended } = read('C\nA13\n192.0.2.0/24\nC\nD\nE\nF Missing required set name\n');
    expect(answers).to.deep.equal([
      { kind: 'empty' },
      { kind: 'data', data: '192.0.2.0/24\n' },
      { kind: 'not-found' },
      { kind: 'not-unique' },
      { kind: 'error', message: 'Missing required set name' },
    ]);
    expect([broken, ended]).to.deep.equal([null, null]);
  });

  for (const [what, text, data] of [
    ['octets, not characters', 'A7\n日本\nC\n', '日本\n'],
    ['a status letter within the data', 'A4\nC\nD\nC\n', 'C\nD\n'],
    ['A0', 'A0\nC\n', ''],
    ['A0 with an empty line', 'A0\n\nC\n', ''],
    ['a length without the last newline', 'A12\n192.0.2.0/24\nC\n', '192.0.2.0/24'],
    ['CR LF', 'A13\r\n192.0.2.0/24\nC\r\n', '192.0.2.0/24\n'],
  ] as const)
    it(`understands ${what}`, () => expect(read(text).answers).to.deep.equal([{ kind: 'data', data }]));

  for (const [what, text, why] of [
    ['another letter', 'X\n', '"X" is no answer (A, C, D, E or F)'],
    ['an empty line', '\n', '"" is no answer (A, C, D, E or F)'],
    ['words behind C', 'Cannot\n', '"Cannot" is no answer (A, C, D, E or F)'],
    ['a length that is none', 'A-1\nC\n', '"A-1" is no length'],
    ['a length of many digits', `A${'9'.repeat(40)}\n`, `"A${'9'.repeat(40)}" is no length`],
    ['a length beyond the bound', 'A1001\n', 'the answer has 1001 octets, more than 1000'],
    ['data that is longer than said', 'A3\nabcdef\nC\n', '"def" where the answer should end with C'],
    ['a line without end', 'F'.repeat(5000), 'a line of more than 4096 octets where an answer should begin'],
  ] as const)
    it(`refuses ${what}, and what comes behind it`, () => {
      const { answers, broken, ended } = read(`${text}${text.endsWith('\n') ? 'C\n' : ''}`);
      expect([answers, broken, ended]).to.deep.equal([[], why, why]);
    });

  it('says that the connection ended within an answer', () => {
    for (const text of ['A', 'A5\n', 'A5\nab', 'A3\nab\n', 'C'])
      expect(read(text).ended, text).to.equal('the connection ended within an answer');
  });

  it('reads back whatever was written, split anywhere', () => {
    const one = fc.oneof(
      fc
        .string({ unit: 'binary', maxLength: 100 })
        .map(data => [encode(`${data}\n`), { kind: 'data', data: `${data}\n` }]),
      fc.constant(['C\n', { kind: 'empty' }]),
      fc.constant(['D\n', { kind: 'not-found' }]),
      fc
        .stringMatching(/^[ -~]{0,80}$/)
        .map(message => [irrdError(message), { kind: 'error', message: message.trim() }]),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), sizes, (answers, split) => {
        const { broken, ended, ...found } = read(answers.map(([text]) => text).join(''), split);
        expect([broken, ended]).to.deep.equal([null, null]);
        expect(found.answers).to.deep.equal(answers.map(([, answer]) => answer));
      }),
    );
  });

  it('never throws, however it is split', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        expect(read(bytes, [size])).to.deep.equal(read(bytes));
      }),
    );
  });
});
