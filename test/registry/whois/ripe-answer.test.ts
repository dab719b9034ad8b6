import { expect } from 'chai';
import fc from 'fast-check';
import {
  RIPE_BETWEEN,
  RIPE_END,
  RIPE_NOT_FOUND,
  type RipeAnswer,
  ripeError,
  ripeReader,
} from '../../../src/registry/whois/ripe-answer.ts';

interface Plain {
  readonly objects: readonly string[];
  readonly remarks: readonly string[];
  readonly error: string;
}

/** Reads octets in chunks of one size; objects as text. */
function read(input: string | Uint8Array, size = 1 << 20, most = 10_000) {
  const bytes = Buffer.from(input as string);
  const answers: Plain[] = [];
  const reader = ripeReader(
    (answer: RipeAnswer) => answers.push({ ...answer, objects: answer.objects.map(object => object.toString()) }),
    most,
  );
  let broken: string | null = null;
  for (let at = 0; at < bytes.length; at += size) broken = reader.push(bytes.subarray(at, at + size));
  reader.end();
  return { answers, broken };
}

const ROUTE = 'route: 192.0.2.0/24\norigin: AS64496\nsource: JPIRR\n';
const OTHER = 'route: 192.0.2.0/24\ndescr: 日本\norigin: AS64497\nsource: RADB\n';

describe('registry/whois/ripe-answer', () => {
  it('reads objects parted by an empty line, up to two of them', () => {
    expect(read(ROUTE + RIPE_BETWEEN + OTHER + RIPE_END).answers).to.deep.equal([
      { objects: [ROUTE, OTHER], remarks: [], error: '' },
    ]);
  });

  it('reads the next answer of a connection that is kept open', () => {
    const { answers } = read(ROUTE + RIPE_END + RIPE_NOT_FOUND + OTHER + RIPE_END);
    expect(answers.map(({ objects }) => objects)).to.deep.equal([[ROUTE], [], [OTHER]]);
    expect(answers[1]!.remarks).to.deep.equal(['No entries found for the selected source(s).']);
  });

  it('reads an answer that the end of the connection ends', () => {
    expect(read(ROUTE).answers[0]!.objects).to.deep.equal([ROUTE]);
    expect(read(ROUTE.trimEnd()).answers[0]!.objects).to.deep.equal([ROUTE]);
    expect(read('').answers).to.deep.equal([]);
  });

  it('tells an error from an object that is not there', () => {
    expect(read(ripeError('Access denied')).answers[0]!.error).to.equal('Access denied');
    expect(read('%ERROR:108: bad character in input\n\n\n').answers[0]!.error).to.equal('108: bad character in input');
    expect(read('%ERROR:101: no entries found\n\n\n').answers[0]!.error).to.equal('');
  });

  it('reads the manner of the RIPE database, remarks between and CR LF', () => {
    const text = `% This is the query service.\r\n%\r\n\r\n% Information related to '192.0.2.0/24AS64496'\r\n\r\n${ROUTE.replaceAll('\n', '\r\n')}\r\n% This query was served by A\r\n\r\n\r\n`;
    expect(read(text).answers).to.deep.equal([
      {
        objects: [ROUTE],
        remarks: [
          'This is the query service.',
          '',
          "Information related to '192.0.2.0/24AS64496'",
          'This query was served by A',
        ],
        error: '',
      },
    ]);
  });

  it('refuses an answer and a line without end', () => {
    expect(read(OTHER.repeat(300)).broken).to.equal('the answer has more than 10000 octets');
    expect(read('x'.repeat(100_000), 1000).broken).to.equal('a line of more than 65536 octets');
  });

  it('reads the same however it is split', () => {
    const line = fc.constantFrom('', '', '% remark', '%% ERROR: no', 'route: 192.0.2.0/24', '+ 日本', 'origin: AS1\r');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (lines, size) => {
        const text = lines.join('\n');
        expect(read(text, size)).to.deep.equal(read(text));
      }),
    );
  });
});
