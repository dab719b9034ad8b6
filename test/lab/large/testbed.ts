/**
 * Testbed 2: the managers of many ASes in few processes, over real TLS on loopback, on a made AS graph where some of the
 * ASes take part. Their probes are made up but for the sealed filters, which are real (taps.ts).
 */
import { makeAuthority, makeCertificate } from '../../traceback/certificates.ts';
import { FEDERATION, type Pem } from './ases.ts';
import { type Outcome, summarise } from './outcome.ts';
import { startWorker } from './processes.ts';
import type { Counts, Traced } from './worker.ts';
import { makeWorld, type Plan, type World } from './world.ts';

export interface Options extends Plan {
  /** ms that every octet is kept back on its way. */
  readonly delay: number;
  /** TCP in place of TLS, for more ASes than a machine can shake hands with. */
  readonly plain: boolean;
  readonly processes: number;
  readonly flooding: boolean;
  /** Traces at once, at the end; 0 for none. */
  readonly atOnce: number;
  /** How often those are made. */
  readonly rounds: number;
  /** Pairs of an AS and an attack that did not pass it whose probes are asked directly. */
  readonly falsely: number;
  say(text: string): void;
  /** Shows how far long work is; asked for often. */
  far?(state: () => string): void;
}

/** ASes started together: so bounds the handshakes in work. */
const STARTED = 20;
/** How long sessions and records are waited for, ms. */
const PATIENCE = 180_000;

export async function runTestbed(options: Options): Promise<Outcome> {
  const { say, processes, flooding, delay, traces, nodes, participation, faults, seed } = options;
  const plan: Plan = { nodes, participation, traces: traces + options.atOnce, faults, seed };
  const world = makeWorld(plan);
  const authority = makeAuthority(FEDERATION);
  const identities = new Map<number, Pem>(world.members.map(as => [as, makeCertificate(as, { authority })]));
  const time = Date.now() - 60_000;
  const placeOf = new Map(world.members.map((as, i) => [as, i % processes]));
  const workers = Array.from({ length: processes }, startWorker);
  const all = <T>(each: (worker: (typeof workers)[number], i: number) => Promise<T>) => Promise.all(workers.map(each));
  const ours = (i: number, of: readonly number[]) => of.filter(as => placeOf.get(as) === i);
  try {
    const began = performance.now();
    const empty = await all((worker, i) =>
      worker.ask('prepare', {
        ...{ plan, delay, plain: options.plain, flooding, time, identities, authority: authority.certificate },
        ours: ours(i, world.members),
      }),
    );
    say(
      `${world.internet.graph.ases} ASes, ${world.internet.graph.edges} links; ${nodes} take part, in ${processes} processes`,
    );
    say(`filters made in ${seconds(began)} s; ${megabytes(sum(empty))} MB without managers`);

    const up = performance.now();
    const missing = async (among: readonly number[]) => sum(await all(worker => worker.ask('missing', among)));
    for (let at = 0; at < world.members.length; at += STARTED) {
      const some = world.members.slice(at, at + STARTED);
      await all((worker, i) => worker.ask('start', ours(i, some)));
      options.far?.(
        () => `managers started: ${Math.min(at + STARTED, world.members.length)} of ${world.members.length}`,
      );
    }
    await waitFor('sessions', async () => {
      const still = await missing(world.members);
      options.far?.(() => `sessions still to come up: ${still}`);
      return still === 0;
    });
    const linked = await counts();
    const handshakes = (performance.now() - up) / 1000;
    say(`${linked.sessions} sessions up in ${handshakes.toFixed(1)} s`);

    const told = performance.now();
    if (flooding) {
      const speaking = world.members.filter(as => !['silent', 'floods'].includes(world.faults.get(as) ?? '')).length;
      // Who has no peer that takes part is told nothing, and knows nobody.
      let before = -1;
      await waitFor('records', async () => {
        const now = sum(await all(worker => worker.ask('records'))) / processes;
        const settled = now >= speaking - 1 || now === before;
        before = now;
        options.far?.(() => `records known: ${now.toFixed(1)} of ${speaking - 1}`);
        return settled;
      });
      say(`each knows ${before.toFixed(1)} records of ${speaking - 1} after ${seconds(told)} s more`);
    } else await all(worker => worker.ask('know'));
    const flooded = await counts();

    const results: Traced[] = [];
    for (const attack of world.attacks.slice(0, traces)) {
      const worker = workers[placeOf.get(attack.path.at(-1)!)!]!;
      results.push(...(await worker.ask('trace', [attack.number])));
      options.far?.(() => `traces: ${results.length} of ${traces}`);
    }
    const traced = await counts();
    say(`${traces} traces, one after the other`);

    const batch = world.attacks.slice(traces);
    if (faults) {
      const floods = all(worker => worker.ask('flood', 3000));
      say(`the flooder sent ${sum(await floods)} QUERYs`);
    }
    const atOnce = async () =>
      (
        await all((worker, i) =>
          worker.ask(
            'trace',
            batch.filter(({ path }) => placeOf.get(path.at(-1)!) === i).map(({ number }) => number),
          ),
        )
      ).flat();
    const together = await atOnce();
    const after = await counts();
    const later: Traced[] = [];
    for (let round = 1; round < options.rounds; round++) {
      options.far?.(() => `rounds of ${options.atOnce} traces at one time: ${round} of ${options.rounds}`);
      later.push(...(await atOnce()));
    }
    const last = await counts();
    const falsely = await all(worker => worker.ask('falsely', Math.ceil(options.falsely / processes)));
    return summarise(world, {
      ...{ nodes, participation, delay, faults, seed, results, together, later, handshakes },
      ...{ empty: sum(empty), linked, flooded, traced, after, last },
      asked: sum(falsely.map(one => one.asked)),
      said: sum(falsely.map(one => one.said)),
    });
  } finally {
    await all(worker => worker.end());
  }

  async function counts(): Promise<Counts> {
    const each = await all(worker => worker.ask('counts'));
    const audit: Record<string, number> = {};
    for (const one of each)
      for (const [what, count] of Object.entries(one.audit)) audit[what] = (audit[what] ?? 0) + count;
    const total = (of: (one: Counts) => number) => sum(each.map(of));
    const [bytes, rss, cpu] = [total(one => one.bytes), total(one => one.rss), total(one => one.cpu)];
    return { audit, bytes, rss, cpu, heap: total(one => one.heap), sessions: total(one => one.sessions) };
  }
}

export type { Outcome, World };

async function waitFor(what: string, is: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (!(await is())) {
    if (Date.now() > until) throw new Error(`${what}: not all there after ${PATIENCE / 1000} s`);
    await new Promise(resolve => setTimeout(resolve, 300));
  }
}

const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);
const megabytes = (octets: number) => (octets / 1e6).toFixed(0);
