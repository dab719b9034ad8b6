/** What every intake has, whether it reads rings or files: a tap into windows of its own, and the answers out of them. */
import type { MessagePort } from 'node:worker_threads';
import type { ProbeConfig } from '../../config/tree.ts';
import type { DigestKernel } from '../../packet/digest-kernel.ts';
import { profileNamed } from '../../packet/profiles.ts';
import { type LiveWindows, openLiveWindows } from '../live/live-windows.ts';
import type { LearnedEntry } from '../neighbors/learned.ts';
import { followLearning } from '../neighbors/shared-learning.ts';
import { type VantageMap, vantageMap } from '../neighbors/vantage.ts';
import { vantageNumbers } from '../neighbors/vantage-numbers.ts';
import { type PortSink, portSink } from '../sealed/window-port.ts';
import type { IntakeOrder, IntakeReport, IntakeStatus } from './intake-messages.ts';
import { openTap, type Tap } from './tap.ts';

/** Why frames are no traffic of the tap, or why the probe can't speak for them, beyond what a tap finds out itself. */
export type IntakeLoss =
  /** The ring was full. */
  | 'ring'
  /** The card had no room. */
  | 'card'
  /** Several packets joined to one: none of them has its digest. */
  | 'merged'
  /** An exporter of flows, or the way from it, lost what it had sampled. */
  | 'export';

export interface Intake {
  readonly tap: Tap;
  readonly windows: LiveWindows;
  readonly vantages: VantageMap;
  readonly sink: PortSink;
  configure(probe: ProbeConfig): void;
  /** Takes what the main thread has learned of the neighbours. */
  learn(entries: readonly LearnedEntry[]): void;
  /** Once a second: tells the main thread what it may learn from. */
  teach(): void;
  /** Resolves when the key of an epoch is set, or is known not to be had. It is asked for once. */
  needKey(epoch: number): Promise<void>;
  setKey(epoch: number, key: Uint8Array | null): void;
  answer(order: Extract<IntakeOrder, { type: 'ask' }>): void;
  /** Draws a canary, and reports it. */
  draw(order: Extract<IntakeOrder, { type: 'draw' }>): void;
  /** Packets of a second (since the epoch) that are lost to the windows. */
  lose(reason: IntakeLoss, second: number, packets: number): void;
  /** Frames that are left out and no loss. */
  leaveOut(reason: 'not-mirrored', frames: number): void;
  status(fill?: number): IntakeStatus;
  report(report: IntakeReport): void;
}

/** Vantage that no neighbour has part in (neighbors/vantage.ts): a loss is of no vantage and concerns all. */
const INSIDE = 0;

/**
 * The intake with number `intake`, whose windows go to `sealer`; it reports to the main thread at `main`.
 * `placed` gives what tells the vantage of a frame, where that is more than the frame itself.
 */
export function openIntake(
  kernel: DigestKernel,
  { intake, source, probe, numbers, shares, sealer }: Extract<IntakeOrder, { type: 'open' }>,
  main: Pick<MessagePort, 'postMessage'>,
  placed: (vantages: VantageMap) => VantageMap = vantages => vantages,
): Intake {
  const report = (one: IntakeReport) => main.postMessage(one);
  const following = shares ? followLearning(() => teach()) : undefined;
  const vantages = vantageMap({
    say: line => report({ type: 'say', line }),
    numbers: vantageNumbers(numbers),
    ...(following && { teacher: following }),
  });
  const teach = () => {
    if (following === undefined) return;
    const { second } = vantages;
    const claims = following.heard();
    const senders = vantages.senders(second - 1);
    if (claims.length + senders.length > 0) report({ type: 'heard', claims, senders, second });
  };
  const sink = portSink(sealer);
  const windows = openLiveWindows(kernel, probe, sink, intake, { clock: source.kind === 'rings' ? Date.now : null });
  const tap = openTap(kernel, windows, placed(vantages));
  const asked = new Map<number, PromiseWithResolvers<void>>();
  const left = new Map<string, number>();
  let lost = 0;
  let dropped = 0;

  const count = (reason: string, frames: number) => {
    left.set(reason, (left.get(reason) ?? 0) + frames);
  };
  const configure = (changed: ProbeConfig) => {
    const refused = vantages.configure(changed);
    // All intakes find the same; one says it.
    if (intake === 0)
      for (const mac of refused) report({ type: 'say', line: `${mac} is no link address; it is left out` });
    windows.configure(changed);
    tap.configure((changed.profiles ?? []).flatMap(one => profileNamed(one) ?? []));
  };
  configure(probe);

  return {
    tap,
    windows,
    vantages,
    sink,
    configure,
    report,
    teach,
    learn(entries) {
      following?.learn(entries);
      vantages.taught();
    },
    needKey(epoch) {
      const waiting = asked.get(epoch) ?? Promise.withResolvers<void>();
      if (!asked.has(epoch)) {
        asked.set(epoch, waiting);
        report({ type: 'key', epoch });
      }
      return waiting.promise;
    },
    setKey(epoch, key) {
      tap.setKey(epoch, key);
      asked.get(epoch)?.resolve();
      // It is asked for again when the tap has forgotten it.
      asked.delete(epoch);
    },
    answer({ id, questions, keys }) {
      const strange = keys.filter(({ epoch, check }) => !tap.agrees(epoch, check)).map(({ epoch }) => epoch);
      report({ type: 'answer', id, answer: { ...windows.ask(questions), strange } });
    },
    draw: ({ id, neighbors }) => tap.draw(new Set(neighbors), canary => report({ type: 'drawn', id, canary })),
    lose(reason, second, packets) {
      count(reason, packets);
      lost += packets;
      if (reason === 'ring') {
        dropped += packets;
        windows.overloaded();
      }
      windows.live.at(INSIDE, second).lost += packets;
    },
    leaveOut: count,
    status(fill = 0) {
      const { frames, digests, without, lost: ofTap, span } = tap.counts();
      const all = new Map([...without, ...left]);
      return {
        frames,
        digests,
        without: all,
        lost: ofTap + lost,
        dropped,
        span,
        live: windows.count,
        octets: windows.octets,
        sampled: windows.sampling,
        held: windows.span,
        outgrown: windows.live.outgrown,
        fill,
      };
    },
  };
}
