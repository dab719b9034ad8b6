/**
 * Many cases at once: `node test/bench/storm.ts [CASES]`, by default 10,000, each with two addresses and a web hook. The cases
 * with a real database, outbox, mail and web server, without a collector. Prints how long it takes to store them, how many
 * mails and posts there are of their begins and ends, and how late the main thread was at most.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatErrors, loadConfig } from '../../src/config/index.ts';
import { openCases } from '../../src/daemon/cases.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { openStore } from '../../src/store/store.ts';
import { noLog } from '../daemon/one-watch.ts';
import { gone, held } from '../hijack/book.ts';
import { relay } from '../notify/smtp.ts';
import { webServer } from '../notify/web-server.ts';

const count = Number(process.argv[2] ?? 10_000);
const directory = mkdtempSync(join(tmpdir(), 'intertrack-storm-'));
const smtp = await relay();
const web = await webServer();
const prefix = (i: number) => `10.${i >> 8}.${i & 255}.0/24`;
writeFileSync(
  join(directory, 'irr.db'),
  Array.from(
    { length: count },
    (_, i) =>
      `route: ${prefix(i)}\ndescr: x\n       X-Keiro: k${i % 7}@example.jp\norigin: AS64496\nmnt-by: MAINT-A\nsource: TEST\n\n`,
  ).join(''),
);
writeFileSync(
  join(directory, 'conf'),
  `router id 192.0.2.1; local as 64496; state "${directory}/state"; control socket "${directory}/ctl";
irr TEST { dump "${directory}/irr.db"; } watch ours { maintainer MAINT-A in TEST; group noc; hold down 0s; }
group noc { mail "noc@example.net"; }
notify mail { from "k@example.net"; smtp "127.0.0.1" port ${smtp.port}; tls none; }
notify webhook "http://127.0.0.1:${web.port}/";`,
);
const loaded = await loadConfig(join(directory, 'conf'));
if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
const { config } = loaded;
const store = await openStore(config.state, { onProblem: console.log });
const registry = await openRegistry({ onRefresh() {}, onTrouble() {}, onAlarm() {}, onWhole() {} }, { directory });
await registry.reload(config.irr, config.watches);
const outbox = createOutbox({ store, notify: config.notify, log: noLog, grace: 0 });
const reach = { cutOff: async () => [], close() {} };
const cases = await openCases(store, outbox, registry, () => config, noLog, null, { reach });

const judged = (i: number, what: 'held' | 'gone'): Judged => {
  const of = { prefix: prefix(i), decidedBy: prefix(i) };
  return what === 'held' ? held('a', Date.now(), { ...of, path: [64500, 64666] }) : gone('a', Date.now(), of);
};

let late = 0;
let last = performance.now();
setInterval(() => {
  late = Math.max(late, performance.now() - last - 20);
  last = performance.now();
}, 20);

for (const what of ['held', 'gone'] as const) {
  const [mails, posts] = [smtp.received.length, web.received.length];
  const began = performance.now();
  late = 0;
  await cases.judged(Array.from({ length: count }, (_, i) => judged(i, what)));
  const stored = (performance.now() - began) / 1000;
  // The summary comes within a minute or so; then nothing is owed and nothing waits.
  for (let idle = 0; idle < 10; await sleep(200)) {
    const left = outbox.status().waiting + outbox.status().sending + (await store.read('owed.all', {})).length;
    idle = left === 0 ? idle + 1 : 0;
  }
  const told = `${smtp.received.length - mails} mails, ${web.received.length - posts} posts`;
  console.log(
    `${count} cases ${what}: stored in ${stored.toFixed(1)} s; ${told}; main thread late by ${late.toFixed(0)} ms at most`,
  );
}
await cases.close();
registry.close();
await outbox.close();
await store.close();
await smtp.close();
await web.close();
rmSync(directory, { recursive: true, force: true });
process.exit(0);
