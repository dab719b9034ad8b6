/** The traces and the audit log of this machine in the shared database: its own scope, whose lease is lengthened while it lives. */
import type { Lease } from '../store/postgresql/database.ts';
import { openScope, type ScopeStore } from '../store/postgresql/scope.ts';
import type { Store, StoreReads } from '../store/records.ts';
import { inTurn } from './in-turn.ts';
import type { Log } from './log.ts';
import { LEASE, RENEW } from './partitions.ts';
import type { SharedDatabase } from './shared-database.ts';

const machineScope = (machine: string): string => `machine/${machine}`;

export interface MachineScope extends Store {
  /** Resolves once it can be read and written; never, when it is closed before. */
  readonly there: Promise<void>;
}

/**
 * Rejects when another daemon has the same router id. `lost` is called when one has come to have it. While the database was not
 * there since the start, all operations reject in words.
 */
export async function openMachineScope(
  shared: SharedDatabase,
  machine: string,
  log: Log,
  lost: (why: string) => void,
): Promise<MachineScope> {
  const { database } = shared;
  const scope = machineScope(machine);
  let held: { readonly lease: Lease; readonly store: ScopeStore } | null = null;
  let over = false;

  /** Null, or who has it. */
  async function take(): Promise<string | null> {
    const lease = await database.take(scope, LEASE);
    if (lease === null) {
      const holder = (await database.holdings()).find(one => one.scope === scope)?.holder ?? 'another daemon';
      return `${database.place}: ${holder} has this router id too: each machine needs its own`;
    }
    if (over) await database.release(lease).catch(() => {});
    else held = { lease, store: openScope(database, scope, lease) };
    return null;
  }

  // One after the other: a database that hangs is not asked more and more.
  const renew = inTurn(async () => {
    if (over || held === null) return;
    const still = await database.renew([held.lease], LEASE).catch((e: Error) => {
      log('debug', `the lease of this machine: ${e.message}`);
      return null;
    });
    if (over || still === null || still.length > 0) return;
    over = true;
    lost(`${database.place}: another daemon has this router id now`);
  });

  async function takeOnceThere(): Promise<void> {
    await shared.there;
    while (held === null && !over)
      try {
        const other = await take();
        if (other !== null && !over) lost(other);
        if (other !== null) over = true;
      } catch (error) {
        log('warn', (error as Error).message);
        await new Promise(again => setTimeout(again, RENEW).unref());
      }
    if (over) await new Promise(() => {});
  }

  if (shared.away() === null) {
    const other = await take();
    if (other !== null) throw new Error(other);
  }
  const there = held === null ? takeOnceThere() : Promise.resolve();
  const timer = setInterval(() => void renew(), RENEW);
  const open = (): ScopeStore => {
    if (held === null)
      throw new Error(`traces and the audit log wait for the database: ${shared.away() ?? database.place}`);
    return held.store;
  };
  return {
    there,
    write: async batch => open().write(batch),
    read: async <K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']) => open().read(what, args),
    async close() {
      over = true;
      clearInterval(timer);
      await held?.store.close();
      if (held !== null) await database.release(held.lease).catch(() => {});
    },
  };
}
