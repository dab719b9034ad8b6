import { expect } from 'chai';
import type { ProbeConfig } from '../../../src/config/tree.ts';
import { encodeIpfix } from '../../../src/flow/ipfix.ts';
import { encodeNetflow5 } from '../../../src/flow/netflow5.ts';
import { encodeSflow } from '../../../src/flow/sflow.ts';
import { encodeDataRecord, VARIABLE } from '../../../src/flow/template.ts';
import type { Translation } from '../../../src/flow/translation.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { parseFlowPort } from '../../../src/probe/flows/flow-sockets.ts';
import { flowVantages } from '../../../src/probe/flows/flow-vantage.ts';
import { openFlowIntake, type TakingIntake } from '../../../src/probe/intake/flow-intake.ts';
import { openTap } from '../../../src/probe/intake/tap.ts';
import { vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { vantageNumbers } from '../../../src/probe/neighbors/vantage-numbers.ts';
import { hex } from '../../packet/packets.ts';
import { openWindows } from '../one-thread.ts';
import { packetAt, questionsAbout, SECRET } from '../tapped.ts';

/** 2010-02-07 06:00 UTC. */
const NOW = 351_564 * 3_600_000;
const PROBE: ProbeConfig = {
  name: 'flows1',
  neighbors: [{ as: 64499, macs: ['00:00:5e:00:53:09'] }],
  ...{ interfaces: [], inside: [], learn: [], members: [] },
  exporters: [
    {
      ...{ address: '192.0.2.1', domains: [] },
      interfaces: [
        { index: 3, as: 64496 },
        { index: 4, as: 64497 },
        { index: 4, vlan: 100, as: 64498 },
      ],
    },
  ],
  retention: 3_600_000,
  memory: 2 ** 26,
};

/** An intake with keys at hand, and what it says. */
function opened(key = async (epoch: number): Promise<Uint8Array | null> => epochKey(SECRET, epoch)) {
  const kernel = loadKernel();
  const windows = openWindows(kernel, 16, { retention: 0, memory: 0 });
  const numbers = vantageNumbers();
  const vantages = vantageMap({ numbers });
  const seen = flowVantages(numbers);
  const tap = openTap(kernel, windows, seen.over(vantages));
  const said: string[] = [];
  const translations: Translation[] = [];
  let dropped = 0;
  const taking = {
    ...{ tap, windows, vantages },
    configure(probe: ProbeConfig) {
      vantages.configure(probe);
      windows.configure(probe);
    },
    needKey: (epoch: number) => key(epoch).then(found => tap.setKey(epoch, found)),
    lose(_: string, second: number, packets: number) {
      windows.live.at(0, second).lost += packets;
    },
  };
  const intake = openFlowIntake({
    // The test's windows have both sides in one.
    intake: taking as unknown as TakingIntake,
    seen,
    translation: one => translations.push(one),
    dropped: () => dropped,
    say: line => said.push(line),
  });
  intake.configure(PROBE);
  return {
    ...{ intake, tap, windows, said, translations },
    drop(count: number) {
      dropped += count;
    },
    /** Until the key has come. */
    settled: () => new Promise(resolve => setImmediate(resolve)),
    ask: (...questions: ReturnType<typeof questionsAbout>) => windows.ask('flows1', questions, numbers.list()),
  };
}

const packet = (id: number) => packetAt(NOW / 1000, id).bytes;
const sampled = (id: number, input: number, output: number, from = '00005e005308', vlan: number | null = null) => ({
  ...{ sequence: id, rate: 1000, drops: 0, input, output, expanded: false, protocol: 1, stripped: 4, vlan },
  ...{ frameLength: 62, header: hex(`00005e005301 ${from} 0800`, Buffer.from(packet(id)).toString('hex')) },
});
let sequence = 0;
const sflow = (...samples: ReturnType<typeof sampled>[]) =>
  encodeSflow({ agent: hex('c0000201'), subAgent: 0, sequence: sequence++, uptime: 0 }, samples);
const about = (id: number) => questionsAbout(packetAt(NOW / 1000, id));

describe('probe/flow-intake', () => {
  it('sees sampled packets where their interfaces say, each by its digest', async () => {
    const { intake, ask, settled } = opened();
    const samples = [sampled(1, 3, 4), sampled(2, 9, 4), sampled(3, 4, 3), sampled(4, 4, 0, undefined, 100)];
    intake.take(sflow(...samples, sampled(5, 9, 9), sampled(6, 3, 4, '00005e005309')), '192.0.2.1', NOW);
    await settled();
    const where = (id: number) => ask(...about(id)).sightings.map(({ vantage }) => vantage);
    expect([1, 2, 3, 4, 5, 6].map(where)).to.deep.equal([
      [{ direction: 'in', neighbor: 64496 }],
      [{ direction: 'out', neighbor: 64497 }],
      [{ direction: 'in', neighbor: 64497 }],
      [{ direction: 'in', neighbor: 64498 }],
      [{ direction: 'inside', neighbor: null }],
      // Behind one interface of an exchange point are many: the link address knows better.
      [{ direction: 'in', neighbor: 64499 }],
    ]);
    expect(where(7)).to.deep.equal([]);
    expect(intake.sampling()).to.equal(0.001);
  });

  it('sees the packets of ipHeaderPacketSection, and counts those that are cut too short as lost', async () => {
    const { intake, tap, ask, settled } = opened();
    const fields = [
      { element: 313, enterprise: 0, octets: VARIABLE },
      { element: 10, enterprise: 0, octets: 4 },
    ];
    const sent = encodeIpfix({ seconds: NOW / 1000, sequence: 0, domain: 0 }, [
      { template: 256, fields },
      {
        data: 256,
        records: [encodeDataRecord(fields, [packet(1), 3]), encodeDataRecord(fields, [packet(2).subarray(0, 30), 3])],
      },
    ]);
    intake.take(sent, '192.0.2.1', NOW);
    await settled();
    expect(ask(...about(1)).sightings.map(({ vantage }) => vantage)).to.deep.equal([
      { direction: 'in', neighbor: 64496 },
    ]);
    expect(ask(...about(2))).to.deep.include({ sightings: [], lost: 1 });
    expect([...tap.counts().without]).to.deep.equal([['snaplen', 1]]);
  });

  it('takes the time of arrival where an exporter has another clock', async () => {
    const { intake, ask, settled } = opened();
    const fields = [
      { element: 313, enterprise: 0, octets: VARIABLE },
      { element: 323, enterprise: 0, octets: 8 },
    ];
    const times = [NOW + 15_000, NOW + 10 * 365 * 86_400_000, 5];
    const sent = encodeIpfix({ seconds: NOW / 1000, sequence: 0, domain: 0 }, [
      { template: 256, fields },
      { data: 256, records: times.map((time, i) => encodeDataRecord(fields, [packet(i), time])) },
    ]);
    intake.take(sent, '192.0.2.1', NOW + 20_000);
    await settled();
    const seconds = [0, 1, 2].map(id =>
      ask(...questionsAbout(packetAt(NOW / 1000 + 20, id), 60_000)).sightings.map(({ from }) => from - NOW),
    );
    expect(seconds).to.deep.equal([[15_000], [20_000], [20_000]]);
  });

  it('answers by headers with counts of flows, a place each', () => {
    const { intake } = opened();
    const record = {
      ...{ source: hex('c0000201'), destination: hex('c6336402'), sourcePort: 5353, destinationPort: 53, protocol: 17 },
      ...{ output: 4, packets: 2, octets: 90, first: 1000, last: 2000 },
    };
    const header = { uptime: 2000, seconds: NOW / 1000, sequence: 0, engine: 0, sampling: 0x4000 | 100 };
    intake.take(
      encodeNetflow5(header, [
        { ...record, input: 3 },
        { ...record, input: 3 },
        { ...record, input: 9 },
      ]),
      '192.0.2.1',
      NOW,
    );
    const question = { ...record, from: NOW - 2000, to: NOW };
    const { places, retained } = intake.ask([question]);
    expect(
      places.map(({ vantage, input, records, packets, sampling }) => ({ vantage, input, records, packets, sampling })),
    ).to.deep.equal([
      { vantage: { direction: 'in', neighbor: 64496 }, input: 3, records: 2, packets: 4, sampling: 100 },
      { vantage: { direction: 'out', neighbor: 64497 }, input: 9, records: 1, packets: 2, sampling: 100 },
    ]);
    expect(places[0]).to.include({ exporter: '192.0.2.1', first: NOW - 1000, last: NOW });
    expect(retained).to.deep.equal({ from: NOW, to: NOW });
    expect(intake.ask([{ ...question, protocol: 6 }]).places).to.deep.equal([]);
  });

  it('answers with times and sampling that make sense, whatever an exporter states', () => {
    const { intake } = opened();
    const ends = {
      source: hex('c0000201'),
      destination: hex('c6336402'),
      sourcePort: 1,
      destinationPort: 2,
      protocol: 6,
    };
    const record = { ...ends, input: 3, output: 4, packets: 1, octets: 40, first: 0, last: 0xffffffff };
    // Sent in 1970, and in 2106; uptimes that lie before the clock began.
    for (const seconds of [0, 5, 0xffffffff])
      intake.take(
        encodeNetflow5({ uptime: 0xfffffff0, seconds, sequence: 0, engine: 0, sampling: 0 }, [record]),
        '192.0.2.1',
        NOW,
      );
    const fields = [8, 12].map(element => ({ element, enterprise: 0, octets: 4 }));
    const options = [
      { element: 304, enterprise: 0, octets: 2 },
      { element: 311, enterprise: 0, octets: 8 },
    ];
    const scope = [{ element: 302, enterprise: 0, octets: 4 }];
    const tiny = new Uint8Array(8);
    new DataView(tiny.buffer).setFloat64(0, 1e-300);
    const sent = encodeIpfix({ seconds: 0, sequence: 0, domain: 0 }, [
      { options: 256, scope, fields: options },
      { template: 257, fields },
      { data: 256, records: [encodeDataRecord([...scope, ...options], [1, 4, tiny])] },
      { data: 257, records: [encodeDataRecord(fields, [ends.source, ends.destination])] },
    ]);
    intake.take(sent, '192.0.2.1', NOW);
    const places = [6, 0, 255].flatMap(protocol => intake.ask([{ ...ends, protocol, from: 0, to: NOW * 2 }]).places);
    expect(places).to.have.length(1);
    for (const { first, last, sampling } of places) {
      expect(first).to.be.within(0, NOW);
      expect(last).to.be.within(first, NOW + 60_000);
      expect(sampling).to.be.within(0, 0xffffffff);
    }
    expect(intake.sampling()).to.be.within(1e-10, 1);
  });

  it('hands translations on', () => {
    const { intake, translations } = opened();
    const fields = [8, 225].map(element => ({ element, enterprise: 0, octets: 4 }));
    fields.push({ element: 230, enterprise: 0, octets: 1 });
    intake.take(
      encodeIpfix({ seconds: NOW / 1000, sequence: 0, domain: 0 }, [
        { template: 256, fields },
        { data: 256, records: [encodeDataRecord(fields, [hex('0a000001'), hex('cb007101'), 4])] },
      ]),
      '192.0.2.1',
      NOW,
    );
    expect(translations).to.have.length(1);
    expect(translations[0]).to.include({ event: 'create', exporter: '192.0.2.1' });
  });

  it('believes exporters of the configuration only, and tells of others once a minute', () => {
    const { intake, tap, said } = opened();
    for (let i = 0; i < 5000; i++) intake.take(sflow(sampled(1, 3, 4)), `198.51.100.${i % 200}`, NOW);
    intake.take(hex('0063'), '192.0.2.1', NOW);
    for (let second = 1; second < 60; second++) intake.tick(NOW + second * 1000);
    expect(said).to.deep.equal([
      '5000 datagrams of 198.51.100.0, 198.51.100.1, 198.51.100.2 and others, no exporter of the configuration, are thrown away',
      '1 datagrams make no sense; the last one of 192.0.2.1, octet 2: no version',
    ]);
    expect(intake.status()).to.deep.include({ refused: 5000 });
    expect(tap.counts().frames).to.equal(0);
  });

  it('tells of an exporter that is at a limit, once a minute', () => {
    const { intake, said } = opened();
    const data = { data: 999, records: [new Uint8Array(8)] };
    const templates = Array.from({ length: 600 }, (_, i) => ({
      template: 256 + i,
      fields: [{ element: 8, enterprise: 0, octets: 4 }],
    }));
    intake.take(
      encodeIpfix({ seconds: NOW / 1000, sequence: 0, domain: 0 }, [data, data, ...templates]),
      '192.0.2.1',
      NOW,
    );
    for (let second = 0; second < 90; second++) intake.tick(NOW + second * 1000);
    expect(said).to.deep.equal([
      '192.0.2.1: 2 data sets without a template, 88 templates dropped, there are more than are kept',
    ]);
  });

  it('counts as lost what never came', async () => {
    const { intake, ask, settled, drop } = opened();
    intake.take(sflow(sampled(1, 3, 4)), '192.0.2.1', NOW);
    sequence += 7;
    intake.take(sflow(sampled(2, 3, 4)), '192.0.2.1', NOW);
    await settled();
    drop(3);
    intake.tick(NOW);
    expect(ask(...about(9)).lost).to.equal(10);
    intake.tick(NOW + 1000);
    expect(ask(...about(9)).lost, 'once').to.equal(10);
  });

  it('keeps samples until the key of their hour is there, and not more than it can', async () => {
    const key = Promise.withResolvers<Uint8Array | null>();
    const { intake, ask, settled, said } = opened(() => key.promise);
    for (let i = 0; i < 5000; i++) intake.take(sflow(sampled(i, 3, 4)), '192.0.2.1', NOW);
    expect(ask(...about(1)).sightings).to.deep.equal([]);
    key.resolve(epochKey(SECRET, NOW / 3_600_000));
    await settled();
    expect(ask(...about(1)).sightings).to.have.length(1);
    intake.tick(NOW);
    expect(said.join()).to.contain('904 sampled packets came before the key of their hour');
    expect(ask(...about(4999)).lost).to.equal(904);
  });

  it('takes another configuration', () => {
    const { intake } = opened();
    intake.take(sflow(sampled(1, 3, 4)), '192.0.2.1', NOW);
    intake.configure({ ...PROBE, exporters: [{ address: '192.0.2.2', domains: [], interfaces: [] }] });
    intake.take(sflow(sampled(1, 3, 4)), '192.0.2.1', NOW);
    const { exporters, refused } = intake.status();
    expect(exporters.map(({ exporter, datagrams }) => ({ exporter, datagrams }))).to.deep.equal([
      { exporter: '192.0.2.2', datagrams: 0 },
    ]);
    expect(refused).to.equal(1);
  });
});

describe('itprobe --flow', () => {
  it('takes [ADDRESS]:PORT', () => {
    const ports: [string, ReturnType<typeof parseFlowPort>][] = [
      [':2055', { address: null, port: 2055 }],
      ['2055', { address: null, port: 2055 }],
      ['192.0.2.1:6343', { address: '192.0.2.1', port: 6343 }],
      ['[2001:db8::1]:4739', { address: '2001:db8::1', port: 4739 }],
      ...['192.0.2.1', '2001:db8::1:4739', ':0', ':65536', '[192.0.2.1]:1', 'host:2055', '', '1.2.3:5'].map(
        text => [text, null] as [string, null],
      ),
    ];
    for (const [text, port] of ports) expect(parseFlowPort(text), text).to.deep.equal(port);
  });
});
