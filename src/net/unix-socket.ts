/** A Unix socket as a file: whose it is, who may use it, and whether the one found there is alive. */
import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { socketCalls } from './native.ts';
import { descriptorOf } from './tcp-options.ts';

/** Where to listen, and which group may connect besides the owner; a SocketConfig of the configuration is one. */
export interface SocketFile {
  readonly path: string;
  readonly group?: string;
}

/**
 * Listens on the socket: a stale one is removed when nobody answers on it, the mode is 0660 and the group as
 * configured before anybody can connect. Rejects, in words, when another daemon answers there, when what is there is no
 * socket, when the group is not known or may not be given, and with the system's words otherwise. `what` says what it is
 * for (`control socket`).
 */
export async function listenUnix(server: Server, socket: SocketFile, what: string): Promise<void> {
  const name = `${what} ${socket.path}`;
  const gid = socket.group === undefined ? null : findGroup(socket.group);
  if (gid === undefined) throw new Error(`${name}: there is no group "${socket.group}"`);
  const directory = dirname(socket.path);
  if (!existsSync(directory)) throw new Error(`${name}: there is no directory ${directory}`);
  await removeStale(socket.path, name);
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Nobody but the owner may connect until the group is set. The file is made before `listen` returns.
  const mask = process.umask(0o177);
  server.listen(socket.path);
  process.umask(mask);
  try {
    await listening;
    if (gid !== null) chownSync(socket.path, process.getuid?.() ?? 0, gid);
    chmodSync(socket.path, 0o660);
  } catch (error) {
    server.close();
    throw new Error(`${name}: ${message(error)}`);
  }
}

/** Group number by name from /etc/group (group(5): name, password, number, members); undefined when it isn't there. */
export function findGroup(name: string, text: string = readFileSync('/etc/group', 'utf8')): number | undefined {
  for (const line of text.split('\n')) {
    const [group, , number] = line.split(':');
    if (group === name && number !== undefined && /^\d+$/.test(number)) return Number(number);
  }
  return undefined;
}

async function removeStale(path: string, name: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${name}: a file that is no socket is there`);
  const refused = await new Promise<NodeJS.ErrnoException | null>(resolve => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(null);
    });
    probe.once('error', resolve);
  });
  if (refused === null) throw new Error(`${name}: another daemon answers on it`);
  if (refused.code === 'ENOENT') return;
  // Only a refusal proves that nobody listens; EACCES or EAGAIN (a full backlog) prove nothing.
  if (refused.code !== 'ECONNREFUSED') throw new Error(`${name}: ${message(refused)}`);
  unlinkSync(path);
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** Who is at the other end of a Unix socket, as the kernel has it (unix(7), SO_PEERCRED): `uid 1000 (taro), pid 4711`. */
export function whoAsks(socket: Socket): string {
  const fd = descriptorOf(socket);
  const native = socketCalls();
  if (fd === null || typeof native === 'string') return 'somebody unknown';
  try {
    const credentials = native.getOption(fd, SOL_SOCKET, SO_PEERCRED, 12);
    const uid = credentials.readUInt32LE(4);
    const name = findUser(uid);
    return `uid ${uid}${name === undefined ? '' : ` (${name})`}, pid ${credentials.readUInt32LE(0)}`;
  } catch {
    return 'somebody unknown'; // gone already
  }
}

/** User name by number from /etc/passwd (passwd(5): name, password, number); undefined when it isn't there. */
export function findUser(uid: number, file: string = '/etc/passwd'): string | undefined {
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [name, , number] = line.split(':');
      if (number === String(uid) && name !== undefined && /^[\w.@-]{1,64}\$?$/.test(name)) return name;
    }
  } catch {
    // A system without the file has no names that could be told.
  }
  return undefined;
}
