/** What cases stand on in tests and benches: a log that nobody reads, and a prefix that is registered and watched. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/config/tree.ts';
import type { Log } from '../../src/daemon/log.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';

export const noLog: Log = Object.assign(() => {}, { configure() {}, problems: () => [], close: async () => {} });

/** AS64496 has 192.0.2.0/24 registered and watches it; what befalls it is told by mail, to a server that is not there. */
export async function oneWatch(directory: string): Promise<{ readonly config: Config; readonly registry: Registry }> {
  const dump = join(directory, 'irr.db');
  writeFileSync(dump, 'route: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-A\nsource: TEST\n');
  const loaded = parseConfig(
    `router id 192.0.2.1; local as 64496; irr TEST { dump "${dump}"; }
     watch ours { maintainer MAINT-A in TEST; hold down 0s; group noc; }
     group noc { mail "noc@example.net"; } notify mail { from "k@example.net"; smtp "127.0.0.1" port 9; to group; }`,
    'conf',
  );
  if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join('\n'));
  const { config } = loaded;
  const registry = await openRegistry({ onRefresh() {}, onTrouble() {}, onAlarm() {}, onWhole() {} }, { directory });
  await registry.reload(config.irr, config.watches);
  return { config, registry };
}
