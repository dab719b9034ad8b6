import { expect } from 'chai';
import { encodeIpfix } from '../../src/flow/ipfix.ts';
import { encodeDataRecord, VARIABLE } from '../../src/flow/template.ts';
import { ETHER4, hex, IPV4, inputsOf } from '../packet/packets.ts';
import { collect, NOW } from './collected.ts';

const SECONDS = NOW / 1000;
const HEADER = { seconds: SECONDS, sequence: 0, domain: 5 };
const field = (element: number, octets: number, enterprise = 0) => ({ element, enterprise, octets });
const ENDS = [field(8, 4), field(12, 4)];
const [source, destination] = [hex('c0000201'), hex('c6336402')];

describe('flow/ipfix', () => {
  it('reads a message by hand: an enterprise element, a variable length, padding', () => {
    const { exporter, flows } = collect();
    const message = hex(
      `000a 0054 ${SECONDS.toString(16).padStart(8, '0')} 00000000 00000005`,
      // Template 300: source, destination, enterprise 29305 element 2 (reverse packets), a variable string, packets in 2.
      '0002 0020 012c 0005 0008 0004 000c 0004 8002 0004 00007279 0052 ffff 0002 0002',
      '012c 0024 c0000201 c6336402 00000007 05 65746830 2f 0003',
      // 12 octets more: another record would have 15 at least.
      '00 0000 0000 0000 0000 0000 00',
    );
    expect(exporter.take(message, NOW)).to.equal(null);
    expect(flows).to.deep.equal([`192.0.2.1 > 198.51.100.2 -1 3/0 0>0 ${NOW}-${NOW} 1/0`]);
  });

  it('gives the octets of ipHeaderPacketSection and dataLinkFrameSection the digest of the packet', () => {
    const { exporter, sections } = collect();
    const ip = [field(313, VARIABLE), field(10, 4), field(14, 4), field(323, 8)];
    const link = [field(315, 64), field(410, 2), field(312, 2), field(10, 4)];
    const sent = encodeIpfix(HEADER, [
      { template: 256, fields: ip },
      { template: 257, fields: link },
      { data: 256, records: [encodeDataRecord(ip, [hex(IPV4), 3, 4, NOW - 5])] },
      { data: 257, records: [encodeDataRecord(link, [hex(ETHER4, IPV4), 58, 58, 3])] },
    ]);
    expect(exporter.take(sent, NOW)).to.equal(null);
    expect(sections.map(({ record }) => [record.input, record.output, record.observed])).to.deep.equal([
      [3, 4, NOW - 5],
      [3, 0, NOW],
    ]);
    const inputs = sections.map(({ octets, linkType, wire }) =>
      inputsOf(octets, linkType, Math.max(wire, octets.length)),
    );
    expect(inputs[0]).to.deep.equal(inputsOf(hex(IPV4), 101));
    expect(inputs[1]).to.deep.equal(inputs[0]);
    expect(sections[1]?.octets).to.have.length(58);
  });

  it('reads a long variable length', () => {
    const { exporter, sections } = collect();
    const fields = [field(313, VARIABLE)];
    const long = new Uint8Array(300).fill(0x45);
    exporter.take(
      encodeIpfix(HEADER, [
        { template: 256, fields },
        { data: 256, records: [encodeDataRecord(fields, [long])] },
      ]),
      NOW,
    );
    expect(sections[0]?.octets).to.deep.equal(long);
  });

  it('learns how selectors sample', () => {
    const algorithms: [number, [number, number][], number][] = [
      [
        1,
        [
          [305, 1],
          [306, 99],
        ],
        100,
      ],
      [
        3,
        [
          [309, 2],
          [310, 2000],
        ],
        1000,
      ],
      [
        6,
        [
          [329, 0],
          [330, 65535],
          [331, 0],
          [332, 255],
        ],
        256,
      ],
    ];
    for (const [algorithm, parameters, one] of algorithms) {
      const { exporter, flows } = collect();
      const options = [field(304, 2), ...parameters.map(([element]) => field(element, 4))];
      const flow = [...ENDS, field(302, 8)];
      const values = [algorithm, ...parameters.map(([, value]) => value)];
      exporter.take(
        encodeIpfix(HEADER, [
          { options: 256, scope: [field(302, 8)], fields: options },
          { template: 257, fields: flow },
          { data: 256, records: [encodeDataRecord([field(302, 8), ...options], [9, ...values])] },
          { data: 257, records: [encodeDataRecord(flow, [source, destination, 9])] },
        ]),
        NOW,
      );
      expect(flows[0]).to.match(new RegExp(` 1/${one}$`));
    }
  });

  it('learns a probability', () => {
    const { exporter, flows } = collect();
    const options = [field(304, 2), field(311, 8)];
    const probability = new Uint8Array(8);
    new DataView(probability.buffer).setFloat64(0, 0.001);
    exporter.take(
      encodeIpfix(HEADER, [
        { options: 256, scope: [field(302, 4)], fields: options },
        { template: 257, fields: ENDS },
        { data: 256, records: [encodeDataRecord([field(302, 4), ...options], [9, 4, probability])] },
        { data: 257, records: [encodeDataRecord(ENDS, [source, destination])] },
      ]),
      NOW,
    );
    expect(flows[0], 'the only selector of the domain').to.match(/ 1\/1000$/);
  });

  it('reads every way to state a time', () => {
    const ntp = (milliseconds: number) => {
      const octets = new Uint8Array(8);
      new DataView(octets.buffer).setUint32(0, Math.floor(milliseconds / 1000) + 2_208_988_800);
      new DataView(octets.buffer).setUint32(4, Math.ceil(((milliseconds % 1000) / 1000) * 4294967296));
      return octets;
    };
    const from = NOW - 1500;
    const ways: [ReturnType<typeof field>[], (number | Uint8Array)[], number, number][] = [
      [[field(150, 4), field(151, 4)], [SECONDS - 2, SECONDS], NOW - 2000, NOW],
      [[field(152, 8), field(153, 8)], [from, NOW], from, NOW],
      [[field(154, 8), field(155, 8)], [ntp(from), ntp(NOW)], from, NOW],
      [[field(156, 8), field(157, 8)], [ntp(from), ntp(NOW)], from, NOW],
      [[field(158, 4), field(159, 4)], [1_500_000, 0], from, NOW],
      [[field(160, 8), field(22, 4), field(21, 4)], [NOW - 10_000, 8500, 10_000], from, NOW],
      [[field(322, 4)], [SECONDS - 1], NOW - 1000, NOW - 1000],
    ];
    for (const [times, values, first, last] of ways) {
      const { exporter, flows } = collect();
      const fields = [...ENDS, ...times];
      exporter.take(
        encodeIpfix(HEADER, [
          { template: 256, fields },
          { data: 256, records: [encodeDataRecord(fields, [source, destination, ...values])] },
        ]),
        NOW + 77,
      );
      expect(flows[0], JSON.stringify(times)).to.contain(` ${first}-${last} `);
    }
  });

  it('reads NAT sessions and blocks of ports', () => {
    const { exporter, translations, flows } = collect();
    const session = [field(8, 4), field(225, 4), field(12, 4), field(226, 4), field(7, 2), field(227, 2)];
    session.push(field(11, 2), field(228, 2), field(4, 1), field(230, 1), field(323, 8), field(234, 4));
    const block = [field(8, 4), field(225, 4), field(230, 1), field(361, 2), field(362, 2)];
    exporter.take(
      encodeIpfix(HEADER, [
        { template: 256, fields: session },
        { template: 257, fields: block },
        {
          data: 256,
          records: [
            encodeDataRecord(session, [
              ...[hex('0a000001'), hex('cb007101'), destination, hex('00000000')],
              ...[1111, 2222, 443, 443, 6, 4, NOW - 9, 17],
            ]),
          ],
        },
        { data: 257, records: [encodeDataRecord(block, [hex('0a000001'), hex('cb007101'), 16, 1024, 2047])] },
      ]),
      NOW,
    );
    expect(flows, 'what a translator says is no count of packets').to.deep.equal([]);
    expect(translations).to.deep.equal([
      {
        ...{ time: NOW - 9, event: 'create', protocol: 6, block: null, realm: 17, exporter: '192.0.2.1' },
        inside: { source: hex('0a000001'), destination, sourcePort: 1111, destinationPort: 443 },
        outside: { source: hex('cb007101'), destination, sourcePort: 2222, destinationPort: 443 },
      },
      {
        ...{ time: NOW, event: 'block-create', protocol: null, realm: null, exporter: '192.0.2.1' },
        inside: { source: hex('0a000001'), destination: null, sourcePort: null, destinationPort: null },
        outside: { source: hex('cb007101'), destination: null, sourcePort: null, destinationPort: null },
        block: { first: 1024, last: 2047, step: 1 },
      },
    ]);
  });

  it('does not let a datagram withdraw templates', () => {
    const { exporter, flows } = collect();
    exporter.take(encodeIpfix(HEADER, [{ template: 256, fields: ENDS }]), NOW);
    exporter.take(
      encodeIpfix(HEADER, [
        { withdraw: 256, options: false },
        { withdraw: 2, options: false },
      ]),
      NOW,
    );
    exporter.take(encodeIpfix(HEADER, [{ data: 256, records: [encodeDataRecord(ENDS, [source, destination])] }]), NOW);
    expect(flows).to.have.length(1);
    expect(exporter.status()).to.include({ passedOver: 2, templatesHeld: 1 });
  });

  it('counts records that did not come, but not where it cannot count', () => {
    const { exporter } = collect();
    const data = { data: 256, records: [encodeDataRecord(ENDS, [source, destination])] };
    exporter.take(encodeIpfix({ ...HEADER, sequence: 100 }, [{ template: 256, fields: ENDS }, data]), NOW);
    exporter.take(encodeIpfix({ ...HEADER, sequence: 104 }, [data]), NOW);
    expect(exporter.lost(), '101 to 103').to.equal(3);
    exporter.take(encodeIpfix({ ...HEADER, sequence: 105 }, [{ data: 999, records: [new Uint8Array(40)] }]), NOW);
    exporter.take(encodeIpfix({ ...HEADER, sequence: 120 }, [data]), NOW);
    expect(exporter.lost()).to.equal(3);
  });

  it('says what is wrong and where', () => {
    const wrong = (sets: string) => {
      const body = hex(sets);
      const length = (16 + body.length).toString(16).padStart(4, '0');
      return collect().exporter.take(Buffer.concat([hex(`000a ${length} 00000000 00000000 00000000`), body]), NOW);
    };
    expect(wrong('0002 0009 00')?.reason).to.equal('a Set of 9 octets where 5 are left');
    expect(wrong('0002 0008 0100 ffff')?.reason).to.equal('template 256 has more fields than there are octets');
    expect(wrong('0002 000c 0003 0001 0008 0004')?.reason).to.equal('3 is no number of a template');
    expect(wrong('0002 000c 0100 0001 8008 0004')?.reason).to.equal('field 1 of template 256 is cut');
    expect(wrong('0003 000e 0100 0001 0000 0008 0004')?.reason).to.equal(
      'options template 256 has 0 scope fields of 1',
    );
    expect(wrong('0002 000c 0100 0001 0008 0000')?.reason).to.equal('template 256: a template whose records are empty');
    const cut = collect().exporter.take(hex('000a 0020 00000000 00000000 00000000'), NOW);
    expect(cut).to.deep.equal({ offset: 2, reason: 'a message of 32 octets in a datagram of 16' });
  });
});
