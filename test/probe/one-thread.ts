/**
 * What a tap has seen, by vantage and time, in one thread: one intake's live side and the sealed side, put together. Time
 * is that of the packets.
 */
import type { DigestKernel } from '../../src/packet/digest-kernel.ts';
import type { FingerprintBits } from '../../src/probe/filters/sealed-filter.ts';
import { type LiveWindows, openLiveWindows } from '../../src/probe/live/live-windows.ts';
import { heldSpans, mergeAnswers, retainedOf } from '../../src/probe/process/merge-answers.ts';
import type { ProbeAnswer, Question, Vantage } from '../../src/probe/question.ts';
import { openSealedWindows } from '../../src/probe/sealed/sealed-windows.ts';
import type { WindowLimits } from '../../src/probe/window-messages.ts';

export interface Windows
  extends Pick<LiveWindows, 'live' | 'advance' | 'proceed' | 'refusal' | 'disbelieved' | 'keyed'> {
  /** Seals everything: nothing more will come. */
  sealAll(): void;
  configure(limits: WindowLimits): void;
  /** Answers questions about the vantages listed. */
  ask(probe: string, questions: readonly Question[], vantages: readonly Vantage[]): ProbeAnswer;
  status(): WindowStatus;
}

export interface WindowStatus {
  readonly live: number;
  readonly sealed: number;
  readonly octets: number;
  /** Windows dropped before their time because memory was short. */
  readonly droppedForRoom: number;
  readonly retained: ProbeAnswer['retained'];
}

/** Empty windows over a kernel of their own. */
export function openWindows(
  kernel: DigestKernel,
  bits: FingerprintBits,
  limits: WindowLimits,
  vantages: () => readonly Vantage[] = () => [],
): Windows {
  const sealer = openSealedWindows({ intakes: 1, bits, limits }, { vantages });
  const intake = openLiveWindows(kernel, limits, sealer, 0);
  const settle = () => {
    while (sealer.step());
  };
  return {
    get refusal() {
      return intake.refusal;
    },
    get disbelieved() {
      return intake.disbelieved;
    },
    live: intake.live,
    keyed: intake.keyed,
    advance(second) {
      const kept = intake.advance(second);
      settle();
      return kept;
    },
    proceed(most) {
      intake.proceed(most);
      settle();
    },
    sealAll() {
      intake.handOverAll();
      settle();
    },
    configure(changed) {
      intake.configure(changed);
      sealer.configure(changed);
    },
    ask: (probe, questions, vantages) =>
      mergeAnswers(probe, questions, vantages, [intake.ask(questions)], sealer.ask(questions)),
    status() {
      const { windows, octets, droppedForRoom, ...told } = sealer.status();
      return {
        live: intake.count,
        sealed: windows,
        octets: intake.octets + octets,
        droppedForRoom,
        retained: retainedOf(heldSpans([intake.span], told)),
      };
    },
  };
}
