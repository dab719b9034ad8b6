import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { captureNames } from '../packet/captures.ts';
import { inputsOf } from '../packet/packets.ts';
import { collect, datagramsOf, NOW } from './collected.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/data/packets/', import.meta.url));

/** Everything that the datagrams of a capture say. */
function collected(name: string) {
  const found = collect();
  const wrong = datagramsOf(name).map(datagram => found.exporter.take(datagram, NOW));
  return { ...found, wrong: wrong.filter(error => error !== null) };
}

/** Fields of the frames of a capture as tshark prints them: lines of columns. */
function tshark(name: string, fields: readonly string[], ...options: string[]): string[][] {
  const columns = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=|', ...fields.flatMap(one => ['-e', one])];
  const { stdout } = spawnSync('tshark', ['-r', FOLDER + name, ...options, ...columns], { encoding: 'utf8' });
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t'));
}

const listed = (value: string | undefined) => (value === undefined || value === '' ? [] : value.split('|'));

describe('flow/captures', () => {
  before(function () {
    if (captureNames().length === 0) this.skip();
  });

  it('are read without an error', () => {
    for (const name of ['sflow', 'data-sflow-raw-ipv4', 'netflowv9', 'nat', 'nfv5', 'sflow_multiple_counter_30_pdus'])
      expect(collected(`${name}.pcap`).wrong, name).to.deep.equal([]);
  });

  it('of counters only yield no digest', () => {
    const { sections, exporter } = collected('sflow_multiple_counter_30_pdus.pcap');
    expect(sections).to.deep.equal([]);
    expect(exporter.status()).to.include({ sections: 0, passedOver: 144 });
  });

  it('of sampled packets yield the digest of each', () => {
    const inputs = ['sflow.pcap', 'data-sflow-raw-ipv4.pcap'].flatMap(name =>
      collected(name).sections.map(({ octets, linkType, wire }) => inputsOf(octets, linkType, wire)),
    );
    // 69.58.92.107 > 92.222.186.1, identification 0x10e9, length 32: an ICMP echo reply of 12 octets.
    expect(inputs[1]).to.deep.equal([
      '69746b3101040 1453a5c6b5cdeba0110e9 0000 00 0020 0c 0000fba362b50001453a5c6b'.replace(/ /g, ''),
    ]);
    expect(inputs[2]?.[0]).to.match(/^69746b31010401453a5c6b5cdeb801f5e1/);
    expect(inputs).to.have.length(3);
  });

  it('of data without templates are counted and no more', () => {
    const { flows, exporter } = collected('netflowv9.pcap');
    expect(flows).to.deep.equal([]);
    expect(exporter.status()).to.include({ withoutTemplate: 23, lost: 0 });
  });

  describe('beside tshark', () => {
    before(function () {
      if (spawnSync('tshark', ['--version']).error === undefined) return;
      if (process.env.REQUIRE_PEERS === '1') expect.fail('tshark is not installed');
      console.log('      skipped: tshark is not installed');
      this.skip();
    });

    it('say the same of NetFlow 5', () => {
      const names = ['cflow.srcaddr', 'cflow.dstaddr', 'cflow.srcport', 'cflow.dstport', 'cflow.protocol'];
      const counts = ['cflow.packets', 'cflow.octets', 'cflow.inputint', 'cflow.outputint'];
      const [columns] = tshark('nfv5.pcap', [...names, ...counts], '-d', 'udp.port==9990,cflow');
      const [source, destination, from, to, protocol, packets, octets, input, output] = columns!.map(
        listed,
      ) as string[][];
      const theirs = source!.map(
        (_, i) =>
          `${source![i]}:${from![i]} > ${destination![i]}:${to![i]} ${protocol![i]} ` +
          `${packets![i]}/${octets![i]} ${input![i]}>${output![i]}`,
      );
      const ours = collected('nfv5.pcap').flows.map(line => line.split(' ').slice(0, 6).join(' '));
      expect(theirs).to.have.length(29);
      expect(ours).to.deep.equal(theirs);
    });

    it('say the same of NAT events', () => {
      const names = ['cflow.srcaddr', 'cflow.post_natsource_ipv4_address', 'cflow.srcport'];
      const [columns] = tshark('nat.pcap', [
        ...names,
        'cflow.post_naptsource_transport_port',
        'cflow.dstaddr',
        'cflow.dstport',
      ]);
      const theirs = columns!.map(listed);
      const text = (octets: Uint8Array | null) => [...(octets ?? [])].join('.');
      const ours = collected('nat.pcap').translations.map(({ inside, outside }) => [
        ...[text(inside.source), text(outside.source), `${inside.sourcePort}`, `${outside.sourcePort}`],
        ...[text(inside.destination), `${inside.destinationPort}`],
      ]);
      expect(ours).to.have.length(9);
      expect(theirs.map(column => column.length)).to.deep.equal([9, 9, 9, 9, 9, 9]);
      expect(ours).to.deep.equal(theirs[0]!.map((_, i) => theirs.map(column => column[i]!)));
    });

    it('say the same of sFlow samples', () => {
      for (const name of ['sflow.pcap', 'data-sflow-raw-ipv4.pcap']) {
        const { stdout } = spawnSync('tshark', ['-r', FOLDER + name, '-O', 'sflow'], { encoding: 'utf8' });
        const theirs = [
          /Sampling rate: 1 out of (\d+)/g,
          /Input interface \(ifIndex\): (\d+)/g,
          /Frame Length: (\d+)/g,
        ].map(pattern => [...stdout.matchAll(pattern)].map(match => Number(match[1])));
        expect(theirs[0], name).to.have.length.above(0);
        const { sections } = collected(name);
        const ours = [
          sections.map(({ record }) => record.sampling),
          sections.map(({ record }) => record.input),
          sections.map(({ record }) => record.octets),
        ];
        expect(ours, name).to.deep.equal(theirs);
      }
    });
  });
});
