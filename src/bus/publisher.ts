/**
 * What a collector tells the case engines, on its way into the stream: of each partition one message after the other, each
 * with the next number, repeated until the server has it. While there is no bus, the collector goes on judging and what it
 * tells waits here; where that becomes too much it is dropped, and all that is held is told anew once the bus is back.
 */
import type { FoundKind, JudgedChange } from '../registry/judged-change.ts';
import { type CaseEvent, encodeCaseMessage, OLDEST } from './case-event.ts';
import { type Bus, wordsOf } from './connection.ts';
import { NO_STREAM, openStore, type Store } from './storing.ts';
import { inboxOf, judgedSubject, partitionOf } from './subjects.ts';

/**
 * Changes in one message: an engine takes each message in one transaction. What is told while one is under way goes into the
 * next, so that messages are the longer the more there is to tell.
 */
const AT_ONCE = 256;
/** Octets of a message, reckoned from its texts and paths: well below what a server takes (max_payload, 1 MiB if it is not set). */
const MOST_OCTETS = 256 * 1024;
/** Changes that may wait while there is no bus. */
const MOST_SPOOLED = 500_000;
/** Milliseconds until a message that was not acknowledged is sent again. */
const ACK = 5_000;
const AGAIN = 250;
/**
 * That a route is gone waits so long for what else there is to tell of its partition: a case goes on for its hold-down after it in
 * any case, and each message costs the engine a transaction. What is held, and all else, waits for nothing. Milliseconds.
 */
const UNHURRIED = 1_000;
/** So many changes wait for no more. */
const MANY = 64;

export interface PublisherOptions {
  readonly bus: Bus;
  readonly partitions: number;
  /** When this life began, ms since the epoch; greater than that of any life before. */
  readonly life: number;
  /** The collector is to tell all that it holds, between `resync` and `resynced`. */
  readonly resync: () => void;
  readonly log: (level: 'info' | 'warn' | 'error', text: string) => void;
  /** Is told of each event that waits for nothing how long it took from being told to being in the stream, ms. */
  readonly took?: (milliseconds: number) => void;
  readonly mostSpooled?: number;
  /** The version that all who read understand, asked of each message; left out: the oldest. */
  readonly version?: () => number;
  /** How long that a route is gone may wait for what else there is to tell, ms; left out: a second. */
  readonly patience?: number;
}

export interface PublisherReport {
  readonly published: number;
  /** Messages whose acknowledgement did not come in time, and that were sent again. */
  readonly again: number;
  /** Changes that wait. */
  readonly waiting: number;
  /** Changes that were dropped because too many waited; all that was held was told anew after. */
  readonly dropped: number;
  /** How many may wait. */
  readonly room: number;
}

export interface Publisher {
  /**
   * Resolves once the event is in the stream; while there is no bus, at once. So that who waits for it is held back by a slow
   * bus, and not by one that is gone.
   */
  tell(event: CaseEvent): Promise<void>;
  report(): PublisherReport;
  /** What is wrong, in words. */
  problems(): readonly string[];
  /** Sends what waits as long as the bus is up, for so many milliseconds at most. */
  close(milliseconds: number): Promise<void>;
}

interface Waiting {
  readonly event: CaseEvent;
  readonly changes: number;
  readonly octets: number;
  readonly done: () => void;
  /** Monotonic ms. */
  readonly told: number;
  /** It may wait for others. */
  readonly unhurried: boolean;
}

interface Lane {
  readonly queue: Waiting[];
  /** What is in the message under way. */
  taken: readonly Waiting[];
  sequence: number;
  busy: boolean;
  /** Runs while nothing but what may wait is in the queue. */
  patience: NodeJS.Timeout | null;
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { bus, partitions, life, resync, log, took = () => {}, mostSpooled = MOST_SPOOLED } = options;
  const { version = () => OLDEST, patience = UNHURRIED } = options;
  const lanes = Array.from(
    { length: partitions },
    (): Lane => ({ queue: [], taken: [], sequence: 0, busy: false, patience: null }),
  );
  let waiting = 0;
  let published = 0;
  let again = 0;
  let dropped = 0;
  /** Something was dropped, and the collector has not been told to tell it anew. */
  let owing = false;
  let trouble = '';
  /** What is wrong stands in the log. */
  let said = false;
  let closing = false;
  let closed = false;
  let opened: Store | null = null;

  function add(partition: number, event: CaseEvent): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const changes = event.what === 'judged' ? event.changes.length : 1;
    waiting += changes;
    const [octets, unhurried] = [octetsOf(event), isUnhurried(event)];
    lanes[partition]!.queue.push({ event, changes, octets, done: resolve, told: performance.now(), unhurried });
    void pump(partition);
    return promise;
  }

  /** How long what is in a lane may wait for more, ms. */
  function mayWait({ queue }: Lane): number {
    if (closing || !bus.up) return 0;
    let changes = 0;
    for (const one of queue) {
      changes += one.changes;
      if (!one.unhurried || changes >= MANY) return 0;
    }
    return queue[0]!.told + patience - performance.now();
  }

  /** A message under way may be gone with the connection when that is lost, and its answer need not be waited for. */
  async function unlessLost(stored: Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { lost } = bus;
    const looking = setInterval(() => {
      if (bus.lost !== lost) reject(new Error('the connection was lost'));
    }, AGAIN).unref();
    stored.then(resolve, reject);
    await promise.finally(() => clearInterval(looking));
  }

  async function pump(partition: number): Promise<void> {
    const lane = lanes[partition]!;
    if (lane.busy || closed) return;
    lane.busy = true;
    try {
      const nc = await bus.ready;
      opened ??= openStore(nc, inboxOf(bus.machine));
      const store = opened;
      while (lane.queue.length > 0 && !closed) {
        const wait = mayWait(lane);
        if (wait > 0) {
          lane.patience ??= setTimeout(() => {
            lane.patience = null;
            void pump(partition);
          }, wait);
          break;
        }
        clearTimeout(lane.patience ?? undefined);
        lane.patience = null;
        const taken: Waiting[] = [];
        let [changes, octets] = [0, 0];
        for (const one of lane.queue) {
          const fits = changes + one.changes <= AT_ONCE && octets + one.octets <= MOST_OCTETS;
          if (taken.length > 0 && !fits) break;
          taken.push(one);
          changes += one.changes;
          octets += one.octets;
        }
        lane.queue.splice(0, taken.length);
        lane.taken = taken;
        lane.sequence++;
        const { sequence } = lane;
        const message = { life, sequence, events: taken.map(({ event }) => event) };
        const subject = judgedSubject(bus.machine, partition);
        const msgID = `${bus.machine}/${partition}/${life}/${sequence}`;
        // The same message until the server has it: those behind it wait, so that none overtakes.
        for (;;)
          try {
            // What is published into a connection that is lost is kept by it, each time again, until it is back.
            while (!bus.up && !closed) await pause(AGAIN);
            if (closed) return;
            await unlessLost(store(subject, encodeCaseMessage(message, version()), msgID, ACK));
            break;
          } catch (error) {
            if (closed) return;
            again++;
            const words = `what is judged cannot be published: ${wordsOf(error)}`;
            if (words !== trouble && bus.up) {
              log(wordsOf(error) === NO_STREAM ? 'warn' : 'error', words);
              said = true;
            }
            trouble = words;
            await pause(AGAIN);
          }
        lane.taken = [];
        published++;
        trouble = '';
        if (said) log('info', 'what is judged is published again');
        said = false;
        waiting -= changes;
        const now = performance.now();
        for (const { done, told, unhurried } of taken) {
          done();
          if (!unhurried) took(now - told);
        }
        if (owing && bus.up) {
          owing = false;
          log('info', 'the bus is back: all that is held is told anew');
          resync();
        }
      }
    } catch {
      // The bus was closed.
    } finally {
      lane.busy = false;
    }
  }

  /** Without a bus nobody is made to wait; but not more is kept than there is room for. */
  function spool(): void {
    if (waiting > mostSpooled) {
      let gone = 0;
      for (const lane of lanes) {
        for (const { changes, done } of lane.queue.splice(0)) {
          gone += changes;
          done();
        }
      }
      waiting -= gone;
      dropped += gone;
      if (!owing)
        log('warn', `no bus, and more than ${mostSpooled} changes wait: they are dropped, and told anew later`);
      owing = true;
    }
    for (const { taken, queue } of lanes) for (const some of [taken, queue]) for (const { done } of some) done();
  }

  function tellJudged(event: Extract<CaseEvent, { what: 'judged' }>): Promise<void>[] {
    const told: Promise<void>[] = [];
    const parts = Map.groupBy(event.changes, ({ prefix }) => partitionOf(prefix, partitions));
    for (const [partition, changes] of parts)
      for (const some of inPieces(changes)) told.push(add(partition, { what: 'judged', changes: some }));
    return told;
  }

  const timer = setInterval(() => {
    if (!bus.up) spool();
  }, 1_000);
  timer.unref();
  return {
    async tell(event) {
      const told = event.what === 'judged' ? tellJudged(event) : lanes.map((_, partition) => add(partition, event));
      if (!bus.up) spool();
      await Promise.all(told);
    },
    report: () => ({ published, again, waiting, dropped, room: mostSpooled }),
    problems: () => [
      ...(bus.up ? [] : [`the bus is not there (${bus.trouble})${waiting === 0 ? '' : `; ${waitingWords(waiting)}`}`]),
      ...(bus.up && trouble !== '' ? [trouble] : []),
      ...(owing ? ['changes were dropped while there was no bus; what is held will be told anew'] : []),
    ],
    async close(milliseconds) {
      closing = true;
      for (const partition of lanes.keys()) void pump(partition);
      const end = Date.now() + milliseconds;
      while (bus.up && waiting > 0 && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 20));
      closed = true;
      clearInterval(timer);
      for (const { patience: timeout } of lanes) clearTimeout(timeout ?? undefined);
    },
  };
}

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

/** A route that is gone or replaced, and no other. What is out of sight comes with a session, which is told at once. */
const isUnhurried = (event: CaseEvent): boolean =>
  event.what === 'judged' && event.changes.every(({ what }) => what === 'gone');

const waitingWords = (waiting: number): string =>
  `${waiting} ${waiting === 1 ? 'change waits' : 'changes wait'} for it`;

/** About so many octets is an event in a message. */
const octetsOf = (event: CaseEvent): number =>
  event.what === 'judged'
    ? event.changes.reduce((sum, change) => sum + octetsOfChange(change), 0)
    : JSON.stringify(event).length;
/** Names and numbers of a change are some hundred octets; an AS number is eleven. */
const octetsOfChange = ({ ground, path }: JudgedChange<FoundKind>): number =>
  500 + ground.length * 2 + path.reduce<number>((sum, one) => sum + (Array.isArray(one) ? one.length + 1 : 1), 0) * 11;

/** Changes of one event each, so many that they fit into a message. */
function* inPieces(changes: readonly JudgedChange<FoundKind>[]): Generator<readonly JudgedChange<FoundKind>[]> {
  let some: JudgedChange<FoundKind>[] = [];
  let octets = 0;
  for (const change of changes) {
    const its = octetsOfChange(change);
    if (some.length > 0 && (some.length >= AT_ONCE || octets + its > MOST_OCTETS)) {
      yield some;
      [some, octets] = [[], 0];
    }
    some.push(change);
    octets += its;
  }
  if (some.length > 0) yield some;
}
