/**
 * `itprobe -n`: the main thread of a probe. It talks with the daemon, looks after the threads that take packets in and the
 * one that seals, and touches no packet: however busy it is, the rings are read.
 */
import type { ProbeConfig } from '../../config/tree.ts';
import { packetCalls } from '../../net/packet-calls.ts';
import { type Capture, type CaptureSettings, openCapture } from '../capture/capture.ts';
import type { InterfaceSockets } from '../capture/capture-sockets.ts';
import { openHoles } from '../capture/holes.ts';
import type { Mirror } from '../capture/mirror.ts';
import type { FlowPort } from '../flows/flow-sockets.ts';
import { drawFirst } from '../intake/draw-first.ts';
import type { IntakeSource, IntakeStatus } from '../intake/intake-messages.ts';
import { type IntakeThread, startIntake } from '../intake/intake-thread.ts';
import { mergeVantages } from '../neighbors/merge-vantages.ts';
import { shareLearning } from '../neighbors/shared-learning.ts';
import { vantageNumbers } from '../neighbors/vantage-numbers.ts';
import { MOST_NOTES } from '../neighbors/vantage-rows.ts';
import type { KeyCheck, ProbeAnswer, Question } from '../question.ts';
import { MOST_EPOCHS } from '../sealed/kept-messages.ts';
import { startSealer } from '../sealed/sealer-thread.ts';
import { openProbeLink, type RemoteDaemon } from '../socket/link.ts';
import { openTranslator } from '../translators/translator.ts';
import { type AskSocket, openAskSocket } from './ask-socket.ts';
import { askThreads } from './ask-threads.ts';
import { keptStatusOf } from './kept-status.ts';
import { heldSpans, retainedOf } from './merge-answers.ts';
import { addStatuses, noStatus, packetRate, summary } from './probe-summary.ts';

/** Single packets are asked for, so the narrow filters would name a wrong neighbour too often (research: traceback 4.4). */
const FINGERPRINT_BITS = 16;
const PROGRESS_INTERVAL = 5_000;
/** How long the end waits for what the threads still have. */
const LAST_WORDS = 3_000;

/** Where a probe's packets come from. */
export type ProbeInput =
  | { readonly kind: 'files'; readonly files: readonly string[] }
  | { readonly kind: 'flows'; readonly ports: readonly FlowPort[] }
  | {
      readonly kind: 'capture';
      readonly sockets: readonly InterfaceSockets[];
      readonly threads: number;
      readonly settings: CaptureSettings;
    };

export interface ProbeOptions {
  readonly input: ProbeInput;
  readonly mirror: Mirror | null;
  readonly name: string;
  readonly socket: string;
  /** A daemon in another machine; null: in this one. */
  readonly remote: RemoteDaemon | null;
  /** Where windows are kept; null: in memory only. */
  readonly directory: string | null;
  /** Where it is asked on its own machine. */
  readonly askSocket: string;
  readonly say: (line: string) => void;
}

/** Runs a probe. Resolves with the exit status, 0 or 1, after SIGTERM or SIGINT, or rejects when a thread of it dies. */
export async function runProbe({
  input,
  mirror,
  name,
  socket,
  remote,
  directory,
  askSocket,
  say,
}: ProbeOptions): Promise<number> {
  const threads = input.kind === 'capture' ? input.threads : 1;
  const ended = Promise.withResolvers<void>();
  const limits = { retention: 0, memory: 0 };
  const numbers = vantageNumbers();
  const sealer = startSealer(
    { intakes: threads, bits: FINGERPRINT_BITS, limits, directory, numbers: numbers.shared },
    {
      died: ended.reject,
      note: say,
      destroyed(epoch) {
        for (const intake of intakes) intake.order({ type: 'forget', epoch });
      },
      committed: window => link.committed(window),
    },
  );
  const intakes: IntakeThread[] = [];
  const holes = openHoles();
  const strange = new Set<number>();
  // Of several intakes none knows enough to learn by itself.
  const shares = threads > 1;
  const learning = shareLearning(entries => {
    for (const intake of intakes) intake.order({ type: 'learned', entries });
  }, say);
  /** What exporters of flows tell of translators. */
  const translator = openTranslator(say);
  /** What is not seen now. Files of windows must not claim more than they have: the sealer is told of the next seconds. */
  const unseen = new Set<string>();
  const tellHoles = () => {
    const now = Math.floor(Date.now() / 1000);
    if (unseen.size > 0) sealer.missed({ from: now - 1, to: now + PROGRESS_INTERVAL / 1000 + 2 });
  };
  let capture: Capture | null = null;
  let status = 0;

  const askAll = askThreads({
    probe: name,
    intakes,
    sealer,
    vantages: numbers.list,
    onStrange(epochs) {
      const fresh = epochs.filter(epoch => !strange.has(epoch));
      for (const epoch of fresh) strange.add(epoch);
      if (fresh.length > 0)
        say(`asked with another key than that of ${fresh.length} hour(s) of windows: they are of no use`);
    },
  });
  const rate = packetRate();
  const total = (): IntakeStatus => intakes.reduce((sum, { status }) => addStatuses(sum, status), noStatus());
  const answer = async (questions: readonly Question[], keys: readonly KeyCheck[]): Promise<ProbeAnswer> => {
    const found = await askAll(questions, keys);
    const covered = found.covered && questions.every(({ from, to }) => holes.covers(from, to));
    if (input.kind !== 'flows') return { ...found, covered };
    // What was sampled can be seen; that it was not seen means nothing.
    return { ...found, covered: false, samples: true, sampling: Math.min(found.sampling, total().sampling ?? 1) };
  };
  let asking: AskSocket | null = null;
  openAskSocket(askSocket, answer).then(
    opened => {
      asking = opened;
    },
    (error: Error) => say(`${error.message}; \`itprobe ask\` cannot ask it`),
  );
  const link = openProbeLink({
    socket,
    ...(remote && { remote }),
    name,
    onWelcome(probe) {
      if (input.kind === 'flows') translator.configure(null, { ...probe, memory: probe.memory / 8 });
      // The other half is for flow records.
      sealer.configure(input.kind === 'flows' ? { ...probe, memory: probe.memory / 2 } : probe);
      if (intakes.length > 0) for (const intake of intakes) intake.order({ type: 'configure', probe });
      // Neighbours and retention first: what was seen before they are known would be seen at no vantage.
      else
        try {
          begin(probe);
        } catch (error) {
          ended.reject(error);
        }
    },
    answer,
    status: async () => {
      const sealed = await sealer.status();
      const { frames, lost, live, dropped } = total();
      const held = heldSpans(
        intakes.map(({ status }) => status?.held ?? null),
        sealed,
      );
      return {
        packets: frames,
        ...(input.kind === 'capture' ? { rate: rate(frames, performance.now()), dropped } : {}),
        windows: live + sealed.windows,
        retained: retainedOf(held),
        lost,
        kept: keptStatusOf(sealed, total(), held, directory !== null),
        flows: total().flows ?? null,
      };
    },
    async flows(questions) {
      const [intake] = intakes;
      return input.kind === 'flows' && intake !== undefined
        ? { ...(await intake.flows(questions)), probe: name }
        : { probe: name, places: [], retained: null };
    },
    onNeighbors(neighbors) {
      if (shares) learning.want(new Map(neighbors.owners.map(({ address, as, from }) => [address, { as, from }])));
      for (const intake of intakes) intake.order({ type: 'know', neighbors });
    },
    vantages: async () => {
      const { rows, notes } = mergeVantages(await Promise.all(intakes.map(intake => intake.vantages())));
      return { rows, notes: [...learning.contested(), ...notes].slice(0, MOST_NOTES) };
    },
    async epochs() {
      const { epochs, head } = await sealer.epochs();
      return { epochs: epochs.slice(-MOST_EPOCHS), head };
    },
    forms: translator.find,
    prove: sealer.prove,
    draw: neighbors => (input.kind === 'flows' ? Promise.resolve(null) : drawFirst(intakes, neighbors)),
    log: say,
  });

  const start = (intake: number, source: IntakeSource, probe: ProbeConfig): IntakeThread => {
    const thread = startIntake(
      { type: 'open', intake, source, mirror, probe, numbers: numbers.shared, shares, sealer: sealer.connect(intake) },
      {
        key: epoch =>
          void link.key(epoch).then(key => {
            if (key === null) say(`the daemon has no key for the hour ${new Date(epoch * 3_600_000).toISOString()}`);
            thread.order({ type: 'key', epoch, key });
          }),
        say,
        heard({ claims, senders, second }) {
          learning.sent(senders, second);
          learning.hear(claims);
        },
        through(wrong) {
          status = wrong === 0 ? 0 : 1;
          clearInterval(progress);
          say(`read ${summary(total())}`);
          link.report();
        },
        translated: translations => translations.forEach(translator.take),
        died: ended.reject,
      },
    );
    return thread;
  };

  const begin = (probe: ProbeConfig) => {
    if (input.kind !== 'capture') {
      intakes.push(start(0, input, probe));
      return;
    }
    const calls = packetCalls();
    if (typeof calls === 'string') throw new Error(calls);
    for (let i = 0; i < threads; i++) intakes.push(start(i, { kind: 'rings', wake: calls.event() }, probe));
    capture = openCapture(input.sockets, input.settings, {
      ring: (intake, ring) => intakes[intake]!.order({ type: 'ring', ring }),
      hole(what, from) {
        holes.begin(what, from);
        unseen.add(what);
        tellHoles();
      },
      seen(what, to) {
        holes.end(what, to);
        unseen.delete(what);
      },
      lost: (second, packets) => intakes[0]!.order({ type: 'lost', second, packets }),
      say,
    });
  };

  const progress = setInterval(() => {
    tellHoles();
    if (input.kind === 'files' && intakes.length > 0) say(`so far ${summary(total())}`);
  }, PROGRESS_INTERVAL);
  process.once('SIGTERM', ended.resolve);
  process.once('SIGINT', ended.resolve);
  await ended.promise;
  clearInterval(progress);
  (capture as Capture | null)?.close();
  const patience = new Promise(resolve => setTimeout(resolve, LAST_WORDS).unref());
  await Promise.race([Promise.all(intakes.map(intake => intake.stop())), patience]);
  if (input.kind === 'capture') say(`captured ${summary(total())}`);
  translator.close();
  link.close();
  (asking as AskSocket | null)?.close();
  await sealer.close(LAST_WORDS);
  return status;
}
