import { expect } from 'chai';
import { encodeNetflow5 } from '../../src/flow/netflow5.ts';
import { encodeNetflow9 } from '../../src/flow/netflow9.ts';
import { encodeDataRecord } from '../../src/flow/template.ts';
import { hex } from '../packet/packets.ts';
import { collect, NOW } from './collected.ts';

/** 2026-11-29 00:00:00 UTC. */
const SECONDS = NOW / 1000;
const SECONDS_HEX = SECONDS.toString(16).padStart(8, '0');

const field = (element: number, octets: number) => ({ element, enterprise: 0, octets });

describe('flow/netflow5', () => {
  /** Uptime 60 s, sequence 9, engine 0/1, mode 1 and 1 in 100. */
  const HEAD = `0005 0001 0000ea60 ${SECONDS_HEX} 00000000 00000009 0001 4064`;
  const RECORD = `c0000201 c6336402 00000000 0003 0004 0000000a 00000400 00007530 0000c350
    14e9 0035 00 10 11 00 fbf0 fbf1 18 18 0000`;

  it('reads a record', () => {
    const { exporter, flows } = collect();
    expect(exporter.take(hex(HEAD, RECORD), NOW)).to.equal(null);
    const times = `${NOW - 30_000}-${NOW - 10_000}`;
    expect(flows).to.deep.equal([`192.0.2.1:5353 > 198.51.100.2:53 17 10/1024 3>4 ${times} 1/100`]);
  });

  it('counts flows that did not come', () => {
    const { exporter } = collect();
    const header = { uptime: 0, seconds: SECONDS, engine: 0, sampling: 0 };
    exporter.take(encodeNetflow5({ ...header, sequence: 5 }, [WRITTEN, WRITTEN]), NOW);
    exporter.take(encodeNetflow5({ ...header, sequence: 10 }, [WRITTEN]), NOW);
    expect(exporter.lost(), '7, 8 and 9').to.equal(3);
    expect(exporter.status()).to.include({ records: 3, restarts: 0 });
    exporter.take(encodeNetflow5({ ...header, sequence: 0xffff0000 }, [WRITTEN]), NOW);
    expect(exporter.status()).to.include({ lost: 3, restarts: 1 });
  });

  it('reads instants over the end of the 32 bits of uptime', () => {
    const { exporter, flows } = collect();
    const header = { uptime: 1000, seconds: SECONDS, sequence: 0, engine: 0, sampling: 0 };
    exporter.take(encodeNetflow5(header, [{ ...WRITTEN, first: 0xffffffff - 999, last: 1500 }]), NOW);
    expect(flows[0]).to.contain(` ${NOW - 2000}-${NOW + 500} `);
  });

  it('refuses more records than there are octets', () => {
    const { exporter, flows } = collect();
    expect(exporter.take(hex(HEAD, RECORD).subarray(0, 71), NOW)).to.deep.equal({
      offset: 2,
      reason: '1 records do not fit into 71 octets',
    });
    expect(flows).to.deep.equal([]);
  });
});

const WRITTEN = {
  ...{ source: hex('c0000201'), destination: hex('c6336402'), sourcePort: 1, destinationPort: 2, protocol: 6 },
  ...{ input: 1, output: 2, packets: 1, octets: 40, first: 0, last: 0 },
};

describe('flow/netflow9', () => {
  const HEAD = `0009 0002 0000ea60 ${SECONDS_HEX} 00000001 00000007`;
  /** Template 256: both addresses, ports, protocol, counters, interfaces, uptimes, a MAC, a VLAN and one unknown. */
  const TEMPLATE = `0000 0040 0100 000e 0008 0004 000c 0004 0007 0002 000b 0002 0004 0001 0002 0004 0001 0004
    000a 0002 000e 0002 0016 0004 0015 0004 0038 0006 003a 0002 fff0 0003`;
  const DATA = `0100 0030 c0000201 c6336402 14e9 0035 11 0000000a 00000400 0003 0004 00007530 0000c350
    00005e005302 0064 ffffff`;

  it('reads data by a template that came before', () => {
    const { exporter, flows } = collect();
    expect(exporter.take(hex(HEAD, TEMPLATE), NOW)).to.equal(null);
    expect(exporter.take(hex(HEAD, DATA), NOW)).to.equal(null);
    const times = `${NOW - 30_000}-${NOW - 10_000}`;
    expect(flows).to.deep.equal([`192.0.2.1:5353 > 198.51.100.2:53 17 10/1024 3>4 ${times} 1/0`]);
    expect(exporter.status()).to.include({ templates: 1, templatesHeld: 1, records: 1, withoutTemplate: 0 });
  });

  it('counts data without a template, and keeps the templates of sources apart', () => {
    const { exporter, flows } = collect();
    exporter.take(hex(HEAD, DATA), NOW);
    exporter.take(hex(HEAD.replace('00000007', '00000008'), TEMPLATE), NOW);
    exporter.take(hex(HEAD, DATA), NOW);
    expect(flows).to.deep.equal([]);
    expect(exporter.status()).to.include({ withoutTemplate: 2, domains: 2 });
  });

  it('believes the domains it is told to', () => {
    const { exporter, flows } = collect({ domains: [8] });
    exporter.take(hex(HEAD, TEMPLATE, DATA), NOW);
    expect(flows).to.deep.equal([]);
    expect(exporter.status()).to.include({ otherDomains: 1, domains: 0 });
  });

  it('learns sampling from options, by sampler', () => {
    const { exporter, flows } = collect();
    const header = { uptime: 0, seconds: SECONDS, sequence: 1, sourceId: 0 };
    const options = [field(48, 1), field(49, 1), field(50, 4)];
    const flow = [field(8, 4), field(12, 4), field(48, 1)];
    const [source, destination] = [hex('c0000201'), hex('c6336402')];
    const sent = encodeNetflow9(header, [
      { options: 257, scope: [field(1, 4)], fields: options },
      { template: 256, fields: flow },
      {
        data: 257,
        records: [
          encodeDataRecord([field(1, 4), ...options], [0, 1, 2, 1000]),
          encodeDataRecord([field(1, 4), ...options], [0, 2, 2, 50]),
        ],
      },
      { data: 256, records: [1, 2, 3].map(sampler => encodeDataRecord(flow, [source, destination, sampler])) },
    ]);
    expect(exporter.take(sent, NOW)).to.equal(null);
    expect(flows.map(flow => flow.split(' ').at(-1))).to.deep.equal(['1/1000', '1/50', '1/0']);
    expect(exporter.status()).to.include({ options: 2, records: 3 });
  });

  it('reads the translations of an older ASA', () => {
    const { exporter, translations } = collect();
    const fields = [8, 12, 40001, 40002].map(element => field(element, 4));
    fields.push(...[7, 11, 40003, 40004].map(element => field(element, 2)));
    const values = ['0a000001', 'c6336402', 'cb007101', 'c6336402'].map(text => hex(text));
    exporter.take(
      encodeNetflow9({ uptime: 0, seconds: SECONDS, sequence: 1, sourceId: 0 }, [
        { template: 256, fields },
        { data: 256, records: [encodeDataRecord(fields, [...values, 1111, 443, 2222, 443])] },
      ]),
      NOW,
    );
    expect(translations).to.have.length(1);
    expect(translations[0]?.outside).to.deep.equal({
      source: hex('cb007101'),
      destination: hex('c6336402'),
      sourcePort: 2222,
      destinationPort: 443,
    });
    expect(translations[0]).to.include({ event: 'seen', time: NOW });
  });

  it('says what is wrong and where', () => {
    const wrong = (...text: string[]) => collect().exporter.take(hex(...text), NOW);
    expect(wrong('0009 0001')).to.deep.equal({ offset: 4, reason: 'the header is cut' });
    expect(wrong(HEAD, '0100 0003 00')).to.deep.equal({ offset: 22, reason: 'a FlowSet of 3 octets where 5 are left' });
    expect(wrong(HEAD, '0000 0008 0100 ffff')).to.deep.equal({
      offset: 24,
      reason: 'template 256 has more fields than there are octets',
    });
    expect(wrong(HEAD, '0000 000c 0100 0001 0008 0000')?.reason).to.equal(
      'template 256: a template whose records are empty',
    );
    expect(wrong(HEAD, '0000 0010 0100 0002 ffff ffff ffff ffff')?.reason).to.equal(
      'template 256: a field longer than a datagram',
    );
    expect(wrong(HEAD, '0001 000a 0100 0003 0004')?.reason).to.equal(
      'template 256 has more fields than there are octets',
    );
  });
});
