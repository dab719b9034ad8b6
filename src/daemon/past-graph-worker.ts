/**
 * Entry of the thread that has the AS graph of a past time: of the last table that the archive holds before it. What
 * changed between that table and the time is not in it.
 */
import { parentPort } from 'node:worker_threads';
import { type FrontierRow, frontierRow } from '../collector/frontier-row.ts';
import { inventory } from '../mrt/archive-inventory.ts';
import { openMrt, readMrt } from '../mrt/source.ts';
import type { DumpedRoute } from '../mrt/walk.ts';
import { createWalker } from '../mrt/walk.ts';
import { type AsGraph, newAsGraph } from '../rib/as-graph.ts';
import { UNKNOWN } from '../rib/as-relations.ts';
import { eachSequenceAs, onlyToCustomer } from '../rib/as-sequence.ts';

export type ToPastGraph =
  | {
      readonly id: number;
      readonly what: 'build';
      readonly directory: string;
      readonly time: number;
      readonly localAs: number;
    }
  | {
      readonly id: number;
      readonly what: 'frontier';
      readonly from: number;
      readonly avoid: readonly number[];
      readonly among: readonly number[];
      readonly here: number;
    };

export type FromPastGraph =
  /** When the table was begun, ms; null: the archive has none of before. */
  | { readonly id: number; readonly table: number | null }
  | { readonly id: number; readonly row: FrontierRow }
  | { readonly id: number; readonly error: string };

if (parentPort === null) throw new Error('daemon/past-graph-worker is the entry of a worker thread');
const port = parentPort;
let graph: AsGraph | null = null;
let of = '';

/** Distinct paths that are remembered as seen, by their octets: of sixteen full tables there are some two million. */
const MOST_PATHS = 4_000_000;

async function build(directory: string, time: number, localAs: number): Promise<number | null> {
  const tables = (await inventory(directory)).filter(
    ({ name, open }) => name.kind === 'bview' && !open && !name.incomplete && name.start <= time,
  );
  const last = tables.at(-1);
  if (last === undefined) return null;
  if (of === last.path) return last.name.start;
  const making = newAsGraph(localAs);
  const seen = new Set<string>();
  const visitor = {
    route(record: { readonly bytes: Uint8Array }, { attributesStart, attributesEnd, as4 }: DumpedRoute) {
      const attributes = record.bytes.subarray(attributesStart, attributesEnd);
      const path: number[] = [];
      eachSequenceAs(attributes, as4, as => void path.push(as));
      const key = path.join(' ');
      if (seen.has(key) || seen.size >= MOST_PATHS) return;
      seen.add(key);
      making.begin(onlyToCustomer(attributes) ?? 0);
      for (const as of path) making.next(as);
      making.end();
    },
    message() {},
    state() {},
    other() {},
  };
  const walker = createWalker(visitor);
  await readMrt(openMrt(last.path), { record: record => void walker.walk(record), gap() {} });
  const work = making.infer(() => UNKNOWN);
  for (let next = work.next(); ; next = work.next())
    if (next.done) {
      graph = next.value;
      break;
    }
  of = last.path;
  return last.name.start;
}

async function answer(message: ToPastGraph): Promise<FromPastGraph> {
  const { id } = message;
  if (message.what === 'build') return { id, table: await build(message.directory, message.time, message.localAs) };
  if (graph === null) return { id, error: 'there is no graph' };
  const { from, avoid, among, here } = message;
  return { id, row: frontierRow(graph, here, { about: 'frontier', from, avoid, among }) };
}

let turn: Promise<void> = Promise.resolve();
port.on('message', (message: ToPastGraph) => {
  turn = turn.then(() =>
    answer(message).then(
      told => port.postMessage(told),
      (error: Error) => port.postMessage({ id: message.id, error: error.message } satisfies FromPastGraph),
    ),
  );
});
