import { expect } from 'chai';
import fc from 'fast-check';
import { decodeItem, encodeFrame, type FrameError, frameReader } from '../../src/net/frames.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const frameOf = (item: Uint8Array) => Uint8Array.from([0, 0, item.length >> 8, item.length & 255, ...item]);

/** Everything a reader says about these chunks. */
function read(chunks: readonly Uint8Array[], limit = 1000): { messages: unknown[]; errors: FrameError[] } {
  const messages: unknown[] = [];
  const errors: FrameError[] = [];
  const push = frameReader(
    limit,
    message => messages.push(message),
    error => errors.push(error),
  );
  for (const chunk of chunks) push(chunk);
  return { messages, errors };
}

describe('net/frames', () => {
  describe('items written by hand from RFC 8949 appendix A', () => {
    const items: [string, unknown][] = [
      ['00', 0],
      ['17', 23],
      ['18 18', 24],
      ['19 03e8', 1000],
      ['1a 000f4240', 1000000],
      ['1b 000000e8d4a51000', 1000000000000],
      ['1b 001fffffffffffff', Number.MAX_SAFE_INTEGER],
      ['20', -1],
      ['39 03e7', -1000],
      ['3b 001ffffffffffffe', Number.MIN_SAFE_INTEGER],
      ['f9 3c00', 1],
      ['fa 47c35000', 100000],
      ['fb 3ff199999999999a', 1.1],
      ['f4', false],
      ['f5', true],
      ['f6', null],
      ['40', new Uint8Array(0)],
      ['44 01020304', hex('01020304')],
      ['60', ''],
      ['64 49455446', 'IETF'],
      ['62 c3bc', 'ü'],
      ['83 01 02 03', [1, 2, 3]],
      ['a0', {}],
      ['a2 6161 01 6162 82 02 03', { a: 1, b: [2, 3] }],
      ['b9 0001 7801 61 01', { a: 1 }],
    ];
    for (const [octets, value] of items)
      it(`reads ${octets}`, () => {
        const got = read([frameOf(hex(octets))]);
        expect(got.errors).to.deep.equal([]);
        expect(got.messages).to.deep.equal([value]);
      });
  });

  describe('refuses, with the place', () => {
    const items: [string, string, number, RegExp][] = [
      ['an indefinite array', '9f 01 ff', 1, /indefinite/],
      ['an indefinite text', '7f 6161 ff', 1, /indefinite/],
      ['a tag', 'c0 60', 1, /tag/],
      ['a tag of 8 octets', 'db 0000000000000001 60', 9, /tag/],
      ['a record of the library', 'd9dfff 83 00 00 00', 3, /tag/],
      ['undefined', 'f7', 1, /simple value 23/],
      ['an unassigned simple value', 'f8 ff', 1, /simple value 24/],
      ['a break', 'ff', 1, /break/],
      ['reserved additional information', '1c', 1, /reserved/],
      ['2^53', '1b 0020000000000000', 9, /53 bits/],
      ['-2^53', '3b 001fffffffffffff', 9, /53 bits/],
      ['infinity, half', 'f9 7c00', 3, /finite/],
      ['NaN, single', 'fa 7fc00000', 5, /finite/],
      ['minus infinity, double', 'fb fff0000000000000', 9, /finite/],
      ['text that is not UTF-8', '62 c328', 3, /UTF-8/],
      ['a surrogate in text', '63 eda080', 4, /UTF-8/],
      ['a key that is a number', 'a1 01 02', 2, /not text/],
      ['a key twice', 'a2 6161 01 6161 02', 6, /twice/],
      ['the key __proto__', 'a1 69 5f5f70726f746f5f5f a0', 11, /__proto__/],
      ['two items', '01 02', 1, /1 octets after/],
      ['an array cut off', '82 01', 1, /array of 2 elements in 1/],
      ['an array of 2^32-1', '9a ffffffff 00', 5, /array of 4294967295/],
      ['an array of 2^64-1', '9b ffffffffffffffff 00', 9, /array of/],
      ['a map of 2^31', 'ba 80000000 00', 5, /map of/],
      ['an octet string cut off', '45 01', 1, /cut off/],
      ['an octet string of 2^32-1', '5a ffffffff 00', 5, /cut off/],
      ['a text of 2^63', '7b 8000000000000000 61', 9, /cut off/],
      ['an integer cut off', '1a 0001', 1, /cut off/],
      ['a float cut off', 'fb 3ff1', 1, /cut off/],
      ['seventeen levels', `${'81'.repeat(16)}00`, 16, /deeper/],
    ];
    for (const [what, octets, offset, reason] of items)
      it(what, () => {
        const got = read([frameOf(hex(octets))]);
        expect(got.messages).to.deep.equal([]);
        expect(got.errors).to.have.length(1);
        expect(got.errors[0]!.reason).to.match(reason);
        expect(got.errors[0]!.offset).to.equal(offset);
      });

    it('more items than allowed', () => {
      const got = decodeItem(Uint8Array.from([0x9a, 0, 1, 0, 0, ...new Uint8Array(65536)]));
      expect(got)
        .to.have.property('reason')
        .that.matches(/65536 data items/);
    });

    it('a frame longer than the limit, from its length field alone', () => {
      expect(read([hex('00 00 03 e9')])).to.deep.equal({
        messages: [],
        errors: [{ frame: 0, offset: -4, reason: 'frame of 1001 octets, at most 1000 are read' }],
      });
    });

    it('an empty frame', () => expect(read([hex('00000000')]).errors[0]!.reason).to.match(/empty/));
  });

  it('delivers nothing after an error and says it once', () => {
    const good = encodeFrame({ a: 1 });
    const got = read([good, hex('00000001 ff 00000001 01'), good, good]);
    expect(got.messages).to.deep.equal([{ a: 1 }]);
    expect(got.errors.map(e => e.frame)).to.deep.equal([1]);
  });

  it('writes the length first, then the item', () =>
    expect(encodeFrame({ a: [1, hex('ff')] })).to.deep.equal(hex('00000007 a1 6161 82 01 41ff')));

  const plain = fc.letrec(tie => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 12 },
      fc.integer(),
      fc.maxSafeInteger(),
      // Negative zero is written as the integer 0.
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => n + 0),
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(
        fc.string({ maxLength: 16 }).filter(key => key !== '__proto__'),
        tie('value'),
        { maxKeys: 5, noNullPrototype: true },
      ),
    ),
  })).value;

  it('reads back what it wrote, however the octets are cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(plain, { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (values, cuts) => {
          const stream = Uint8Array.from(values.flatMap(value => [...encodeFrame(value)]));
          const chunks: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const end = at + cuts[i % cuts.length]!;
            // A copy that is wiped afterwards: a socket may use its buffer again.
            chunks.push(stream.slice(at, end));
            at = end;
          }
          const messages: unknown[] = [];
          const push = frameReader(
            1e6,
            message => messages.push(message),
            error => expect.fail(JSON.stringify(error)),
          );
          for (const chunk of chunks) {
            push(chunk);
            chunk.fill(0xff);
          }
          expect(messages).to.deep.equal(values);
        },
      ),
    );
  });

  it('never throws and keeps its bounds, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const got = decodeItem(bytes);
        if ('reason' in got) expect(got.offset).to.be.within(0, bytes.length);
        read([bytes]);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on a good frame with octets changed or cut off', () => {
    fc.assert(
      fc.property(plain, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(), (value, edits, cut) => {
        const item = encodeFrame(value).slice(4);
        for (const [at, octet] of edits) item[at % item.length] = octet;
        decodeItem(item);
        expect(
          decodeItem(
            encodeFrame(value)
              .slice(4)
              .subarray(0, cut % item.length),
          ),
        ).to.have.property('reason');
      }),
      { numRuns: 1000 },
    );
  });
});
