/**
 * Datagram sockets of kinds that Node does not know: netlink(7), and unix(7) with SOCK_DGRAM. They are read when there is
 * something to read, by the event loop.
 */
import { closeSync } from 'node:fs';
import { callFailed, type Koffi, natively } from './native.ts';

interface DatagramCalls {
  open(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): void;
  connect(fd: number, address: Uint8Array): void;
  setOption(fd: number, level: number, option: number, value: Uint8Array): void;
  send(fd: number, octets: Uint8Array): void;
  /** Octets that a datagram has, of which the buffer got what it holds; null when there is none now. Throws what recv(2) fails with. */
  receive(fd: number, buffer: Uint8Array): number | null;
  /** Calls `ready` whenever the descriptor can be read, until it is closed. */
  watch(fd: number, ready: () => void): { close(): void };
}

const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
/** recv(2) then tells the length of the whole datagram. */
const MSG_TRUNC = 0x20;

function load(koffi: Koffi): DatagramCalls {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const connect = libc.func('int connect(int, const void *, uint32_t)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const send = libc.func('int64_t send(int, const void *, size_t, int)');
  const recv = libc.func('int64_t recv(int, void *, size_t, int)');
  const done = (call: string, result: number): number => {
    if (result < 0) throw callFailed(koffi, call);
    return result;
  };
  return {
    open: (family, type, protocol) => done('socket', socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)),
    bind: (fd, address) => void done('bind', bind(fd, address, address.length)),
    connect: (fd, address) => void done('connect', connect(fd, address, address.length)),
    setOption: (fd, level, option, value) =>
      void done('setsockopt', setsockopt(fd, level, option, value, value.length)),
    send: (fd, octets) => void done('send', Number(send(fd, octets, octets.length, MSG_DONTWAIT))),
    receive(fd, buffer) {
      const length = Number(recv(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC));
      if (length >= 0) return length;
      const error = callFailed(koffi, 'recv');
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
      throw error;
    },
    watch: (fd, ready) => koffi.node.poll(fd, ready),
  };
}

const datagramCalls = natively(load);

/** Datagrams of one turn of the event loop: others get theirs between. */
const TURN = 64;

export interface DatagramSocket {
  /** setsockopt(2) with an integer. Throws an Error with the system's `code`. */
  setOption(level: number, option: number, value: number): void;
  /** connect(2): where `send` sends to. Throws an Error with the system's `code`. */
  connect(address: Uint8Array): void;
  /** Throws an Error with the system's `code`. */
  send(octets: Uint8Array): void;
  close(): void;
}

export interface DatagramOptions {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** A struct sockaddr to bind to. */
  readonly address: Uint8Array;
  /** Octets of the longest datagram that is taken; a longer one is `cut`. */
  readonly longest: number;
  /** The octets are good for the call only. `cut`: the datagram was longer. */
  readonly take: (octets: Uint8Array, cut: boolean) => void;
  /** recv(2) failed, such as with ENOBUFS. The socket goes on being read. */
  readonly failed: (error: NodeJS.ErrnoException) => void;
}

/** Opens a socket and binds it. Throws an Error that says why it cannot be done; nothing is left open then. */
export function openDatagramSocket({ take, failed, ...options }: DatagramOptions): DatagramSocket {
  const calls = datagramCalls();
  if (typeof calls === 'string') throw new Error(calls);
  const fd = calls.open(options.family, options.type, options.protocol);
  const buffer = new Uint8Array(options.longest);
  let closed = false;
  const ready = () => {
    for (let i = 0; i < TURN && !closed; i++) {
      let length: number | null;
      try {
        length = calls.receive(fd, buffer);
      } catch (error) {
        failed(error as NodeJS.ErrnoException);
        return;
      }
      if (length === null) return;
      take(buffer.subarray(0, Math.min(length, buffer.length)), length > buffer.length);
    }
  };
  let watch: { close(): void };
  try {
    calls.bind(fd, options.address);
    watch = calls.watch(fd, ready);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    setOption(level, option, value) {
      const octets = Buffer.alloc(4);
      octets.writeInt32LE(value);
      calls.setOption(fd, level, option, octets);
    },
    connect: address => calls.connect(fd, address),
    send: octets => calls.send(fd, octets),
    close() {
      if (closed) return;
      closed = true;
      watch.close();
      closeSync(fd);
    },
  };
}

const AF_UNIX = 1;
const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;

/**
 * What opens a Unix datagram socket at a path of at most 107 octets; `@` before a name stands for the octet of 0 that one
 * without a file begins with (unix(7), abstract).
 */
export function unixDatagrams(path: string): Pick<DatagramOptions, 'family' | 'type' | 'protocol' | 'address'> {
  // struct sockaddr_un: family of 2 octets, path with its NUL
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
  return unixSocketAt(Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name)]));
}

/**
 * A socket that sends to the one at a path, as `unixDatagrams` takes it. Throws an Error with the system's `code` when nobody
 * reads there; nothing is left open then.
 */
export function connectUnixDatagrams(path: string): DatagramSocket {
  // A name of the kernel's choice: unix(7), autobind.
  const own = unixSocketAt(Buffer.from([AF_UNIX, 0]));
  const socket = openDatagramSocket({ ...own, longest: 1, take() {}, failed() {} });
  try {
    socket.connect(unixDatagrams(path).address);
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

const unixSocketAt = (address: Uint8Array) => ({ family: AF_UNIX, type: SOCK_DGRAM, protocol: 0, address });

/** What opens a netlink socket of a protocol that hears multicast groups, a bit each. */
export function netlink(
  protocol: number,
  groups: number,
): Pick<DatagramOptions, 'family' | 'type' | 'protocol' | 'address'> {
  // struct sockaddr_nl: family of 2 octets, 2 of padding, port id, groups
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  return { family: AF_NETLINK, type: SOCK_RAW, protocol, address };
}
