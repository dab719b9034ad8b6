/** The packets of a capture that are to be traced: those that were named, or the best of them. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { bestPackets, guessingOf } from '../packet/best-packets.ts';
import type { PcapError, PcapRecord } from '../packet/capture.ts';
import { loadKernel } from '../packet/digest-kernel.ts';
import { findLayers } from '../packet/find-layers.ts';
import { isFragment } from '../packet/fragments.ts';
import { newLayers } from '../packet/layers.ts';
import { pcapReader } from '../packet/pcap.ts';
import { createReassembler } from '../packet/reassembly.ts';
import type { PacketData, PacketsWanted } from './packet-data.ts';

/** Seconds that the other fragments of a packet are looked for behind it. */
const BEHIND = 60;
/** Octets of a packet that was put together that are given: more than any digest takes, tunnels included. */
const OCTETS = 4096;
/** Octets of one of several packets that are given, and of the packet that it is a part of: together they fit into a request. */
const OCTETS_OF_SEVERAL = 1024;

/** A packet that is held to be given. */
interface Held {
  readonly number: number;
  readonly data: PacketData;
  whole: Pick<PacketData, 'whole'> | null;
  /** A fragment whose whole packet may still come. */
  open: boolean;
}

/**
 * Reads the wanted packets of a pcap or pcapng file, and what of them others make where they are fragments; the file `-`
 * is `stdin`, null when that is in use. Of more packets than `most` those that are hardest to guess are given, copies
 * once. Reads no further than the last that is wanted, but for the other fragments in a file. A file that cannot be read
 * so far gives an error with its name and the octet; where all of it was wanted, what comes before is given, and a remark.
 */
export async function readPackets(
  { file, numbers, most }: PacketsWanted,
  stdin: Readable | null,
): Promise<{ readonly packets: readonly PacketData[]; readonly remark: string | null } | { readonly error: string }> {
  if (file === '-' && stdin === null) return { error: 'the standard input is already read for commands' };
  const name = file === '-' ? 'standard input' : file;
  const input: Readable = file === '-' ? stdin! : createReadStream(file);
  const reader = pcapReader();
  const choice = choosing(numbers, most);
  const last = numbers === null ? Number.POSITIVE_INFINITY : Math.max(...numbers.map(([, to]) => to));
  let until: number | null = null;
  const cut = (why: string) => {
    const packets = choice.packets();
    // Behind the last packet a damaged file is no matter: there is nothing more to be found.
    if (packets.length === 0 || (until === null && numbers !== null)) return { error: `${name}: ${why}` };
    return { packets, remark: until === null ? `${name}: ${why}; the packets before are traced` : null };
  };
  try {
    for await (const chunk of input) {
      reader.feed(chunk as Uint8Array);
      for (let step = reader.next(); step !== 'more'; step = reader.next()) {
        if (step !== 'record') return cut(place(step));
        const { record } = reader;
        if (until !== null && record.seconds > until) return { packets: choice.packets(), remark: null };
        choice.take(record);
        if (record.number === last) until = record.seconds + BEHIND;
        if (until !== null && (file === '-' || !choice.open())) return { packets: choice.packets(), remark: null };
      }
    }
  } catch (error) {
    // The system's sentence without its code and call: `no such file or directory`.
    return cut((error as Error).message.replace(/^[A-Z]+: ([^,]*).*$/, '$1'));
  }
  if (until !== null) return { packets: choice.packets(), remark: null };
  const error = reader.end();
  if (error !== null) return cut(place(error));
  const packets = choice.packets();
  if (numbers === null && packets.length > 0) return { packets, remark: null };
  const has = reader.record.number;
  return { error: numbers === null ? `${name}: there is no packet in it` : `${name}: ${missing(last, has)}` };
}

const missing = (last: number, has: number) => `there is no packet ${last}: the file has ${has}`;

function choosing(numbers: PacketsWanted['numbers'], most: number) {
  const several = numbers === null || numbers.length > 1 || numbers[0]![0] !== numbers[0]![1];
  const kernel = several ? loadKernel() : null;
  const best = bestPackets<Held>(most);
  const reassemble = searchWhole(several ? OCTETS_OF_SEVERAL : OCTETS);
  let first: Held | null = null;
  const held = (): readonly Held[] => {
    const chosen = best.best().map(({ packet }) => packet);
    // One that has no digest is given all the same: the daemon says why it has none.
    return chosen.length > 0 || first === null ? chosen : [first];
  };

  return {
    take(record: PcapRecord): void {
      const { made, open } = reassemble(record);
      if (made !== null)
        for (const one of held())
          if (made.parts.includes(one.number)) {
            one.whole = made.whole;
            one.open = false;
          }
      const { number } = record;
      if (numbers !== null && !numbers.some(([from, to]) => number >= from && number <= to)) return;
      const whole = made?.parts.includes(number) ? made.whole : null;
      const hold = (): Held => ({ number, data: dataOf(record, several), whole, open: open && whole === null });
      first ??= hold();
      if (kernel === null) return;
      const { bytes, offset, captured, wire, linkType } = record;
      const guessing = guessingOf(kernel, bytes.subarray(offset, offset + captured), linkType, wire);
      if (!('reason' in guessing)) best.take(whole === null ? guessing : { ...guessing, fragment: false }, hold);
    },
    /** True while a packet that is held is a fragment whose whole may come. */
    open: () => held().some(one => one.open),
    packets: (): PacketData[] => held().map(({ data, whole }) => ({ ...data, ...whole })),
  };
}

function dataOf(record: PcapRecord, several: boolean): PacketData {
  const { bytes, offset, captured, wire, linkType, seconds, nanoseconds } = record;
  const octets = several ? Math.min(captured, OCTETS_OF_SEVERAL) : captured;
  const frame = base64(bytes.subarray(offset, offset + octets));
  return { linkType, frame, wire, time: seconds * 1000 + Math.floor(nanoseconds / 1e6) };
}

const base64 = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64');

/**
 * Takes the records of a capture. Of each it says which packet it makes whole, with those before it, and of which
 * records; and whether the record is a fragment whose others may come later.
 */
function searchWhole(octets: number) {
  const layers = newLayers();
  const reassembler = createReassembler();
  return ({ bytes, offset, captured, wire, linkType, seconds, number }: PcapRecord) => {
    const frame = bytes.subarray(offset, offset + captured);
    findLayers(frame, 0, captured, wire, linkType, layers);
    let made: { readonly parts: readonly number[]; readonly whole: Pick<PacketData, 'whole'> } | null = null;
    let open = false;
    for (let i = 0; i < layers.count; i++) {
      if (layers.fault[i] !== null || !isFragment(frame, layers, i)) continue;
      const whole = reassembler.take(frame, layers, i, seconds, number);
      if (whole === null) open = true;
      else if ('bytes' in whole)
        made = {
          parts: whole.parts,
          whole: { whole: { frame: base64(whole.bytes.subarray(0, octets)), wire: whole.wire } },
        };
    }
    return { made, open };
  };
}

function place({ record, offset, reason }: PcapError): string {
  return `octet ${offset}${record > 0 ? `, after packet ${record}` : ''}: ${reason}`;
}
