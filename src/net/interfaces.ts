/** The network interfaces of this process's network namespace (netdevice(7)), and what of them concerns a capture. */
import { readFileSync } from 'node:fs';
import { callFailed, type Koffi, natively } from './native.ts';

/** How an interface is at this moment. */
export interface InterfaceState {
  readonly index: number;
  /** ARPHRD_ number: 1 is Ethernet, 772 the loopback, which has Ethernet headers too. */
  readonly type: number;
  /** Up, and with a carrier: packets can come. */
  readonly running: boolean;
  /** The card or the kernel joins packets of a stream to larger ones before anybody sees them (GRO, LRO). */
  readonly merging: boolean;
}

export interface InterfaceCalls {
  /** Names of all interfaces, in the order of their indexes. */
  names(): string[];
  /** Null when there is no interface of this name. */
  state(name: string): InterfaceState | null;
}

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
// netdevice(7), and linux/ethtool.h for the last.
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GFLAGS = 0x25;
const ETHTOOL_GGRO = 0x2b;
const ETH_FLAG_LRO = 1 << 15;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** struct ifreq: a name of 16 octets, then a union that begins at 16. */
const REQUEST_OCTETS = 40;
const VALUE = 16;
const LONGEST_NAME = 15;

function load(koffi: Koffi): InterfaceCalls {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)');
  const nametoindex = libc.func('unsigned int if_nametoindex(const char *)');
  const nameindex = libc.func('void *if_nameindex()');
  const freenameindex = libc.func('void if_freenameindex(void *)');
  // Any socket will do: what is asked is the namespace it was made in.
  const fd: number = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw callFailed(koffi, 'socket');

  const request = Buffer.alloc(REQUEST_OCTETS);
  const ask = (name: string, call: number): boolean => {
    request.fill(0);
    request.write(name, 0, LONGEST_NAME, 'utf8');
    return ioctl(fd, call, request) === 0;
  };
  const asked = Buffer.alloc(8);
  /** struct ethtool_value; 0 where the driver has no such thing. */
  const ethtool = (name: string, command: number): number => {
    request.fill(0);
    request.write(name, 0, LONGEST_NAME, 'utf8');
    asked.writeUInt32LE(command);
    asked.writeUInt32LE(0, 4);
    request.writeBigUInt64LE(koffi.address(asked), VALUE);
    return ioctl(fd, SIOCETHTOOL, request) === 0 ? asked.readUInt32LE(4) : 0;
  };

  return {
    names() {
      // Pairs of an index and a pointer to a name, up to one of index 0.
      const list: unknown = nameindex();
      const found: string[] = [];
      for (let at = 0; koffi.decode(list, at, 'unsigned int') !== 0; at += 16)
        found.push(koffi.decode(list, at + 8, 'const char *') as string);
      freenameindex(list);
      return found;
    },
    state(name) {
      if (name === '' || Buffer.byteLength(name) > LONGEST_NAME || nametoindex(name) === 0) return null;
      const value = (call: number, read: () => number) => (ask(name, call) ? read() : -1);
      const index = value(SIOCGIFINDEX, () => request.readInt32LE(VALUE));
      const type = value(SIOCGIFHWADDR, () => request.readUInt16LE(VALUE));
      const flags = value(SIOCGIFFLAGS, () => request.readUInt16LE(VALUE));
      // It may go away between two calls.
      if (index < 0 || type < 0 || flags < 0) return null;
      const running = (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0;
      const merging = ethtool(name, ETHTOOL_GGRO) !== 0 || (ethtool(name, ETHTOOL_GFLAGS) & ETH_FLAG_LRO) !== 0;
      return { index, type, running, merging };
    },
  };
}

/** The calls, or why this machine has none, in words. Loaded at the first need. */
export const interfaceCalls = natively(load);

/**
 * Packets that the card of an interface had no room for, since it came up; null when the system does not say. `index` is
 * looked at, since /sys may show another network namespace than the process is in.
 */
export function missedByCard(name: string, index: number): number | null {
  try {
    const read = (file: string) => Number(readFileSync(`/sys/class/net/${name}/${file}`, 'utf8'));
    return read('ifindex') === index ? read('statistics/rx_missed_errors') : null;
  } catch {
    return null;
  }
}
