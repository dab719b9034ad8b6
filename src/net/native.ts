/**
 * The one door to the C library (DESIGN section 10): what Node has no call for. Everything here works on numbers and octets
 * and knows nothing of what they mean; tcp-options.ts does. Linux on little-endian machines. Calls that few parts need are
 * declared beside their subject (packet-calls.ts, bpf.ts, privileges.ts) and come in through `natively`.
 */
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';

/** System calls on a socket's descriptor. Each throws an Error with the system's `code`, such as `EPERM`, when it fails. */
export interface SocketCalls {
  /** socket(2): a TCP socket of an address family, non-blocking and closed on exec. The caller closes it. */
  open(family: number): number;
  /** bind(2) to a struct sockaddr. */
  bind(fd: number, address: Uint8Array): void;
  /** listen(2). */
  listen(fd: number, backlog: number): void;
  /** setsockopt(2). */
  setOption(fd: number, level: number, option: number, value: Uint8Array): void;
  /** getsockopt(2): the first `length` octets of the value. */
  getOption(fd: number, level: number, option: number, length: number): Buffer;
  /** SIOCOUTQ of tcp(7): octets in the send queue that the peer has not acknowledged. */
  unacknowledged(fd: number): number;
  /** if_nametoindex(3). */
  interfaceIndex(name: string): number;
}

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SIOCOUTQ = 0x5411;

/** The library that calls C functions. */
export type Koffi = typeof import('koffi');

/** An Error that tells a system call's failure: `code` is the system's, such as `EPERM`. To be made right after the call. */
export function callFailed(koffi: Koffi, call: string): Error {
  const code = getSystemErrorName(-koffi.errno());
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call });
}

/**
 * Calls that `load` declares, at the first need and then for good; or why this machine has none, in words. What `load`
 * throws, such as for a library that is not installed, becomes those words.
 */
export function natively<T extends object>(load: (koffi: Koffi) => T): () => T | string {
  let loaded: T | string | null = null;
  return () => {
    if (loaded !== null) return loaded;
    let koffi: Koffi | null = null;
    try {
      koffi = createRequire(import.meta.url)('koffi') as Koffi;
      loaded = load(koffi);
    } catch (error) {
      const words = (error as Error).message.split('\n')[0]!;
      loaded = koffi === null ? `the C library cannot be reached (koffi: ${words})` : words;
    }
    return loaded;
  };
}

function load(koffi: Koffi): SocketCalls {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const listen = libc.func('int listen(int, int)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)');
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)');
  const nametoindex = libc.func('unsigned int if_nametoindex(const char *)');

  const failed = (call: string): Error => callFailed(koffi, call);
  const done = (call: string, result: number): number => {
    if (result < 0) throw failed(call);
    return result;
  };
  return {
    open: family => done('socket', socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
    bind: (fd, address) => void done('bind', bind(fd, address, address.length)),
    listen: (fd, backlog) => void done('listen', listen(fd, backlog)),
    setOption: (fd, level, option, value) => {
      done('setsockopt', setsockopt(fd, level, option, value, value.length));
    },
    getOption(fd, level, option, length) {
      const value = Buffer.alloc(length);
      const size = Buffer.alloc(4);
      size.writeUInt32LE(length);
      done('getsockopt', getsockopt(fd, level, option, value, size));
      return value;
    },
    unacknowledged(fd) {
      const octets = Buffer.alloc(4);
      done('ioctl', ioctl(fd, SIOCOUTQ, octets));
      return octets.readInt32LE();
    },
    interfaceIndex(name) {
      const index = nametoindex(name);
      if (index === 0) throw failed('if_nametoindex');
      return index;
    },
  };
}

/** The calls, or why this machine has none, in words. Loaded at the first need. */
export const socketCalls = natively(load);
