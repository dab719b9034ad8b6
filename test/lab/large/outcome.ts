/** What a run of the large testbed has shown, in numbers. */
import type { Counts, Traced } from './worker.ts';
import { LONG, rightEntry, type World } from './world.ts';

/** A chance that people act on. */
const SURE = 0.999;

export interface Run {
  readonly nodes: number;
  readonly participation: number;
  readonly delay: number;
  readonly faults: boolean;
  readonly seed: number;
  /** Traces one after the other, and those at once. */
  readonly results: readonly Traced[];
  readonly together: readonly Traced[];
  /** The same again in further rounds. */
  readonly later: readonly Traced[];
  /** Seconds until all sessions were up. */
  readonly handshakes: number;
  /** Octets of memory before there were managers. */
  readonly empty: number;
  /** With sessions, with records, after the traces, after those at once. */
  readonly linked: Counts;
  readonly flooded: Counts;
  readonly traced: Counts;
  readonly after: Counts;
  /** After the last round of those at once. */
  readonly last: Counts;
  /** Probes asked for what did not pass, and how often they said it did. */
  readonly asked: number;
  readonly said: number;
}

export interface Times {
  readonly traces: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Names as in the last line of a run. Times in ms, memory and traffic in octets. */
export interface Outcome {
  readonly nodes: number;
  readonly participation: number;
  readonly delay: number;
  readonly faults: boolean;
  readonly seed: number;
  readonly sessions: number;
  readonly handshake_seconds: number;
  readonly flooding_bytes: number;
  readonly traces: number;
  /** Share of the traces that found an entry; that found the right one or said what remains possible. */
  readonly found: number;
  readonly right_or_open: number;
  /** Shares of the traces that end in the AS nearest to the attacker that takes part, that end elsewhere on the path, and off it. */
  readonly entry_right: number;
  readonly entry_short: number;
  readonly entry_wrong: number;
  /** Of those that end short, how many say what remains possible; and in how many the budget of queries was spent. */
  readonly short_open: number;
  readonly short_spent: number;
  /** Of those that end off the path: how many name nothing that speaks against it; and how many of these are called surer than `SURE`. */
  readonly wrong_unmarked: number;
  readonly wrong_sure: number;
  /** Of those that end short, how many say that nothing else is possible though the AS does not say that it began there. */
  readonly short_closed: number;
  readonly answers: number;
  readonly wrong_branches: number;
  /** Asked directly, probes of ASes off the path. */
  readonly off_path_asked: number;
  readonly off_path_saw: number;
  /** QUERYs, messages (these and the ANSWERs at the origin) and octets of a trace. */
  readonly queries: number;
  readonly messages: number;
  readonly bytes: number;
  /** Processor time of all ASes together, made-up probes among them, ms. */
  readonly cpu_per_trace: number;
  readonly latency: Times;
  /** Of paths of six links and more. */
  readonly latency_long: Times;
  /** Traces longer than 250 ms, and how many of them had told a first result by 260 ms. */
  readonly late: number;
  readonly late_told: number;
  readonly at_once: Times;
  readonly at_once_right: number;
  /** Of the rounds after the first. */
  readonly rounds: Times;
  /** Octets of memory an AS after the first round and after the last, and of them held. */
  readonly rounds_rss: readonly [number, number];
  readonly rounds_heap: readonly [number, number];
  /** Processor time of one of them. */
  readonly at_once_cpu: number;
  readonly rss_per_node: number;
  readonly shunned: number;
  readonly refused: number;
}

export function summarise(world: World, run: Run): Outcome {
  const { results, together, empty, linked, flooded, traced, after, last, nodes } = run;
  // Who says nothing, or what is false, cannot be found.
  const honest = new Set(world.members.filter(as => !world.faults.has(as)));
  const pathOf = ({ attack }: Traced) => world.attacks[attack]!.path;
  const isRight = (one: Traced) => one.entry === rightEntry(world.attacks[one.attack]!, honest);
  const right = results.filter(isRight);
  const others = results.filter(one => !isRight(one));
  const short = others.filter(one => one.entry === null || pathOf(one).includes(one.entry));
  const off = others.filter(one => !short.includes(one));
  const unmarked = off.filter(one => one.doubts === 0 && one.attested !== 'own' && one.open === 0 && one.told);
  const count = (of: (one: Traced) => number, all = results) => all.reduce((sum, one) => sum + of(one), 0);
  const each = (total: number) => total / results.length;
  const queries = (at: Counts) => at.audit['query.sent'] ?? 0;
  const late = results.filter(({ ms }) => ms > 250);
  const { participation, delay, faults, seed } = run;
  return {
    ...{ nodes, participation, delay, faults, seed },
    sessions: linked.sessions,
    handshake_seconds: run.handshakes,
    flooding_bytes: flooded.bytes,
    traces: results.length,
    found: each(results.filter(({ entry }) => entry !== null).length),
    right_or_open: each(results.filter(one => isRight(one) || one.open > 0).length),
    entry_right: each(right.length),
    entry_short: each(short.length),
    entry_wrong: each(others.length - short.length),
    short_open: short.filter(({ open }) => open > 0).length,
    short_spent: short.filter(({ spent }) => spent).length,
    wrong_unmarked: unmarked.length,
    wrong_sure: off.filter(({ certainty, doubts }) => doubts === 0 && (certainty ?? 0) >= SURE).length,
    short_closed: short.filter(({ open }) => open === 0).length,
    answers: count(({ answers }) => answers),
    wrong_branches: count(({ wrong }) => wrong.length),
    off_path_asked: run.asked,
    off_path_saw: run.said,
    queries: each(queries(traced) - queries(flooded)),
    messages: each(queries(traced) - queries(flooded) + count(({ answers }) => answers)),
    bytes: each(traced.bytes - flooded.bytes),
    cpu_per_trace: each(traced.cpu - flooded.cpu),
    latency: timesOf(results),
    latency_long: timesOf(results.filter(one => pathOf(one).length > LONG)),
    late: late.length,
    late_told: late.filter(({ partial }) => partial !== null && partial <= 260).length,
    at_once: timesOf(together),
    at_once_right: together.filter(isRight).length / Math.max(1, together.length),
    rounds: timesOf(run.later),
    rounds_rss: [after.rss / nodes, last.rss / nodes],
    rounds_heap: [after.heap / nodes, last.heap / nodes],
    at_once_cpu: (after.cpu - traced.cpu) / Math.max(1, together.length),
    rss_per_node: (flooded.rss - empty) / nodes,
    shunned: after.audit['peer.shunned'] ?? 0,
    refused: after.audit['query.refused'] ?? 0,
  };
}

function timesOf(all: readonly Traced[]): Times {
  const times = all.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10;
  return { traces: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
