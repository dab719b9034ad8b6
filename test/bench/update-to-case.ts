/**
 * How long it takes from a hijack's UPDATE on the wire until its case is committed in the database, beside other UPDATEs:
 * `node test/bench/update-to-case.ts [HIJACKS [UPDATES [ROUNDS]]]`, by default 200 hijacks, 10,000 UPDATEs a second and 3 rounds.
 * Three ways, interleaved (ways.ts): a daemon alone with SQLite, one machine over NATS and PostgreSQL, a collector and two machines
 * with cases. Each is warmed up by hijacks that are not counted; then one comes 100 to 200 ms after the last is committed, and
 * is taken back five seconds later. PostgreSQL itself tells of a commit (NOTIFY); SQLite's database is looked at each
 * millisecond. Prints the histograms beside each other, and of those slower than 100 ms which process waited for a processor
 * meanwhile, and for how long (proc(5), schedstat). WAYS=alone,... runs some ways only.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeWithdraw } from '../../src/bgp/announce.ts';
import { OFFENDER, prefixOf } from '../interop/machines.ts';
import { announcement, prefixes as prefixesOf } from '../interop/speaker.ts';
import { processorOf, waitedFor } from '../lab/fleet/costs.ts';
import { watchCommits } from '../store/postgresql/commits.ts';
import { at, networkLots, type Place, WAYS, type Way } from './ways.ts';

const [hijacks = 200, rate = 10_000, rounds = 3] = process.argv.slice(2).map(Number);
const WARM = 50;
const TAKEN_BACK = 5_000;
const SLOW = 100;
const PATIENCE = 30_000;
const ways = WAYS.filter(way => process.env.WAYS?.split(',').includes(way) ?? true);

interface Slow {
  readonly took: number;
  /** Milliseconds on a processor, and ready but waiting for one, by process. */
  readonly by: readonly (readonly [name: string, ran: number, waited: number])[];
}
const found = new Map<Way, { took: number[]; slow: Slow[] }>(ways.map(way => [way, { took: [], slow: [] }]));

/** What waits until the case of a prefix is committed. */
async function committed({ postgresql, database }: Place) {
  if (postgresql !== null) {
    const { at, close } = await watchCommits(postgresql.url());
    return { at: (prefix: string) => at.get(prefix) ?? null, close };
  }
  const opened = new DatabaseSync(database, { readOnly: true });
  const question = opened.prepare('SELECT 1 FROM cases WHERE prefix = ? LIMIT 1');
  return {
    at: (prefix: string) => (question.get(prefix) === undefined ? null : performance.now()),
    close: async () => opened.close(),
  };
}

async function run(way: Way, place: Place): Promise<void> {
  const { feed, pids } = place;
  const { took, slow } = found.get(way)!;
  const lots = networkLots(Math.max(1, Math.round(rate / 100)));
  const began = performance.now();
  let sent = 0;
  const feeding = setInterval(() => {
    // As many as are due by now: a timer that is late makes up for it.
    for (const due = Math.floor((performance.now() - began) / 10); sent < due; sent++)
      feed.socket.write(lots[sent % lots.length]!);
  }, 10);
  const looked = await committed(place);
  const counts = () => [...pids].map(([name, pid]) => [name, processorOf(pid), waitedFor(pid)] as const);
  for (let i = 0; i < WARM + hijacks; i++) {
    const prefix = prefixOf(i);
    const message = Buffer.concat(announcement([prefix], 64497, 64511, OFFENDER));
    const before = counts();
    const announced = performance.now();
    feed.socket.write(message);
    let when = looked.at(prefix);
    for (; when === null; when = looked.at(prefix)) {
      if (performance.now() - announced > PATIENCE) throw new Error(`${way}: no case of ${prefix} is written`);
      await sleep(1);
    }
    const milliseconds = when - announced;
    if (i >= WARM) {
      took.push(milliseconds);
      if (milliseconds > SLOW)
        slow.push({
          took: milliseconds,
          by: counts().map(([name, ran, waited], j) => [
            name,
            (ran - before[j]![1]) * 1_000,
            (waited - before[j]![2]) * 1_000,
          ]),
        });
    }
    setTimeout(() => feed.send(...encodeWithdraw(prefixesOf([prefix]))), TAKEN_BACK);
    await sleep(100 + Math.random() * 100);
  }
  clearInterval(feeding);
  await sleep(TAKEN_BACK);
  await looked.close();
}

const of = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
const wordsOf = (times: readonly number[]) =>
  [0.5, 0.9, 0.99, 1]
    .map((share, i) => `${['p50', 'p90', 'p99', 'most'][i]} ${of(times, share).toFixed(1)}`)
    .join(', ');

for (let round = 0; round < rounds; round++)
  for (const way of ways) {
    const before = found.get(way)!.took.length;
    const settings = { prefixes: WARM + hijacks, hold: 'hold down 1s;' };
    await at(way, settings, place => run(way, place));
    const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
    console.log(`${way}: ${wordsOf(found.get(way)!.took.slice(before))} ms; load average ${load}`);
  }

console.log(
  `\n${hijacks * rounds} hijacks each beside ${rate} UPDATEs a second, from the wire to the committed case, ms:`,
);
for (const [way, { took }] of found) console.log(`${way.padEnd(15)} ${wordsOf(took)}`);
console.log(`\n${'ms'.padStart(13)}${ways.map(way => way.padStart(16)).join('')}`);
const edges = [0, 2, 5, 10, 20, 30, 50, 100, 200, 500, Number.POSITIVE_INFINITY];
for (const [i, low] of edges.slice(0, -1).entries()) {
  const high = edges[i + 1]!;
  const counted = ways.map(way => found.get(way)!.took.filter(time => time >= low && time < high).length);
  const name = high === Number.POSITIVE_INFINITY ? `${low} and more` : `${low} to ${high}`;
  console.log(`${name.padStart(13)}${counted.map(count => String(count).padStart(16)).join('')}`);
}
for (const [way, { slow }] of found) {
  if (slow.length > 0) console.log(`\n${way}, slower than ${SLOW} ms: on a processor / waiting for one, ms`);
  for (const { took, by } of slow.toSorted((a, b) => b.took - a.took).slice(0, 12))
    console.log(
      `${took.toFixed(0).padStart(6)}: ${by.map(([name, ran, waited]) => `${name} ${ran.toFixed(0)} / ${waited.toFixed(0)}`).join(', ')}`,
    );
}
process.exit(0);
