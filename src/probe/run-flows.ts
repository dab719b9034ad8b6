/** `itprobe -n NAME --flow`: what exporters send into windows and counts, and answers out of them, until told to end. */
import type { ProbeConfig } from '../config/tree.ts';
import type { Translation } from '../flow/translation.ts';
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { askThreads } from './ask-threads.ts';
import { openFlowIntake } from './flow-intake.ts';
import { type FlowPort, openFlowSockets } from './flow-sockets.ts';
import { openProbeLink } from './link.ts';
import { openLiveWindows } from './live-windows.ts';
import { heldSpan } from './merge-answers.ts';
import type { KeyCheck } from './messages.ts';
import type { ProbeAnswer, Question } from './question.ts';
import { startSealer } from './sealer-thread.ts';
import { vantageMap } from './vantage.ts';
import { vantageNumbers } from './vantage-numbers.ts';
import { portSink } from './window-port.ts';

/** Sampled packets are few, and each is worth a filter that is seldom wrong. */
const FINGERPRINT_BITS = 16;
const TICK = 1000;

export interface FlowProbeOptions {
  readonly kernel: DigestKernel;
  readonly ports: readonly FlowPort[];
  readonly name: string;
  readonly socket: string;
  /** Gets what translators of addresses say. */
  readonly translation?: (translation: Translation) => void;
  readonly say: (line: string) => void;
}

/** Runs a probe of flows. Resolves with the exit status 0 after SIGTERM or SIGINT; rejects when it cannot listen. */
export async function runFlowProbe(options: FlowProbeOptions): Promise<number> {
  const { kernel, ports, name, socket, say } = options;
  const limits = { retention: 0, memory: 0 };
  const ended = Promise.withResolvers<void>();
  const sealer = startSealer({ intakes: 1, bits: FINGERPRINT_BITS, limits }, ended.reject);
  const windows = openLiveWindows(kernel, limits, portSink(sealer.connect(0)), 0);
  const numbers = vantageNumbers();
  const vantages = vantageMap({ say, numbers });
  const intake = openFlowIntake({
    ...{ kernel, windows, vantages, numbers, name, say },
    key: epoch => link.key(epoch),
    translation: options.translation ?? (() => {}),
    dropped: () => sockets.dropped(),
  });
  const { tap } = intake;
  const strange = new Set<number>();
  const ask = askThreads({
    probe: name,
    intakes: [
      {
        async ask(questions, keys) {
          const other = keys.filter(({ epoch, check }) => !tap.agrees(epoch, check)).map(({ epoch }) => epoch);
          return { ...windows.ask(questions), strange: other };
        },
      },
    ],
    sealer,
    vantages: numbers.list,
    onStrange(epochs) {
      const fresh = epochs.filter(epoch => !strange.has(epoch));
      for (const epoch of fresh) strange.add(epoch);
      if (fresh.length > 0)
        say(`asked with another key than that of ${fresh.length} hour(s) of windows: they are of no use`);
    },
  });

  /** What was sampled can be seen, but that it was not seen means nothing: the interval is never covered. */
  const answer = async (questions: readonly Question[], keys: readonly KeyCheck[]): Promise<ProbeAnswer> => {
    const found = await ask(questions, keys);
    return { ...found, covered: false, sampling: Math.min(found.sampling, intake.sampling()) };
  };

  const configure = (probe: ProbeConfig) => {
    for (const mac of vantages.configure(probe)) say(`${mac} is no link address; it is left out`);
    // The other half is for flow records.
    const half = { ...probe, memory: probe.memory / 2 };
    windows.configure(half);
    sealer.configure(half);
    intake.configure(probe);
    if ((probe.exporters ?? []).length === 0) say('no exporter is configured: all datagrams are thrown away');
  };

  const sockets = await openFlowSockets(ports, (datagram, from) => intake.take(datagram, from, Date.now()), say).catch(
    async (error: unknown) => {
      await sealer.close();
      throw error;
    },
  );
  const link = openProbeLink({
    socket,
    name,
    onWelcome: configure,
    answer,
    flows: questions => intake.ask(questions),
    status: async () => {
      const sealed = await sealer.status();
      const { frames, lost } = tap.counts();
      const held = heldSpan([windows.span], sealed.heldFrom);
      const flows = intake.status();
      return {
        packets: frames,
        windows: windows.count + sealed.windows,
        retained: held === null ? null : { from: held.from * 1000, to: held.to * 1000 },
        lost: lost + flows.dropped + flows.exporters.reduce((sum, one) => sum + one.lost, 0),
        flows,
      };
    },
    onNeighbors: vantages.know,
    vantages: async () => vantages.report(),
    log: say,
  });
  say(`flows are taken at ${sockets.bound.join(', ')}`);
  const ticks = setInterval(() => intake.tick(Date.now()), TICK);
  process.once('SIGTERM', ended.resolve);
  process.once('SIGINT', ended.resolve);
  await ended.promise;
  clearInterval(ticks);
  sockets.close();
  link.close();
  await sealer.close();
  return 0;
}
