/**
 * A TPACKET_V3 ring (packet(7), Documentation/networking/packet_mmap.rst of Linux): blocks of memory that the kernel fills
 * with frames and hands over whole. A frame is read where it lies, until its block is given back.
 */
import { type BpfProgram, takeAll, takeOutgoing } from '../net/bpf.ts';
import { socketCalls } from '../net/native.ts';
import { packetCalls } from '../net/packet-calls.ts';

/** Which frames of an interface: those it receives, those it sends, or both. */
export type CaptureDirection = 'in' | 'out' | 'inout';
/** How threads share the frames of an interface: in turn, by the flow's hash, or by the processor they came in on. */
export type Fanout = 'lb' | 'hash' | 'cpu';

export interface RingSettings {
  /** Octets of the ring; rounded to whole blocks, four at least. */
  readonly octets: number;
  /** Octets of each frame that are kept. */
  readonly snaplen: number;
  readonly promiscuous: boolean;
  readonly direction: CaptureDirection;
  /** Takes `snaplen` octets of what is wanted; null takes everything. */
  readonly filter: BpfProgram | null;
}

/** What the kernel has counted since the last time it was asked. */
export interface RingStatistics {
  /** Frames that matched the filter, those dropped included. */
  readonly packets: number;
  /** Frames for which the ring had no room. */
  readonly drops: number;
}

export interface Ring {
  readonly fd: number;
  /** Blocks, and octets of each. */
  readonly blocks: number;
  readonly blockOctets: number;
  /** Begins to capture from an interface, or from another one: the old was deleted and there is a new one of its name. */
  bind(index: number): void;
  /**
   * Shares the frames of the interface with the rings of other threads, which name the same group; 0 begins a group.
   * Returns its number. To be called after `bind`, once: such a ring cannot be bound again.
   */
  join(group: number, fanout: Fanout): number;
  /**
   * The oldest block that the kernel has handed over, from its struct tpacket_block_desc on, and the same one until
   * `done` is called; null when there is none.
   */
  block(): Uint8Array<ArrayBuffer> | null;
  /** Gives the block back to the kernel. */
  done(): void;
  /** Blocks that wait to be read. */
  waiting(): number;
  statistics(): RingStatistics;
  /** Clears and returns the socket's error: 0, or an errno such as ENETDOWN (100). */
  error(): number;
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

/**
 * Makes a ring of a packet socket that `packetCalls().open(cooked)` opened; nothing comes before `bind`. No right is
 * needed. The socket is the ring's from then on. Throws an Error with the system's code, such as ENOMEM.
 */
export function openRing(fd: number, cooked: boolean, settings: RingSettings): Ring {
  const packets = packetCalls();
  const sockets = socketCalls();
  if (typeof packets === 'string') throw new Error(packets);
  if (typeof sockets === 'string') throw new Error(sockets);
  const blockOctets = settings.octets < SMALL_RING ? SMALL_BLOCK : LARGE_BLOCK;
  const blocks = Math.max(LEAST_BLOCKS, Math.round(settings.octets / blockOctets));
  const framesOfAll = (blockOctets / FRAME_OCTETS) * blocks;
  sockets.setOption(fd, SOL_PACKET, PACKET_VERSION, u32s(TPACKET_V3));
  if (settings.direction === 'in') sockets.setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, u32s(1));
  const filter = settings.filter ?? takeAll(settings.snaplen);
  packets.filter(fd, settings.direction === 'out' ? takeOutgoing(filter) : filter);
  const ring = u32s(blockOctets, blocks, FRAME_OCTETS, framesOfAll, RETIRE_MILLISECONDS, 0, 0);
  sockets.setOption(fd, SOL_PACKET, PACKET_RX_RING, ring);
  const memory = packets.map(fd, blockOctets * blocks);
  const reader = readBlocks(memory.buffer, blocks, blockOctets);
  return {
    fd,
    blocks,
    blockOctets,
    bind(index) {
      sockets.bind(fd, linkAddress(index));
      if (settings.promiscuous && !cooked) addPromiscuous(sockets.setOption, fd, index);
    },
    join(group, fanout) {
      const kind = FANOUT[fanout] | (group === 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
      sockets.setOption(fd, SOL_PACKET, PACKET_FANOUT, u32s((kind << 16) | group));
      return sockets.getOption(fd, SOL_PACKET, PACKET_FANOUT, 4).readUInt16LE(0);
    },
    ...reader,
    statistics() {
      const counted = sockets.getOption(fd, SOL_PACKET, PACKET_STATISTICS, 12);
      return { packets: counted.readUInt32LE(0), drops: counted.readUInt32LE(4) };
    },
    error: () => sockets.getOption(fd, SOL_SOCKET, SO_ERROR, 4).readInt32LE(0),
    close() {
      memory.unmap();
      packets.close(fd);
    },
  };
}

/** struct sockaddr_ll of all protocols at an interface. */
function linkAddress(index: number): Uint8Array {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(17, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  return address;
}

/** struct packet_mreq. The interface is promiscuous as long as the socket lives. */
function addPromiscuous(
  setOption: (fd: number, level: number, option: number, value: Uint8Array) => void,
  fd: number,
  index: number,
): void {
  const request = Buffer.alloc(16);
  request.writeInt32LE(index, 0);
  request.writeUInt16LE(PACKET_MR_PROMISC, 4);
  setOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request);
}

/** The reading side: blocks in the order in which the kernel fills them. */
function readBlocks(
  memory: ArrayBuffer,
  blocks: number,
  blockOctets: number,
): Pick<Ring, 'block' | 'done' | 'waiting'> {
  const words = new Int32Array(memory);
  const views = Array.from({ length: blocks }, (_, i) => new Uint8Array(memory, i * blockOctets, blockOctets));
  let next = 0;
  const statusAt = (block: number) => block * (blockOctets >>> 2) + BLOCK_STATUS;
  const ready = (block: number) => (Atomics.load(words, statusAt(block)) & TP_STATUS_USER) !== 0;
  return {
    block: () => (ready(next) ? views[next]! : null),
    done() {
      Atomics.store(words, statusAt(next), 0);
      next = next === blocks - 1 ? 0 : next + 1;
    },
    waiting() {
      let count = 0;
      while (count < blocks && ready((next + count) % blocks)) count++;
      return count;
    },
  };
}
