import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { PacketData, PacketWanted } from '../control/protocol.ts';
import type { PcapError } from '../packet/capture.ts';
import { pcapReader } from '../packet/pcap.ts';

/**
 * Reads the wanted packet of a pcap or pcapng file; the file `-` is `stdin`, null when that is in use. Reads no further
 * than that packet. A file that cannot be read so far gives an error with its name and the octet.
 */
export async function readPacket(
  { file, number }: PacketWanted,
  stdin: Readable | null,
): Promise<PacketData | { readonly error: string }> {
  if (file === '-' && stdin === null) return { error: 'the standard input is already read for commands' };
  const name = file === '-' ? 'standard input' : file;
  const input: Readable = file === '-' ? stdin! : createReadStream(file);
  const reader = pcapReader();
  try {
    for await (const chunk of input) {
      reader.feed(chunk as Uint8Array);
      for (let step = reader.next(); step !== 'more'; step = reader.next()) {
        if (step !== 'record') return { error: `${name}: ${place(step)}` };
        const { record } = reader;
        if (record.number !== number) continue;
        const frame = Buffer.from(record.bytes.buffer, record.bytes.byteOffset + record.offset, record.captured);
        return {
          linkType: record.linkType,
          frame: frame.toString('base64'),
          wire: record.wire,
          time: record.seconds * 1000 + Math.floor(record.nanoseconds / 1e6),
        };
      }
    }
  } catch (error) {
    // The system's sentence without its code and call: `no such file or directory`.
    return { error: `${name}: ${(error as Error).message.replace(/^[A-Z]+: ([^,]*).*$/, '$1')}` };
  }
  const error = reader.end();
  if (error !== null) return { error: `${name}: ${place(error)}` };
  return { error: `${name}: there is no packet ${number}: the file has ${reader.record.number}` };
}

function place({ record, offset, reason }: PcapError): string {
  return `octet ${offset}${record > 0 ? `, after packet ${record}` : ''}: ${reason}`;
}
