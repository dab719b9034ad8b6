/** The first packets of a capture in a spool. */
import { createReadStream } from 'node:fs';
import { readRecords } from '../../probe/capture/read-records.ts';
import type { PacketToTrace } from '../asked-packets.ts';

/** Octets of a file that are read: enough for 64 packets of any size, and not all of a capture of a day. */
const MOST_OCTETS = 2 ** 24;

/** Reads at most `most` packets. `problem` says what is wrong with the file, when it is wrong before that many. */
export async function spooledPackets(
  file: string,
  most: number,
): Promise<{ readonly packets: readonly PacketToTrace[]; readonly problem: string | null }> {
  const packets: PacketToTrace[] = [];
  const stream = createReadStream(file, { end: MOST_OCTETS - 1 });
  const problem = await readRecords(stream, ({ bytes, offset, captured, wire, linkType, seconds, nanoseconds }) => {
    if (packets.length === most) return undefined;
    packets.push({
      linkType,
      frame: Uint8Array.from(bytes.subarray(offset, offset + captured)),
      wire,
      time: seconds * 1000 + Math.floor(nanoseconds / 1e6),
    });
    if (packets.length === most) stream.destroy();
    return undefined;
  });
  return { packets, problem: packets.length === most ? null : problem };
}
