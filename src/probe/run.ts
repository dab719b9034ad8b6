/** `itprobe -n`: a capture into windows, and answers out of them, until the process is told to end. */
import type { ProbeConfig } from '../config/tree.ts';
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { askThreads } from './ask-threads.ts';
import { openProbeLink } from './link.ts';
import { openLiveWindows } from './live-windows.ts';
import { heldSpan } from './merge-answers.ts';
import { readRecords } from './read-records.ts';
import { startSealer } from './sealer-thread.ts';
import { openTap, type TapCounts } from './tap.ts';
import { vantageMap } from './vantage.ts';
import { portSink } from './window-port.ts';

/** Single packets are asked for, so the narrow filters would name a wrong neighbour too often (research: traceback 4.4). */
const FINGERPRINT_BITS = 16;
const PROGRESS_INTERVAL = 5_000;
/** Frames after which waiting questions get their turn while a file is read. */
const FRAMES_A_TURN = 16_384;
/** Octets of digests that may wait to be sealed while a file is read. */
const MOST_WAITING = 64 * 1024 * 1024;

export interface ProbeOptions {
  readonly kernel: DigestKernel;
  readonly input: AsyncIterable<Uint8Array>;
  /** What to call the input. */
  readonly file: string;
  readonly name: string;
  readonly socket: string;
  readonly say: (line: string) => void;
}

/** Runs a probe. Resolves with the exit status, 0 or 1, after SIGTERM or SIGINT, or rejects when a thread of it dies. */
export async function runProbe({ kernel, input, file, name, socket, say }: ProbeOptions): Promise<number> {
  const limits = { retention: 0, memory: 0 };
  const ended = Promise.withResolvers<void>();
  const sealer = startSealer({ intakes: 1, bits: FINGERPRINT_BITS, limits }, ended.reject);
  const sink = portSink(sealer.connect(0));
  const vantages = vantageMap({ say });
  const windows = openLiveWindows(kernel, limits, sink, 0);
  const tap = openTap(kernel, windows, vantages);
  const welcome = Promise.withResolvers<void>();
  const strange = new Set<number>();

  const configure = (probe: ProbeConfig) => {
    for (const mac of vantages.configure(probe)) say(`${mac} is no link address; it is left out`);
    windows.configure(probe);
    sealer.configure(probe);
    welcome.resolve();
  };
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
    vantages: () => vantages.list,
    onStrange(epochs) {
      const fresh = epochs.filter(epoch => !strange.has(epoch));
      for (const epoch of fresh) strange.add(epoch);
      if (fresh.length > 0)
        say(`asked with another key than that of ${fresh.length} hour(s) of windows: they are of no use`);
    },
  });
  const link = openProbeLink({
    socket,
    name,
    onWelcome: configure,
    answer: ask,
    status: async () => {
      const sealed = await sealer.status();
      const { frames, lost } = tap.counts();
      const held = heldSpan([windows.span], sealed.heldFrom);
      return {
        packets: frames,
        windows: windows.count + sealed.windows,
        retained: held === null ? null : { from: held.from * 1000, to: held.to * 1000 },
        lost,
      };
    },
    onNeighbors: vantages.know,
    vantages: async () => vantages.report(),
    log: say,
  });
  process.once('SIGTERM', ended.resolve);
  process.once('SIGINT', ended.resolve);

  const read = async (): Promise<number> => {
    // Neighbours and retention first: what was seen before they are known would be seen at no vantage.
    await welcome.promise;
    const progress = setInterval(() => say(`${file}: so far ${summary(tap.counts())}`), PROGRESS_INTERVAL);
    const wrong = await readRecords(input, record => {
      const epoch = tap.take(record);
      if (epoch !== null)
        return link.key(epoch).then(key => {
          if (key === null) say(`the daemon has no key for the hour ${new Date(epoch * 3_600_000).toISOString()}`);
          tap.setKey(epoch, key);
          tap.take(record);
        });
      if (sink.waiting > MOST_WAITING) return sink.room(MOST_WAITING / 2);
      return record.number % FRAMES_A_TURN === 0 ? new Promise(resolve => setImmediate(resolve)) : undefined;
    });
    clearInterval(progress);
    windows.handOverAll();
    link.report();
    if (wrong !== null) say(`${file}: ${wrong}; what came before is kept`);
    say(`${file}: read ${summary(tap.counts())}`);
    return wrong === null ? 0 : 1;
  };

  let status = 0;
  read().then(result => {
    status = result;
  }, ended.reject);
  await ended.promise;
  link.close();
  await sealer.close();
  return status;
}

function summary({ frames, digests, without, span, lost }: TapCounts): string {
  const left = [...without].map(([reason, count]) => `${count} ${reason}`);
  const time = span === null ? '' : `, ${new Date(span.from).toISOString()} to ${new Date(span.to).toISOString()}`;
  const not = left.length === 0 ? '' : `, without a digest ${left.join(', ')}`;
  return `${frames} packets, ${digests} digests of layers${not}, ${lost} lost${time}`;
}
