/**
 * Translators of the Linux kernel and of tayga, and what joins the two sides of them: for each packet outside, the probe
 * that follows the translator tells the inside form, which is reckoned and must be a packet that was captured inside.
 *
 *     c1 192.168.1.10 ──┐
 *                       ├── nat ── 203.0.113.2 ── server 203.0.113.10
 *     c2 192.168.2.10 ──┘   (masquerade)
 *
 *     c6 2001:db8:1::10 ── n64 ── server 203.0.113.10      (tayga; the server is 2001:db8:64::203.0.113.10)
 */
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { ProbeStatusRow } from '../../src/control/daemon.ts';
import { parseAddress } from '../../src/net/address.ts';
import { epochKey } from '../../src/packet/itk1.ts';
import { openProbeStation, type ProbeStation } from '../../src/probe/socket/station.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { until } from '../interop/bgp-peers.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { startDaemon } from './intertrack.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import { captureTo, send } from './raw-socket.ts';
import { printTable } from './table.ts';
import {
  burst,
  echo,
  FIRST_PORT,
  packetsOf,
  ping,
  SECRET,
  type Seen,
  sendUdp,
  talk,
  wholeChecksums,
} from './translated.ts';

const ITPROBE = fileURLToPath(new URL('../../bin/itprobe', import.meta.url));
const NAMES: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const [PUBLIC, SERVER] = ['203.0.113.2', '203.0.113.10'];
/** What follows the translator; the daemon's probe socket comes behind. */
const TRANSLATOR = [
  'env',
  `INTERTRACK_SOURCE=${PROGRAM_ENV.INTERTRACK_SOURCE}`,
  ITPROBE,
  '-n',
  'nat1',
  '--translator',
  '-s',
];
const formatSource = ({ tuple }: Seen) => [...tuple.source].join('.');
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
  this.timeout(240_000);
  let lab: Lab | null = null;
  let station: ProbeStation | null = null;
  const file = (name: string) => join(lab!.directory, `${name}.pcap`);

  /** After how many seconds of silence the kernel forgets what is not answered. */
  const forget = (seconds: number) =>
    lab!.run('nat', ['sh', '-c', `echo ${seconds} >/proc/sys/net/netfilter/nf_conntrack_udp_timeout`]);

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
    await forget(1);

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
    // It is to be found by its number later; the launcher's is that of the program.
    const numbered = ['sh', '-c', 'echo $$ >"$0"; exec "$@"', join(lab.directory, 'pid')];
    lab.start('nat', [...numbered, ...TRANSLATOR, socket]);
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

  it('is what `itctl trace packet` tells of a packet of either side', async () => {
    const directory = lab!.directory;
    makeIdentity(64500, directory);
    writeFileSync(join(directory, 'secret'), SECRET);
    const daemon = await startDaemon(lab!, 'nat', {
      ...{ as: 64500, address: '192.0.2.10' },
      config: `
probe inside { profile nat; }
probe outside { neighbor as 64510 mac ${await lab!.mac('server', 'up')}; profile nat; }
probe nat1 { translator { conntrack; } }
traceback {
    identity "${join(directory, 'as64500.key')}" certificate "${join(directory, 'as64500.crt')}";
    federation "test" { secret "${join(directory, 'secret')}"; }
    answer { coverage 100%; }
}`,
    });
    daemon.tap('inside', 'lan1');
    daemon.tap('outside', 'wan');
    lab!.start('nat', [...TRANSLATOR, join(directory, 'nat-probe')]);
    const packets = async () => (await daemon.rows<ProbeStatusRow>('show', 'probe')).map(({ packets: count }) => count);
    await until('all probes are fed', async () => {
      await sendUdp(lab!, 'c1', 4444, SERVER, 9999);
      return (await packets()).every(count => count > 0);
    });
    await talk(lab!, 'c1', SERVER, 2);
    const last = async (device: string, from: string) => {
      const chosen = (one: Seen) => one.tuple.protocol === 17 && one.tuple.destinationPort === 9999;
      const found = packetsOf(file(device)).findLast(one => chosen(one) && formatSource(one) === from);
      return { packet: found!, words: ['-j', 'trace', 'packet', file(device), '-n', `${found!.number}`] };
    };
    for (const [device, from, way, place] of [
      ['wan', PUBLIC, 'outward', { probe: 'inside', direction: 'inside', neighbor: null }],
      ['lan1', '192.168.1.10', 'inward', { probe: 'outside', direction: 'out', neighbor: 64510 }],
    ] as const) {
      const { packet, words } = await last(device, from);
      let trace: Partial<Trace> = {};
      // A ring hands over its last packets a moment later.
      await until(`it is seen on both sides: ${way}`, async () => {
        trace = JSON.parse((await daemon.itctl(...words)).stdout || '{}') as Trace;
        return trace.translation?.both === true;
      });
      const { translation, tree } = trace;
      expect(translation!.way).to.equal(way);
      expect(translation!.by).to.deep.equal(['nat1']);
      expect(translation!.seen).to.deep.equal([{ ...place, profile: 'strict' }]);
      expect(translation!.linked.map(({ digest }) => digest)).to.include(packet.nat);
      expect(tree!.verdict).to.equal('translated');
    }
    const { words } = await last('wan', PUBLIC);
    const { stdout } = await daemon.itctl(...words.slice(1));
    expect(stdout).to.include('Translated, as nat1 tells: seen inside at inside, and here');
  });

  it('asks for all that is tracked when events were lost, and then knows what they told', async () => {
    const COUNT = 30_000;
    await forget(60);
    const before = station!.status()[0]!.lost ?? 0;
    const pid = Number(readFileSync(join(lab!.directory, 'pid'), 'utf8'));
    process.kill(pid, 'SIGSTOP');
    // More than the socket holds: it says so when it is read again.
    await burst(lab!, 'c1', SERVER, COUNT);
    process.kill(pid, 'SIGCONT');
    await until('the gap is told', async () => (station!.status()[0]!.lost ?? 0) > before);
    const client = parseAddress('192.168.1.10')!.bytes;
    const tuple = { protocol: 17, source: client, destination: parseAddress(SERVER)!.bytes };
    const known = async (port: number) => {
      const asked = { ...tuple, sourcePort: port, destinationPort: 9, time: Date.now() };
      return (await station!.forms(asked, Date.now() + 5000))[0]?.forms[0]?.side === 'far';
    };
    const ports = Array.from({ length: 50 }, (_, i) => FIRST_PORT + Math.floor((i * (COUNT - 1)) / 49));
    await until('all of them are known', async () => (await Promise.all(ports.map(known))).every(one => one));
  });
});

describe('lab/nat64', function () {
  this.timeout(240_000);
  const [CLIENT, PREFIX] = ['2001:db8:1::10', '2001:db8:64::'];
  let lab: Lab | null = null;
  const file = (name: string) => join(lab!.directory, `${name}.pcap`);

  before(async function () {
    needLab(this, 'tayga', 'perl');
    try {
      accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    } catch (error) {
      console.log(`      skipped: ${(error as Error).message}`);
      this.skip();
    }
    lab = await openLab();
    for (const host of ['c6', 'n64', 'server']) await lab.host(host);
    await lab.link(
      { host: 'c6', device: 'up', addresses: [`${CLIENT}/64`] },
      { host: 'n64', device: 'lan', addresses: ['2001:db8:1::1/64'] },
    );
    await lab.link(
      { host: 'n64', device: 'wan', addresses: [`${PUBLIC}/24`] },
      { host: 'server', device: 'up', addresses: [`${SERVER}/24`] },
    );
    for (const host of ['c6', 'server']) await wholeChecksums(lab, host, 'up');
    await lab.run('c6', ['ip', '-6', 'route', 'add', 'default', 'via', '2001:db8:1::1']);
    await lab.run('server', ['ip', 'route', 'add', '192.168.255.0/24', 'via', PUBLIC]);
    const conf = join(lab.directory, 'tayga.conf');
    const pool = ['ipv4-addr 192.168.255.1', 'dynamic-pool 192.168.255.0/24', `data-dir ${lab.directory}`];
    writeFileSync(conf, ['tun-device nat64', `prefix ${PREFIX}/96`, ...pool, ''].join('\n'));
    await lab.run('n64', ['tayga', '-c', conf, '--mktun']);
    await lab.run('n64', ['ip', 'link', 'set', 'nat64', 'up']);
    await lab.run('n64', ['ip', 'route', 'add', '192.168.255.0/24', 'dev', 'nat64']);
    await lab.run('n64', ['ip', '-6', 'route', 'add', `${PREFIX}/96`, 'dev', 'nat64']);
    lab.start('n64', ['tayga', '-c', conf, '--nodetach']);
    for (const device of ['lan', 'wan']) captureTo(lab, 'n64', device, file(device));
    echo(lab, 'server');
  });
  after(async function () {
    await closeLab(this, lab);
  });

  it('leaves every packet its digest of profile nat, and an IPv4 packet tells the IPv6 one', async () => {
    const server = `${PREFIX}${SERVER}`;
    await until('the server answers', () =>
      talk(lab!, 'c6', server, 1).then(
        () => true,
        () => false,
      ),
    );
    await talk(lab!, 'c6', server, TALKS);
    for (let i = 0; i < PINGS; i++) await send(lab!, 'c6', ping(CLIENT, server, 7, i));
    const ours = (device: string) => packetsOf(file(device)).filter(({ tuple }) => tuple.protocol in NAMES);
    const echoes = (device: string) => ours(device).filter(({ tuple }) => [1, 58].includes(tuple.protocol)).length;
    await until('all is captured', async () => echoes('lan') >= 2 * PINGS && echoes('wan') >= 2 * PINGS);

    const [six, four] = [ours('lan'), ours('wan')];
    const strict = new Set(six.map(one => one.strict));
    const client = parseAddress(CLIENT)!.bytes;
    const mapped = Uint8Array.from([...parseAddress(PREFIX)!.bytes.subarray(0, 12), ...parseAddress(SERVER)!.bytes]);
    const table = [['protocol', 'IPv4', 'same nat digest', 'strict digest reckoned']];
    for (const [protocol, protocol6] of [
      [6, 6],
      [17, 17],
      [1, 58],
    ] as const) {
      const packets = four.filter(({ tuple }) => tuple.protocol === protocol);
      // An echo has the digest of what it answers: digests are counted, not just looked for.
      const digests = (list: readonly Seen[]) => list.map(({ nat }) => nat ?? 'none').sort();
      const inside = six.filter(({ tuple }) => tuple.protocol === protocol6);
      expect(digests(packets), NAMES[protocol]).to.deep.equal(digests(inside));
      expect(digests(packets)).to.not.include('none');
      const reckoned = packets.filter(packet => {
        const { source, sourcePort, destinationPort } = packet.tuple;
        const there = !Buffer.from(source).equals(parseAddress(SERVER)!.bytes);
        const [from, to] = there ? [client, mapped] : [mapped, client];
        const other = packet.other({ source: from, destination: to, sourcePort, destinationPort });
        return typeof other !== 'string' && strict.has(other.digest);
      });
      table.push([NAMES[protocol]!, `${packets.length}`, `${packets.length}`, `${reckoned.length}`]);
      expect(reckoned.length, NAMES[protocol]).to.equal(packets.length);
      expect(packets.length, NAMES[protocol]).to.be.at.least(2 * PINGS);
    }
    printTable(table);
  });
});
