import { expect } from 'chai';
import type { PcapRecord } from '../../../src/packet/capture.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey, epochOf } from '../../../src/packet/itk1.ts';
import { NAT, type Profile, STRICT } from '../../../src/packet/profiles.ts';
import { RAW } from '../../packet/packets.ts';
import { packetAt, SECRET, tapped } from '../tapped.ts';

const SECOND = 351_564 * 3600 + 60;

/** Questions about a packet in a profile. */
function questionsIn(profile: Profile, { bytes, seconds }: PcapRecord) {
  const epoch = epochOf(seconds * 1000);
  return digestPacket(loadKernel(), bytes, RAW, epochKey(SECRET, epoch), bytes.length, profile).layers.flatMap(layer =>
    'digest' in layer ? [{ epoch, digest: layer.digest, from: seconds * 1000 - 2000, to: seconds * 1000 + 2000 }] : [],
  );
}
/** The packet behind a source NAT: another address and port. */
function translated(record: PcapRecord): PcapRecord {
  const bytes = Uint8Array.from(record.bytes);
  bytes.set([10, 0, 0, 1], 12);
  bytes.set([0x99, 0x99], 20);
  return { ...record, bytes };
}

describe('probe/tap, profiles beside strict', () => {
  const record = packetAt(SECOND, 7);
  for (const kept of [true, false])
    it(`${kept ? 'keeps' : 'does not keep'} what both sides of a translator have, as it is configured`, async () => {
      const probe = tapped();
      if (kept) probe.tap.configure([NAT]);
      probe.take(record);
      const other = translated(record);
      const seen = async (profile: Profile, of: PcapRecord) =>
        (await probe.ask(...questionsIn(profile, of))).sightings.length > 0;
      expect(await seen(STRICT, record)).to.equal(true);
      expect(await seen(STRICT, other)).to.equal(false);
      expect(await seen(NAT, other)).to.equal(kept);
      expect(probe.tap.counts()).to.include({ frames: 1, digests: kept ? 2 : 1, lost: 0 });
    });

  it('counts nothing as lost that is no matter of a profile', () => {
    const probe = tapped();
    probe.tap.configure([NAT]);
    const later = { ...record, bytes: Uint8Array.from(record.bytes) };
    later.bytes.set([0, 9], 6); // a later fragment has no transport header
    probe.take(later);
    expect(probe.tap.counts()).to.include({ frames: 1, digests: 1, lost: 0 });
  });
});
