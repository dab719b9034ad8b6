/** The stream of judged changes: made where it is missing, and read partition by partition, each by one engine at a time. */
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { type CaseMessage, decodeCaseMessage } from './case-event.ts';
import { type Bus, wordsOf } from './connection.ts';
import { type Looked, lookAt } from './stream-looks.ts';
import { ALL_JUDGED, machineOf, partitionSubject, routerIdOf, STREAM } from './subjects.ts';

/** Octets that the stream may hold; beyond, nothing more is taken, and collectors wait. */
const MOST_OCTETS = 2 ** 30;
/** How long the server knows a message's id, by which one that is sent twice is kept once. Milliseconds. */
const KNOWN = 120_000;
/**
 * How long until what was not acknowledged is delivered anew: it may have gone into a connection that broke. What comes twice
 * for it changes nothing. Milliseconds.
 */
const ACK_WAIT = 5_000;
/** Messages under way to an engine. */
const UNDER_WAY = 512;
/**
 * What is taken in at one time, of messages and of changes in them: one message where none waits, for it was not waited for, and
 * the more of them the more wait, so that they cost one transaction.
 */
const AT_ONCE = 64;
const CHANGES_AT_ONCE = 256;
/** Messages that are left in the stream for a program that can read them: well below those under way. */
const MOST_LEFT = 256;
const AGAIN = 500;
/** So many looks in a row must agree that the end of the stream was lost: the leaders in a cluster may be a moment apart. */
const SHORT = 2;
/** So many looks in a row must find no server that serves the consumer: longer than a cluster takes to choose one. */
const UNAVAILABLE = 3;
/**
 * Messages are asked for anew after so long, and earlier where the server twice does not say that it still owes some: of a
 * cluster the server that led may be gone, and with it what it was asked, while another to which we are connected goes on.
 * The library tries a new leader that is not chosen yet as often as messages are asked for. Milliseconds.
 */
const ASKED = 2_000;
const OWED = 1_000;

/** A message with the collector that published it, by the subject: the server lets each publish as itself only. */
export interface Incoming {
  readonly collector: string;
  readonly message: CaseMessage;
}

/** How far behind a reader is. */
export interface Backlog {
  /** Messages that are in the stream and not taken in; null: the server was not reached. */
  readonly waiting: number | null;
  /** How long the oldest that is here has been in the stream, ms by the server's clock; 0: none is here. */
  readonly oldest: number;
  /** Why it cannot be read, or what is wrong with the stream, in words; '': all is well. */
  readonly trouble: string;
  /** Collectors, by name on the bus, whose messages are left alone: they are of a version that is not known here. */
  readonly held: ReadonlyMap<string, number>;
  /** Copies that the cluster keeps of the stream; null: not known yet. */
  readonly copies: number | null;
}

export interface PartitionReader {
  backlog(): Backlog;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly bus: Bus;
  readonly partition: number;
  /** Copies of the stream in a cluster, where it is made here; of one that is there they are as they are. */
  readonly replicas: number;
  /** Resolves when what the messages said is on disk; rejects when it will not be: then they come again, to whoever reads next. */
  readonly take: (messages: readonly Incoming[]) => Promise<void>;
  /** False while the partition may be another machine's: then it is left alone. */
  readonly mayRead: () => boolean;
  /** The stream is another one than before: what was in it and was not read is lost. */
  readonly onLost?: () => void;
  /** Is told of each message how long it was in the stream until it was on disk, ms by the server's clock. */
  readonly took?: (milliseconds: number) => void;
  readonly log: (level: 'info' | 'warn' | 'error', text: string) => void;
}

/**
 * Reads a partition from the first message on that nobody has taken in. The reader before, if there was one, is cut off:
 * what it has in hand and has not acknowledged comes here, at once.
 */
export function readPartition(options: ReaderOptions): PartitionReader {
  const { bus, partition, replicas, take, mayRead, onLost = () => {}, took = () => {}, log } = options;
  /** When the stream was made that is read. */
  let known: string | null = null;
  let closed = false;
  let messages: ConsumerMessages | null = null;
  let trouble = '';
  /** What is wrong with the stream though it can be read. */
  let odd = '';
  let copies: number | null = null;
  const name = `cases-${partition}`;
  /** The server's clock, ms since the epoch, once it has said what it shows. */
  let serverTime: (() => number) | null = null;
  /** When the oldest message that is here came into the stream, by that clock. */
  let oldest: number | null = null;
  let waiting: number | null = null;
  /**
   * Collectors of which a message is of a version that is not known here. It is not acknowledged, and none behind it is, so
   * that a newer program finds all of them in their order. Those of others go on.
   */
  const held = new Map<string, number>();
  /** Messages of theirs that are left in the stream, by their numbers there. */
  const left = new Set<number>();
  /** Looks in a row by which more was delivered than the stream has ever had. */
  let short = 0;
  /** Looks in a row by which no server served the consumer. */
  let unavailable = 0;
  /** The greatest number of a message of this stream that came here. */
  let highest = 0;
  const stopped = read();
  const looking = lookAt(bus, { consumer: name, highest: () => highest, told: hear });

  function hear(looked: Looked | 'unavailable' | null): void {
    const here = looked === 'unavailable' ? null : looked;
    waiting = serverTime === null ? null : (here?.waiting ?? null);
    unavailable = looked === 'unavailable' ? unavailable + 1 : 0;
    if (closed) return;
    if (here !== null) short = here.short ? short + 1 : 0;
    if (short >= SHORT) void readAnew();
    if (unavailable >= UNAVAILABLE) void makeAnew();
  }

  /**
   * In a cluster a consumer that was made while one of the servers died can be left without a leader for good, and says nothing
   * to whoever reads by it. One that is made anew has one.
   */
  async function makeAnew(): Promise<void> {
    unavailable = 0;
    log('warn', `partition ${partition}: no server of NATS serves its consumer: it is made anew`);
    await messages?.close();
  }

  /**
   * A server whose disk was full, or that was put back, has lost the end of the stream, and gives new messages numbers that
   * its consumer takes for delivered: none of them would ever come.
   */
  async function readAnew(): Promise<void> {
    [short, highest] = [0, 0];
    log('error', `partition ${partition}: the end of the stream was lost: all collectors are asked for all they hold`);
    onLost();
    await messages?.close();
  }

  async function read(): Promise<void> {
    while (!closed)
      try {
        if (!mayRead()) {
          await new Promise(resolve => setTimeout(resolve, AGAIN));
          continue;
        }
        const nc = await bus.ready;
        const manager = await jetstreamManager(nc, { checkAPI: false });
        const { created: stream, config } = await madeStream(manager, replicas);
        if (config.num_replicas !== replicas && config.num_replicas !== copies)
          log('warn', `partition ${partition}: ${copiesWords(config.num_replicas, replicas)}`);
        copies = config.num_replicas;
        odd = oddWords(config);
        if (!config.subjects.includes(ALL_JUDGED)) throw new Error(odd);
        if (known !== null && stream !== known) {
          log('error', `partition ${partition}: the stream was lost: all collectors are asked for all they hold`);
          // What was left alone is gone with it.
          held.clear();
          left.clear();
          highest = 0;
          onLost();
        }
        known = stream;
        await manager.consumers.delete(STREAM, name).catch(error => {
          if (!(error instanceof JetStreamApiError)) throw error; // there was none
        });
        const asked = performance.now();
        const { created } = await manager.consumers.add(STREAM, {
          durable_name: name,
          filter_subject: partitionSubject(partition),
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.All,
          ack_wait: nanos(ACK_WAIT),
          max_ack_pending: UNDER_WAY,
          // What is not acknowledged is in the stream; of what is, the server need not write down a second time that it is.
          mem_storage: true,
        });
        // It was made just now: so late it is at the server, whatever our own clock shows.
        const made = Date.parse(created) - (asked + performance.now()) / 2;
        serverTime = () => made + performance.now();
        trouble = '';
        const consumer = await jetstream(nc).consumers.get(STREAM, name);
        messages = await consumer.consume({
          max_messages: UNDER_WAY,
          expires: ASKED,
          idle_heartbeat: OWED,
          abort_on_missing_resource: true,
        });
        if (closed) break;
        await takeAll(messages);
      } catch (error) {
        if (closed) break;
        const words = wordsOf(error);
        if (words !== trouble && bus.up) log('error', `partition ${partition} cannot be read: ${words}`);
        trouble = words;
        await new Promise(resolve => setTimeout(resolve, AGAIN));
      }
  }

  async function takeAll(from: ConsumerMessages): Promise<void> {
    let queue: JsMsg[] = [];
    let failed: unknown = null;
    let busy = false;
    let taking = Promise.resolve();
    /** Takes from the queue what goes into one transaction. */
    const next = () => {
      const some: JsMsg[] = [];
      const of: Incoming[] = [];
      let changes = 0;
      let looked = 0;
      while (looked < queue.length && some.length < AT_ONCE && changes < CHANGES_AT_ONCE) {
        const one = queue[looked++]!;
        const read = incomingOf(one);
        if (read === 'held') continue;
        some.push(one);
        if (read === null) continue;
        of.push(read);
        changes += changesIn(read.message);
      }
      queue = queue.slice(looked);
      return { some, of };
    };
    const work = async () => {
      busy = true;
      while (queue.length > 0 && failed === null && !closed) {
        const { some, of } = next();
        if (some.length === 0) continue;
        oldest = some[0]!.time.getTime();
        try {
          await take(of);
          for (const one of some) {
            one.ack();
            if (serverTime !== null) took(Math.max(0, serverTime() - one.time.getTime()));
          }
        } catch (error) {
          failed = error;
          await from.close();
        }
      }
      busy = false;
      if (queue.length === 0) oldest = null;
    };
    for await (const one of from) {
      queue.push(one);
      highest = Math.max(highest, one.seq);
      if (!busy) taking = work();
      if (queue.length >= UNDER_WAY) await taking;
      if (failed !== null) break;
    }
    await taking;
    if (failed !== null) throw failed;
  }

  /** Null: it is not believed. `held`: it is left in the stream. */
  function incomingOf(one: JsMsg): Incoming | 'held' | null {
    const collector = machineOf(one.subject);
    if (collector !== null && held.has(collector)) return hold(one, collector);
    const message = decodeCaseMessage(one.data);
    if (collector === null || typeof message === 'string') {
      // It is acknowledged with the others: read again it would be no better. What it said is missed, and the gap is seen.
      bus.refused.count('judged', collector, typeof message === 'string' ? message : 'its name is no router id');
      return null;
    }
    if (!('version' in message)) return { collector, message };
    held.set(collector, message.version);
    log('error', heldWords(partition, collector, message.version));
    return hold(one, collector);
  }

  /**
   * Leaves a message in the stream. What is left counts among those under way, of which the server gives no more than it may:
   * beyond a number they are let go, so that those of others still come. What they said is told anew once they are read.
   */
  function hold(one: JsMsg, collector: string): 'held' | null {
    if (left.has(one.seq)) return 'held';
    if (left.size >= MOST_LEFT) {
      bus.refused.count('judged', collector, `it is of version ${held.get(collector)}, or behind one that is`);
      return null;
    }
    left.add(one.seq);
    return 'held';
  }

  return {
    backlog: () => ({
      waiting,
      oldest: oldest === null || serverTime === null ? 0 : Math.max(0, Math.round(serverTime() - oldest)),
      ...{ trouble: trouble === '' ? odd : trouble, held, copies },
    }),
    async close() {
      closed = true;
      looking();
      await messages?.close();
      await stopped;
    },
  };
}

/** Makes the stream where there is none; when it was made is by what it is known again. */
async function madeStream(
  manager: Awaited<ReturnType<typeof jetstreamManager>>,
  replicas: number,
): Promise<Pick<StreamInfo, 'created' | 'config'>> {
  const wanted = {
    name: STREAM,
    subjects: [ALL_JUDGED],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_bytes: MOST_OCTETS,
    duplicate_window: nanos(KNOWN),
    num_replicas: replicas,
  };
  try {
    return await manager.streams.info(STREAM);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    return await manager.streams.add(wanted);
  }
}

const changesIn = ({ events }: CaseMessage): number =>
  events.reduce((sum, event) => sum + (event.what === 'judged' ? event.changes.length : 1), 0);

/** What is wrong with a stream that somebody else has made; '': nothing. */
const oddWords = ({ subjects, retention }: StreamInfo['config']): string => {
  const wrong = [
    ...(subjects.includes(ALL_JUDGED) ? [] : [`takes ${subjects.join(', ')} and not ${ALL_JUDGED}`]),
    ...(retention === RetentionPolicy.Workqueue ? [] : ['keeps what was taken in until it is full']),
  ];
  if (wrong.length === 0) return '';
  return `the stream ${STREAM} was not made by this program, and ${wrong.join(', and ')}: nats stream rm ${STREAM}, and it is made anew`;
};

/** For the log and `show status`: the number is another one than that of the configuration. */
export const copiesWords = (copies: number, wanted: number): string =>
  `replicas ${wanted} is configured, and the stream is kept ${copies} ${copies === 1 ? 'time' : 'times'}, as when it was made: nats stream edit ${STREAM} --replicas ${wanted}`;

/** For the log and `show status`. */
export const heldWords = (partition: number, collector: string, version: number): string =>
  `partition ${partition}: what collector ${routerIdOf(collector)} tells is left in the stream: it is of version ${version}, which this program does not know; upgrade the machines with cases`;
