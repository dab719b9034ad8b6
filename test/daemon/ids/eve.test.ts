import { expect } from 'chai';
import fc from 'fast-check';
import { type EveAlert, LONGEST_LINE, readEveLine } from '../../../src/daemon/ids/eve.ts';
import { lineSplitter } from '../../../src/net/line-splitter.ts';

const octets = (text: string) => new Uint8Array(Buffer.from(text));
const read = (event: unknown) => readEveLine(octets(JSON.stringify(event)));

/** What Suricata 7 writes for an alert with `packet: yes`. */
const ALERT = {
  timestamp: '2026-11-29T09:48:44.123456+0000',
  flow_id: 1676750115612680,
  pcap_cnt: 4,
  event_type: 'alert',
  src_ip: '192.0.2.1',
  src_port: 4444,
  dest_ip: '198.51.100.1',
  dest_port: 53,
  proto: 'UDP',
  alert: {
    action: 'allowed',
    gid: 1,
    signature_id: 2010935,
    rev: 3,
    signature: 'ET SCAN Suspicious inbound',
    category: 'Potentially Bad Traffic',
    severity: 2,
  },
  packet: Buffer.from('hello packet').toString('base64'),
  packet_info: { linktype: 1 },
};

describe('daemon/ids/eve', () => {
  it('reads an alert with its packet', () => {
    expect(read(ALERT)).to.deep.equal({
      signature: 2010935,
      text: 'ET SCAN Suspicious inbound',
      category: 'Potentially Bad Traffic',
      severity: 2,
      flow: '1676750115612680',
      time: Date.UTC(2026, 10, 29, 9, 48, 44, 123),
      packet: { linkType: 1, frame: Buffer.from('hello packet') },
      without: null,
    });
  });

  const table: readonly [what: string, event: object, without: EveAlert['without'], linkType: number | null][] = [
    ['no packet', { packet: undefined }, 'no packet', null],
    ['an empty one', { packet: '' }, 'no packet', null],
    ['no base64', { packet: 'a$b=' }, 'no base64', null],
    ['base64 cut short', { packet: 'aGVsbG8' }, 'no base64', null],
    ['more than any frame has', { packet: 'AAAA'.repeat(100_000) }, 'too long', null],
    ['raw IP by its DLT', { packet_info: { linktype: 12 } }, null, 101],
    ['another link', { packet_info: { linktype: 276 } }, null, 276],
    ['no word of the link', { packet_info: undefined }, null, 1],
    ['nonsense for the link', { packet_info: { linktype: -1 } }, null, 1],
  ];
  for (const [what, more, without, linkType] of table)
    it(`tells what the packet of an alert is: ${what}`, () => {
      const alert = read({ ...ALERT, ...more }) as EveAlert;
      expect([alert.without, alert.packet?.linkType ?? null]).to.deep.equal([without, linkType]);
    });

  it('tells flows without a number apart by what they are', () => {
    const flow = (more: object) => (read({ ...ALERT, flow_id: undefined, ...more }) as EveAlert).flow;
    expect(flow({})).to.equal(flow({ timestamp: '2026-11-29T10:00:00.000000+0900' }));
    expect(flow({})).to.not.equal(flow({ src_port: 4445 }));
  });

  it('passes over other events, with or without a parser', () => {
    expect(read({ event_type: 'flow' })).to.equal(null);
    expect(read({ event_type: 'tls', tls: { alpn: 'alert' } })).to.equal(null);
  });

  for (const [line, wrong] of [
    ['', 'it is no JSON'],
    ['{"event_type":"alert"', 'it is no JSON'],
    ['["alert"]', 'it is no JSON object'],
    ['{"x":"alert"}', 'it has no event_type'],
    ['{"event_type":"alert"}', 'it is an alert without `alert`'],
    ['{"event_type":"alert","alert":{"signature_id":"7"}}', 'it has no signature_id'],
    ['{"event_type":"alert","alert":{"signature_id":7},"timestamp":"noon"}', 'it has no timestamp'],
  ] as const)
    it(`says what is wrong with ${line || 'nothing'}`, () => expect(readEveLine(octets(line))).to.equal(wrong));

  it('takes nesting and numbers as they come, and never throws', () => {
    expect(readEveLine(octets(`{"event_type":"alert","x":${'['.repeat(200_000)}`))).to.equal('it is no JSON');
    const deep = `{"event_type":"alert","alert":{"signature_id":7},"timestamp":"2026-11-29T00:00:00Z","x":${'['.repeat(9000)}${']'.repeat(9000)}}`;
    expect(readEveLine(octets(deep))).to.have.property('signature', 7);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(octets)), line => {
        readEveLine(line);
      }),
    );
    const fields = Object.keys(ALERT) as (keyof typeof ALERT)[];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        read({ ...ALERT, [field]: value });
      }),
    );
  });
});

describe('daemon/ids/line-splitter', () => {
  const split = (text: string, cuts: readonly number[], limit: number) => {
    const lines: string[] = [];
    let tooLong = 0;
    const splitter = lineSplitter(
      limit,
      line => lines.push(Buffer.from(line).toString()),
      () => tooLong++,
    );
    // One buffer for all chunks, as a file is read.
    const buffer = Buffer.alloc(text.length + 1);
    const places = [0, ...cuts.map(cut => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
    for (let i = 1; i < places.length; i++) {
      const length = buffer.write(text.slice(places[i - 1], places[i]), 'latin1');
      splitter.feed(buffer.subarray(0, length));
    }
    return { lines, tooLong };
  };

  it('gives the same lines wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('', 'a', 'bb', 'cccc', 'dddddddd'), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (lines, cuts) => {
          const whole = `${lines.join('\n')}\n`;
          const given = lines.filter(line => line !== '');
          expect(split(whole, cuts, 5)).to.deep.equal({
            lines: given.filter(line => line.length <= 5),
            tooLong: given.filter(line => line.length > 5).length,
          });
        },
      ),
    );
  });

  it('passes over a line of ten million octets, counts it once, and goes on', () => {
    let lines = 0;
    let tooLong = 0;
    const splitter = lineSplitter(
      LONGEST_LINE,
      () => lines++,
      () => tooLong++,
    );
    const chunk = Buffer.alloc(65_536, 'x');
    for (let i = 0; i < 160; i++) splitter.feed(chunk);
    splitter.feed(Buffer.from('\nnext\n'));
    expect([lines, tooLong]).to.deep.equal([1, 1]);
  });

  it('forgets a line that will not end', () => {
    const lines: string[] = [];
    const splitter = lineSplitter(
      10,
      line => lines.push(Buffer.from(line).toString()),
      () => {},
    );
    splitter.feed(Buffer.from('half'));
    splitter.reset();
    splitter.feed(Buffer.from('whole\n'));
    expect(lines).to.deep.equal(['whole']);
  });
});
