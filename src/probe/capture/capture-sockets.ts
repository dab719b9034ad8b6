/**
 * The one thing that needs a right: packet sockets are opened, then every right is given up for good by all threads, by
 * starting the program anew in the same process (execve(2) ends the threads that would keep theirs). All else that a
 * capture does, the new program does with the sockets it inherits.
 */
import { type InterfaceCalls, interfaceCalls } from '../../net/interfaces.ts';
import { type PacketCalls, packetCalls } from '../../net/packet-calls.ts';
import { dropCapabilities, findUser, type User } from '../../net/privileges.ts';
import { captureFilter } from './capture-filter.ts';

/** Packet sockets of one interface, not bound yet. */
export interface InterfaceSockets {
  readonly name: string;
  /** Its frames have no Ethernet header: they begin at the network header. */
  readonly cooked: boolean;
  /** One for each thread. */
  readonly sockets: readonly number[];
  /** For an interface that is deleted and made again: sockets that share frames with others cannot be bound again. */
  readonly spares: readonly number[];
  /** The compiled filter, in hex; null without one. */
  readonly filter: string | null;
}

export interface SocketsWanted {
  readonly interfaces: readonly string[];
  readonly threads: number;
  readonly filter: string | null;
  readonly snaplen: number;
}

// Node has it, but its type library does not say so.
declare const process: NodeJS.Process & { initgroups(user: string, group: number): void };

/** How often an interface may be made again under threads that share it. */
const LIVES = 32;
const INHERITED = 'ITPROBE_SOCKETS';
/** User that root becomes when none is named, where there is one (contrib/systemd/intertrack.sysusers). */
const OWN_USER = 'itprobe';

// ARPHRD_ numbers (linux/if_arp.h). Of what has no link header worth reading, frames are taken from the IP header on.
const WITH_ETHERNET = new Set([1, 772]);
const WITHOUT_LINK = new Set([512, 519, 768, 769, 776, 778, 823, 65534]);

/** Opens the sockets. Throws, in words for a person, when an interface or the filter is wrong or the right is missing. */
export function openSockets({ interfaces, threads, filter, snaplen }: SocketsWanted): InterfaceSockets[] {
  const packets = must(packetCalls());
  const net = must(interfaceCalls());
  return interfaces.map(name => {
    const cooked = isCooked(name, net);
    const open = (count: number) => Array.from({ length: count }, () => openSocket(packets, cooked));
    const sockets = open(threads);
    const spares = open(threads > 1 ? threads * LIVES : 0);
    const program = filter === null ? null : captureFilter(filter, name, cooked, snaplen);
    if (typeof program === 'string') throw new Error(`filter: ${program}`);
    return { name, cooked, sockets, spares, filter: program === null ? null : Buffer.from(program).toString('hex') };
  });
}

function must<T extends object>(calls: T | string): T {
  if (typeof calls === 'string') throw new Error(calls);
  return calls;
}

function isCooked(name: string, net: InterfaceCalls): boolean {
  const state = net.state(name);
  const there = net.names().join(' ');
  if (name === 'any')
    throw new Error(
      `any: name each interface, so that a packet forwarded between two counts once; there are: ${there}`,
    );
  if (state === null) throw new Error(`${name}: there is no such interface; there are: ${there}`);
  if (!WITH_ETHERNET.has(state.type) && !WITHOUT_LINK.has(state.type))
    throw new Error(`${name}: frames of its kind (ARPHRD ${state.type}) cannot be read`);
  return WITHOUT_LINK.has(state.type);
}

function openSocket(packets: PacketCalls, cooked: boolean): number {
  try {
    return packets.open(cooked);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    throw new Error(
      'capturing needs CAP_NET_RAW, as root has it or by setpriv --inh-caps +net_raw --ambient-caps +net_raw',
    );
  }
}

/**
 * Gives up every right and starts this program anew with the same words. As root it becomes `user`, or `itprobe` where
 * there is one. Does not return; throws, in words, when a right cannot be given up.
 */
export function startWithout(sockets: readonly InterfaceSockets[], user: string | null): never {
  if (user !== null && process.getuid!() !== 0) throw new Error(`only root can become ${user}`);
  if (process.getuid!() === 0) become(user);
  dropCapabilities();
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  return process.execve!(process.execPath, words, { ...process.env, [INHERITED]: JSON.stringify(sockets) });
}

function become(name: string | null): void {
  const user = findUser(name ?? OWN_USER);
  if (user !== null) switchTo(name, user);
  else if (name !== null) throw new Error(`there is no user ${name}`);
}

function switchTo(name: string | null, { uid, gid }: User): void {
  try {
    process.initgroups(name ?? OWN_USER, gid);
  } catch (error) {
    // In a namespace of an ordinary user, root may be nobody else: then it stays what it is, without rights.
    if (name === null) return;
    throw new Error(`cannot become ${name}: ${(error as Error).message}`);
  }
  process.setgid!(gid);
  process.setuid!(uid);
}

/** The sockets that this program was started anew with; null when it was not. They are told once. */
export function inheritedSockets(): InterfaceSockets[] | null {
  const text = process.env[INHERITED];
  delete process.env[INHERITED];
  return text === undefined ? null : (JSON.parse(text) as InterfaceSockets[]);
}
