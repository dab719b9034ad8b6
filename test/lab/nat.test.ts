/**
 * Translators of the Linux kernel and of tayga, and what joins the two sides of them: for each packet outside, the probe
 * that follows the translator tells the inside form, which is reckoned and must be a packet that was captured inside.
 *
 *     c1 192.168.1.10 ──┐
 *                       ├── nat ── 203.0.113.2 ── server 203.0.113.10
 *     c2 192.168.2.10 ──┘   (masquerade)
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { epochKey } from '../../src/packet/itk1.ts';
import { openProbeStation, type ProbeStation } from '../../src/probe/station.ts';
import { until } from '../interop/bgp-peers.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import { captureTo, send } from './raw-socket.ts';
import { printTable } from './table.ts';
import { echo, packetsOf, ping, SECRET, type Seen, sendUdp, talk, wholeChecksums } from './translated.ts';

const ITPROBE = fileURLToPath(new URL('../../bin/itprobe', import.meta.url));
const NAMES: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const [PUBLIC, SERVER] = ['203.0.113.2', '203.0.113.10'];
const TALKS = 8;
const PINGS = 5;

const RULES = `table ip nat {
  chain post {
    type nat hook postrouting priority 100;
    udp dport 7000 snat to ${PUBLIC}:2000
    oifname "wan" masquerade random
  }
}
`;

describe('lab/nat', function () {
  this.timeout(90_000);
  let lab: Lab | null = null;
  let station: ProbeStation | null = null;
  const file = (name: string) => join(lab!.directory, `${name}.pcap`);

  before(async function () {
    needLab(this, 'nft', 'perl');
    lab = await openLab();
    for (const host of ['c1', 'c2', 'nat', 'server']) await lab.host(host);
    for (const i of [1, 2])
      await lab.link(
        { host: `c${i}`, device: 'up', addresses: [`192.168.${i}.10/24`] },
        { host: 'nat', device: `lan${i}`, addresses: [`192.168.${i}.1/24`] },
      );
    await lab.link(
      { host: 'nat', device: 'wan', addresses: [`${PUBLIC}/24`] },
      { host: 'server', device: 'up', addresses: [`${SERVER}/24`] },
    );
    for (const [host, device] of [
      ['c1', 'up'],
      ['c2', 'up'],
      ['server', 'up'],
    ] as const)
      await wholeChecksums(lab, host, device);
    for (const i of [1, 2]) await lab.run(`c${i}`, ['ip', 'route', 'add', 'default', 'via', `192.168.${i}.1`]);
    await lab.run('nat', ['nft', '-f', '-'], RULES);
    await lab.run('nat', ['sh', '-c', 'echo 1 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout']);

    const socket = join(lab.directory, 'itprobe.sock');
    const pools: { inside: string; outside: string; reserved: number; dynamic: number }[] = [];
    const probe = {
      ...{ name: 'nat1', neighbors: [], interfaces: [], inside: [], learn: [], members: [] },
      translator: { conntrack: true, files: [], udp: [], pools },
      ...{ retention: 3_600_000, memory: 2 ** 24 },
    };
    station = await openProbeStation({
      ...{ socket: { path: socket }, probes: [probe], log: () => {} },
      epochKey: epoch => epochKey(SECRET, epoch),
    });
    lab.start('nat', [
      'env',
      `INTERTRACK_SOURCE=${PROGRAM_ENV.INTERTRACK_SOURCE}`,
      ITPROBE,
      '-n',
      'nat1',
      '-s',
      socket,
      '--translator',
    ]);
    for (const device of ['lan1', 'lan2', 'wan']) captureTo(lab, 'nat', device, file(device));
    echo(lab, 'server');
    await until('the probe follows the translator', async () => {
      await sendUdp(lab!, 'c1', 4444, SERVER, 9999);
      return (station!.status()[0]?.packets ?? 0) > 0;
    });
  });
  after(async function () {
    await station?.close();
    await closeLab(this, lab);
  });

  /** Strict digests of the packets inside. */
  const insidePackets = () =>
    new Map(['lan1', 'lan2'].flatMap(device => packetsOf(file(device)).map(one => [one.strict, one] as const)));

  /** The packets inside that an outside one is told to be: one, when all is well. */
  const insideOf = async (packet: Seen, inside: ReadonlyMap<string, Seen>): Promise<Seen[]> => {
    const told = await station!.forms({ ...packet.tuple, time: packet.time }, Date.now() + 5000);
    return told[0]!.forms
      .flatMap(form => {
        const other = packet.other(form);
        return typeof other === 'string' ? [] : (inside.get(other.digest) ?? []);
      })
      .filter((one, i, all) => all.indexOf(one) === i);
  };

  it('finds every packet outside inside, through a masquerade of nftables', async () => {
    await Promise.all([talk(lab!, 'c1', SERVER, TALKS), talk(lab!, 'c2', SERVER, TALKS)]);
    for (let i = 0; i < PINGS; i++)
      for (const c of [1, 2]) await send(lab!, `c${c}`, ping(`192.168.${c}.10`, SERVER, 7, i));
    const outside = () => packetsOf(file('wan')).filter(({ tuple }) => tuple.sourcePort !== 2000);
    const icmp = () => outside().filter(({ tuple }) => tuple.protocol === 1).length;
    await until('all is captured', async () => icmp() >= 4 * PINGS);

    const inside = insidePackets();
    const table = [['protocol', 'outside', 'joined', 'ambiguous', 'unjoined', 'same nat digest']];
    for (const protocol of [6, 17, 1]) {
      const packets = outside().filter(({ tuple }) => tuple.protocol === protocol);
      const found = await Promise.all(packets.map(packet => insideOf(packet, inside)));
      const count = (wanted: (joined: readonly Seen[]) => boolean) => found.filter(wanted).length;
      const same = found.filter((joined, i) => joined.length === 1 && joined[0]!.nat === packets[i]!.nat).length;
      const counts = [
        count(one => one.length === 1),
        count(one => one.length > 1),
        count(one => one.length === 0),
        same,
      ];
      table.push([NAMES[protocol]!, `${packets.length}`, ...counts.map(String)]);
      expect(packets.length, NAMES[protocol]).to.be.at.least(4 * PINGS);
      expect(counts, NAMES[protocol]).to.deep.equal([packets.length, 0, 0, packets.length]);
      expect(
        packets.filter(({ nat }) => nat === null),
        'profile nat',
      ).to.deep.equal([]);
    }
    printTable(table);
  });

  it('tells by the time who had a port that several have had', async () => {
    const outside = (i: number) =>
      packetsOf(file('wan')).filter(({ tuple }) => tuple.destinationPort === 7000 && tuple.sourcePort === 2000)[i];
    await sendUdp(lab!, 'c1', 5001, SERVER, 7000);
    await until('the first is outside', async () => outside(0) !== undefined);
    const first = outside(0)!;
    // The kernel gives the port to the other when the first has been silent for a second.
    await until('the second is outside', async () => {
      await sendUdp(lab!, 'c2', 5002, SERVER, 7000);
      return packetsOf(file('wan')).some(
        ({ tuple, time }) => tuple.destinationPort === 7000 && tuple.sourcePort === 2000 && time > first.time + 500,
      );
    });
    const second = packetsOf(file('wan')).findLast(({ tuple }) => tuple.destinationPort === 7000)!;
    const inside = insidePackets();
    for (const [packet, client, port] of [
      [first, 1, 5001],
      [second, 2, 5002],
    ] as const) {
      const joined = await insideOf(packet, inside);
      expect(joined).to.have.length(1);
      expect(Buffer.from(joined[0]!.tuple.source)).to.deep.equal(Buffer.from([192, 168, client, 10]));
      expect(joined[0]!.tuple.sourcePort).to.equal(port);
      expect(joined[0]!.nat).to.equal(packet.nat);
    }
  });
});
