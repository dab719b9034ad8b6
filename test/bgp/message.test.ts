import { expect } from 'chai';
import fc from 'fast-check';
import { createFramer, encodeMessage, KEEPALIVE, UPDATE } from '../../src/bgp/message.ts';
import { hex, MARKER, toHex } from './octets.ts';

/** Pushes chunks, returns the messages as hex and the error. */
function frame(chunks: readonly Uint8Array[], maxLength?: number) {
  const messages: string[] = [];
  const framer = createFramer((_, buffer, start, end) => {
    messages.push(toHex(buffer.subarray(start, end)));
    return true;
  });
  if (maxLength !== undefined) framer.setMaxLength(maxLength);
  let error = null;
  for (const chunk of chunks) error ??= framer.push(chunk);
  return { messages, error: error && { code: error.code, subcode: error.subcode, data: toHex(error.data) } };
}

describe('bgp/message', () => {
  it('writes a KEEPALIVE', () => {
    expect(toHex(encodeMessage(KEEPALIVE))).to.equal(`${MARKER}001304`);
  });

  // RFC 4271 section 6.1, RFC 8654
  const errors: readonly [name: string, header: string, subcode: number, data: string][] = [
    ['a marker that is not all ones', `${'ff'.repeat(15)}fe001304`, 1, ''],
    ['a length below 19', `${MARKER}001204`, 2, '0012'],
    ['a length above 4096', `${MARKER}100102`, 2, '1001'],
    ['a KEEPALIVE with a body', `${MARKER}001404`, 2, '0014'],
    ['an OPEN below 29', `${MARKER}001c01`, 2, '001c'],
    ['an UPDATE below 23', `${MARKER}001602`, 2, '0016'],
    ['a NOTIFICATION below 21', `${MARKER}001403`, 2, '0014'],
    ['a ROUTE-REFRESH below 23', `${MARKER}001605`, 2, '0016'],
    ['type 0', `${MARKER}001300`, 3, '00'],
    ['type 6', `${MARKER}001306`, 3, '06'],
  ];
  for (const [name, header, subcode, data] of errors)
    it(`refuses ${name} with 1/${subcode}`, () => {
      expect(frame([hex(header)]).error).to.deep.equal({ code: 1, subcode, data });
      expect(frame([hex(header).subarray(0, 7), hex(header).subarray(7)]).error, 'in two chunks').to.deep.equal({
        code: 1,
        subcode,
        data,
      });
    });

  it('has what came of the message whose header is bad, however it came', () => {
    const refused = (text: string, cut: number) => {
      const framer = createFramer(() => true);
      const stream = hex(text);
      framer.push(stream.subarray(0, cut));
      framer.push(stream.subarray(cut));
      return toHex(framer.refused());
    };
    const sound = `${MARKER}001304`;
    for (const cut of [0, 5, 19, 30, 37])
      expect(refused(`${sound}${MARKER}001404 07 ${sound}`, cut)).to.equal(`${MARKER}00140407`);
    expect(refused(`${sound}${'00'.repeat(40)}`, 0)).to.equal('00'.repeat(19));
    expect(refused(`${MARKER}ffff02${'00'.repeat(9000)}`, 0)).to.equal(`${MARKER}ffff02${'00'.repeat(4096 - 19)}`);
    expect(refused(sound, 3)).to.equal('');
  });

  it('takes a long UPDATE, but no long OPEN, once RFC 8654 is negotiated', () => {
    const long = encodeMessage(UPDATE, new Uint8Array(65535 - 19));
    expect(frame([long], 65535)).to.deep.equal({ messages: [toHex(long)], error: null });
    expect(frame([long.subarray(0, 5000), long.subarray(5000)], 65535).messages).to.deep.equal([toHex(long)]);
    expect(frame([hex(`${MARKER}100101`)], 65535).error?.subcode).to.equal(2);
  });

  it('gives messages in place when the chunk holds them whole', () => {
    const chunk = Uint8Array.from([...encodeMessage(KEEPALIVE), ...encodeMessage(UPDATE, new Uint8Array(4))]);
    const places: unknown[] = [];
    createFramer((type, buffer, start, end) => places.push([type, buffer === chunk, start, end]) > 0).push(chunk);
    expect(places).to.deep.equal([
      [KEEPALIVE, true, 0, 19],
      [UPDATE, true, 19, 42],
    ]);
  });

  it('stops for good when it is told to, and after an error', () => {
    let seen = 0;
    const framer = createFramer(() => ++seen < 1);
    const keepalive = encodeMessage(KEEPALIVE);
    framer.push(Uint8Array.from([...keepalive, ...keepalive]));
    framer.push(keepalive);
    expect(seen).to.equal(1);
  });

  it('gives the same messages however the stream is cut', () => {
    const message = fc.uint8Array({ minLength: 4, maxLength: 4077 }).map(body => encodeMessage(UPDATE, body));
    const cuts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), cuts, (messages, steps) => {
        const stream = Uint8Array.from(messages.flatMap(m => [...m]));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = Math.min(stream.length, at + steps[i % steps.length]!);
          chunks.push(stream.slice(at, end));
          at = end;
        }
        expect(frame(chunks)).to.deep.equal({ messages: messages.map(toHex), error: null });
      }),
      { numRuns: 50 },
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), chunks => void frame(chunks)));
  });
});
