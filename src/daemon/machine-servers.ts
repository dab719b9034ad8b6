/** The two servers between machines that share the work, as the configuration names them. */
import { hostname } from 'node:os';
import { type Bus, openBus } from '../bus/connection.ts';
import { countRefused } from '../bus/refused.ts';
import type { Config } from '../config/tree.ts';
import { HOPS, type Hop } from '../control/machine-rows.ts';
import type { Log } from './log.ts';
import { openSharedDatabase, type SharedDatabase } from './shared-database.ts';
import type { TwinWatch } from './twin.ts';

export const openShared = (
  { sharedStore, routerId }: Config,
  { log, onWork = () => {} }: { readonly log: Log; readonly onWork?: () => void },
): Promise<SharedDatabase> =>
  openSharedDatabase(
    {
      url: sharedStore!.url,
      passwordFile: sharedStore!.password,
      authorities: sharedStore!.authority,
      certificate: sharedStore!.identity?.certificate ?? null,
      key: sharedStore!.identity?.key ?? null,
      holder: `${routerId} at ${hostname()}`,
      took: took('transaction'),
      onProblem: text => log('warn', text),
      onSchema: text => log('info', `store postgresql: ${text}`),
      onWork,
    },
    log,
  );

export const openBusOf = (wanted: NonNullable<Config['bus']>, machine: string, log: Log, twins: TwinWatch): Bus =>
  openBus({
    servers: wanted.servers,
    authorities: wanted.authority,
    certificate: wanted.identity?.certificate ?? null,
    key: wanted.identity?.key ?? null,
    credentials: wanted.credentials,
    machine,
    refused: countRefused(log),
    admit: twins.admit,
    onState: (up, why) => log(why === '' ? 'info' : 'warn', `bus: ${why === '' ? 'connected' : why}`, { up }),
  });

/** Tells whoever counts how long a hop took. */
export const took =
  (hop: Hop['hop']) =>
  (milliseconds: number): void => {
    if (HOPS.hasSubscribers) HOPS.publish({ hop, milliseconds } satisfies Hop);
  };
