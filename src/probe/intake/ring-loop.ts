/**
 * The life of an intake that reads rings: wait for a block, take its frames, give it back; once a second look at what was
 * lost, and let time go on where nothing comes. It waits in poll(2) and not in the event loop of Node.js, because a handle
 * of koffi's that is open when a worker ends takes the process with it; orders wake it through an eventfd.
 */
import { readSync } from 'node:fs';
import { packetCalls } from '../../net/packet-calls.ts';
import { type FrameBlock, frameBlock } from '../../packet/frame-block.ts';
import { EPOCH_MILLISECONDS, epochOf } from '../../packet/itk1.ts';
import { type Mirror, sessionName } from '../capture/mirror.ts';
import { type OpenRing, type RingBlock, type RingReader, readRing } from '../capture/ring.ts';
import { type FrameChain, firstSecond, leaveOutMerged, selectChain, unpackBlock } from '../capture/ring-frames.ts';
import type { Intake } from './intake.ts';

/** Longest sleep: time goes on by the clock at a quiet tap. */
const SLEEP = 100;
/** Blocks of a ring after which orders have their turn: some milliseconds. */
const BLOCKS_A_TURN = 4;
/** A frame is in a block that we have at the latest so long after its time stamp. */
const LATEST = 60;
/** A loss is spread over the seconds in which it can have happened: no more than these, should this thread have stood still. */
const MOST_SECONDS = 60;
/** The key of the next hour is asked for so long before it begins. */
const KEY_AHEAD = 5 * 60_000;
/** Sessions of mirrors that become interfaces of their own; what is beyond has no name. */
const MOST_SESSIONS = 256;
/** However full a ring is, a key is waited for so long. */
const PATIENCE = 2000;
/** What the rings still hold is taken for so long at the end: packets may come faster than they are taken. */
const LAST_BLOCKS = 1000;
/** Digests that are handed over where nothing else is to be done. */
const IDLE_PIECE = 1 << 18;
const POLLERR = 8;
const NOBODY = -1;

export interface RingLoop {
  /** Reads a ring too; one of the same interface is closed. */
  add(ring: OpenRing): void;
  /** Asks for the key of this hour again: where there was none, one may be configured now. */
  askKey(): void;
  /** Counts what the rings have lost until now: an answer must not be about less. */
  countLosses(): void;
  /** Ends the loop, after what the rings still hold was taken. */
  stop(): void;
}

interface Reading {
  readonly ring: OpenRing;
  readonly reader: RingReader;
  /** Numbers of the interface: its own, and of the sessions that a mirror sends to it. */
  readonly numbers: Map<number, number>;
  /** What is left of the block in hand: the frames that are being taken, and chains that are to be selected. */
  block: RingBlock | null;
  frames: FrameBlock | null;
  chains: FrameChain[];
}

/** Begins to read. `wake`: descriptor of the eventfd. */
export function startRingLoop(intake: Intake, wake: number, mirror: Mirror | null): RingLoop {
  const calls = packetCalls();
  if (typeof calls === 'string') throw new Error(calls);
  const { tap, windows } = intake;
  const readings: Reading[] = [];
  const woken = Buffer.alloc(8);
  let fds = Int32Array.of(wake);
  /** When to end at the latest, ms since the epoch. */
  let ending = Number.POSITIVE_INFINITY;
  let second = Math.floor(Date.now() / 1000);
  /** Second up to which losses are counted. */
  let counted = second;
  let covered = 0;
  let fullest = 0;
  /** Epoch whose key is waited for, or -1. */
  let wanted = -1;
  let wantedSince = 0;
  /** Latest epoch whose key was asked for ahead of time. */
  let known = epochOf(Date.now());
  void intake.needKey(known);

  const takeUp = (reading: Reading, block: RingBlock) => {
    const { ring } = reading;
    const merged = leaveOutMerged(block);
    if (merged > 0) intake.lose('merged', Math.max(firstSecond(block), Math.floor(Date.now() / 1000) - 1), merged);
    reading.block = block;
    reading.frames = null;
    if (mirror === null) {
      reading.frames = frameBlock(block.bytes, 'tpacket-v3', ring.linkType, numberOf(reading, NOBODY));
      reading.chains = [];
      return;
    }
    const { chains, others } = unpackBlock(block, mirror, ring.linkType);
    if (others > 0) intake.leaveOut('not-mirrored', others);
    reading.chains = [...chains];
  };

  const numberOf = ({ ring, numbers }: Reading, session: number): number => {
    const known = numbers.get(session);
    if (known !== undefined) return known;
    if (numbers.size > MOST_SESSIONS) return 0;
    const name = session === NOBODY || mirror === null ? ring.name : sessionName(mirror, session);
    const number = intake.vantages.interfaceNumber(name);
    numbers.set(session, number);
    return number;
  };

  /** Takes what is left of the block in hand. False when it has to wait for a key. */
  const take = (reading: Reading): boolean => {
    const { block, chains } = reading;
    for (;;) {
      if (reading.frames !== null) {
        const epoch = tap.takeBlock(reading.frames);
        if (epoch !== null) {
          wait(epoch);
          return false;
        }
      }
      const chain = chains.shift();
      if (chain === undefined) return true;
      selectChain(block!, chain);
      reading.frames = frameBlock(block!.bytes, 'tpacket-v3', chain.linkType, numberOf(reading, chain.session));
    }
  };

  const wait = (epoch: number) => {
    wanted = epoch;
    wantedSince = Date.now();
    intake.needKey(epoch).then(() => {
      if (wanted === epoch) wanted = -1;
    });
  };

  /** Takes blocks of a ring. True when it has more. */
  const read = (reading: Reading): boolean => {
    const { reader } = reading;
    for (let i = 0; i < BLOCKS_A_TURN; i++) {
      if (reading.block === null) {
        const block = reader.block();
        if (block === null) return false;
        takeUp(reading, block);
      }
      if (!take(reading)) return true;
      reading.block = null;
      reading.frames = null;
      reader.done();
    }
    return true;
  };

  /** Without a key for the hour, packets pass undigested rather than the ring runs over: they are stated as lost. */
  const giveUpKey = () => {
    if (wanted < 0 || Date.now() < wantedSince + PATIENCE) return;
    if (!readings.some(({ reader }) => reader.waiting() > reader.blocks / 2)) return;
    const hour = new Date(wanted * EPOCH_MILLISECONDS).toISOString();
    intake.report({ type: 'say', line: `no key yet for the hour ${hour}: its packets are lost until it comes` });
    tap.setKey(wanted, null);
    wanted = -1;
  };

  /** Counts what was lost since the last time, in the seconds from then to `to`. */
  const count = (to: number) => {
    const from = Math.max(counted, to - MOST_SECONDS);
    counted = to;
    for (const { ring, reader } of readings) {
      const { drops } = reader.statistics();
      if (drops === 0) continue;
      const seconds = to - from + 1;
      let left = drops;
      for (let i = 0; i < seconds && left > 0; i++) {
        const share = Math.ceil(left / (seconds - i));
        intake.lose('ring', from + i, share);
        left -= share;
      }
      intake.report({ type: 'say', line: `${ring.name}: ${drops} packets lost, the ring was full` });
    }
  };

  const everySecond = (now: number) => {
    // What is new was lost in the second that has ended.
    count(Math.max(counted, second - 1));
    const soon = epochOf(now + KEY_AHEAD);
    if (soon > known) void intake.needKey(soon);
    known = soon;
    intake.report({ type: 'status', status: intake.status(fullest) });
    fullest = 0;
    intake.teach();
  };

  const turn = () => {
    // While a key is waited for, a ring is always ready: what wakes us then is the key, or the end of patience.
    const happened = calls.poll(wanted < 0 ? fds : fds.subarray(0, 1), SLEEP);
    if (happened[0] !== 0) readSync(wake, woken);
    let more = false;
    readings.forEach((reading, i) => {
      fullest = Math.max(fullest, reading.reader.waiting() / reading.reader.blocks);
      if (wanted < 0 && read(reading)) more = true;
      if (((happened[i + 1] ?? 0) & POLLERR) !== 0) reading.reader.clearError();
    });
    giveUpKey();
    const now = Date.now();
    if (!more && wanted < 0 && readings.length > 0) {
      const complete = Math.floor((now - LATEST) / 1000) - 1;
      if (complete > covered) windows.advance(complete);
      windows.proceed(IDLE_PIECE);
      covered = Math.max(covered, complete);
    }
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      everySecond(now);
    }
    if (ending === Number.POSITIVE_INFINITY || (more && now < ending)) setImmediate(turn);
    else end();
  };

  const end = () => {
    everySecond(Date.now());
    windows.handOverAll();
    intake.report({ type: 'stopped', status: intake.status() });
    for (const { reader } of readings.splice(0)) reader.close();
  };

  setImmediate(turn);
  return {
    add(ring) {
      const reading: Reading = {
        ...{ ring, reader: readRing(ring.fd, ring.shape), numbers: new Map() },
        ...{ block: null, frames: null, chains: [] },
      };
      const old = readings.findIndex(one => one.ring.name === ring.name);
      if (old < 0) readings.push(reading);
      else {
        // What it still holds is not much: its interface has been away.
        readings[old]!.reader.close();
        readings[old] = reading;
      }
      counted = Math.min(counted, Math.floor(ring.since / 1000));
      fds = Int32Array.of(wake, ...readings.map(({ reader }) => reader.fd));
    },
    askKey: () => void intake.needKey(epochOf(Date.now())),
    countLosses: () => count(Math.max(counted, Math.floor(Date.now() / 1000))),
    stop() {
      ending = Date.now() + LAST_BLOCKS;
    },
  };
}
