import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { PacketData, PacketWanted } from '../control/protocol.ts';
import type { PcapError, PcapRecord } from '../packet/capture.ts';
import { findLayers } from '../packet/find-layers.ts';
import { isFragment } from '../packet/fragments.ts';
import { newLayers } from '../packet/layers.ts';
import { pcapReader } from '../packet/pcap.ts';
import { createReassembler } from '../packet/reassembly.ts';

/** Seconds that the other fragments of a packet are looked for behind it. */
const BEHIND = 60;
/** Octets of a packet that was put together that are given: more than any digest takes, tunnels included. */
const OCTETS = 4096;

/**
 * Reads the wanted packet of a pcap or pcapng file, and what of it others make when it is a fragment; the file `-` is
 * `stdin`, null when that is in use. Reads no further than that packet, but for the other fragments in a file. A file
 * that cannot be read so far gives an error with its name and the octet.
 */
export async function readPacket(
  { file, number }: PacketWanted,
  stdin: Readable | null,
): Promise<PacketData | { readonly error: string }> {
  if (file === '-' && stdin === null) return { error: 'the standard input is already read for commands' };
  const name = file === '-' ? 'standard input' : file;
  const input: Readable = file === '-' ? stdin! : createReadStream(file);
  const reader = pcapReader();
  const search = searchWhole(number);
  let packet: PacketData | null = null;
  let until = 0;
  try {
    for await (const chunk of input) {
      reader.feed(chunk as Uint8Array);
      for (let step = reader.next(); step !== 'more'; step = reader.next()) {
        // Behind the packet a damaged file is no matter: there is nothing more to be found.
        if (step !== 'record') return packet ?? { error: `${name}: ${place(step)}` };
        const { record } = reader;
        if (packet !== null && record.seconds > until) return packet;
        const { whole, more } = search(record);
        if (record.number === number) {
          packet = { ...dataOf(record), ...whole };
          until = record.seconds + BEHIND;
          if (!more || file === '-') return packet;
        } else if (packet !== null && whole !== null) return { ...packet, ...whole };
      }
    }
  } catch (error) {
    // The system's sentence without its code and call: `no such file or directory`.
    return packet ?? { error: `${name}: ${(error as Error).message.replace(/^[A-Z]+: ([^,]*).*$/, '$1')}` };
  }
  if (packet !== null) return packet;
  const error = reader.end();
  if (error !== null) return { error: `${name}: ${place(error)}` };
  return { error: `${name}: there is no packet ${number}: the file has ${reader.record.number}` };
}

function dataOf({ bytes, offset, captured, wire, linkType, seconds, nanoseconds }: PcapRecord): PacketData {
  const frame = base64(bytes.subarray(offset, offset + captured));
  return { linkType, frame, wire, time: seconds * 1000 + Math.floor(nanoseconds / 1e6) };
}

const base64 = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64');

/**
 * Takes the records of a capture. Of each it says what of the wanted packet it makes whole, with that packet and those
 * before it; and whether, the record being the wanted packet, one that comes later may do so.
 */
function searchWhole(number: number) {
  const layers = newLayers();
  const reassembler = createReassembler();
  return ({ bytes, offset, captured, wire, linkType, seconds, number: at }: PcapRecord) => {
    const frame = bytes.subarray(offset, offset + captured);
    findLayers(frame, 0, captured, wire, linkType, layers);
    let whole: Pick<PacketData, 'whole'> | null = null;
    let more = false;
    for (let i = 0; i < layers.count; i++) {
      if (layers.fault[i] !== null || !isFragment(frame, layers, i)) continue;
      const made = reassembler.take(frame, layers, i, seconds, at);
      if (made === null) more = true;
      else if ('bytes' in made && made.parts.includes(number))
        whole = { whole: { frame: base64(made.bytes.subarray(0, OCTETS)), wire: made.wire } };
    }
    return { whole, more };
  };
}

function place({ record, offset, reason }: PcapError): string {
  return `octet ${offset}${record > 0 ? `, after packet ${record}` : ''}: ${reason}`;
}
