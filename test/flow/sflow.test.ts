import { expect } from 'chai';
import { encodeSflow } from '../../src/flow/sflow.ts';
import { ETHER4, hex, IPV4, inputsOf } from '../packet/packets.ts';
import { collect, NOW } from './collected.ts';

const frame = hex(ETHER4, IPV4);

/** Agent 192.0.2.9, sub-agent 3, sequence 7, uptime 1000 ms. */
const HEAD = '00000005 00000001 c0000209 00000003 00000007 000003e8';
/** 58 octets of frame, padded to 60. */
const RAW = `00000001 0000004c 00000001 0000003e 00000004 0000003a ${ETHER4} ${IPV4} 0000`;
/** Sequence 1, source 2, 1 in 1000, pool, drops 5, input 3, output 4. */
const SAMPLE = '00000001 00000002 000003e8 0000ffff 00000005 00000003 00000004';

function sample(format: string, body: string): string {
  const octets = hex(body).length;
  return `${format} ${octets.toString(16).padStart(8, '0')} ${body}`;
}

describe('flow/sflow', () => {
  it('reads a flow sample with the first octets of a frame', () => {
    const { exporter, sections } = collect();
    const datagram = hex(HEAD, '00000001', sample('00000001', `${SAMPLE} 00000001 ${RAW}`));
    expect(exporter.take(datagram, NOW)).to.equal(null);
    expect(sections).to.have.length(1);
    const [{ record, octets, wire, linkType }] = sections as [(typeof sections)[0]];
    expect({ octets, wire, linkType }).to.deep.equal({ octets: frame, wire: 58, linkType: 1 });
    expect(record).to.include({ input: 3, output: 4, sampling: 1000, observed: NOW, packets: 1 });
    expect(inputsOf(octets, linkType, wire)).to.deep.equal(inputsOf(frame, 1));
  });

  it('reads the VLAN of an extended switch record, whichever comes first', () => {
    const vlan = '000003e9 00000010 00000064 00000000 000000c8 00000000';
    for (const records of [`${vlan} ${RAW}`, `${RAW} ${vlan}`]) {
      const { exporter, sections } = collect();
      exporter.take(hex(HEAD, '00000001', sample('00000001', `${SAMPLE} 00000002 ${records}`)), NOW);
      expect(sections[0]?.record.vlan).to.equal(100);
    }
  });

  it('reads expanded samples and discarded packets', () => {
    const { exporter, sections } = collect();
    const expanded = `00000001 00000000 00000002 000003e8 0000ffff 00000000 00000000 00000033 00000000 00000044 00000001`;
    const discarded = '00000001 00000000 00000002 00000000 00000033 00000000 00000102 00000001';
    const samples = sample('00000003', `${expanded} ${RAW}`) + sample('00000005', `${discarded} ${RAW}`);
    expect(exporter.take(hex(HEAD, '00000002', samples), NOW)).to.equal(null);
    expect(sections.map(({ record }) => [record.input, record.output, record.sampling])).to.deep.equal([
      [0x33, 0x44, 1000],
      [0x33, 0, 0],
    ]);
  });

  it('takes only an ifIndex for an interface: not a reason, a count, or the device itself', () => {
    for (const output of ['40000003', '80000002', '3fffffff', '00000000']) {
      const { exporter, sections } = collect();
      const head = `00000001 00000002 000003e8 0000ffff 00000005 00000003 ${output}`;
      exporter.take(hex(HEAD, '00000001', sample('00000001', `${head} 00000001 ${RAW}`)), NOW);
      expect(sections[0]?.record.output, output).to.equal(0);
    }
  });

  it('takes addresses without a header for a flow of one packet, and what is behind NAT for a translation', () => {
    const { exporter, flows, translations } = collect();
    const ipv4 = '00000003 00000020 0000003a 00000011 c0000201 c6336402 000014e9 00000035 00000000 00000000';
    const nat = '000003ef 00000010 00000001 cb007101 00000001 c6336402';
    exporter.take(hex(HEAD, '00000001', sample('00000001', `${SAMPLE} 00000002 ${ipv4} ${nat}`)), NOW);
    expect(flows).to.deep.equal([`192.0.2.1:5353 > 198.51.100.2:53 17 1/58 3>4 ${NOW}-${NOW} 1/1000`]);
    expect(translations).to.have.length(1);
    expect(translations[0]).to.include({ event: 'seen', protocol: 17 });
    expect(translations[0]?.outside.source).to.deep.equal(Uint8Array.of(203, 0, 113, 1));
  });

  it('passes over counters and what it does not know, and goes on', () => {
    const { exporter, sections } = collect();
    const counters = sample('00000002', '00000001 00000002 00000000');
    const foreign = sample('00123001', 'ffffffff');
    const datagram = hex(HEAD, '00000003', counters, foreign, sample('00000001', `${SAMPLE} 00000001 ${RAW}`));
    expect(exporter.take(datagram, NOW)).to.equal(null);
    expect(sections).to.have.length(1);
    expect(exporter.status()).to.include({ passedOver: 2, records: 1 });
  });

  it('counts datagrams that did not come and samples that the agent dropped', () => {
    const { exporter } = collect();
    const send = (sequence: number, drops: number) =>
      exporter.take(
        encodeSflow({ agent: hex('c0000209'), subAgent: 0, sequence, uptime: 0 }, [{ ...WRITTEN, drops, sequence: 1 }]),
        NOW,
      );
    send(10, 0);
    send(11, 0);
    expect(exporter.lost()).to.equal(0);
    send(14, 0);
    expect(exporter.lost(), '12 and 13').to.equal(2);
    send(12, 0);
    expect(exporter.lost(), '12 came late').to.equal(1);
    send(15, 4);
    expect(exporter.lost(), 'and 4 dropped').to.equal(5);
  });

  it('reads what it writes', () => {
    for (const expanded of [false, true])
      for (const vlan of [null, 7]) {
        const { exporter, sections } = collect();
        const header = { agent: hex('20010db8000000000000000000000009'), subAgent: 1, sequence: 1, uptime: 5 };
        const datagram = encodeSflow(header, [
          { ...WRITTEN, expanded, vlan },
          { ...WRITTEN, expanded, vlan },
        ]);
        expect(exporter.take(datagram, NOW)).to.equal(null);
        expect(sections.map(({ octets }) => octets)).to.deep.equal([frame, frame]);
        expect(sections[1]?.record).to.include({ input: 3, output: 4, sampling: 512, vlan: vlan ?? -1 });
      }
  });

  it('says what is wrong and where', () => {
    const whole = hex(HEAD, '00000001', sample('00000001', `${SAMPLE} 00000001 ${RAW}`));
    const wrong = (datagram: Uint8Array) => collect().exporter.take(datagram, NOW);
    expect(wrong(whole.subarray(0, 20))).to.deep.equal({ offset: 20, reason: 'the header is cut' });
    expect(wrong(whole.subarray(0, 60))).to.deep.equal({
      offset: 32,
      reason: 'sample 1 has 116 octets where 24 are left',
    });
    const lying = whole.slice();
    lying[HEADER_COUNT] = 0xff;
    expect(wrong(lying)?.reason).to.match(/^sample 1: record 1: a header of \d+ octets where 60 are left$/);
    const agent = whole.slice();
    agent[7] = 9;
    expect(wrong(agent)).to.deep.equal({ offset: 4, reason: 'an agent address of type 9' });
    const many = whole.slice();
    many[24] = 0xff;
    expect(wrong(many)?.reason).to.match(/^sample 2 of \d+ is missing$/);
  });
});

/** Offset of the count of header octets in the datagram above. */
const HEADER_COUNT = 28 + 8 + 32 + 8 + 12;
const WRITTEN = {
  ...{ sequence: 1, rate: 512, drops: 0, input: 3, output: 4, expanded: false, protocol: 1, stripped: 4, vlan: null },
  ...{ frameLength: frame.length + 4, header: frame },
};
