/**
 * A scope of which one machine is enough, whichever that is: who finds it free takes its lease and lengthens it while it lives;
 * when nothing is heard of that machine, another one takes it within seconds.
 */
import type { Database, Lease } from '../store/postgresql/database.ts';
import { openScope, type ScopeStore } from '../store/postgresql/scope.ts';
import { inTurn } from './in-turn.ts';
import type { Log } from './log.ts';
import { LEASE, type Moment, moment, RENEW, since, type Tenant, type Tenure } from './partitions.ts';

export interface SoleHolderOptions<T extends Tenant> {
  readonly database: Database;
  readonly scope: string;
  /** Opens what runs on it. */
  readonly open: (store: ScopeStore, mine: Tenure) => Promise<T>;
  readonly log: Log;
}

export interface SoleHolder<T extends Tenant> {
  /** What runs here; null: another machine has it. */
  running(): T | null;
  close(): Promise<void>;
}

interface Held<T> {
  readonly lease: Lease;
  readonly store: ScopeStore;
  readonly tenant: T;
}

/** Never rejects: a database that is away is asked again. */
export async function openSoleHolder<T extends Tenant>(options: SoleHolderOptions<T>): Promise<SoleHolder<T>> {
  const { database, scope, open, log } = options;
  let held: Held<T> | null = null;
  let renewed: Moment = moment();
  let trouble = '';
  let closed = false;

  async function take(): Promise<void> {
    renewed = moment();
    const lease = await database.take(scope, LEASE);
    if (lease === null) return;
    const store = openScope(database, scope, lease);
    const sure = () => !store.lost && (held === null || held.store === store) && since(renewed) < LEASE;
    try {
      held = { lease, store, tenant: await open(store, { sure, lease }) };
      log('info', `${scope} are sent by this machine`, { fence: lease.fence });
    } catch (error) {
      await store.close();
      await database.release(lease);
      throw error;
    }
  }

  async function drop({ tenant, store }: Held<T>): Promise<void> {
    held = null;
    await tenant.close().catch((e: Error) => log('warn', `${scope}: while closing: ${e.message}`));
    await store.close();
  }

  async function renew(one: Held<T>): Promise<void> {
    const asked = moment();
    const still = await database.renew([one.lease], LEASE);
    if (still.length > 0 && !one.store.lost) renewed = asked;
    else {
      await drop(one);
      await database.release(one.lease).catch(() => {});
    }
  }

  const turn = inTurn(async () => {
    if (closed) return;
    try {
      await (held === null ? take() : renew(held));
      trouble = '';
    } catch (error) {
      const words = (error as Error).message;
      if (words !== trouble) log('warn', `${scope}: ${words}`);
      trouble = words;
    }
  });
  const timer = setInterval(() => void turn(), RENEW);
  await turn();
  return {
    running: () => held?.tenant ?? null,
    async close() {
      closed = true;
      clearInterval(timer);
      await turn();
      if (held === null) return;
      const { lease } = held;
      await drop(held);
      await database.release(lease).catch(() => {});
    },
  };
}
