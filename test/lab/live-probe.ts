/** An itprobe that captures in a host of a lab, and a station in this process that asks it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeConfig } from '../../src/config/tree.ts';
import { epochKey } from '../../src/packet/itk1.ts';
import type { ProbeAnswer } from '../../src/probe/question.ts';
import { openProbeStation, type ProbeStation } from '../../src/probe/socket/station.ts';
import { until } from '../interop/bgp-peers.ts';
import { probeBlock, questionsAbout, SECRET } from '../probe/tapped.ts';
import { programFile } from '../programs.ts';
import type { Lab, Program } from './lab.ts';

const PROGRAM = programFile('itprobe');
const ETHERNET = 1;

/** What an answer says of one frame: the vantage of each layer that was seen, in order. */
export interface Seen {
  readonly vantages: readonly string[];
  readonly answer: ProbeAnswer;
}

export interface LiveProbe {
  readonly program: Program;
  /** What it has reported last: packets and losses. */
  status(): { readonly packets: number; readonly lost: number };
  /** Asks for a frame that was sent between two instants, ms since the epoch, until the answer covers them. */
  seen(frame: Uint8Array, from: number, to: number, linkType?: number): Promise<Seen>;
  /** The rights of each of its threads, as /proc tells them. */
  threads(): {
    readonly effective: string;
    readonly permitted: string;
    readonly ambient: string;
    readonly locked: string;
  }[];
  stop(): Promise<void>;
}

/** The words that start itprobe from its sources. */
export function itprobe(socket: string, ...words: readonly string[]): string[] {
  return [process.execPath, PROGRAM, '-n', 'tap1', '-s', socket, ...words];
}

/** Opens a station for one probe. */
export function openStation(path: string, probe: Partial<ProbeConfig>): Promise<ProbeStation> {
  const epochKeyOf = (epoch: number) => epochKey(SECRET, epoch);
  return openProbeStation({ socket: { path }, probes: [probeBlock(probe)], epochKey: epochKeyOf, log: () => {} });
}

/** Starts a probe in a host of a lab and waits until it captures. `before`: a program that starts it. */
export async function startLiveProbe(
  lab: Lab,
  host: string,
  probe: Partial<ProbeConfig>,
  words: readonly string[],
  before: readonly string[] = [],
): Promise<LiveProbe> {
  const socket = join(lab.directory, 'itprobe.sock');
  const station = await openStation(socket, probe);
  const program = lab.start(host, [...before, ...itprobe(socket, ...words)]);
  await until('itprobe captures', async () => {
    if (!program.running()) throw new Error(program.said());
    return program.said().includes('capturing');
  });
  return {
    program,
    status() {
      const [row] = station.status();
      return { packets: row?.packets ?? 0, lost: row?.lost ?? 0 };
    },
    async seen(frame, from, to, linkType = ETHERNET) {
      const record = { bytes: frame, offset: 0, captured: frame.length, wire: frame.length, linkType };
      const time = { seconds: Math.floor(from / 1000), nanoseconds: 0, interface: 0, outgoing: false, number: 1 };
      const questions = questionsAbout({ ...record, ...time }).map(one => ({ ...one, from, to }));
      let answer: ProbeAnswer | undefined;
      await until('an answer that covers the time', async () => {
        [answer] = (await station.ask(questions, Date.now() + 2000)).answers;
        return answer !== undefined && (answer.covered || (answer.retained?.to ?? 0) > to + 1000);
      });
      const vantages = answer!.sightings.map(
        ({ vantage, question }) => `${question} ${vantage.direction} ${vantage.neighbor}`,
      );
      return { vantages: [...new Set(vantages)].sort(), answer: answer! };
    },
    threads() {
      const pid = processOf(socket);
      return readdirSync(`/proc/${pid}/task`).map(thread => {
        const text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
        const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)![1]!;
        return {
          effective: field('CapEff'),
          permitted: field('CapPrm'),
          ambient: field('CapAmb'),
          locked: field('NoNewPrivs'),
        };
      });
    },
    async stop() {
      await program.stop();
      await station.close();
    },
  };
}

/** Number of the process that was started with a socket's path. */
export function processOf(socket: string): number {
  const found = readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(socket);
    } catch {
      return false;
    }
  });
  if (found.length !== 1) throw new Error(`${found.length} processes with ${socket}`);
  return Number(found[0]);
}
