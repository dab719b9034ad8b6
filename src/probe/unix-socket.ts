/** A listening Unix stream socket that only its group may use. */
import { chmodSync, chownSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SocketConfig } from '../config/tree.ts';

/**
 * Listens at a path, mode 0660, owned by the group where one is configured. A socket file that is left over is removed,
 * but only when nobody listens behind it. Rejects in words: somebody listens, no such group, not permitted.
 */
export async function listenAt(socket: SocketConfig, onConnection: (connection: Socket) => void): Promise<Server> {
  const group = socket.group === undefined ? null : groupId(socket.group);
  if (group === undefined) throw new Error(`${socket.path}: there is no group ${socket.group}`);
  await removeStale(socket.path);
  const server = createServer(onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket.path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  try {
    // Ownership first: until then nobody but ourselves gets in.
    if (group !== null) chownSync(socket.path, process.getuid!(), group);
    chmodSync(socket.path, 0o660);
  } catch (error) {
    server.close();
    throw error;
  }
  return server;
}

/** Number of a group by group(5); undefined when it is not there. */
function groupId(name: string): number | undefined {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find(entry => entry.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

async function removeStale(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) throw new Error(`${path}: the file is there and is not a socket`);
  const alive = await new Promise<boolean>(resolve => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (alive) throw new Error(`${path}: another program listens there`);
  unlinkSync(path);
}
