/**
 * What the server says of the readers of one connection and of the stream that they read, asked for all of them at once: each
 * question by itself would wake this machine and the server for a few octets.
 */
import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import type { Bus } from './connection.ts';
import { STREAM } from './subjects.ts';

/** How often it is asked. Milliseconds. */
const LOOK = 3_000;

/** A durable consumer of the stream, and who wants to hear of it. */
export interface Looker {
  readonly consumer: string;
  /** The greatest number of a message that has come here; asked before the server is. */
  readonly highest: () => number;
  /**
   * Null: the server was not reached, or knows no such consumer. `unavailable`: it knows it, and none of the cluster has it to
   * serve it, though the stream is there.
   */
  readonly told: (looked: Looked | 'unavailable' | null) => void;
}

export interface Looked {
  /** Messages that are in the stream and not taken in. */
  readonly waiting: number;
  /** True: more was delivered than the stream has ever had, so its end was lost. */
  readonly short: boolean;
}

/** Status of an answer that something is not to be had now. Where no server is left that should answer, none comes. */
const UNAVAILABLE = 503;
const whyNot = (error: unknown): 'unavailable' | null =>
  error instanceof errors.TimeoutError || (error instanceof JetStreamApiError && error.status === UNAVAILABLE)
    ? 'unavailable'
    : null;

const lookers = new WeakMap<Bus, Set<Looker>>();

/** Looks for one more reader from now on; returns what ends it. */
export function lookAt(bus: Bus, looker: Looker): () => void {
  const those = lookers.get(bus) ?? lookFor(bus);
  those.add(looker);
  return () => {
    those.delete(looker);
    if (those.size === 0) lookers.delete(bus);
  };
}

function lookFor(bus: Bus): Set<Looker> {
  const those = new Set<Looker>();
  lookers.set(bus, those);
  let asking = false;
  const timer = setInterval(() => {
    if (lookers.get(bus) !== those) clearInterval(timer);
    else if (!asking) {
      asking = true;
      void look(bus, [...those]).finally(() => {
        asking = false;
      });
    }
  }, LOOK);
  timer.unref();
  return those;
}

async function look(bus: Bus, those: readonly Looker[]): Promise<void> {
  const highest = those.map(one => one.highest());
  try {
    if (!bus.up) throw new Error('the server is not there');
    const manager = await jetstreamManager(await bus.ready, { checkAPI: false });
    const infos = await Promise.all(those.map(one => manager.consumers.info(STREAM, one.consumer).catch(whyNot)));
    // After them, so that what was delivered by then is in it.
    const { state } = await manager.streams.info(STREAM);
    for (const [i, info] of infos.entries())
      those[i]!.told(
        info === null || info === 'unavailable'
          ? info
          : {
              waiting: info.num_pending + info.num_ack_pending,
              short: Math.max(highest[i]!, info.delivered.stream_seq) > state.last_seq,
            },
      );
  } catch {
    for (const one of those) one.told(null); // what is wrong is said by whoever reads
  }
}
