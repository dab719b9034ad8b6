/** What is sent in the real testbed, what is asked about it, and what the answer has to be. */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pcapReader, writePcap } from '../../../src/packet/pcap.ts';
import type { Trace, TraceNode } from '../../../src/traceback/trace.ts';
import { until } from '../../interop/bgp-peers.ts';
import { forgeUdp } from '../forge.ts';
import type { Lab } from '../lab.ts';
import { send } from '../raw-socket.ts';
import { INSIDE, INSIDE4 } from './network.ts';
import type { Real } from './testbed.ts';
import { CHAIN2, FAR, HOST, hostOf, lan4, NATTED, REFLECTOR, STUB, VICTIM } from './world.ts';

/** Packets of each attack, and octets of payload, which are random: by these a packet is known again behind a translator. */
const PACKETS = 8;
const PAYLOAD = 64;
const ETHERNET = 1;

/** A question to an AS about a capture, and what is right. */
export interface Asked {
  readonly name: string;
  readonly by: number;
  readonly words: readonly string[];
  /** The same of other packets, any of which will do: on a loaded machine a probe keeps a part of them, and says so. */
  readonly others?: readonly (readonly string[])[];
  /** Where the trace has to end; null: the packets were never sent. */
  readonly right: number | null;
  /** Where they began, when that may not be known: then the AS where the trace ends had them from `via`, and it says so. */
  readonly beyond?: { readonly began: number; readonly via: number };
}

export interface Answered extends Asked {
  readonly trace: Trace;
  /** The tree as a person sees it. */
  readonly text: string;
}

const forged = (source: () => string, destination: string): Buffer[] =>
  Array.from({ length: PACKETS }, () => forgeUdp({ source: source(), destination, payload: PAYLOAD }));
const anywhere = () => `203.0.113.${Math.floor(Math.random() * 254) + 1}`;

/** The frames of a capture that hold one of these packets' payloads, each once, in a file of their own; null until all are there. */
async function extract(capture: string, packets: readonly Buffer[], file: string): Promise<string | null> {
  const wanted = new Set(packets.map(packet => packet.subarray(-PAYLOAD).toString('hex')));
  const found: { time: bigint; bytes: Uint8Array }[] = [];
  const reader = pcapReader();
  reader.feed(await readFile(capture).catch(() => new Uint8Array(0)));
  while (reader.next() === 'record') {
    const { bytes, offset, captured, seconds, nanoseconds } = reader.record;
    const frame = Uint8Array.from(bytes.subarray(offset, offset + captured));
    const text = Buffer.from(frame).toString('hex');
    for (const payload of wanted)
      if (text.includes(payload)) {
        wanted.delete(payload);
        found.push({ time: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), bytes: frame });
        break;
      }
  }
  if (wanted.size > 0) return null;
  writeFileSync(file, writePcap(ETHERNET, found));
  return file;
}

/** Packets of an AS, on which their place in a capture can be asked. */
async function arrived(lab: Lab, real: Real, at: number, packets: readonly Buffer[], name: string): Promise<string> {
  const file = join(lab.directory, `${name}.pcap`);
  await until(
    `the packets of ${name} arrive`,
    async () => (await extract(real.captured(at), packets, file)) !== null,
    30_000,
  );
  return file;
}

/** Spoofed packets from two hosts at once; and, in the whole testbed, from behind the translator too, and off a reflector. */
export async function attack(lab: Lab, real: Real, whole: boolean): Promise<Asked[]> {
  const victim = lan4(VICTIM, HOST);
  const far = forged(anywhere, victim);
  const stub = forged(anywhere, victim);
  const inside = forged(() => INSIDE4, victim);
  const outward = forged(() => lan4(VICTIM, HOST), lan4(FAR, HOST));
  const triggers = forged(() => victim, lan4(REFLECTOR, HOST)).slice(0, 3);
  await Promise.all([
    send(lab, hostOf(FAR), ...far),
    send(lab, hostOf(STUB), ...stub),
    ...(whole ? [send(lab, INSIDE, ...inside), send(lab, hostOf(VICTIM), ...outward)] : []),
  ]);
  const set = async (name: string, at: number, packets: readonly Buffer[], right: number, more: string[] = []) => ({
    ...{ name, by: at, right },
    words: ['set', await arrived(lab, real, at, packets, name.replaceAll(' ', '-')), ...more],
  });
  const asked: Asked[] = [
    await set('spoofed, chain of two', VICTIM, far, FAR),
    await set('spoofed, behind exchange', VICTIM, stub, STUB),
  ];
  const one = asked[0]!.words[1]!;
  const packet = (number: number) => ['packet', one, '-n', String(number)];
  const others = Array.from({ length: PACKETS - 1 }, (_, i) => packet(i + 2));
  asked.push({ name: 'one packet of the first', by: VICTIM, words: packet(1), others, right: FAR });
  const never = join(lab.directory, 'never.pcap');
  const time = BigInt(Date.now() - 500) * 1_000_000n;
  writeFileSync(
    never,
    writePcap(
      101,
      forged(anywhere, victim).map(bytes => ({ time, bytes })),
    ),
  );
  asked.push({ name: 'never sent', by: VICTIM, words: ['set', never], right: null });
  if (!whole) return asked;
  asked.push(
    await set('through the translator', VICTIM, inside, NATTED),
    await set('the same, asked by AS 64505', NATTED, inside, NATTED),
    // No route goes over the link that these packets took: who has not been told of it by the other end cannot know.
    { ...(await set('the other way', FAR, outward, FAR)), beyond: { began: VICTIM, via: CHAIN2 } },
  );
  // What comes to a port where nobody listens is answered with an ICMP error, to the source that was forged.
  await send(lab, hostOf(FAR), ...triggers);
  const errors = await arrived(lab, real, VICTIM, triggers, 'reflected');
  asked.push(
    { name: 'reflected', by: VICTIM, words: ['set', errors], right: REFLECTOR },
    { name: 'what triggered it', by: VICTIM, words: ['packet', errors, '-n', '1,2,3', '--trigger'], right: FAR },
  );
  return asked;
}

/**
 * Asks as a person would. A ring hands over its last packets a moment later, so one that was sent is asked for until it is
 * found; `sealed`: until the windows are sealed and the answer is sure.
 */
export async function answer(real: Real, asked: Asked, sealed: boolean): Promise<Answered> {
  const { itctl } = real.daemon(asked.by);
  const ways = [asked.words, ...(asked.others ?? [])];
  let times = 0;
  const ask = async (): Promise<Trace> => {
    const { stdout, stderr } = await itctl('-j', 'trace', ...ways[times++ % ways.length]!);
    if (stdout === '') throw new Error(`${asked.name}: ${stderr}`);
    return JSON.parse(stdout) as Trace;
  };
  let trace = await ask();
  const done = () => isRight(asked, trace) && (!sealed || isSure(trace));
  for (const end = Date.now() + 45_000; !done() && Date.now() < end; trace = await ask())
    await new Promise(resolve => setTimeout(resolve, 500));
  const { stdout } = await itctl('show', 'trace', trace.id, 'tree');
  return { ...asked, trace, text: stdout };
}

/** It ends where it has to, and says what it cannot know. */
export function isRight({ right, beyond }: Asked, { entry, ambiguity }: Trace): boolean {
  if (entry !== null && entry.as === beyond?.began) return true;
  if ((entry?.as ?? null) !== right) return false;
  return beyond === undefined || (entry?.via === beyond.via && ambiguity.includes(beyond.via));
}

/** No window of an AS is open any more that may have something to say. */
function isSure({ tree }: Trace): boolean {
  const open = ({ verdict, provisional, children }: TraceNode): boolean =>
    verdict === 'not-yet' || provisional || children.some(open);
  return !open(tree);
}

/** Rows of a table: what was asked, the answer, and whether it is right. */
export function tableOf(all: readonly Answered[]): string[][] {
  return [
    ['attack', 'asked by', 'began in', 'found', 'certainty', 'queries', 'ms', 'right'],
    ...all.map(one => {
      const { name, by, right, beyond, trace } = one;
      const { entry, certainty, queries, milliseconds } = trace;
      const via = entry?.via == null ? '' : ` via AS${entry.via}`;
      const found = entry === null ? 'nothing' : entry.source ? `began in AS${entry.as}` : `AS${entry.as}${via}`;
      const sure = certainty == null ? '' : `${(certainty * 100).toFixed(2)} %`;
      const verdict = !isRight(one, trace)
        ? 'WRONG'
        : beyond === undefined || entry?.as === beyond.began
          ? 'right'
          : 'right: says so';
      const from = right === null ? 'nowhere' : `AS${beyond?.began ?? right}`;
      return [name, `AS${by}`, from, found, sure, `${queries}`, `${milliseconds}`, verdict];
    }),
  ];
}
