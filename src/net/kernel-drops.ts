/**
 * What the kernel dropped because it was not as a socket demanded (tcp-options.ts): it tells nobody else, least of all the
 * socket. The counts are of the whole network namespace, since it came up.
 */

export interface KernelDrops {
  /** Segments signed with another key. */
  readonly md5Failure: number;
  /** Segments without a signature where a key is set. */
  readonly md5NotFound: number;
  /** Segments with a signature where no key is set. */
  readonly md5Unexpected: number;
  /** Packets with a TTL below the least. */
  readonly minTtl: number;
}

/** The counters by their names in the line `TcpExt` (linux/snmp.h). */
const NAMES = {
  md5Failure: 'TCPMD5Failure',
  md5NotFound: 'TCPMD5NotFound',
  md5Unexpected: 'TCPMD5Unexpected',
  minTtl: 'TCPMinTTLDrop',
} as const satisfies Record<keyof KernelDrops, string>;

/** Reads the text of /proc/net/netstat: for each group a line of names and a line of numbers. What is not there is 0. */
export function readKernelDrops(netstat: string): KernelDrops {
  const [names = [], numbers = []] = netstat
    .split('\n')
    .filter(line => line.startsWith('TcpExt: '))
    .map(line => line.split(' '));
  const count = (kind: keyof KernelDrops): number => {
    const at = names.indexOf(NAMES[kind]);
    const value = at < 0 ? 0 : Number(numbers[at]);
    return Number.isSafeInteger(value) ? value : 0;
  };
  return {
    md5Failure: count('md5Failure'),
    md5NotFound: count('md5NotFound'),
    md5Unexpected: count('md5Unexpected'),
    minTtl: count('minTtl'),
  };
}
