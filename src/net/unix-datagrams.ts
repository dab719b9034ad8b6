/** A Unix datagram socket as a file: as net/unix-socket.ts does for connections. */
import { chmodSync, chownSync, lstatSync, rmSync, unlinkSync } from 'node:fs';
import {
  connectUnixDatagrams,
  type DatagramOptions,
  type DatagramSocket,
  openDatagramSocket,
  unixDatagrams,
} from './datagram-socket.ts';
import { findGroup, type SocketFile } from './unix-socket.ts';

/**
 * Takes datagrams at the socket: one that nobody reads any more is removed, the mode is 0660 and the group as configured.
 * Throws, in words, when it cannot be done.
 */
export function listenUnixDatagrams(
  socket: SocketFile,
  what: string,
  options: Pick<DatagramOptions, 'longest' | 'take' | 'failed'>,
): DatagramSocket {
  const name = `${what} ${socket.path}`;
  const gid = socket.group === undefined ? null : findGroup(socket.group);
  if (gid === undefined) throw new Error(`${name}: there is no group "${socket.group}"`);
  removeStale(socket.path, name);
  // Nobody but the owner may send until the group is set.
  const mask = process.umask(0o177);
  let opened: DatagramSocket;
  try {
    opened = openDatagramSocket({ ...unixDatagrams(socket.path), ...options });
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  } finally {
    process.umask(mask);
  }
  try {
    if (gid !== null) chownSync(socket.path, process.getuid?.() ?? 0, gid);
    chmodSync(socket.path, 0o660);
  } catch (error) {
    // Left open, it would be taken for another daemon's at the next try.
    opened.close();
    throw new Error(`${name}: ${(error as Error).message}`);
  }
  return {
    ...opened,
    close() {
      opened.close();
      // Closing does not remove the name, and who finds it there later would have to guess.
      rmSync(socket.path, { force: true });
    },
  };
}

function removeStale(path: string, name: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${name}: a file that is no socket is there`);
  try {
    connectUnixDatagrams(path).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED')
      throw new Error(`${name}: ${(error as Error).message}`);
    unlinkSync(path);
    return;
  }
  throw new Error(`${name}: another daemon reads it`);
}
