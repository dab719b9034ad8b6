import { expect } from 'chai';
import fc from 'fast-check';
import { readLines } from '../../src/control/lines.ts';
import { decodePackets } from '../../src/control/packet-data.ts';
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from '../../src/control/protocol.ts';

describe('control/protocol', () => {
  const refused: readonly [line: string, id: number, error: string | RegExp][] = [
    ['show status', 0, /^not JSON( at character \d+)?$/],
    ['{"id":1,"words":["a"]', 0, /^not JSON( at character \d+)?$/],
    ['[]', 0, 'not a JSON object at character 1'],
    ['null', 0, 'not a JSON object at character 1'],
    ['{"words":[]}', 0, '"id" must be a whole number from 1 on'],
    ['{"id":-1,"words":[]}', 0, '"id" must be a whole number from 1 on'],
    ['{"id":1e300,"words":[]}', 0, '"id" must be a whole number from 1 on'],
    ['{"id":7}', 7, 'exactly one of "words", "complete", "cancel" must be given'],
    ['{"id":7,"words":[],"cancel":1}', 7, 'exactly one of "words", "complete", "cancel" must be given'],
    ['{"id":7,"words":"show"}', 7, '"words" must be an array of strings'],
    ['{"id":7,"words":["a",1]}', 7, '"words[1]" must be a string'],
    ['{"id":7,"complete":[null]}', 7, '"complete[0]" must be a string'],
    ['{"id":7,"cancel":"1"}', 7, '"cancel" must be the id of a request'],
    ['{"id":7,"words":[],"data":[]}', 7, '"data" must be an object'],
    [`{"id":7,"words":[${'"a",'.repeat(32)}"a"]}`, 7, '"words" has more than 32 words'],
    [`{"id":7,"words":["${'a'.repeat(4097)}"]}`, 7, '"words[0]" is longer than 4096 characters'],
  ];
  for (const [line, id, error] of refused)
    it(`refuses ${line.slice(0, 40)}`, () => {
      const decoded = decodeRequest(line);
      if (!('error' in decoded)) return expect.fail('it was taken');
      expect(decoded.id).to.equal(id);
      if (typeof error === 'string') expect(decoded.error).to.equal(error);
      else expect(decoded.error).to.match(error);
    });

  it('reads back what it wrote', () => {
    const id = fc.integer({ min: 1 });
    const words = fc.array(fc.string({ maxLength: 20 }), { maxLength: 32 });
    const request = fc.oneof(
      fc.record({ id, words }),
      fc.record({ id, words, data: fc.constant({ packet: { linkType: 1 } }) }),
      fc.record({ id, complete: words }),
      fc.record({ id, cancel: id }),
    );
    fc.assert(
      fc.property(request, value => {
        const line = encodeRequest(value);
        expect(line.indexOf('\n')).to.equal(line.length - 1);
        expect(decodeRequest(line.trim())).to.deep.equal({ request: value });
      }),
    );
    const reply = { id: 3, end: true, error: 'line\nbreak', kind: 'failed' } as const;
    expect(decodeReply(encodeReply(reply).trim())).to.deep.equal(reply);
  });

  it('never throws, whatever the line', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('id', 'words', 'complete', 'cancel', 'data', 'row', 'end'), fc.anything())
        .map(value => JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? 1 : one))),
    );
    fc.assert(
      fc.property(line, text => {
        decodeRequest(text);
        decodeReply(text);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), value => {
        decodePackets(value);
        decodePackets([value]);
      }),
    );
  });

  it('checks the packets it is given', () => {
    const good = { linkType: 1, frame: 'AAEC', time: 5 };
    const decode = (packet: unknown) => {
      const packets = decodePackets([packet]);
      return typeof packets === 'string' ? packets : packets[0];
    };
    expect(decode({ linkType: 1, frame: 'AAEC', time: 5 })).to.deep.equal({
      linkType: 1,
      frame: Uint8Array.of(0, 1, 2),
      wire: 3,
      time: 5,
    });
    expect(decode({ linkType: 1, frame: 'AAEC', wire: 1500, time: 5 })).to.deep.include({ wire: 1500 });
    for (const wire of [2, 3.5, '9', null])
      expect(decode({ linkType: 1, frame: 'AAEC', wire, time: 5 })).to.be.a('string');
    expect(decode({ linkType: 1, frame: '', time: 5 })).to.equal('"data.packets[0].frame" must be base64, not empty');
    expect(decode({ linkType: 1, frame: 'A*==', time: 5 })).to.be.a('string');
    expect(decode({ linkType: 65536, frame: 'AAEC', time: 5 })).to.be.a('string');
    expect(decode({ linkType: 1, frame: 'AAEC', time: 5, whole: { frame: 'AAEC', wire: 9 } })).to.deep.equal({
      ...{ linkType: 1, frame: Uint8Array.of(0, 1, 2), wire: 3, time: 5 },
      whole: { frame: Uint8Array.of(0, 1, 2), wire: 9 },
    });
    for (const whole of [null, 3, {}, { frame: '' }, { frame: 'AAEC', wire: 1 }])
      expect(decode({ linkType: 1, frame: 'AAEC', time: 5, whole })).to.match(/^"data\.packets\[0\]\.whole/);
    expect(decode({ linkType: 1, frame: 'AAEC', time: Number.NaN })).to.be.a('string');
    for (const packets of [[], null, {}, new Array(129).fill(good)])
      expect(decodePackets(packets)).to.equal('"data.packets" must be an array of 1 to 128 packets');
    expect(decodePackets(new Array(16).fill(good))).to.have.length(16);
    expect(decodePackets([good, 3])).to.equal('"data.packets[1]" must be an object');
  });
});

describe('control/lines', () => {
  const read = async (chunks: readonly Uint8Array[], limit: number) => {
    const found: string[] = [];
    async function* stream() {
      yield* chunks;
    }
    for await (const line of readLines(stream(), limit)) found.push('text' in line ? line.text : '<too long>');
    return found;
  };
  const bytes = (text: string) => new Uint8Array(Buffer.from(text));

  it('cuts at LF, drops CR, and takes what stands last', async () => {
    expect(await read([bytes('a\r\nb\n\nc')], 10)).to.deep.equal(['a', 'b', '', 'c']);
  });
  it('joins a character that lies across chunks', async () => {
    const text = bytes('経路\n');
    expect(await read([text.subarray(0, 2), text.subarray(2)], 10)).to.deep.equal(['経路']);
  });
  it('skips a line over the limit, once, and goes on behind it', async () => {
    expect(await read([bytes('12345'), bytes('6'), bytes('78\nok\n')], 5)).to.deep.equal(['<too long>', 'ok']);
    expect(await read([bytes('12345\nok\n')], 5)).to.deep.equal(['12345', 'ok']);
    expect(await read([bytes('123456')], 5)).to.deep.equal(['<too long>']);
  });
  it('finds the same lines however the octets are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é') }),
        fc.array(fc.nat(9)),
        async (text, cuts) => {
          const whole = bytes(text);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(whole.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(whole.subarray(at));
          expect(await read(chunks, 8)).to.deep.equal(await read([whole], 8));
        },
      ),
    );
  });
});
