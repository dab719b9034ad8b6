/** `itprobe -n`: a capture into windows, and answers out of them, until the process is told to end. */
import type { ProbeConfig } from '../config/tree.ts';
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { openProbeLink } from './link.ts';
import { readRecords } from './read-records.ts';
import { openTap, type TapCounts } from './tap.ts';
import { vantageMap } from './vantage.ts';
import { openWindows } from './windows.ts';

/** Single packets are asked for, so the narrow filters would name a wrong neighbour too often (research: traceback 4.4). */
const FINGERPRINT_BITS = 16;
const PROGRESS_INTERVAL = 5_000;
/** Frames after which waiting questions get their turn while a file is read. */
const FRAMES_A_TURN = 16_384;

export interface ProbeOptions {
  readonly kernel: DigestKernel;
  readonly input: AsyncIterable<Uint8Array>;
  /** What to call the input. */
  readonly file: string;
  readonly name: string;
  readonly socket: string;
  readonly say: (line: string) => void;
}

/** Runs a probe. Resolves with the exit status, 0 or 1, after SIGTERM or SIGINT. */
export async function runProbe({ kernel, input, file, name, socket, say }: ProbeOptions): Promise<number> {
  const vantages = vantageMap();
  const windows = openWindows(kernel, FINGERPRINT_BITS, { retention: 0, memory: 0 });
  const tap = openTap(kernel, windows, vantages);
  const welcome = Promise.withResolvers<void>();

  const configure = (probe: ProbeConfig) => {
    for (const mac of vantages.configure(probe.neighbors)) say(`${mac} is no link address; it is left out`);
    windows.configure(probe);
    welcome.resolve();
  };
  const link = openProbeLink({
    socket,
    name,
    onWelcome: configure,
    answer(questions, keys) {
      const answer = windows.ask(name, questions, vantages.list);
      const other = keys.filter(({ epoch, check }) => !tap.agrees(epoch, check));
      if (other.length === 0) return answer;
      // Digests under another key: the windows cannot say yes, and must not say no.
      say(`asked with another key than that of ${other.length} hour(s) of windows: they are of no use`);
      return { ...answer, sightings: [], retained: null, covered: false, sealed: false, windowsAsked: 0, packets: 0 };
    },
    status: () => {
      const { live, sealed, retained } = windows.status();
      const { frames, lost } = tap.counts();
      return { packets: frames, windows: live + sealed, retained, lost };
    },
    log: say,
  });
  const ended = new Promise<void>(resolve => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });

  const read = async (): Promise<number> => {
    // Neighbours and retention first: what was seen before they are known would be seen at no vantage.
    await welcome.promise;
    const progress = setInterval(() => say(`${file}: so far ${summary(tap.counts())}`), PROGRESS_INTERVAL);
    const wrong = await readRecords(
      input,
      record => {
        const epoch = tap.take(record);
        if (epoch !== null)
          return link.key(epoch).then(key => {
            if (key === null) say(`the daemon has no key for the hour ${new Date(epoch * 3_600_000).toISOString()}`);
            tap.setKey(epoch, key);
            tap.take(record);
          });
        return record.number % FRAMES_A_TURN === 0 ? new Promise(resolve => setImmediate(resolve)) : undefined;
      },
      vantages.interfaceNumber,
    );
    clearInterval(progress);
    windows.sealAll();
    link.report();
    if (wrong !== null) say(`${file}: ${wrong}; what came before is kept`);
    say(`${file}: read ${summary(tap.counts())}`);
    return wrong === null ? 0 : 1;
  };

  let status = 0;
  read().then(result => {
    status = result;
  });
  await ended;
  link.close();
  return status;
}

function summary({ frames, digests, without, span, lost }: TapCounts): string {
  const left = [...without].map(([reason, count]) => `${count} ${reason}`);
  const time = span === null ? '' : `, ${new Date(span.from).toISOString()} to ${new Date(span.to).toISOString()}`;
  const not = left.length === 0 ? '' : `, without a digest ${left.join(', ')}`;
  return `${frames} packets, ${digests} digests of layers${not}, ${lost} lost${time}`;
}
