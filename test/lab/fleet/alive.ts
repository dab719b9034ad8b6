/**
 * A thread that says once a second of each played collector that it is there, by what that said of itself last: a machine of its
 * own would not be silent while two hundred others are busy.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from '@nats-io/transport-node';
import { aliveSubject } from '../../../src/bus/subjects.ts';

/** Null: it has ended. */
export type Said = readonly [machine: string, alive: Readonly<Record<string, unknown>> | null];

const known = new Map<string, Readonly<Record<string, unknown>>>();
const nc = await connect({ servers: [(workerData as { readonly url: string }).url] });
const tell = (machine: string) =>
  nc.publish(aliveSubject(machine), JSON.stringify({ ...known.get(machine), time: Date.now() }));
parentPort!.on('message', ([machine, alive]: Said) => {
  const isNew = !known.has(machine);
  if (alive === null) known.delete(machine);
  else known.set(machine, alive);
  if (alive !== null && isNew) tell(machine);
});
setInterval(() => {
  for (const machine of known.keys()) tell(machine);
}, 1_000);
