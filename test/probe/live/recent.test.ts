import { expect } from 'chai';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey } from '../../../src/packet/itk1.ts';
import { type BlockFrame, pcapBlock, ringBlock } from '../../packet/blocks.ts';
import { ETHERNET, hex, IPV4, IPV6 } from '../../packet/packets.ts';
import { SECRET, tapped } from '../tapped.ts';

const EPOCH = 351_564;
const HOUR = EPOCH * 3600;
const asking = loadKernel();

/** Frames of several senders, tagged or not, IPv4 and IPv6, and one that is not plain. */
function frames(second: number): BlockFrame[] {
  return Array.from({ length: 60 }, (_, i) => {
    const sender = `00005e0053${(i % 5).toString(16).padStart(2, '0')}`;
    const tag = i % 3 === 0 ? `8100 ${(10 + (i % 4)).toString(16).padStart(4, '0')}` : '';
    const packet = hex(...(i % 4 === 1 ? [IPV6] : [IPV4]));
    // The identification of IPv4, the last octets of the sender's address of IPv6: each packet is another.
    if (i % 4 === 1) packet[23] = i;
    else packet[5] = i;
    packet[i % 4 === 1 ? 7 : 8] = 100 + i;
    const bytes = Uint8Array.from([...hex('00005e0053ff', sender, tag, i % 4 === 1 ? '86dd' : '0800'), ...packet]);
    return { bytes, seconds: HOUR + second, nanoseconds: i * 1000, wire: bytes.length };
  });
}

describe('probe/recent packets', () => {
  const key = epochKey(SECRET, EPOCH);
  const digestOf = ({ bytes }: BlockFrame) => {
    const [layer] = digestPacket(asking, bytes, ETHERNET, key).layers;
    return layer !== undefined && 'digest' in layer ? layer.digest : expect.fail('no digest');
  };
  const told = (list: readonly BlockFrame[], road: 'slow' | 'pcap' | 'ring') => {
    const { tap, ask, windows } = tapped();
    tap.setKey(EPOCH, key);
    if (road === 'slow')
      for (const { bytes, seconds, nanoseconds } of list)
        tap.take({
          ...{ bytes, offset: 0, captured: bytes.length, wire: bytes.length, seconds, nanoseconds },
          ...{ linkType: ETHERNET, interface: 3, outgoing: false, number: 1 },
        });
    // The second time the kernel knows the senders and takes the frames by itself.
    else
      for (let turn = 0; turn < 2; turn++)
        tap.takeBlock(road === 'pcap' ? pcapBlock(list, ETHERNET) : ringBlock(list, ETHERNET));
    const recents = list.map(frame => {
      const [sighting] = ask({
        epoch: EPOCH,
        digest: digestOf(frame),
        from: HOUR * 1000,
        to: (HOUR + 100) * 1000,
      }).sightings;
      return sighting?.recent;
    });
    return { recents, ask, windows, tap };
  };

  it('tells sender, VLAN and TTL of a packet of the last seconds, whichever road it took', () => {
    const list = frames(5);
    const { recents } = told(list, 'slow');
    recents.forEach((recent, i) => {
      expect(recent, `frame ${i}`).to.deep.equal({
        mac: `00:00:5e:00:53:0${i % 5}`,
        vlan: i % 3 === 0 ? 10 + (i % 4) : null,
        ttl: 100 + i,
      });
    });
    expect(told(list, 'pcap').recents).to.deep.equal(recents);
    expect(told(list, 'ring').recents).to.deep.equal(recents);
  });

  it('forgets what is too long ago, and keeps no more than its memory', () => {
    const kernel = loadKernel();
    expect(kernel.remember(4)).to.equal(true);
    const address = kernel.allocate(64 * 1024)!;
    kernel.slices.set([address, 1, address + 64, 1000, 0, 0]);
    const digests = Array.from({ length: 6 }, (_, i) => {
      kernel.memory.fill(i, kernel.slot(0), kernel.slot(0) + 40);
      const digest = kernel.digest(40).slice(0, 8);
      kernel.describe(0, [i, 0, 0, 0, 100 + i, 0]);
      kernel.enqueue(0, 40, 0);
      kernel.insert(1);
      return digest;
    });
    expect(digests.map(digest => kernel.recall(digest)?.[4] ?? null)).to.deep.equal([null, null, 102, 103, 104, 105]);
  });

  it('says nothing of another second than the one it came in last', () => {
    const { tap, ask } = tapped();
    tap.setKey(EPOCH, key);
    for (const second of [5, 6]) tap.takeBlock(pcapBlock(frames(second), ETHERNET));
    const digest = digestOf(frames(5)[7]!);
    const { sightings } = ask({ epoch: EPOCH, digest, from: HOUR * 1000, to: (HOUR + 100) * 1000 });
    expect(sightings.map(({ from, recent }) => [from / 1000 - HOUR, recent?.mac ?? null])).to.have.deep.members([
      [5, null],
      [6, '00:00:5e:00:53:02'],
    ]);
  });
});
