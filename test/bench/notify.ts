/**
 * How long it takes from a hijack's UPDATE on the wire to DATA at the mail server, while other UPDATEs come in:
 * `node test/bench/notify.ts [HIJACKS [UPDATES [shared]]]`, by default 40 hijacks beside 10,000 UPDATEs a second; `shared`: over
 * NATS and PostgreSQL, as machines share the work, started for it with their data on disk. A daemon of its own,
 * with its database on disk; the hijacks come three seconds apart, for of more than 20 a minute there is one summary. Prints
 * the first, the percentiles of the others, and what the daemon's processor time was.
 */
import { spawn } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectControl } from '../../src/vty/client.ts';
import { natsServer } from '../bus/nats.ts';
import { announcement, startSpeaker } from '../interop/speaker.ts';
import { cluster } from '../store/postgresql/cluster.ts';

const PORT = 21_795;
const APART = 3050;
const [hijacks = 40, rate = 10_000] = process.argv.slice(2, 4).map(Number);
const servers = process.argv[4] === 'shared' ? { nats: await natsServer(), postgresql: await cluster() } : null;
if (servers?.nats === null || servers?.postgresql === null)
  throw new Error('nats-server or PostgreSQL is not installed');
/** Each partition tells five begins a minute by itself: of so many none comes to that. */
const sharedBy =
  servers === null
    ? ''
    : `bus nats "${servers.nats!.url}" { partitions 32; } store postgresql "${servers.postgresql!.url()}";`;

/** When the server was told DATA, by the case's prefix in the subject that followed. */
const told = new Map<string, number>();
const server = createServer(socket => {
  let at = 0;
  let mail = '';
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.write('220 bench ESMTP\r\n');
  socket.on('data', chunk => {
    const text = chunk.toString('latin1');
    if (at > 0) {
      mail += text;
      if (!mail.includes('\r\n.\r\n')) return;
      const prefix = /^Subject: .* (\S+\/\d+) announced/m.exec(mail)?.[1];
      if (prefix !== undefined && !told.has(prefix)) told.set(prefix, at);
      at = 0;
      mail = '';
      socket.write('250 taken\r\n');
    } else if (/^DATA\r\n$/m.test(text)) {
      at = performance.now();
      socket.write('354 go on\r\n');
    } else if (/^QUIT/m.test(text)) socket.end('221 bye\r\n');
    else socket.write('250 ok\r\n');
  });
});
await new Promise<void>(done => server.listen(0, '127.0.0.1', done));

const directory = mkdtempSync(join(tmpdir(), 'intertrack-notify-'));
const guarded = (i: number) => `198.18.${i}.0/24`;
writeFileSync(
  join(directory, 'irr.db'),
  Array.from(
    { length: hijacks },
    (_, i) => `route: ${guarded(i)}\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n\n`,
  ).join(''),
);
writeFileSync(
  join(directory, 'conf'),
  `router id 127.0.0.1; local as 65010; log file "${directory}/log"; state "${directory}/state";
control socket "${directory}/ctl"; probe socket "${directory}/probe"; bgp listen 127.0.0.1 port ${PORT};
protocol bgp feed { passive; neighbor 127.3.0.1 as 64496; }
protocol bgp quiet { passive; neighbor 127.3.0.2 as 64497; }
${sharedBy}
irr JPIRR { dump "${directory}/irr.db"; authoritative; }
watch ours { maintainer MAINT-OWNER in JPIRR; group noc; }
group noc { mail "noc@example.net"; }
notify mail { from "keiro@example.net"; smtp "127.0.0.1" port ${(server.address() as AddressInfo).port}; tls none; }
`,
  { mode: 0o600 },
);
const daemon = spawn(join(import.meta.dirname, '../../bin/intertrackd'), ['-c', join(directory, 'conf')], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.on('exit', () => {
  daemon.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
for (;;) {
  const client = await connectControl(join(directory, 'ctl')).catch(() => null);
  // The control socket is there before the peers are.
  const peers = (await client?.ask(['show', 'bgp', 'summary']).catch(() => null))?.rows.length ?? 0;
  client?.close();
  if (peers === 2) break;
  await sleep(50);
}
const feed = await startSpeaker({ from: '127.3.0.1', to: '127.0.0.1', port: PORT, as: 64496 });
const quiet = await startSpeaker({ from: '127.3.0.2', to: '127.0.0.1', port: PORT, as: 64497 });

/** UPDATEs of one prefix each, made beforehand, sent in lots of a hundredth of a second. */
const lot = Math.max(1, Math.round(rate / 100));
const lots = Array.from({ length: 100 }, (_, i) =>
  Buffer.concat(
    Array.from({ length: lot }, (_, j) =>
      Buffer.concat(announcement([`10.${i}.${j & 255}.0/24`], 64496, 64510 + ((i + j) % 400), 64601)),
    ),
  ),
);
let sent = 0;
const began = performance.now();
const feeding = setInterval(() => {
  // As many as are due by now: a timer that is late makes up for it.
  for (const due = Math.floor((performance.now() - began) / 10); sent < due; sent++)
    feed.socket.write(lots[sent % lots.length]!);
}, 10);

/** Processor seconds of the daemon so far (proc(5), utime and stime in hundredths). */
function processor(): number {
  const fields = readFileSync(`/proc/${daemon.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

await sleep(2000);
const before = { time: performance.now(), processor: processor() };
const latencies: number[] = [];
/** From the wire to the case as the log has it, which is before it is written; to the millisecond (update-to-case.ts: written). */
const seen: number[] = [];
for (let i = 0; i < hijacks; i++) {
  const message = Buffer.concat(announcement([guarded(i)], 64497, 64666));
  const announced = performance.now();
  quiet.socket.write(message);
  while (!told.has(guarded(i)) && performance.now() - announced < 30_000) await sleep(5);
  const at = told.get(guarded(i));
  if (at === undefined)
    throw new Error(`no mail of ${guarded(i)}:\n${readFileSync(join(directory, 'log'), 'utf8').slice(-2000)}`);
  latencies.push(at - announced);
  const line = new RegExp(`^(\\S+) .* ongoing: ${guarded(i).replaceAll('.', '\\.')} `, 'm').exec(
    readFileSync(join(directory, 'log'), 'utf8'),
  );
  if (line !== null) seen.push(Math.max(0, Date.parse(line[1]!) - performance.timeOrigin - announced));
  await sleep(Math.max(0, APART - (performance.now() - announced)) + Math.random() * 20);
}
const spent = (processor() - before.processor) / ((performance.now() - before.time) / 1000);
clearInterval(feeding);

const [first, ...rest] = latencies as [number, ...number[]];
const sorted = rest.toSorted((a, b) => a - b);
const of = (times: readonly number[], share: number) =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1);
const at = (share: number) => of(sorted, share);
const cases = seen.toSorted((a, b) => a - b);
console.log(`${hijacks} hijacks beside ${lot * 100} UPDATEs a second, from the wire to SMTP DATA:`);
console.log(
  `the first ${first.toFixed(1)} ms; the others p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`,
);
for (const [low, high] of [
  [0, 10],
  [10, 20],
  [20, 30],
  [30, 50],
  [50, 100],
  [100, Number.POSITIVE_INFINITY],
] as const) {
  const count = latencies.filter(time => time >= low && time < high).length;
  console.log(`  ${String(low).padStart(3)} to ${String(high).padStart(8)} ms  ${'#'.repeat(count)} ${count}`);
}
console.log(`of which up to the case in the log: p50 ${of(cases, 0.5)} ms, p99 ${of(cases, 0.99)} ms`);
console.log(`the daemon took ${(spent * 100).toFixed(0)} % of a processor`);
// Each notice waits for the disk once: what that costs by itself, of 16 KiB, here and now.
const scratch = openSync(join(directory, 'fsync'), 'w');
const waits: number[] = [];
for (let i = 0; i < 300; i++) {
  const asked = performance.now();
  writeSync(scratch, Buffer.alloc(16_384, i));
  fsyncSync(scratch);
  waits.push(performance.now() - asked);
  await sleep(10);
}
closeSync(scratch);
waits.sort((a, b) => a - b);
console.log(`fsync of this disk alone: p50 ${of(waits, 0.5)} ms, p90 ${of(waits, 0.9)} ms, p99 ${of(waits, 0.99)} ms`);
for (const one of [feed, quiet]) one.close();
server.close();
daemon.kill('SIGTERM');
await new Promise(done => daemon.once('close', done));
await servers?.nats?.close();
await servers?.postgresql?.close();
process.exit(0);
