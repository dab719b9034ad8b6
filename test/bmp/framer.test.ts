import { expect } from 'chai';
import fc from 'fast-check';
import { formatBmpError } from '../../src/bmp/errors.ts';
import { createFramer, encodeMessage, MAX_LENGTH } from '../../src/bmp/framer.ts';
import { hex } from '../bgp/octets.ts';

/** Feeds a stream in chunks that end at `cuts`; the messages as `TYPE:hex`, and the error. */
function frame(stream: Uint8Array, cuts: readonly number[] = []) {
  const messages: string[] = [];
  const framer = createFramer((type, buffer, start, end) => {
    messages.push(`${type}:${Buffer.from(buffer.subarray(start, end)).toString('hex')}`);
    return type !== 99;
  });
  let error = null;
  let at = 0;
  for (const cut of [...cuts.filter(c => c <= stream.length).sort((a, b) => a - b), stream.length]) {
    error ??= framer.push(stream.slice(at, cut));
    at = cut;
  }
  return { messages, error: error && formatBmpError(error) };
}

describe('bmp/framer', () => {
  it('cuts a stream into messages, however it is cut itself', () => {
    const message = fc
      .tuple(fc.nat(90), fc.uint8Array({ maxLength: 9000 }))
      .map(([type, body]) => encodeMessage(type, body));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(20_000), { maxLength: 30 }), (list, cuts) => {
        const { messages, error } = frame(Uint8Array.from(list.flatMap(one => [...one])), cuts);
        expect(messages).to.deep.equal(list.map(one => `${one[5]}:${Buffer.from(one).toString('hex')}`));
        expect(error).to.equal(null);
      }),
      { numRuns: 50 },
    );
  });

  for (const [bytes, words] of [
    ['01 00000006 04', 'octet 0: BMP version 1, 3 is expected (RFC 7854 4.1)'],
    ['16 030102', 'octet 0: BMP version 22, 3 is expected (RFC 7854 4.1)'],
    ['03 00000005 04', 'octet 1: message of 5 octets, at least 6 (RFC 7854 4.1)'],
    ['03 ffffffff 00', 'octet 1: message of 4294967295 octets, at most 262144 (RFC 7854 4.1)'],
  ] as const)
    it(`says ${words}, from whole and from single octets`, () => {
      const stream = Uint8Array.from([...encodeMessage(4), ...hex(bytes), ...new Uint8Array(6)]);
      expect(frame(stream)).to.deep.equal({ messages: ['4:030000000604'], error: words });
      expect(frame(stream, [...stream.keys()])).to.deep.equal(frame(stream));
    });

  it('takes a message of the greatest length, octets of which come bit by bit', () => {
    const body = new Uint8Array(MAX_LENGTH - 6);
    const { messages, error } = frame(encodeMessage(0, body), [3, 5, 6, 7, 100, 65_536]);
    expect([messages.length, messages[0]!.length, error]).to.deep.equal([1, 2 + MAX_LENGTH * 2, null]);
  });

  it('stops for good when it is told to, and after an error', () => {
    const stop = encodeMessage(99);
    for (const cuts of [[], [3], [8], [9]])
      expect(frame(Uint8Array.from([...stop, ...stop]), cuts).messages).to.deep.equal(['99:030000000663']);
    const framer = createFramer(() => true);
    expect(framer.push(hex('050000000600'))).to.not.equal(null);
    expect(framer.push(hex('050000000600'))).to.equal(null);
  });
});
