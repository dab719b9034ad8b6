import { expect } from 'chai';
import fc from 'fast-check';
import { epochKey } from '../../../src/packet/itk1.ts';
import { TUNNEL_PORTS } from '../../../src/packet/udp-tunnels.ts';
import { type BlockFrame, pcapBlock, ringBlock } from '../../packet/blocks.ts';
import { capture, captureNames, forEachRecord } from '../../packet/captures.ts';
import { ETHER4, ETHER6, ETHERNET, hex, IPV4, IPV6, RAW, UDP } from '../../packet/packets.ts';
import { probeBlock, SECRET, tapped } from '../tapped.ts';

const HOUR = 351_564 * 3600;

/** A probe with a neighbour or two among the frames; `slow` counts the frames that took the slow road. */
function probe(frames: readonly BlockFrame[], linkType: number) {
  const { tap, windows, vantages } = tapped(10 ** 12);
  const macs = frames
    .filter(({ bytes }, i) => linkType === ETHERNET && i % 7 === 0 && bytes.length >= 12)
    .map(({ bytes }) => Buffer.from(bytes.subarray(6, 12)).toString('hex').replace(/..\B/g, '$&:'));
  const neighbors = [...new Set(macs)].slice(0, 9).map((mac, i) => ({ as: 64500 + (i % 3), macs: [mac] }));
  vantages.configure(probeBlock({ neighbors }));
  let slow = 0;
  const { of } = vantages;
  vantages.of = (...given) => {
    slow++;
    return of(...given);
  };
  const key = (epoch: number | null) => {
    if (epoch !== null) tap.setKey(epoch, epochKey(SECRET, epoch));
    return epoch !== null;
  };
  return {
    take(frame: BlockFrame, number: number) {
      const { bytes, seconds, nanoseconds } = frame;
      const shared = { bytes, offset: 0, captured: bytes.length, wire: frame.wire ?? bytes.length, number: 1 };
      const record = {
        ...shared,
        seconds,
        nanoseconds,
        linkType,
        interface: number,
        outgoing: frame.outgoing ?? false,
      };
      while (key(tap.take(record)));
    },
    takeBlock(block: ReturnType<typeof pcapBlock>) {
      while (key(tap.takeBlock(block)));
      return block;
    },
    get slow() {
      return slow;
    },
    /** All that is known: counts, and of each slice its numbers and its digests in order. */
    state() {
      const { without, ...counts } = tap.counts();
      const neighbors = vantages.report().rows;
      const slices = [...windows.live.all()].map(slice => {
        const { vantage, second, packets, lost, sampled } = slice;
        const digests = windows.live.take([slice]).sort();
        return { vantage, second, packets, lost, sampled, digests: [...digests].map(String) };
      });
      slices.sort((a, b) => a.second - b.second || a.vantage - b.vantage);
      return { counts, without: Object.fromEntries([...without].sort()), slices, neighbors };
    },
  };
}

/** Takes the frames three times by each road: the second time the vantages are known. Returns how many were slow then. */
function compare(frames: readonly BlockFrame[], linkType: number, what: string): number {
  const byHand = probe(frames, linkType);
  for (let turn = 0; turn < 3; turn++) for (const frame of frames) byHand.take(frame, 3);
  const fast = probe(frames, linkType);
  const first = fast.takeBlock(pcapBlock(frames, linkType, 'pcap-le-ns', 3));
  expect(first, what).to.include({ at: first.bytes.length, frames: frames.length });
  const before = fast.slow;
  fast.takeBlock(ringBlock(frames, linkType, 3));
  const slow = fast.slow - before;
  fast.takeBlock(pcapBlock(frames, linkType, 'pcap-be-ns', 3));
  // The kernel tells its counts when a second is over.
  const last = { ...frames[0]!, seconds: frames.reduce((most, { seconds }) => Math.max(most, seconds), 0) + 1 };
  for (const one of [byHand, fast]) one.take(last, 3);
  expect(fast.state(), what).to.deep.equal(byHand.state());
  return slow;
}

const at = (bytes: Uint8Array, i: number): BlockFrame => ({ bytes, seconds: HOUR + (i >> 3), nanoseconds: i * 1000 });

/** IPv4 and IPv6 in front of what is given, with lengths that are right. */
function packet(version: 4 | 6, protocol: number, inside: Uint8Array, options = 0, fragment = 0): Uint8Array {
  const header = version === 4 ? hex(IPV4).slice(0, 20) : hex(IPV6).slice(0, 40);
  const total = inside.length + (version === 4 ? 20 + options : 0);
  if (version === 4) {
    header[0] = 0x45 + options / 4;
    header.set([total >> 8, total & 255], 2);
    header.set([fragment >> 8, fragment & 255], 6);
    header[9] = protocol;
  } else {
    header.set([total >> 8, total & 255], 4);
    header[6] = protocol;
  }
  return Uint8Array.from([...header, ...new Uint8Array(options), ...inside]);
}

const LINKS = [
  '00005e005301 00005e005302',
  '00005e005301 00005e005302 8100 0064',
  '00005e005301 00005e005302 8100 2000',
  '00005e005301 00005e005302 88a8 0064 8100 0065',
  '00005e005301 00005e005302 9100 2000 9200 0065',
  '00005e005301 00005e005302 8100 0001 8100 0002 8100 0003',
];
const PPPOE = [
  '8864 1100 0001 0030 0021',
  '8864 1100 0001 0052 0057',
  '8864 1100 0001 0010 0021',
  '8864 1109 0001 0040 21',
];
const LABELS = [
  '8847 00010140',
  '8847 00010040 00020140',
  '8847 00010040 00020040 00030040 00040040 00050140',
  '8848 00010140',
];

describe('probe/roads', () => {
  const octets = fc.uint8Array({ maxLength: 100 });
  const frame = fc
    .record({
      link: fc.constantFrom(...LINKS),
      labels: fc.option(fc.constantFrom(...LABELS, ...PPPOE), { freq: 3, nil: null }),
      version: fc.constantFrom<4 | 6>(4, 6),
      protocol: fc.constantFrom(1, 6, 17, 50, 58, 0, 4, 41, 43, 44, 47, 51, 60, 97, 115, 132, 137, 143),
      ports: fc.tuple(fc.constantFrom(53, ...TUNNEL_PORTS), fc.constantFrom(443, ...TUNNEL_PORTS)),
      inside: octets,
      options: fc.constantFrom(0, 0, 4, 40),
      fragment: fc.constantFrom(0, 0, 0x4000, 0x2000, 0x2001, 0x1fff, 0x8000),
      padding: fc.nat(8),
      changes: fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 2 }),
      cut: fc.option(fc.nat(120), { nil: null }),
    })
    .map(({ link, labels, version, protocol, ports, inside, options, fragment, padding, changes, cut }) => {
      if (inside.length >= 4) inside.set([ports[0] >> 8, ports[0] & 255, ports[1] >> 8, ports[1] & 255]);
      const type = labels ?? (version === 4 ? '0800' : '86dd');
      const ip = packet(version, protocol, inside, version === 4 ? options : 0, fragment);
      const bytes = Uint8Array.from([...hex(link, type), ...ip, ...new Uint8Array(padding)]);
      for (const [place, octet] of changes) if (place < bytes.length) bytes[place] = octet;
      return cut === null ? { bytes } : { bytes: bytes.slice(0, cut), wire: bytes.length };
    });

  it('takes plain frames by the fast road', () => {
    const tcp = Uint8Array.from({ length: 50 }, (_, i) => i);
    const plain = [
      hex(ETHER4, IPV4),
      hex(ETHER6, IPV6),
      ...LINKS.slice(0, 5).map(link => Uint8Array.from([...hex(link, '0800'), ...packet(4, 6, tcp)])),
      ...LABELS.slice(0, 2).map(label => Uint8Array.from([...hex(LINKS[1]!, label), ...packet(6, 58, tcp)])),
      Uint8Array.from([...hex(LINKS[2]!, '8864 1100 0001 0048 0021'), ...packet(4, 6, tcp)]),
      Uint8Array.from([...hex(LINKS[0]!, '8864 1100 0001 005c 0057'), ...packet(6, 6, tcp)]),
      Uint8Array.from([...hex(ETHER4), ...packet(4, 1, tcp, 40, 0x2000), 0, 0, 0]),
      Uint8Array.from([...hex(ETHER4), ...packet(4, 47, tcp, 0, 0x0001)]),
      Uint8Array.from([...hex(ETHER4), ...packet(4, 50, new Uint8Array(0))]),
    ];
    // One frame of a second is slow, as it enters the second.
    expect(compare(plain.map(at), ETHERNET, 'plain')).to.equal(Math.ceil(plain.length / 8));
    const raw = [packet(4, 6, tcp), packet(6, 17, hex(UDP))];
    expect(compare(raw.map(at), RAW, 'raw')).to.equal(0);
  });

  it('leaves to the slow road what may hold another packet, or tell of a neighbour', () => {
    const inner = packet(4, 6, new Uint8Array(30));
    const frames = [
      packet(4, 4, inner),
      packet(4, 41, inner),
      packet(4, 47, hex('00000800')),
      packet(4, 17, hex('14e9 12b5 0018 0000 0800000000000000 00000000')),
      packet(6, 58, hex('88000000 0000000000000000')),
      packet(6, 0, hex('3b00000000000000')),
    ].map((ip, i) => at(Uint8Array.from([...hex(ip[0]! >> 4 === 4 ? ETHER4 : ETHER6), ...ip]), i));
    expect(compare(frames, ETHERNET, 'not plain')).to.equal(frames.length);
  });

  it('gives the same digests, counts and reasons by both roads, whatever the frames', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 60 }), frames => {
        compare(
          frames.map((one, i) => ({ ...at(one.bytes, i), wire: one.wire ?? one.bytes.length })),
          ETHERNET,
          'made',
        );
      }),
      { numRuns: 60 },
    );
  });

  it('agrees on every UDP port', () => {
    // What would be a frame inside most tunnels.
    const inside = hex('08000000 00000000', ETHER4, IPV4);
    const frames = Array.from({ length: 65536 }, (_, port) => {
      const udp = Uint8Array.from([0x14, 0xe9, port >> 8, port & 255, 0, 0, 0, 0, ...inside]);
      if (port & 1) udp.set([port >> 8, port & 255, 0, 53]);
      return { bytes: Uint8Array.from([...hex(ETHER4), ...packet(4, 17, udp)]), seconds: HOUR, nanoseconds: 0 };
    });
    expect(compare(frames, ETHERNET, 'ports')).to.be.within(1, 2 + TUNNEL_PORTS.length);
  }).timeout(240_000);

  it('takes a tag that the card took out for the outermost', () => {
    const frames = [0x2064, 0x2000, undefined].map((tag, i) => ({
      ...at(hex('00005e005301 00005e005302 8100 0065 0800', IPV4), i),
      ...(tag === undefined ? {} : { tag }),
    }));
    const { takeBlock } = probe(frames, ETHERNET);
    const seen: number[] = [];
    const { tap, vantages } = tapped();
    vantages.of = (_, layers) => seen.push(layers.vlan);
    tap.setKey(351_564, epochKey(SECRET, 351_564));
    for (let turn = 0; turn < 2; turn++) tap.takeBlock(ringBlock(frames, ETHERNET));
    expect(seen).to.deep.equal([0x64, 0x65, 0x65]);
    expect(takeBlock(ringBlock(frames, ETHERNET)).frames).to.equal(3);
  });

  it('takes frames longer than what is copied at once, and goes on behind them', () => {
    const long = (length: number) => Uint8Array.from([...hex(ETHER4, IPV4), ...new Uint8Array(length)]);
    const frames = [100, 131072 - 40, 200_000, 262144 - 58, 10, 131072, 64].map(long).map(at);
    expect(compare(frames, ETHERNET, 'long')).to.equal(0);
  });

  it('asks for keys on the way, and takes each frame once', () => {
    const frames = [0, 1, 2, 3].map(i => ({ ...at(hex(ETHER4, IPV4), 0), seconds: HOUR + i * 1800 }));
    const { tap } = tapped();
    const block = pcapBlock(frames, ETHERNET);
    expect(tap.takeBlock(block)).to.equal(351_564);
    tap.setKey(351_564, epochKey(SECRET, 351_564));
    expect(tap.takeBlock(block)).to.equal(351_565);
    expect(block.frames).to.equal(2);
    tap.setKey(351_565, null);
    expect(tap.takeBlock(block)).to.equal(null);
    expect(tap.counts()).to.include({ frames: 4, digests: 2, lost: 2 });
  });

  it('hands a second over that is more than there is memory for, and loses nothing of it', () => {
    const { tap, windows } = tapped();
    tap.setKey(351_564, epochKey(SECRET, 351_564));
    windows.live.limit = 2 ** 18;
    const frames = Array.from({ length: 60_000 }, (_, i) => {
      const bytes = hex(ETHER4, IPV4);
      bytes.set([i >> 8, i & 255], 18);
      return { bytes, seconds: HOUR, nanoseconds: 0 };
    });
    tap.takeBlock(pcapBlock(frames, ETHERNET));
    for (const { bytes, ...time } of frames)
      tap.take({
        ...{ bytes, offset: 0, captured: 58, wire: 58, number: 1 },
        ...time,
        linkType: 1,
        interface: 0,
        outgoing: false,
      });
    expect(tap.counts()).to.deep.include({ frames: 120_000, digests: 120_000, lost: 0, without: new Map() });
  });

  it('agrees on every capture', function () {
    if (captureNames().length === 0) this.skip();
    let frames = 0;
    let slow = 0;
    for (const name of captureNames()) {
      const byLink = new Map<number, BlockFrame[]>();
      forEachRecord(capture(name), ({ bytes, offset, captured, wire, seconds, nanoseconds, linkType }) => {
        const taken = { bytes: bytes.slice(offset, offset + captured), wire, seconds, nanoseconds };
        byLink.set(linkType, [...(byLink.get(linkType) ?? []), taken].slice(-4000));
      });
      for (const [linkType, list] of byLink) {
        slow += compare(list, linkType, name);
        frames += list.length;
      }
    }
    console.log(`      ${frames} frames, ${slow} of them by the slow road`);
  }).timeout(240_000);
});
