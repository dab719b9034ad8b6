/** From captured frames to windows: layers found, inputs written, digests put where and when the frame was seen. */
import type { PcapRecord } from '../../packet/capture.ts';
import type { DigestKernel } from '../../packet/digest-kernel.ts';
import { findLayers } from '../../packet/find-layers.ts';
import { type BlockRecord, blockRecord, type FrameBlock, nextFrame } from '../../packet/frame-block.ts';
import { frameKernel } from '../../packet/frame-kernel.ts';
import { refusalOf, writeInput } from '../../packet/invariant.ts';
import { digestLayer, epochOf, keyCheck } from '../../packet/itk1.ts';
import { newLayers } from '../../packet/layers.ts';
import { type Profile, STRICT } from '../../packet/profiles.ts';
import { recentWords } from '../../packet/recent.ts';
import type { Canary } from '../canary.ts';
import type { LiveWindows } from '../live/live-windows.ts';
import type { VantageMap } from '../neighbors/vantage.ts';
import { createDrawing } from './draw-canary.ts';

/** Why a frame, or a layer of one, is in no window, beyond what packet/layers.ts says. */
type Left = 'no-key' | 'too-old' | 'no-memory' | 'time';

export interface TapCounts {
  readonly frames: number;
  /** IP layers digested. */
  readonly digests: number;
  /** Frames and layers without a digest, by reason. */
  readonly without: ReadonlyMap<string, number>;
  /** Packets that the probe can't speak for: cut by the capture, without a key, without memory. */
  readonly lost: number;
  /** Earliest and latest frame, milliseconds since the epoch; null before the first. */
  readonly span: { readonly from: number; readonly to: number } | null;
}

export interface Tap {
  /** Takes one frame. Returns the epoch whose key it needs and has not: set it and give the frame again; else null. */
  take(record: PcapRecord): number | null;
  /**
   * Takes all frames of a block. Returns the epoch whose key it needs and has not: set it and give the block again, which
   * goes on where it stopped; else null. What `block.at` leaves over then is no whole frame.
   */
  takeBlock(block: FrameBlock): number | null;
  /** Which profiles are digested beside `strict`. */
  configure(profiles: readonly Profile[]): void;
  /** Sets an epoch's key; null when there is none to be had. */
  setKey(epoch: number, key: Uint8Array | null): void;
  /**
   * False when packets of this epoch were digested under another key than the one with this check: the federation's
   * secret has changed. The key is then asked for anew, and nothing of the epoch can be said.
   */
  agrees(epoch: number, check: string): boolean;
  /** Draws a canary of any of these neighbours (draw-canary.ts) from the frames that come. */
  draw(neighbors: ReadonlySet<number>, found: (canary: Canary | null) => void): void;
  /** Wipes the key of an epoch; it is asked for again where packets of the epoch come still. */
  forget(epoch: number): void;
  counts(): TapCounts;
}

/** Keys that are kept: frames of neighbouring hours come in any order. */
const MOST_KEYS = 8;

/** Epochs whose keys' checks are remembered: a year of hours. */
const MOST_CHECKS = 9000;
/** No key has this check. */
const MIXED = 'mixed';

/** Digests that are handed over at once at least, when some are due. */
const LEAST_PIECE = 1 << 14;

/** A tap that fills `windows`. */
export function openTap(
  kernel: DigestKernel,
  windows: Pick<LiveWindows, 'live' | 'advance' | 'proceed' | 'refusal' | 'disbelieved' | 'keyed'>,
  vantages: VantageMap,
): Tap {
  const { live } = windows;
  const layers = newLayers();
  const keys = new Map<number, Uint8Array | null>();
  /** Checks of the keys that epochs were digested with; `MIXED` after more than one. */
  const checks = new Map<number, string>();
  const without = new Map<string, number>();
  let epoch = -1;
  let key: Uint8Array | null = null;
  let second = -1;
  let kept = false;
  let frames = 0;
  let digests = 0;
  let lost = 0;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;

  const fast = frameKernel(kernel);
  const drawing = createDrawing();
  let { generation } = vantages;
  /** Of the frame before. */
  let vantage = 0;

  const seen = (seconds: number, nanoseconds: number) => {
    const milliseconds = seconds * 1000 + Math.floor(nanoseconds / 1e6);
    if (milliseconds < from) from = milliseconds;
    if (milliseconds > to) to = milliseconds;
  };

  let beside: readonly Profile[] = [];

  const count = (reason: Left | (typeof layers)['stop']) => {
    without.set(reason, (without.get(reason) ?? 0) + 1);
  };

  /** False when the key of the frame's epoch has to be asked for. */
  const enterEpoch = (entered: number): boolean => {
    const known = keys.get(entered);
    if (known === undefined) return false;
    live.flush();
    epoch = entered;
    key = known;
    if (key !== null) kernel.setKey(key);
    return true;
  };

  /** A second may have more than there is memory for: what is there of it is handed over. */
  const makeSpace = () => {
    kept = windows.advance(second);
  };

  /** The frame whose layers are found is a canary. */
  const tellDrawn = (bytes: Uint8Array, { seconds, nanoseconds }: PcapRecord) => {
    // The kernel digests it apart, where the next input would be written.
    live.flush();
    const made = digestLayer(kernel, bytes, layers, 0, STRICT);
    if ('digest' in made) drawing.drawn(made.digest, epoch, seconds * 1000 + Math.floor(nanoseconds / 1e6));
  };

  /** Takes one frame, whose 802.1Q tag may have been taken out of it. Returns as `take` does. */
  const takeFrame = (record: PcapRecord, tag: number): number | null => {
    if (record.seconds > 0xffffffff) {
      frames++;
      count('time');
      return null;
    }
    const needed = epochOf(record.seconds * 1000);
    if (needed !== epoch && !enterEpoch(needed)) return needed;
    frames++;
    seen(record.seconds, record.nanoseconds);
    if (record.seconds !== second) {
      fast.tell(vantages.ofAddresses);
      second = record.seconds;
      kept = windows.advance(second);
      vantages.second = second;
    }
    const { bytes, offset } = record;
    findLayers(bytes, offset, offset + record.captured, record.wire, record.linkType, layers);
    if (tag >= 0 && (tag & 0xfff) !== 0) layers.vlan = tag & 0xfff;
    if (layers.count === 0) count(layers.stop);
    vantages.hear(bytes, layers, offset + record.captured);
    if (!kept) {
      count(windows.refusal);
      return null;
    }
    vantage = vantages.of(bytes, layers, record.interface, record.outgoing);
    let slice = live.at(vantage, second);
    slice.packets++;
    const recent = recentWords(record, layers, tag);
    // What is not IP, or would be dropped by the next router, is no loss; what a trace could ask for is.
    let unknown = layers.count === 0 && layers.stop === 'snaplen';
    for (let i = 0; i < layers.count; i++) {
      const length = writeInput(bytes, layers, i, kernel.memory, live.input());
      const reason = length === 0 ? refusalOf(layers, i)! : key === null ? 'no-key' : null;
      let put = reason === null && live.put(slice, length, recent);
      if (reason === null && !put) {
        makeSpace();
        slice = live.at(vantage, second);
        put = live.put(slice, writeInput(bytes, layers, i, kernel.memory, live.input()), recent);
      }
      if (put) {
        digests++;
        continue;
      }
      count(reason ?? 'no-memory');
      if (reason === null || reason === 'snaplen' || reason === 'no-key') unknown = true;
    }
    // That a packet is no matter of a profile is no loss.
    for (const profile of key === null ? [] : beside)
      for (let i = 0; i < layers.count; i++) {
        const length = profile.write(bytes, layers, i, kernel.memory, live.input());
        if (typeof length === 'string') continue;
        if (live.put(slice, length, recent)) digests++;
        else unknown = true;
      }
    if (unknown) {
      slice.lost++;
      lost++;
    }
    if (drawing.wants && key !== null && drawing.isOne(bytes, layers, vantages.list[vantage])) tellDrawn(bytes, record);
    return null;
  };

  const record = blockRecord();
  const takeSlow = (slow: BlockRecord) => {
    takeFrame(slow, slow.tag);
    fast.remember(slow, layers, vantage);
  };

  /**
   * Takes frames of a block by the fast road as far as it leads. False when it does not lead beyond the first: that frame
   * is of another second, or there is no memory.
   */
  const takeFast = (block: FrameBlock): boolean => {
    // The fast road writes one digest a packet, and lets nobody look at one.
    if (beside.length > 0 || drawing.wants) return false;
    if (key === null || !kept || epoch !== epochOf(second * 1000) || !fast.fits(block)) return false;
    if (generation !== vantages.generation || fast.full) {
      fast.tell(vantages.ofAddresses);
      fast.forget();
      generation = vantages.generation;
    }
    live.enter(second);
    live.touch();
    const run = fast.run(block, second, takeSlow);
    frames += run.taken;
    digests += run.taken;
    if (run.taken > 0) {
      seen(second, run.earliest);
      seen(second, run.latest);
    }
    if (run.stopped !== 'room') return run.walked > 0;
    if (live.makeRoom(run.wanting, second)) return true;
    makeSpace();
    return live.makeRoom(run.wanting, second);
  };

  return {
    configure(profiles) {
      beside = profiles;
    },
    take: record => takeFrame(record, -1),
    takeBlock(block) {
      const { frames: first } = block;
      for (;;) {
        const { at, frames: before } = block;
        if (!nextFrame(block, record)) {
          // Faster than packets come: what is due is through long before more is.
          windows.proceed(Math.max(LEAST_PIECE, (block.frames - first) * 4));
          return null;
        }
        if (record.seconds === second) {
          block.at = at;
          block.frames = before;
          if (takeFast(block)) continue;
          if (block.at !== at) continue;
          nextFrame(block, record);
        }
        const needed = takeFrame(record, record.tag);
        if (needed !== null) {
          block.at = at;
          block.frames = before;
          return needed;
        }
        if (kept && fast.fits(block)) fast.remember(record, layers, vantage);
      }
    },
    setKey(of, value) {
      if (keys.size >= MOST_KEYS) keys.delete(keys.keys().next().value!);
      keys.set(of, value);
      // Packets of the epoch may have passed without it: those that come now have one.
      if (of === epoch) epoch = -1;
      if (value === null) return;
      const check = keyCheck(value);
      checks.set(of, (checks.get(of) ?? check) === check ? check : MIXED);
      if (checks.size > MOST_CHECKS) checks.delete(checks.keys().next().value!);
      windows.keyed(of, check);
    },
    agrees(of, check) {
      const known = checks.get(of);
      if (known === undefined || known === check) return true;
      checks.set(of, MIXED);
      keys.delete(of);
      if (epoch === of) epoch = -1;
      return false;
    },
    draw: drawing.begin,
    forget(of) {
      keys.get(of)?.fill(0);
      keys.delete(of);
      if (epoch === of) epoch = -1;
    },
    counts() {
      const { disbelieved } = windows;
      const all = disbelieved === 0 ? without : new Map(without).set('time', disbelieved + (without.get('time') ?? 0));
      return { frames, digests, without: all, lost: lost + disbelieved, span: to >= from ? { from, to } : null };
    },
  };
}
