/** `itprobe ask`: puts a question to a probe of this machine, and prints what it says and how far it can say it. */
import { createReadStream, openSync, readFileSync } from 'node:fs';
import { loadKernel } from '../../packet/digest-kernel.ts';
import { digestPacket, epochKey, epochOf, keyCheck, SHORTEST_SECRET, secretOf } from '../../packet/itk1.ts';
import { readRecords } from '../capture/read-records.ts';
import type { KeyCheck, ProbeAnswer, Question, RecentPacket, Vantage } from '../question.ts';
import { type AskWords, askedTime } from './ask-options.ts';
import { askAt } from './ask-socket.ts';

/** Milliseconds around a packet's time that are asked about: clocks differ, and a packet takes its time. */
const AROUND = 5_000;

interface Asked {
  readonly questions: readonly Question[];
  /** What each is about, for a person. */
  readonly about: readonly string[];
  readonly keys: readonly KeyCheck[];
}

/** Asks and prints to `print`, a line at a time. Rejects, in words, when it can't. */
export async function askProbe(words: AskWords, print: (line: string) => void): Promise<void> {
  const asked = words.digest === null ? await aboutPacket(words) : aboutDigest(words, words.digest);
  const answer = await askAt(words.socket, asked.questions, asked.keys);
  if (words.json) print(JSON.stringify({ ...answer, falsePositive: falseChance(answer), questions: asked.questions }));
  else for (const line of answerLines(answer, asked)) print(line);
}

function aboutDigest(words: AskWords, digest: string): Asked {
  const question = { digest, ...askedTime(words, Date.now()) };
  return { questions: [question], about: [digest], keys: [] };
}

async function aboutPacket({ keyFile, read, number, from, to }: AskWords): Promise<Asked> {
  const secret = secretOf(readFileSync(keyFile!));
  if (secret === null) throw new Error(`${keyFile}: a secret has at least ${SHORTEST_SECRET} octets`);
  const kernel = loadKernel();
  const questions: Question[] = [];
  const about: string[] = [];
  const keys: KeyCheck[] = [];
  let stop: string | null = null;
  const input = createReadStream('', { fd: openSync(read!, 'r') });
  const wrong = await readRecords(input, record => {
    if (record.number !== number) return undefined;
    const { bytes, offset, captured, wire, linkType, seconds, nanoseconds } = record;
    const time = seconds * 1000 + Math.floor(nanoseconds / 1e6);
    const span = { from: from ?? Math.max(0, time - AROUND), to: to ?? time + AROUND };
    for (let epoch = epochOf(span.from); epoch <= epochOf(span.to) && keys.length < 24; epoch++) {
      const key = epochKey(secret, epoch);
      const found = digestPacket(kernel, bytes.subarray(offset, offset + captured), linkType, key, wire);
      stop = found.stop;
      keys.push({ epoch, check: keyCheck(key) });
      for (const layer of found.layers) {
        if (!('digest' in layer)) stop = layer.reason;
        else {
          questions.push({ epoch, digest: layer.digest, ...span });
          about.push(`${layer.digest}, layer ${layer.layer}`);
        }
      }
    }
    // The packet is found: no more of the file is of use.
    input.destroy();
    return undefined;
  });
  if (questions.length > 0) return { questions, about, keys };
  if (stop !== null) throw new Error(`${read}: packet ${number} has no digest: ${stop}`);
  throw new Error(wrong === null ? `${read}: it has no packet ${number}` : `${read}: ${wrong}`);
}

/** Chance that any of the windows asked says yes falsely. */
export function falseChance({ falsePositive, windowsAsked }: ProbeAnswer): number {
  return -Math.expm1(Math.log1p(-falsePositive) * windowsAsked);
}

const time = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

function place({ direction, neighbor }: Vantage): string {
  if (direction === 'inside') return 'inside';
  if (direction === 'unknown') return 'at the border, which way is not known';
  return `${direction === 'in' ? 'in from' : 'out to'} ${neighbor === null ? 'an AS that is not known' : `AS ${neighbor}`}`;
}

function details(recent: RecentPacket | undefined): string {
  if (recent === undefined) return '';
  const from = recent.mac === null ? '' : `, from ${recent.mac}`;
  return `${from}${recent.vlan === null ? '' : `, VLAN ${recent.vlan}`}, TTL ${recent.ttl}`;
}

/** The answer for a person: what was seen, and then how far that can be believed. */
export function answerLines(answer: ProbeAnswer, { questions, about }: Omit<Asked, 'keys'>): string[] {
  const { sightings, holes = [], unsaid = 0, windowsAsked, packets, lost, sampling, retained } = answer;
  const lines = questions.flatMap((_, i) => {
    const own = sightings.filter(({ question }) => question === i);
    const no = answer.covered && unsaid === 0 ? 'not seen' : 'not seen as far as the probe can say';
    if (own.length === 0) return [`${about[i]}: ${retained === null ? 'the probe cannot say' : no}`];
    return own.map(
      one =>
        `${about[i]}: seen ${place(one.vantage)}, ${time(one.from)} to ${time(one.to)}${one.provisional ? ', provisional' : ''}${details(one.recent)}`,
    );
  });
  const share = packets + lost === 0 ? '' : ` (${Number(((lost / (packets + lost)) * 100).toFixed(3))} %)`;
  return [
    ...lines,
    `covered: ${answer.covered ? 'all of the interval' : 'not all of the interval'}`,
    ...holes.map(hole => `hole: ${time(hole.from)} to ${time(hole.to)}`),
    `retained: ${retained === null ? 'nothing' : `${time(retained.from)} to ${time(retained.to)}`}`,
    `sealed: ${answer.sealed ? 'yes' : 'no, more may come'}`,
    `packets: ${packets}, lost ${lost}${share}`,
    `sampling: ${sampling >= 1 ? 'none' : `1 of ${Math.round(1 / sampling)} is kept; ${unsaid} of ${windowsAsked} windows cannot say`}`,
    `false positive: ${falseChance(answer).toExponential(1)} (windows asked: ${windowsAsked})`,
  ];
}
