/** A tap over windows of its own, and what it takes to ask it. */
import type { ProbeConfig } from '../../src/config/tree.ts';
import type { PcapRecord } from '../../src/packet/capture.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import type { FingerprintBits } from '../../src/probe/filters/sealed-filter.ts';
import { openTap } from '../../src/probe/intake/tap.ts';
import { vantageMap } from '../../src/probe/neighbors/vantage.ts';
import type { Question } from '../../src/probe/question.ts';
import { hex, RAW } from '../packet/packets.ts';
import { openWindows } from './one-thread.ts';

export const SECRET = Buffer.from('the secret of a federation');

const asking = loadKernel();

/** A `probe` block that says what is given and nothing else. */
export const probeBlock = (more: Partial<ProbeConfig> = {}): ProbeConfig => ({
  ...{ name: 'tap1', neighbors: [], interfaces: [], inside: [], learn: [], members: [], retention: 3_600_000 },
  memory: 2 ** 26,
  ...more,
});

/** A probe without its socket. */
export function tapped(retention = 3_600_000, bits: FingerprintBits = 16) {
  const kernel = loadKernel();
  const vantages = vantageMap();
  const windows = openWindows(kernel, bits, { retention, memory: 64 * 1024 * 1024 }, () => vantages.list);
  const tap = openTap(kernel, windows, vantages);
  return {
    windows,
    tap,
    vantages,
    take(record: PcapRecord) {
      const epoch = tap.take(record);
      if (epoch === null) return;
      tap.setKey(epoch, epochKey(SECRET, epoch));
      tap.take(record);
    },
    ask: (...questions: Question[]) => windows.ask('tap1', questions, vantages.list),
  };
}

/** Questions about every layer of a frame, in an interval around its time. */
export function questionsAbout(record: PcapRecord, around = 2000): Question[] {
  const { bytes, offset, captured, wire, linkType } = record;
  const milliseconds = record.seconds * 1000 + Math.floor(record.nanoseconds / 1e6);
  const epoch = epochOf(milliseconds);
  const frame = bytes.subarray(offset, offset + captured);
  return digestPacket(asking, frame, linkType, epochKey(SECRET, epoch), wire).layers.flatMap(layer =>
    'digest' in layer
      ? [{ epoch, digest: layer.digest, from: Math.max(0, milliseconds - around), to: milliseconds + around }]
      : [],
  );
}

/** A record of a raw IPv4 packet whose identification is `id`. */
export function packetAt(seconds: number, id: number, linkType = RAW): PcapRecord {
  const bytes = hex(
    '4500002c 0000 0000 40110000 c0000201 c6336402',
    '14e900350018abcd000102030405060708090a0b0c0d0e0f',
  );
  bytes[4] = id >> 8;
  bytes[5] = id & 255;
  const { length } = bytes;
  return {
    bytes,
    offset: 0,
    captured: length,
    wire: length,
    seconds,
    nanoseconds: 0,
    linkType,
    interface: 0,
    outgoing: false,
    number: 1,
  };
}

/** The records as a file. */
export function fileOf(records: readonly PcapRecord[]): Uint8Array {
  return writePcap(
    records[0]?.linkType ?? RAW,
    records.map(({ bytes, seconds }) => ({ time: BigInt(seconds) * 1_000_000_000n, bytes })),
  );
}
