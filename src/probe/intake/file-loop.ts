/** The life of an intake that reads files, one after the other, no faster than the sealer seals. */
import { createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { PcapRecord } from '../../packet/capture.ts';
import type { FrameBlock } from '../../packet/frame-block.ts';
import { fileChunks } from '../capture/file-chunks.ts';
import { type Mirror, newUnpacked, sessionName, unpackMirror } from '../capture/mirror.ts';
import { type ChunkSource, readRecords } from '../capture/read-records.ts';
import type { Intake } from './intake.ts';

/** Frames after which orders have their turn. */
const FRAMES_A_TURN = 16_384;
/** Octets of digests that may wait to be sealed. */
const MOST_WAITING = 64 * 1024 * 1024;
const STATUS_INTERVAL = 1000;
const STANDARD_INPUT = 0;

export interface FileLoop {
  stop(): void;
}

/** Reads pcap and pcapng files; `-` is standard input. */
export function startFileLoop(intake: Intake, files: readonly string[], mirror: Mirror | null): FileLoop {
  const { tap, windows, vantages, sink, report } = intake;
  const statuses = setInterval(() => report({ type: 'status', status: intake.status() }), STATUS_INTERVAL);
  const unpack = mirror === null ? () => true : unpacker(mirror, intake);
  let stopping = false;

  const take = (record: PcapRecord): Promise<void> | undefined => {
    if (!unpack(record)) return undefined;
    const epoch = tap.take(record);
    if (epoch !== null) return intake.needKey(epoch).then(() => void tap.take(record));
    return record.number % FRAMES_A_TURN === 0 ? turn() : undefined;
  };
  const takeBlock = async (block: FrameBlock): Promise<void> => {
    for (let epoch = tap.takeBlock(block); epoch !== null; epoch = tap.takeBlock(block)) await intake.needKey(epoch);
    await turn();
  };
  const turn = async () => {
    // A window is not sealed before all of it is there.
    windows.proceed(Number.POSITIVE_INFINITY);
    await sink.room(MOST_WAITING);
    await new Promise(resolve => setImmediate(resolve));
  };
  const readAll = async () => {
    let wrong = 0;
    for (const file of files) {
      const words = await readOne(file);
      if (words !== null && !stopping) {
        wrong++;
        report({ type: 'say', line: `${file}: ${words}; what came before is kept` });
      }
    }
    windows.handOverAll();
    clearInterval(statuses);
    report({ type: 'through', wrong, status: intake.status() });
  };
  const readOne = async (file: string): Promise<string | null> => {
    try {
      // What a mirror packed up is unpacked frame by frame.
      const byBlock = mirror === null ? takeBlock : undefined;
      return await readRecords(openInput(file), take, vantages.interfaceNumber, byBlock);
    } catch (error) {
      return (error as Error).message;
    }
  };

  void readAll();
  return {
    stop() {
      stopping = true;
      windows.handOverAll();
      report({ type: 'stopped', status: intake.status() });
    },
  };
}

/** A file, or standard input, whatever that is. */
function openInput(file: string): ChunkSource {
  const fd = file === '-' ? STANDARD_INPUT : openSync(file, 'r');
  if (fstatSync(fd).isFile()) return fileChunks(fd);
  // A read of a pipe by a file stream would keep a thread until something comes, and the process from its end.
  return file === '-' ? new Socket({ fd }) : createReadStream('', { fd });
}

/** Turns the record of a mirror's packet into that of the frame inside; false when there is none. */
function unpacker(mirror: Mirror, { vantages, leaveOut }: Intake): (record: PcapRecord) => boolean {
  const unpacked = newUnpacked();
  return record => {
    const end = record.offset + record.captured;
    if (!unpackMirror(record.bytes, record.offset, end, record.wire, record.linkType, mirror, unpacked)) {
      leaveOut('not-mirrored', 1);
      return false;
    }
    record.offset = unpacked.offset;
    record.captured = end - unpacked.offset;
    record.wire = unpacked.wire;
    record.linkType = unpacked.linkType;
    record.interface = vantages.interfaceNumber(sessionName(mirror, unpacked.session));
    return true;
  };
}
