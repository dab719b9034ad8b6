/** Live capture, as the main thread sees it: rings of every interface, one for each intake, and what becomes of them. */
import { type InterfaceState, interfaceCalls, missedByCard } from '../../net/interfaces.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../packet/link-headers.ts';
import type { InterfaceSockets } from './capture-sockets.ts';
import { type WatchAction, type WatchState, watchStep } from './interface-watch.ts';
import {
  bindRing,
  type CaptureDirection,
  type Fanout,
  joinGroup,
  makeRing,
  type OpenRing,
  type RingSettings,
  type RingShape,
} from './ring.ts';

export interface CaptureSettings {
  /** Octets of each ring. */
  readonly octets: number;
  readonly snaplen: number;
  readonly direction: CaptureDirection;
  readonly promiscuous: boolean;
  readonly fanout: Fanout;
}

export interface CaptureEvents {
  /** Intake number `intake` has to read this ring, instead of one of the same interface if it has one. */
  ring(intake: number, ring: OpenRing): void;
  /** What passes at an interface is not seen, or is seen again, at a time in milliseconds since the epoch. */
  hole(name: string, from: number): void;
  seen(name: string, to: number): void;
  /** Packets that the card had no room for. */
  lost(second: number, packets: number): void;
  say(line: string): void;
}

export interface Capture {
  close(): void;
}

const LOOK_INTERVAL = 1000;
const MEBI = 1024 * 1024;

interface Captured {
  readonly sockets: InterfaceSockets;
  readonly settings: RingSettings;
  readonly shape: RingShape;
  /** The rings' sockets, and those that are left for later. */
  rings: readonly number[];
  spares: readonly number[];
  /** Bound to an interface before. */
  bound: boolean;
  state: WatchState;
  /** When it was last seen to run. */
  lookedAt: number;
  missed: number | null;
}

/**
 * Makes the rings and begins to capture at each interface that is up, then looks at all of them once a second. Throws, in
 * words, when a ring cannot be made.
 */
export function openCapture(
  all: readonly InterfaceSockets[],
  settings: CaptureSettings,
  events: CaptureEvents,
): Capture {
  const net = interfaceCalls();
  if (typeof net === 'string') throw new Error(net);

  const captured: Captured[] = all.map(sockets => {
    const filter = sockets.filter === null ? null : Uint8Array.from(Buffer.from(sockets.filter, 'hex'));
    const ring = { ...settings, filter };
    const shape = sockets.sockets.map(fd => made(sockets.name, fd, ring))[0]!;
    return {
      ...{ sockets, settings: ring, shape, rings: sockets.sockets, spares: sockets.spares },
      ...{ bound: false, state: { is: 'away' }, lookedAt: Date.now(), missed: null },
    };
  });

  const bind = (one: Captured, state: InterfaceState) => {
    const { name, cooked } = one.sockets;
    const alone = one.rings.length === 1;
    if (one.bound && !alone && !takeSpares(one)) {
      events.say(`${name}: it was made anew too often; capturing there again needs a new start of itprobe`);
      return;
    }
    let group = 0;
    for (const fd of one.rings) {
      bindRing(fd, state.index, settings.promiscuous && !cooked);
      if (!alone) group = joinGroup(fd, group, settings.fanout);
    }
    const since = Date.now();
    const linkType = cooked ? LINKTYPE_RAW : LINKTYPE_ETHERNET;
    // A ring that stays the same is read already.
    if (!one.bound || !alone)
      for (const [i, fd] of one.rings.entries()) events.ring(i, { name, fd, shape: one.shape, linkType, since });
    one.bound = true;
    one.missed = missedByCard(name, state.index);
    say(one, state);
  };

  const say = ({ sockets: { name, filter }, rings, shape }: Captured, { merging }: InterfaceState) => {
    const size = `${(shape.blocks * shape.blockOctets) / MEBI} MiB`;
    const ring = rings.length === 1 ? `a ring of ${size}` : `${rings.length} rings of ${size}`;
    const filtered = filter === null ? '' : ', filtered';
    events.say(`${name}: capturing into ${ring}, ${settings.snaplen} octets of a packet${filtered}`);
    if (merging)
      events.say(
        `${name}: packets may be joined before they are seen, and have no digest then: ethtool -K ${name} gro off lro off`,
      );
  };

  const act = (one: Captured, action: WatchAction, state: InterfaceState | null, now: number) => {
    const { name } = one.sockets;
    if (action.type === 'bind') bind(one, state!);
    else if (action.type === 'hole') events.hole(name, one.lookedAt);
    else if (action.type === 'seen') events.seen(name, now);
    else events.say(`${name}: ${action.words}`);
  };

  const look = (one: Captured, now: number) => {
    const state = net.state(one.sockets.name);
    const [next, actions] = watchStep(one.state, state);
    try {
      for (const action of actions) act(one, action, state, now);
      one.state = next;
    } catch (error) {
      // It went away between the look and the bind: the next look sees that.
      events.say(`${one.sockets.name}: ${(error as Error).message}`);
      one.state = { is: 'away' };
    }
    if (one.state.is !== 'running') return;
    one.lookedAt = now;
    const missed = missedByCard(one.sockets.name, one.state.index);
    if (missed !== null && one.missed !== null && missed > one.missed) {
      events.lost(Math.floor((now - LOOK_INTERVAL / 2) / 1000), missed - one.missed);
      events.say(`${one.sockets.name}: ${missed - one.missed} packets lost, the card had no room`);
    }
    one.missed = missed;
  };

  const begun = Date.now();
  for (const one of captured) {
    look(one, begun);
    if (one.state.is === 'running') continue;
    events.hole(one.sockets.name, begun);
    events.say(`${one.sockets.name}: is down, or has no carrier: it is captured from when it is up`);
  }
  const looks = setInterval(() => {
    for (const one of captured) look(one, Date.now());
  }, LOOK_INTERVAL);
  return { close: () => clearInterval(looks) };
}

function made(name: string, fd: number, settings: RingSettings): RingShape {
  try {
    return makeRing(fd, settings);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${name}: ${code === 'ENOMEM' ? 'no memory for a ring of this size (-B)' : message}`);
  }
}

/** Sockets that share frames with others cannot be bound again: new ones take their place. False when there are none. */
function takeSpares(one: Captured): boolean {
  const count = one.rings.length;
  if (one.spares.length < count) return false;
  one.rings = one.spares.slice(0, count);
  one.spares = one.spares.slice(count);
  for (const fd of one.rings) made(one.sockets.name, fd, one.settings);
  return true;
}
