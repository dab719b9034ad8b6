/**
 * Another daemon that bears this machine's router id (intertrack-machines.7, Two daemons of one name). One that starts looks for it
 * before it takes part: in the database, where a daemon that lives lengthens its leases, and on the bus, where it answers.
 */
import type { NatsConnection } from '@nats-io/transport-node';
import { askSubject, routerIdOf } from '../bus/subjects.ts';
import type { Database, Holding } from '../store/postgresql/database.ts';
import type { Log } from './log.ts';
import { namesOf } from './partition-answers.ts';
import { RENEW } from './partitions.ts';
import type { SharedDatabase } from './shared-database.ts';

/** How long is looked whether leases are lengthened, how often, and how long it may take to answer. Milliseconds. */
const WATCH = RENEW + 1_000;
const LOOK = 250;
const ANSWER = 1_000;
/** So much more than was to be left may be seen of a lease that nobody lengthens, for clocks run apart. Milliseconds. */
const UNSURE = 250;
/** How long it is told that there was one. Milliseconds. */
const TOLD = 60_000;

const twinWords = (place: string, routerId: string, who: string): string =>
  `${place}: another daemon${who === '' ? '' : ` (${who})`} has the router id ${routerId} too: each machine needs its own`;

/**
 * Who lengthens leases under this router id, as `ROUTER-ID at HOST`; null: nobody. It takes no time where there are no such leases,
 * and else as long as a daemon that lives may not lengthen them. What an earlier life on this host left is given back then.
 */
export async function leasedTwin(
  database: Pick<Database, 'holder' | 'holdings' | 'releaseAll'>,
  watch = WATCH,
): Promise<string | null> {
  const { holder: routerId } = namesOf(database.holder);
  const look = async () =>
    new Map(
      (await database.holdings())
        .filter(one => one.left > 0 && namesOf(one.holder).holder === routerId)
        .map(one => [one.scope, one]),
    );
  const before = await look();
  const looked = performance.now();
  const until = looked + watch;
  let now: ReadonlyMap<string, Holding> = before;
  while (now.size > 0 && performance.now() < until) {
    await new Promise(again => setTimeout(again, Math.min(LOOK, watch / 4)));
    // At least so much less is left of one that is not lengthened, however long the answer takes.
    const passed = performance.now() - looked;
    now = await look();
    for (const { scope, left, holder } of now.values())
      if (left > (before.get(scope)?.left ?? Number.NEGATIVE_INFINITY) - passed + UNSURE) return holder;
  }
  if (now.size > 0) await database.releaseAll().catch(() => {}); // a user that may only look has left nothing
  return null;
}

/** What is shared, once no other daemon of this name has it; rejects in words, or is never there, while one has. */
export async function admitted(
  shared: SharedDatabase,
  routerId: string,
  log: Log,
  onFatal: (why: string) => void,
): Promise<SharedDatabase> {
  const { database } = shared;
  const words = async () => {
    const twin = await leasedTwin(database);
    return twin === null ? null : twinWords(database.place, routerId, twin);
  };
  if (shared.away() === null) {
    const why = await words();
    if (why !== null) throw new Error(why);
    return shared;
  }
  async function wait(): Promise<void> {
    await shared.there;
    let trouble = '';
    for (;;)
      try {
        const why = await words();
        if (why === null) return;
        onFatal(why);
        return new Promise(() => {});
      } catch (error) {
        const why = `whether another daemon has the router id ${routerId} is not known yet: ${(error as Error).message}`;
        if (why !== trouble) log('warn', why);
        trouble = why;
        await new Promise(again => setTimeout(again, RENEW).unref());
      }
  }
  return { ...shared, there: wait() };
}

/** What is known of another daemon of this machine's name while this one runs. */
export interface TwinWatch {
  /** As `admit` of the bus (bus/connection.ts): nobody else may answer to the name. */
  admit(connection: NatsConnection): Promise<string>;
  /** Somebody asked for the name, and was told that it is taken. */
  asked(): null;
  /** One is heard on the bus that began at this instant. The younger of the two ends. */
  heard(began: number): void;
  /** One has what only this machine could have, at this place. */
  found(place: string): void;
  /** For `show status`, and for the other machines. */
  problems(): readonly string[];
}

export function createTwinWatch(machine: string, started: number, log: Log, onFatal: (why: string) => void): TwinWatch {
  const routerId = routerIdOf(machine);
  const words = `another daemon has the router id ${routerId} too, and each machine needs its own`;
  let trouble = '';
  let last = Number.NEGATIVE_INFINITY;
  /** Said once a while, however often it is tried. */
  function note(what: string): void {
    if (what !== trouble || performance.now() - last > TOLD) log('warn', what);
    trouble = what;
    last = performance.now();
  }
  return {
    async admit(connection) {
      // Where no daemon listens the server says so at once.
      const ask = connection.request(askSubject(machine), JSON.stringify({ ask: 'life' }), { timeout: ANSWER });
      if ((await ask.catch(() => null)) === null) return '';
      const why = twinWords('bus nats', routerId, '');
      onFatal(why);
      return why;
    },
    asked() {
      note(`${words}: it was not let in`);
      return null;
    },
    heard(began) {
      const since = new Date(began).toISOString();
      if (began < started) onFatal(`${words}: it has been there since ${since}, and this one ends`);
      else note(`${words}: it began at ${since}, after this one, and is the one to end`);
    },
    found: place => onFatal(twinWords(place, routerId, '')),
    problems: () => (performance.now() - last > TOLD ? [] : [trouble]),
  };
}
