/** System calls on packet sockets (packet(7)) and on what they share with a process: a ring in memory, and waiting for it. */
import { callFailed, type Koffi, natively } from './native.ts';

/** Each throws an Error with the system's `code` when it fails. */
export interface PacketCalls {
  /**
   * socket(2): a packet socket that gets nothing until it is bound; `cooked`: its packets begin at the network header. It
   * survives an exec, so that a process without the right to open one can go on with it.
   */
  open(cooked: boolean): number;
  /** close(2). */
  close(fd: number): void;
  /** SO_ATTACH_FILTER of socket(7): instructions of 8 octets (net/bpf.ts). */
  filter(fd: number, program: Uint8Array): void;
  /** mmap(2): the first `octets` of what the descriptor shares, as memory that both sides write. */
  map(fd: number, octets: number): MappedMemory;
  /** eventfd(2): a descriptor that becomes readable when 8 octets are written to it; non-blocking, closed on exec. */
  event(): number;
  /**
   * poll(2): waits until one of the descriptors is readable or has an error, or for some milliseconds. Returns what
   * happened at each, POLLIN 1, POLLERR 8, POLLHUP 16, in the array that is overwritten by the next call.
   */
  poll(fds: Int32Array, milliseconds: number): Uint16Array;
}

export interface MappedMemory {
  readonly buffer: ArrayBuffer;
  /** munmap(2). The buffer must not be touched afterwards. */
  unmap(): void;
}

const AF_PACKET = 17;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const POLLIN = 1;
const EINTR = 'EINTR';

function load(koffi: Koffi): PacketCalls {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const close = libc.func('int close(int)');
  const mmap = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = libc.func('int munmap(void *, size_t)');
  const eventfd = libc.func('int eventfd(unsigned int, int)');
  const poll = libc.func('int poll(void *, unsigned long, int)');

  const done = (call: string, result: number): number => {
    if (result < 0) throw callFailed(koffi, call);
    return result;
  };
  /** struct pollfd: descriptor of 4 octets, events and what happened of 2 each. */
  let polled = Buffer.alloc(0);
  let happened = new Uint16Array(0);

  return {
    close: fd => void done('close', close(fd)),
    open: cooked => done('socket', socket(AF_PACKET, (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_NONBLOCK, 0)),
    filter(fd, program) {
      // struct sock_fprog: a count of 2 octets, and from the 8th on a pointer.
      const code = Buffer.from(program);
      const described = Buffer.alloc(16);
      described.writeUInt16LE(code.length / 8);
      described.writeBigUInt64LE(koffi.address(code), 8);
      done('setsockopt', setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, described, described.length));
    },
    map(fd, octets) {
      const address: unknown = mmap(null, octets, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (koffi.address(address) === 0xffff_ffff_ffff_ffffn) throw callFailed(koffi, 'mmap');
      return { buffer: koffi.view(address, octets), unmap: () => void munmap(address, octets) };
    },
    event: () => done('eventfd', eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
    poll(fds, milliseconds) {
      if (happened.length !== fds.length) {
        polled = Buffer.alloc(fds.length * 8);
        happened = new Uint16Array(fds.length);
      }
      fds.forEach((fd, i) => {
        polled.writeInt32LE(fd, i * 8);
        polled.writeInt32LE(POLLIN, i * 8 + 4);
      });
      const result: number = poll(polled, fds.length, milliseconds);
      const error = result < 0 ? callFailed(koffi, 'poll') : null;
      if (error !== null && !error.message.endsWith(EINTR)) throw error;
      for (let i = 0; i < fds.length; i++) happened[i] = error === null ? polled.readUInt16LE(i * 8 + 6) : 0;
      return happened;
    },
  };
}

/** The calls, or why this machine has none, in words. Loaded at the first need. */
export const packetCalls = natively(load);
