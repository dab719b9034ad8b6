/** The traces and the audit log of this machine in the shared database: its own scope, whose lease is lengthened while it lives. */
import type { Database } from '../store/postgresql/database.ts';
import { openScope } from '../store/postgresql/scope.ts';
import type { Store } from '../store/records.ts';
import { inTurn } from './in-turn.ts';
import type { Log } from './log.ts';
import { LEASE, RENEW } from './partitions.ts';

const machineScope = (machine: string): string => `machine/${machine}`;

/** Rejects when another daemon has the same router id. `lost` is called when one has come to have it. */
export async function openMachineScope(
  database: Database,
  machine: string,
  log: Log,
  lost: (why: string) => void,
): Promise<Store> {
  const scope = machineScope(machine);
  const lease = await database.take(scope, LEASE);
  if (lease === null) {
    const holder = (await database.holdings()).find(one => one.scope === scope)?.holder ?? 'another daemon';
    throw new Error(`${database.place}: ${holder} has this router id too: each machine needs its own`);
  }
  const store = openScope(database, scope, lease);
  let over = false;
  // One after the other: a database that hangs is not asked more and more.
  const renew = inTurn(async () => {
    if (over) return;
    const held = await database.renew([lease], LEASE).catch((e: Error) => {
      log('debug', `the lease of this machine: ${e.message}`);
      return null;
    });
    if (over || held === null || held.length > 0) return;
    over = true;
    lost(`${database.place}: another daemon has this router id now`);
  });
  const timer = setInterval(() => void renew(), RENEW);
  return {
    write: store.write,
    read: store.read,
    async close() {
      over = true;
      clearInterval(timer);
      await store.close();
      await database.release(lease).catch(() => {});
    },
  };
}
