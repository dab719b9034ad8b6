/**
 * Datagrams that the kernel dropped because nobody took them from a socket in time: /proc/self/net/udp and udp6 hold a count for
 * each socket, in the last column, which recvfrom(2) does not tell.
 */

/** Drops of all sockets that are bound to a port, from the text of one of the two files. What is not there is 0. */
export function readUdpDrops(text: string, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const count = Number(columns.at(-1));
    if (columns[1]?.endsWith(suffix) && Number.isSafeInteger(count)) drops += count;
  }
  return drops;
}
