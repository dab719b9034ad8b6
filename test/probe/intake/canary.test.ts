import { expect } from 'chai';
import fc from 'fast-check';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey } from '../../../src/packet/itk1.ts';
import { type Canary, readCanary } from '../../../src/probe/canary.ts';
import { drawFirst } from '../../../src/probe/intake/draw-first.ts';
import { readToDaemon, readToProbe } from '../../../src/probe/socket/messages.ts';
import { type BlockFrame, pcapBlock, ringBlock } from '../../packet/blocks.ts';
import { ETHER4, ETHERNET, hex, ipv4 } from '../../packet/packets.ts';
import { probeBlock, SECRET, tapped } from '../tapped.ts';

const EPOCH = 351_564;
const HOUR = EPOCH * 3600;
const KEY = epochKey(SECRET, EPOCH);
/** The neighbour's router, and ours, as ETHER4 has them. */
const FROM_NEIGHBOR = ETHER4;
const TO_NEIGHBOR = '00005e005302 00005e005301 0800';
const NEIGHBOR = 64_496;

/** A segment of TCP that is as hard to guess as 40 octets of it are. */
const TCP = `c350 01bb 8f3a91c7 5be2047d 8018 01f5 9c6a 0000 0101080a ${'7d1e93ab4c05f268'.repeat(2)}`;

const frame = (head: string, packet: string, nanoseconds = 0): BlockFrame => {
  const bytes = hex(head, packet);
  return { bytes, seconds: HOUR + 5, nanoseconds, wire: bytes.length };
};
const withOctet = (one: BlockFrame, at: number, value: number): BlockFrame => {
  const bytes = Uint8Array.from(one.bytes);
  bytes[at] = value;
  return { ...one, bytes };
};

const GOOD = frame(FROM_NEIGHBOR, ipv4(6, TCP), 250_000_000);

/** What a tap draws of one neighbour from frames that come after it was told to; undefined when it still looks. */
function drawn(
  frames: readonly BlockFrame[],
  road: 'slow' | 'pcap' | 'ring' = 'slow',
  known: readonly BlockFrame[] = [],
) {
  const { tap, vantages, ask } = tapped();
  vantages.configure(probeBlock({ neighbors: [{ as: NEIGHBOR, macs: ['00:00:5e:00:53:02'] }] }));
  tap.setKey(EPOCH, KEY);
  const take = (list: readonly BlockFrame[]) => {
    if (road !== 'slow') return tap.takeBlock(road === 'pcap' ? pcapBlock(list, ETHERNET) : ringBlock(list, ETHERNET));
    for (const { bytes, seconds, nanoseconds, wire } of list)
      tap.take({
        ...{ bytes, offset: 0, captured: bytes.length, wire: wire ?? bytes.length, seconds, nanoseconds },
        linkType: ETHERNET,
        ...{ interface: 0, outgoing: false, number: 1 },
      });
    return null;
  };
  // The kernel takes by itself what is like what it has seen.
  for (let turn = 0; turn < 2 && known.length > 0; turn++) take(known);
  let found: Canary | null | undefined;
  tap.draw(new Set([NEIGHBOR]), canary => {
    found = canary;
  });
  take(frames);
  return { found, ask, tap };
}

const digestOf = ({ bytes }: BlockFrame) => {
  const [layer] = digestPacket(loadKernel(), bytes, ETHERNET, KEY).layers;
  return layer !== undefined && 'digest' in layer ? layer.digest : expect.fail('no digest');
};

describe('probe/canary', () => {
  it('draws a packet that came in from the neighbour, and one that goes out to it, and digests it as windows do', () => {
    for (const [head, direction] of [
      [FROM_NEIGHBOR, 'in'],
      [TO_NEIGHBOR, 'out'],
    ] as const) {
      const one = frame(head, ipv4(6, TCP), 250_000_000);
      const { found, ask } = drawn([one]);
      expect(found).to.include({ neighbor: NEIGHBOR, direction, epoch: EPOCH, digest: digestOf(one) });
      expect(found!.time).to.equal((HOUR + 5) * 1000 + 250);
      expect(found!.entropy).to.not.equal('guessable');
      const question = { epoch: EPOCH, digest: found!.digest, from: found!.time - 2000, to: found!.time + 2000 };
      expect(ask(question).sightings.map(({ vantage }) => vantage)).to.deep.equal([{ direction, neighbor: NEIGHBOR }]);
    }
  });

  it('draws from what the kernel takes by itself, and leaves to it what comes behind', () => {
    const many = Array.from({ length: 40 }, (_, i) => withOctet(GOOD, 14 + 5, i));
    for (const road of ['pcap', 'ring'] as const) {
      const { found, ask, tap } = drawn(many, road, many);
      expect(found?.digest).to.equal(digestOf(many[0]!));
      expect(tap.counts().digests).to.equal(3 * many.length);
      for (const one of many) {
        const question = { epoch: EPOCH, digest: digestOf(one), from: HOUR * 1000, to: (HOUR + 60) * 1000 };
        expect(ask(question).sightings).to.have.length(1);
      }
    }
  });

  it('draws none that can be guessed, that is of the routers of the link, or that may look otherwise elsewhere', () => {
    const ttl = 14 + 8;
    const guessable = frame(FROM_NEIGHBOR, ipv4(17, `14e90035 0010 abcd ${'00'.repeat(8)}`));
    const others: Record<string, BlockFrame> = {
      guessable,
      'of a router': withOctet(GOOD, ttl, 255),
      'for the link': withOctet(GOOD, ttl, 1),
      'a fragment': withOctet(GOOD, 14 + 6, 0x20),
      multicast: withOctet(GOOD, 14 + 16, 224),
      'neither TCP nor UDP': frame(FROM_NEIGHBOR, ipv4(1, TCP)),
      'of another': frame('00005e005301 00005e005309 0800', ipv4(6, TCP)),
      'in a tunnel': frame(FROM_NEIGHBOR, ipv4(4, ipv4(6, TCP))),
    };
    for (const [what, one] of Object.entries(others)) {
      expect(drawn([one]).found, what).to.equal(undefined);
      expect(drawn([one, GOOD]).found?.digest, `${what}, and one behind`).to.equal(digestOf(GOOD));
    }
  });

  it('looks at so many frames and no more, and at none when it is told to draw of nobody', () => {
    const other = frame('00005e005301 00005e005309 0800', ipv4(6, TCP));
    expect(drawn(Array<BlockFrame>(4095).fill(other)).found).to.equal(undefined);
    expect(drawn([...Array<BlockFrame>(4096).fill(other), GOOD]).found).to.equal(null);
    const { tap } = tapped();
    const told: (Canary | null)[] = [];
    tap.draw(new Set([NEIGHBOR]), canary => told.push(canary));
    tap.draw(new Set(), canary => told.push(canary));
    expect(told).to.deep.equal([null, null]);
  });

  it('takes the first that one of several threads draws, and has the others stop', async () => {
    const canary: Canary = {
      ...{ neighbor: NEIGHBOR, direction: 'in', epoch: EPOCH, digest: '0123456789abcdef', time: 1, entropy: 'high' },
    };
    const stopped: string[] = [];
    const thread = (name: string, found: Promise<Canary | null>) => ({
      draw: (neighbors: readonly number[]) => {
        if (neighbors.length > 0) return found;
        stopped.push(name);
        return Promise.resolve(null);
      },
    });
    const never = new Promise<null>(() => {});
    const dead = Promise.reject(new Error('the thread has died'));
    expect(await drawFirst([thread('a', never), thread('b', Promise.resolve(canary))], [NEIGHBOR])).to.equal(canary);
    expect(stopped).to.deep.equal(['a', 'b']);
    expect(await drawFirst([thread('a', dead), thread('b', Promise.resolve(null))], [NEIGHBOR])).to.equal(null);
    expect(await drawFirst([thread('a', never)], [NEIGHBOR], 1)).to.equal(null);
  });

  it('is read as it was told, and whatever else comes is refused in words', () => {
    const canary = { neighbor: 1, direction: 'out', epoch: 2, digest: '00000000000000ff', time: 3, entropy: 'fair' };
    expect(readToDaemon({ type: 'canary', id: 7, canary })).to.deep.equal({ type: 'canary', id: 7, canary });
    expect(readToDaemon({ type: 'canary', id: 7, canary: null })).to.deep.equal({
      type: 'canary',
      id: 7,
      canary: null,
    });
    expect(readToProbe({ type: 'draw', id: 7, neighbors: [1] })).to.deep.equal({ type: 'draw', id: 7, neighbors: [1] });
    for (const wrong of [
      { direction: 'inside' },
      { entropy: 'guessable' },
      { digest: 'FF' },
      { time: -1 },
      { epoch: 0.5 },
    ])
      expect(readToDaemon({ type: 'canary', id: 7, canary: { ...canary, ...wrong } })).to.be.a('string');
    for (const neighbors of [['1'], [0], [2 ** 32], Array(4097).fill(1), 'x'])
      expect(readToProbe({ type: 'draw', id: 7, neighbors })).to.be.a('string');
    fc.assert(
      fc.property(fc.anything(), value => {
        const f = { wrong: null as string | null };
        const read = readCanary(f, value);
        expect(f.wrong !== null || read === null || /^[0-9a-f]{16}$/.test(read.digest)).to.equal(true);
      }),
    );
  });
});
