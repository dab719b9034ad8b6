/**
 * Whether a packet has the same digest before and behind the routers of Linux: they count hops, write into options,
 * mark DSCP, clamp the MSS, cut into fragments and wrap into tunnels. What this kernel has not is said and left out.
 */
import { expect } from 'chai';
import { createCaptureDigester } from '../../src/packet/capture-digests.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket } from '../../src/packet/itk1.ts';
import { pcapReader } from '../../src/packet/pcap.ts';
import { CLAMP, type Profile, STRICT } from '../../src/packet/profiles.ts';
import { until } from '../interop/bgp-peers.ts';
import { inputsOf, RAW } from '../packet/packets.ts';
import { type Ends, imix, syn } from './imix.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import { capture, send } from './raw-socket.ts';
import { printTable } from './table.ts';

const ENDS: Ends = {
  ...{ source4: '10.60.1.10', destination4: '10.60.3.10' },
  ...{ source6: 'fd60:1::10', destination6: 'fd60:3::10' },
};
/** A packet of either family that shows, where it has come, that all others have. */
const LAST = [
  `45000030 00010000 40fd0000 0a3c010a 0a3c030a ${'6c617374'.repeat(7)}`,
  `60000000 001cfd40 fd600001000000000000000000000010 fd600003000000000000000000000010 ${'4c415354'.repeat(7)}`,
].map(text => Buffer.from(text.replace(/\s/g, ''), 'hex'));
const PACKETS = 600;
/** ms until what is missing is lost. */
const PATIENCE = 5000;
const KEY = new Uint8Array(16);

/** Octets that go there and back in each of two connections. */
const TALKED = 1_000_000;
const ECHO = `
use IO::Socket::IP;
my $listener = IO::Socket::IP->new(LocalHost => '::', LocalPort => 7, Listen => 5, V6Only => 0, ReuseAddr => 1) or die $!;
$| = 1;
print "listening\\n";
while (my $peer = $listener->accept) {
  while (sysread $peer, my $octets, 65536) { my $at = 0; $at += syswrite $peer, $octets, length($octets) - $at, $at while $at < length $octets; }
}`;
const TALK = `
use IO::Socket::IP;
my $peer = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 7) or die $!;
my ($sent, $got) = (0, 0);
while ($got < ${TALKED}) {
  $sent += syswrite $peer, pack('N*', map { $sent + $_ * 7919 } 1 .. 5000) if $sent < ${TALKED};
  $got += sysread $peer, my $octets, 65536;
}
print $got;`;

interface Seen {
  /** Frames that have the input, and the TTLs or hop limits of their layers. */
  readonly inputs: Map<string, Set<number>>;
  readonly frames: number;
}

/** What a capture has of IP layers, tunnels opened. */
function seen(pcap: Uint8Array, profile: Profile): Seen {
  const inputs = new Map<string, Set<number>>();
  const reader = pcapReader();
  reader.feed(pcap);
  let frames = 0;
  while (reader.next() === 'record') {
    frames++;
    const { bytes, offset, captured, wire, linkType } = reader.record;
    const frame = bytes.subarray(offset, offset + captured);
    for (const input of inputsOf(frame, linkType, wire, profile)) {
      const lives = inputs.get(input) ?? new Set();
      lives.add(captured < 23 ? 0 : frame[12] === 0x86 ? frame[21]! : frame[22]!);
      inputs.set(input, lives);
    }
  }
  return { inputs, frames };
}

/** Digests of a capture as its asker has them: fragments put together too. */
function reassembled(pcap: Uint8Array): Set<string> {
  const digester = createCaptureDigester({
    kernel: loadKernel(),
    profiles: [STRICT],
    keyOf: () => KEY,
    reassemble: true,
  });
  const digests = new Set<string>();
  const reader = pcapReader();
  reader.feed(pcap);
  while (reader.next() === 'record')
    for (const { result, parts } of digester.take(reader.record))
      if ('digest' in result && parts !== null) digests.add(result.digest);
  return digests;
}

describe('lab/forwarding', function () {
  this.timeout(240_000);
  let lab: Lab | null = null;
  const table = [['way', 'packets', 'equal', 'ms']];

  /** s - r - q - t: the routers r and q, between which tunnels are laid. */
  before(async function () {
    needLab(this, 'perl');
    lab = await openLab();
    for (const host of ['s', 'r', 'q', 't']) await lab.host(host);
    const link = (one: string, other: string, net: number, at: [number, number]) =>
      lab!.link(
        { host: one, device: `to-${other}`, addresses: [`10.60.${net}.${at[0]}/24`, `fd60:${net}::${at[0]}/64`] },
        { host: other, device: `to-${one}`, addresses: [`10.60.${net}.${at[1]}/24`, `fd60:${net}::${at[1]}/64`] },
      );
    await link('s', 'r', 1, [10, 1]);
    await link('r', 'q', 2, [1, 2]);
    await link('q', 't', 3, [1, 10]);
    const routes: [string, string, string][] = [
      ['s', 'default', '1::1'],
      ['r', '3', '2::2'],
      ['q', '1', '2::1'],
      ['t', 'default', '3::1'],
    ];
    for (const [host, to, via] of routes) {
      const [net, end] = via.split('::');
      const [four, six] = to === 'default' ? ['default', 'default'] : [`10.60.${to}.0/24`, `fd60:${to}::/64`];
      await lab.run(host, ['ip', 'route', 'add', four!, 'via', `10.60.${net}.${end}`]);
      await lab.run(host, ['ip', '-6', 'route', 'add', six!, 'via', `fd60:${via}`]);
    }
    // The neighbours are looked for: what is sent before they are found waits in short queues.
    await between([], ['r', 'to-s'], ['t', 'to-q']);
  });
  after(async function () {
    if (table.length > 1) printTable(table);
    await closeLab(this, lab);
  });

  /**
   * Sends packets from s to t, and returns what was captured at both places: when `whole` finds all of it in there, or
   * after seconds, for packets may overtake each other on two processors.
   */
  async function between(
    packets: readonly Buffer[],
    [firstHost, firstDevice]: readonly [string, string],
    [secondHost, secondDevice]: readonly [string, string],
    whole: (before: Uint8Array, behind: Uint8Array) => boolean = () => true,
  ): Promise<readonly [Uint8Array, Uint8Array]> {
    const taps = [capture(lab!, firstHost, firstDevice), capture(lab!, secondHost, secondDevice)];
    const chunks: Buffer[][] = [[], []];
    taps.forEach((tap, i) => {
      tap.stdout.on('data', chunk => chunks[i]!.push(chunk));
    });
    await until('both taps listen', () => chunks.every(list => list.length > 0));
    // Some at a time: the queues on the way are short.
    for (let at = 0; at < packets.length; at += 50) await send(lab!, 's', ...packets.slice(at, at + 50));
    const has = (list: Buffer[]) => ['last', 'LAST'].every(word => Buffer.concat(list).includes(word.repeat(5)));
    await until('the last packets have come', async () => {
      await send(lab!, 's', ...LAST);
      return chunks.every(has);
    });
    const both = () => chunks.map(list => Buffer.concat(list)) as [Buffer, Buffer];
    await until('all packets are there', () => whole(...both()), PATIENCE).catch(() => {});
    for (const tap of taps) await tap.stop();
    return both();
  }

  /** Every packet sent has its input before r and at the second place. */
  async function equal(way: string, packets: readonly Buffer[], second: readonly [string, string], profile = STRICT) {
    const began = Date.now();
    const inputs = packets.map(packet => inputsOf(packet, RAW, packet.length, profile)[0]!);
    const has = (pcap: Uint8Array) => {
      const there = seen(pcap, profile).inputs;
      return inputs.every(input => there.has(input));
    };
    const pcaps = await between(packets, ['r', 'to-s'], second, (one, other) => has(one) && has(other));
    const [before, behind] = pcaps.map(pcap => seen(pcap, profile));
    let count = 0;
    for (const [i, packet] of packets.entries()) {
      const text = packet.toString('hex');
      expect(before!.inputs.has(inputs[i]!), `${way}: before: ${text}`).to.equal(true);
      expect(behind!.inputs.has(inputs[i]!), `${way}: behind: ${text}`).to.equal(true);
      count++;
    }
    table.push([way, `${packets.length}`, `${count}`, `${Date.now() - began}`]);
    return [before!, behind!] as const;
  }

  /** Runs a setup in the routers; false, and said, when the kernel or the machine has it not. */
  async function have(what: string, ...commands: readonly (readonly [string, string])[]): Promise<boolean> {
    for (const [host, command] of commands) {
      const failed = await lab!.run(host, ['sh', '-ec', command]).then(
        () => null,
        (error: Error) => error.message.split('\n')[0]!,
      );
      if (failed !== null) {
        table.push([`${what}: not here (${failed.slice(0, 60)})`, '-', '-', '-']);
        return false;
      }
    }
    return true;
  }

  const UNDERLAY = ['q', 'to-r'] as const;

  it('is the same behind two routers, of everything in the Internet mix', async () => {
    const packets = imix(PACKETS, 1, ENDS);
    const [before, behind] = await equal('forwarded', packets, ['t', 'to-q']);
    for (const packet of packets) {
      const [input] = inputsOf(packet, RAW);
      expect([...before.inputs.get(input!)!][0]! - [...behind.inputs.get(input!)!][0]!, 'hops').to.equal(2);
    }
  });

  it('is the same of everything that two TCP stacks say to each other', async () => {
    /** Segments by their inputs, of both directions. */
    const segments = (list: readonly Buffer[]) =>
      [...seen(Buffer.concat(list), STRICT).inputs.keys()].filter(input => input.slice(12, 14) === '06').sort();
    const talk = async () => {
      const taps = [capture(lab!, 'r', 'to-s'), capture(lab!, 't', 'to-q')];
      const chunks: Buffer[][] = [[], []];
      taps.forEach((tap, i) => {
        tap.stdout.on('data', chunk => chunks[i]!.push(chunk));
      });
      await until('both taps listen', () => chunks.every(list => list.length > 0));
      const server = lab!.start('t', ['perl', '-e', ECHO]);
      await new Promise(resolve => server.stdout.once('data', resolve));
      for (const destination of [ENDS.destination4, ENDS.destination6])
        expect(await lab!.run('s', ['perl', '-e', TALK, destination])).to.equal(`${TALKED}`);
      await until(
        'the last segments have come',
        () => {
          const [one, other] = chunks.map(list => segments(list).length);
          return one! > 100 && one === other;
        },
        PATIENCE,
      ).catch(() => {});
      for (const program of [...taps, server]) await program.stop();
      return chunks.map(segments);
    };
    // Where a tap may not have a large buffer it loses some on a busy machine; a digest that differs does so every time.
    let [one, other] = await talk();
    for (let again = 0; again < 3 && one!.length !== other!.length; again++) [one, other] = await talk();
    expect(other).to.deep.equal(one);
    table.push(['TCP of the kernel', `${one!.length}`, `${other!.length}`, '']);
  });

  it('is the same with DSCP marked anew on the way', async function () {
    const mark = 'nft add table inet m; nft add chain inet m f "{ type filter hook forward priority 0; }"';
    const rules = 'nft add rule inet m f ip dscp set cs1; nft add rule inet m f ip6 dscp set cs1';
    if (!(await have('DSCP', ['r', `${mark}; ${rules}`]))) this.skip();
    await equal('DSCP marked', imix(PACKETS / 2, 2, ENDS), UNDERLAY);
    await lab!.run('r', ['nft', 'delete', 'table', 'inet', 'm']);
  });

  it('is the same before and behind MSS clamping in profile clamp, and not in strict', async function () {
    const clamp = 'nft add table ip c; nft add chain ip c f "{ type filter hook forward priority 0; }"';
    const rule = 'nft add rule ip c f tcp flags syn tcp option maxseg size set 1200';
    if (!(await have('MSS clamping', ['r', `${clamp}; ${rule}`]))) this.skip();
    const packets = Array.from({ length: 20 }, (_, i) => syn(100 + i, ENDS));
    const [, behind] = await equal('MSS clamped', packets, UNDERLAY, CLAMP);
    expect(behind.frames).to.be.at.least(20);
    const clamped = packets.map(packet => inputsOf(packet, RAW, packet.length, CLAMP)[0]!);
    const all = (pcap: Uint8Array) => clamped.every(input => seen(pcap, CLAMP).inputs.has(input));
    const pcaps = await between(packets, ['r', 'to-s'], UNDERLAY, (one, other) => all(one) && all(other));
    const strict = pcaps.map(pcap => seen(pcap, STRICT));
    for (const packet of packets) {
      const [input] = inputsOf(packet, RAW);
      expect(strict.map(({ inputs }) => inputs.has(input!))).to.deep.equal([true, false]);
    }
    await lab!.run('r', ['nft', 'delete', 'table', 'ip', 'c']);
  });

  it('is the same put together again where a router cuts into fragments', async () => {
    await lab!.run('r', ['ip', 'link', 'set', 'dev', 'to-q', 'mtu', '1300']);
    const packets = imix(PACKETS, 3, ENDS).filter(
      packet => packet[0]! >> 4 === 4 && packet.length > 1300 && (packet.readUInt16BE(6) & 0x7fff) === 0,
    );
    expect(packets.length).to.be.above(5);
    const kernel = loadKernel();
    const wholes = packets.map(packet => {
      const [layer] = digestPacket(kernel, packet, RAW, KEY).layers;
      return layer !== undefined && 'digest' in layer ? layer.digest : '';
    });
    const [, behind] = await between(packets, ['r', 'to-s'], UNDERLAY, (_, pcap) => {
      const there = reassembled(pcap);
      return wholes.every(digest => there.has(digest));
    });
    await lab!.run('r', ['ip', 'link', 'set', 'dev', 'to-q', 'mtu', '1500']);
    expect([...reassembled(behind)]).to.include.members(wholes);
    table.push(['fragmented, put together', `${packets.length}`, `${packets.length}`, '']);
  });

  /** Tunnels of the kernel between r and q: how to make each end, of so many octets around what is inside. */
  const TUNNELS: readonly (readonly [name: string, options: (own: number, other: number) => string])[] = [
    ['ipip', (own, other) => `type ipip local 10.60.2.${own} remote 10.60.2.${other}`],
    ['sit', (own, other) => `type sit mode any local 10.60.2.${own} remote 10.60.2.${other}`],
    ['gre', (own, other) => `type gre key 7 local 10.60.2.${own} remote 10.60.2.${other}`],
    ['gretap', (own, other) => `type gretap local 10.60.2.${own} remote 10.60.2.${other}`],
    ['erspan', (own, other) => `type erspan seq key 7 erspan_ver 1 local 10.60.2.${own} remote 10.60.2.${other}`],
    ['ip6tnl', (own, other) => `type ip6tnl mode any local fd60:2::${own} remote fd60:2::${other}`],
    ['ip6gre', (own, other) => `type ip6gre local fd60:2::${own} remote fd60:2::${other}`],
    ['vxlan', (own, other) => `type vxlan id 7 dstport 4789 local 10.60.2.${own} remote 10.60.2.${other}`],
    [
      'vxlan in IPv6',
      (own, other) => `type vxlan id 8 dstport 4789 local fd60:2::${own} remote fd60:2::${other} udp6zerocsumrx`,
    ],
    ['geneve', (_, other) => `type geneve id 7 remote 10.60.2.${other}`],
    ['vlan', (own, other) => `link to-${own === 1 ? 'q' : 'r'} type vlan id ${100 + own + other}`],
  ];
  for (const [i, [name, options]] of TUNNELS.entries())
    it(`is the same inside ${name} as before it`, async function () {
      const net = 100 + i;
      const ends = [
        ['r', 1, 2, '3'],
        ['q', 2, 1, '1'],
      ] as const;
      const made = await have(
        name,
        ...ends.map(([host, own, other]) => {
          const [link, ...rest] = options(own, other).startsWith('link')
            ? options(own, other).split(/ (?=type)/)
            : ['', options(own, other)];
          return [host, `ip link add ${link} name tunnel ${rest.join(' ')}`] as const;
        }),
      );
      if (made) {
        for (const [host, own, other, to] of ends) {
          const commands = [
            `ip link set dev tunnel mtu 1600 up`,
            `ip address add 10.60.${net}.${own}/24 dev tunnel`,
            `ip address add fd60:${net}::${own}/64 dev tunnel nodad`,
            `ip route replace 10.60.${to}.0/24 via 10.60.${net}.${other}`,
            `ip -6 route replace fd60:${to}::/64 via fd60:${net}::${other}`,
          ];
          await lab!.run(host, ['sh', '-ec', commands.join('\n')]);
          await lab!.run(host, ['ip', 'link', 'set', 'dev', host === 'r' ? 'to-q' : 'to-r', 'mtu', '1800']);
        }
        await equal(name, imix(PACKETS / 3, 10 + i, ENDS), UNDERLAY);
      }
      for (const [host, , other, to] of ends) {
        const back = [
          `ip route replace 10.60.${to}.0/24 via 10.60.2.${other}`,
          `ip -6 route replace fd60:${to}::/64 via fd60:2::${other}`,
          'ip link delete tunnel 2>/dev/null || true',
        ];
        await lab!.run(host, ['sh', '-ec', back.join('\n')]);
      }
      if (!made) this.skip();
    });

  for (const [name, mode] of [
    ['SRv6, segments inserted', 'inline'],
    ['SRv6, encapsulated', 'encap'],
  ] as const)
    it(`is the same with ${name}`, async function () {
      const route = `ip -6 route replace fd60:3::/64 encap seg6 mode ${mode} segs fd60:2::2 dev to-q`;
      const enable = 'for of in all default to-r; do echo 1 >/proc/sys/net/ipv6/conf/$of/seg6_enabled; done';
      if (!(await have(name, ['q', enable], ['r', route]))) this.skip();
      const packets = imix(PACKETS / 2, 30, ENDS).filter(
        // Segments are not inserted into packets that have some.
        packet => packet[0]! >> 4 === 6 && (mode === 'encap' || packet[6] !== 43),
      );
      await equal(name, [...packets], UNDERLAY);
      await lab!.run('r', ['ip', '-6', 'route', 'replace', 'fd60:3::/64', 'via', 'fd60:2::2']);
    });
});
