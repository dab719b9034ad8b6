/** A process of the large testbed: some of the ASes, told by its parent what to do (testbed.ts). */
import { X509Certificate } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { askBorder, type Probes } from '../../../src/traceback/btm.ts';
import { createParticipants, type Participants } from '../../../src/traceback/participants.ts';
import type { Trace, TraceNode } from '../../../src/traceback/trace.ts';
import type { Traceback } from '../../../src/traceback/traceback.ts';
import {
  type AsParts,
  dialledAt,
  graphAt,
  listenOf,
  type Pem,
  recordOf,
  type Silent,
  startAs,
  startSilent,
} from './ases.ts';
import { startDelay } from './delay.ts';
import { colluding, framing, seeing } from './liars.ts';
import { newTapMaker } from './taps.ts';
import { type Attack, makeWorld, NEED, type Plan, type World } from './world.ts';

export interface Setup {
  readonly plan: Plan;
  /** ms that every octet is kept back on its way. */
  readonly delay: number;
  /** TCP in place of TLS. */
  readonly plain: boolean;
  /** Records go from session to session; else they are known everywhere at a word. */
  readonly flooding: boolean;
  /** When the packets of the attacks passed, ms. */
  readonly time: number;
  readonly authority: string;
  readonly identities: ReadonlyMap<number, Pem>;
  /** ASes of this process. */
  readonly ours: readonly number[];
}

/** What came of one trace. */
export interface Traced {
  readonly attack: number;
  readonly ms: number;
  /** When the first result so far was told; null when the final one came before. */
  readonly partial: number | null;
  readonly entry: number | null;
  /** ASes that remain possible. */
  readonly open: number;
  /** The chance of the entry, and what is said to speak against it. */
  readonly certainty: number | null;
  readonly doubts: number;
  readonly attested: Trace['attested'];
  /** The entry says from where it had the packets, or that they began there. */
  readonly told: boolean;
  readonly queries: number;
  /** ASes that answered, and those of them that say they saw the packets though they are not on the path. */
  readonly answers: number;
  readonly wrong: readonly number[];
  /** The budget was too small for all that were to be asked. */
  readonly spent: boolean;
}

export interface Counts {
  /** Lines of the audit logs, by what they are about. */
  readonly audit: Readonly<Record<string, number>>;
  /** Octets through the listening side of every session, TLS and all. */
  readonly bytes: number;
  readonly rss: number;
  /** What is held of it for objects and octets, after tidying up. */
  readonly heap: number;
  /** Processor time so far, ms. */
  readonly cpu: number;
  readonly sessions: number;
}

let setup: Setup;
let world: World;
let time = 0;
let knowing = false;
const running = new Map<number, Traceback | Silent>();
const probes = new Map<number, Probes>();
const audit: Record<string, number> = {};
let parts: (as: number) => AsParts;
let shared: Participants;

let closed = 0;
const sockets = new Set<Socket>();
subscribe('net.server.socket', message => {
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once('close', () => {
    closed += octetsOf(socket);
    sockets.delete(socket);
  });
});
const octetsOf = ({ bytesRead, bytesWritten }: Socket) => bytesRead + bytesWritten;

/** The records of all, as one AS holds them that has been told: in one process they are kept once. */
function known(as: number): Participants {
  return {
    learn(octets, _doubt, now) {
      shared.learn(octets, () => null, now);
      return 'old';
    },
    of: (other, now) => (knowing && other !== as ? shared.of(other, now) : null),
    records: now => (knowing ? shared.records(now).filter(({ participation }) => participation.as !== as) : []),
    withdrew: () => false,
    held: octets => (knowing ? shared.held(octets) : null),
    version: () => (knowing ? 1 : 0),
    expire: () => {},
  };
}

const commands = {
  prepare(given: Setup) {
    setup = given;
    time = given.time;
    world = makeWorld(given.plan);
    const authority = [new X509Certificate(given.authority)];
    const certificates = new Map<number, readonly X509Certificate[]>();
    const certificateOf = (as: number) => {
      const made = certificates.get(as) ?? [new X509Certificate(given.identities.get(as)!.certificate)];
      certificates.set(as, made);
      return made;
    };
    parts = as => ({
      as,
      pem: given.identities.get(as)!,
      peers: world.peers.get(as)!,
      ...{ certificateOf, authority, delay: given.delay, plain: given.plain },
    });
    const maker = newTapMaker(given.plan.seed * 1000 + given.ours[0]!);
    const passing = new Map<number, Attack[]>();
    for (const attack of world.attacks)
      for (const as of attack.path) passing.set(as, [...(passing.get(as) ?? []), attack]);
    for (const as of given.ours) {
      const fault = world.faults.get(as);
      const neighbors = world.internet.graph.neighbors(as);
      const true_ = maker.probesOf(as, neighbors, fault === 'sees-none' ? [] : (passing.get(as) ?? []), time);
      const at = { as, neighbors, member: (one: number) => world.peers.has(one), time };
      const confederate = world.confederates.get(as);
      probes.set(
        as,
        fault === 'sees-all'
          ? seeing(true_, time)
          : fault === 'frames'
            ? framing(true_, at)
            : confederate !== undefined
              ? colluding(true_, at, confederate, passing.get(confederate) ?? [])
              : true_,
      );
    }
    shared = createParticipants(0);
    if (!given.flooding)
      for (const [as, pem] of given.identities) {
        const learned = shared.learn(new Uint8Array(recordOf(as, pem, given.delay)), () => null, Date.now());
        if (learned !== 'new') throw new Error(`AS ${as}: ${JSON.stringify(learned)}`);
      }
    return process.memoryUsage.rss();
  },

  /** Starts these of our ASes. */
  async start(all: readonly number[]) {
    for (const as of all) {
      const fault = world.faults.get(as);
      if (setup.delay > 0) await startDelay(dialledAt(as, setup.delay), listenOf(as), setup.delay);
      running.set(
        as,
        fault === 'silent' || fault === 'floods'
          ? await startSilent(parts(as))
          : await startAs(parts(as), {
              probes: probes.get(as)!,
              graph: graphAt(world.internet, as),
              ...(setup.flooding ? {} : { participants: known(as) }),
              audit(what) {
                audit[what] = (audit[what] ?? 0) + 1;
              },
            }),
      );
    }
  },

  /** Sessions with peers of `among` that are not up yet. */
  missing(among: readonly number[]) {
    const started = new Set(among);
    let missing = 0;
    for (const one of running.values())
      for (const { as, state } of one.status()) if (started.has(as) && state !== 'Established') missing++;
    return missing;
  },

  know() {
    knowing = true;
  },

  /** Records of others that our ASes know on average. */
  records() {
    const counts = [...running.values()].map(one => ('participants' in one ? one.participants().length : 0));
    const honest = counts.filter(count => count > 0);
    return honest.reduce((sum, count) => sum + count, 0) / Math.max(1, honest.length);
  },

  /** Traces these attacks, all at once. */
  trace: (attacks: readonly number[]) => Promise.all(attacks.map(number => traceOne(world.attacks[number]!))),

  /** Asks the probes of our ASes for attacks that did not pass them: how often they say that they saw one, of how many. */
  async falsely(most: number) {
    let asked = 0;
    let said = 0;
    const honest = setup.ours.filter(as => !world.faults.has(as));
    while (asked < most) {
      const attack = world.attacks[asked % world.attacks.length]!;
      const as = honest[Math.floor((asked * 7919) / world.attacks.length + asked) % honest.length]!;
      asked++;
      if (attack.path.includes(as)) continue;
      const { verdict } = await askBorder(probes.get(as)!, requestOf(attack), 1, time + 1e6, time, () => {});
      if (verdict === 'saw') said++;
    }
    return { asked, said };
  },

  flood(times: number) {
    let sent = 0;
    for (const [as, one] of running) if (world.faults.get(as) === 'floods' && 'flood' in one) sent += one.flood(times);
    return sent;
  },

  counts(): Counts {
    let bytes = closed;
    for (const socket of sockets) bytes += octetsOf(socket);
    const { user, system } = process.cpuUsage();
    const cpu = (user + system) / 1000;
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { audit: { ...audit }, bytes, rss, heap: heapUsed + external, cpu, sessions: sockets.size };
  },

  stop() {
    for (const one of running.values()) one.close();
    setImmediate(() => process.exit(0));
  },
};
export type Commands = typeof commands;

const requestOf = ({ digests }: Attack) => ({
  need: NEED,
  questions: digests.map((digest, packet) => ({
    ...{ packet, digest, epoch: Math.floor(time / 3_600_000) },
    ...{ from: time - 2000, to: time + 2000 },
  })),
});

async function traceOne(attack: Attack): Promise<Traced> {
  const victim = running.get(attack.path.at(-1)!)! as Traceback;
  const questions = requestOf(attack).questions.map(({ packet, digest, epoch }) => ({ packet, digest, epoch }));
  const began = performance.now();
  let partial: number | null = null;
  const trace: Trace = await victim.startTrace({ questions, need: NEED, time }, () => {
    partial ??= performance.now() - began;
  });
  const ms = performance.now() - began;
  const nodes = everyNode(trace.tree);
  const answered = nodes.filter(({ as, by, signed }) => signed === 'good' && by === as);
  return {
    attack: attack.number,
    ...{ ms, partial, entry: trace.entry?.as ?? null, open: trace.ambiguity.length, queries: trace.queries },
    ...{ certainty: trace.certainty ?? null, doubts: trace.doubts?.length ?? 0, attested: trace.attested },
    told: trace.entry !== null && (trace.entry.source || trace.entry.via !== null),
    answers: answered.length,
    wrong: answered.filter(({ as, verdict }) => verdict === 'saw' && !attack.path.includes(as)).map(({ as }) => as),
    spent: nodes.some(({ reason }) => reason.includes('budget of queries is spent')),
  };
}

function everyNode(tree: TraceNode): TraceNode[] {
  return [tree, ...tree.children.flatMap(everyNode)];
}

process.on('message', async (message: { id: number; name: keyof Commands; given: never }) => {
  const { id, name, given } = message;
  try {
    process.send!({ id, value: await commands[name](given) });
  } catch (error) {
    process.send!({ id, error: String((error as Error).stack) });
  }
});
process.on('disconnect', () => process.exit(0));
