/**
 * A TPACKET_V3 ring (packet(7), Documentation/networking/packet_mmap.rst of Linux): blocks of memory that the kernel fills
 * with frames and hands over whole. One thread makes it and says where it captures; the thread that reads need not be the
 * same. None of it needs a right: the socket was opened before (probe/capture/capture-sockets.ts).
 */
import { type BpfProgram, takeAll, takeOutgoing } from '../../net/bpf.ts';
import { type SocketCalls, socketCalls } from '../../net/native.ts';
import { packetCalls } from '../../net/packet-calls.ts';

/** Which frames of an interface: those it receives, those it sends, or both. */
export type CaptureDirection = 'in' | 'out' | 'inout';
/** How threads share the frames of an interface: in turn, by the flow's hash, or by the processor they came in on. */
export type Fanout = 'lb' | 'hash' | 'cpu';

export interface RingSettings {
  /** Octets of the ring; rounded to whole blocks, four at least. */
  readonly octets: number;
  /** Octets of each frame that are kept. */
  readonly snaplen: number;
  readonly direction: CaptureDirection;
  /** Takes `snaplen` octets of what is wanted; null takes everything. */
  readonly filter: BpfProgram | null;
}

export interface RingShape {
  readonly blocks: number;
  readonly blockOctets: number;
}

/** A ring that captures already, to be read by one intake. */
export interface OpenRing {
  /** Name of the interface. */
  readonly name: string;
  readonly fd: number;
  readonly shape: RingShape;
  readonly linkType: number;
  /** When it began to capture, ms since the epoch. */
  readonly since: number;
}

/** A block: the same octets as such and as 32-bit words, from its struct tpacket_block_desc on. */
export interface RingBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Int32Array<ArrayBuffer>;
}

/** What the kernel has counted since the last time it was asked. */
export interface RingStatistics {
  /** Frames that matched the filter, those dropped included. */
  readonly packets: number;
  /** Frames for which the ring had no room. */
  readonly drops: number;
}

/** The reading side of a ring. */
export interface RingReader extends RingShape {
  readonly fd: number;
  /** The oldest block that the kernel has handed over, the same one until `done` is called; null when there is none. */
  block(): RingBlock | null;
  /** Gives that block back to the kernel. */
  done(): void;
  /** Blocks that wait to be read. */
  waiting(): number;
  statistics(): RingStatistics;
  /** Clears the socket's error, such as that its interface went down: while there is one, no poll waits. */
  clearError(): void;
  /** Takes the ring apart and closes the socket. */
  close(): void;
}

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_FANOUT = 18;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V3 = 2;
const PACKET_MR_PROMISC = 1;
const ETH_P_ALL = 3;
const FANOUT: Record<Fanout, number> = { hash: 0, lb: 1, cpu: 2 };
const PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;

/** Word of struct tpacket_block_desc that says whose the block is. */
const BLOCK_STATUS = 2;
const TP_STATUS_USER = 1;

/** A frame waits at most so long for its block to be full: it bounds how late a probe knows of a packet. */
const RETIRE_MILLISECONDS = 20;
const LARGE_BLOCK = 1 << 20;
const SMALL_BLOCK = 1 << 17;
/** Below this a ring has small blocks, so that it has more than a few. */
const SMALL_RING = 16 * LARGE_BLOCK;
const LEAST_BLOCKS = 4;
/** For the kernel's arithmetic only: frames of this version have the length that they have. */
const FRAME_OCTETS = 2048;

const u32s = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

function sockets(): SocketCalls {
  const calls = socketCalls();
  if (typeof calls === 'string') throw new Error(calls);
  return calls;
}

function shapeOf(octets: number): RingShape {
  const blockOctets = octets < SMALL_RING ? SMALL_BLOCK : LARGE_BLOCK;
  return { blockOctets, blocks: Math.max(LEAST_BLOCKS, Math.round(octets / blockOctets)) };
}

/**
 * Gives a packet socket its ring; nothing comes before `bindRing`. Throws an Error with the system's code, such as ENOMEM.
 */
export function makeRing(fd: number, { octets, snaplen, direction, filter }: RingSettings): RingShape {
  const { setOption } = sockets();
  const packets = packetCalls();
  if (typeof packets === 'string') throw new Error(packets);
  const shape = shapeOf(octets);
  const frames = (shape.blockOctets / FRAME_OCTETS) * shape.blocks;
  setOption(fd, SOL_PACKET, PACKET_VERSION, u32s(TPACKET_V3));
  if (direction === 'in') setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, u32s(1));
  const wanted = filter ?? takeAll(snaplen);
  packets.filter(fd, direction === 'out' ? takeOutgoing(wanted) : wanted);
  const request = u32s(shape.blockOctets, shape.blocks, FRAME_OCTETS, frames, RETIRE_MILLISECONDS, 0, 0);
  setOption(fd, SOL_PACKET, PACKET_RX_RING, request);
  return shape;
}

/**
 * Begins to capture from the interface with this index, or from another one: the old was deleted and there is a new one of
 * its name. `promiscuous`: frames for other addresses too, as long as the socket lives.
 */
export function bindRing(fd: number, index: number, promiscuous: boolean): void {
  const { bind, setOption } = sockets();
  const address = Buffer.alloc(20); // struct sockaddr_ll
  address.writeUInt16LE(17, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  bind(fd, address);
  if (!promiscuous) return;
  const request = Buffer.alloc(16); // struct packet_mreq
  request.writeInt32LE(index, 0);
  request.writeUInt16LE(PACKET_MR_PROMISC, 4);
  setOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request);
}

/**
 * Shares the frames of the interface with the other rings of a group; 0 begins one. Returns the group's number. To be
 * called once, after `bindRing`: such a ring cannot be bound again.
 */
export function joinGroup(fd: number, group: number, fanout: Fanout): number {
  const { setOption, getOption } = sockets();
  const kind = FANOUT[fanout] | (group === 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
  setOption(fd, SOL_PACKET, PACKET_FANOUT, u32s((kind << 16) | group));
  return getOption(fd, SOL_PACKET, PACKET_FANOUT, 4).readUInt16LE(0);
}

/** Maps a ring that `makeRing` made into memory, to be read. */
export function readRing(fd: number, { blocks, blockOctets }: RingShape): RingReader {
  const { getOption } = sockets();
  const packets = packetCalls();
  if (typeof packets === 'string') throw new Error(packets);
  const memory = packets.map(fd, blockOctets * blocks);
  const all: RingBlock[] = Array.from({ length: blocks }, (_, i) => ({
    bytes: new Uint8Array(memory.buffer, i * blockOctets, blockOctets),
    words: new Int32Array(memory.buffer, i * blockOctets, blockOctets >>> 2),
  }));
  let next = 0;
  const ready = (i: number) => (Atomics.load(all[i]!.words, BLOCK_STATUS) & TP_STATUS_USER) !== 0;
  return {
    fd,
    blocks,
    blockOctets,
    block: () => (ready(next) ? all[next]! : null),
    done() {
      Atomics.store(all[next]!.words, BLOCK_STATUS, 0);
      next = next === blocks - 1 ? 0 : next + 1;
    },
    waiting() {
      let count = 0;
      while (count < blocks && ready((next + count) % blocks)) count++;
      return count;
    },
    statistics() {
      const counted = getOption(fd, SOL_PACKET, PACKET_STATISTICS, 12);
      return { packets: counted.readUInt32LE(0), drops: counted.readUInt32LE(4) };
    },
    clearError: () => void getOption(fd, SOL_SOCKET, SO_ERROR, 4),
    close() {
      memory.unmap();
      packets.close(fd);
    },
  };
}
