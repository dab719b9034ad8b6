/**
 * What clients of RIS Live cost the collector, and what reaches them: a made peer announces and withdraws, as fast as it is
 * read and then a fixed number of UPDATEs a second, without the stream, with one client that wants everything, and with one
 * whose filter fits one UPDATE in a thousand. Processor time is that of the whole daemon. Usage: ris-live.ts [UPDATES] [RATE]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NeighborRow } from '../../src/collector/messages.ts';
import type { HttpStatus } from '../../src/control/http-rows.ts';
import { type ControlClient, connectControl } from '../../src/vty/client.ts';
import { announcement, startSpeaker } from '../interop/speaker.ts';

const [updates = '300000', rate = '5000'] = process.argv.slice(2);
const TOTAL = Number(updates);
const RATE = Number(rate);
const SECONDS = 10;
const OURS = '127.9.8.1';
const PEER = '127.9.8.2';
const PREFIXES = 1000;

/** UPDATEs over one prefix after the other, each time by another way. */
function churn(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const prefix = `10.${(i % PREFIXES) >> 8}.${(i % PREFIXES) & 255}.0/24`;
    return Buffer.concat(announcement([prefix], 64496, 64510 + (Math.floor(i / PREFIXES) % 100), 64700));
  });
}

const ticks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

async function measure(what: string, live: string, subscribe: object | null): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-ris-'));
  writeFileSync(
    join(directory, 'conf'),
    [
      `router id 127.0.0.1; local as 65010; log file "${directory}/log"; state "${directory}/state";`,
      `control socket "${directory}/ctl"; probe socket "${directory}/probe"; bgp listen ${OURS} port 21799;`,
      `protocol bgp tyo1 { passive; ipv4; hold time 240s; neighbor ${PEER} as 64496; }`,
      `http { listen ${OURS} port 21798; anonymous reader; ${live} request rate 1000/s; }`,
    ].join('\n'),
  );
  const program = join(import.meta.dirname, '../../bin/intertrackd');
  const daemon: ChildProcess = spawn(program, ['-c', join(directory, 'conf')], { stdio: 'ignore' });
  let client: ControlClient | null = null;
  while (client === null) {
    client = await connectControl(join(directory, 'ctl')).catch(() => null);
    if (client === null) await sleep(50);
  }
  const ask = async (...words: string[]) => (await client.ask(words)).rows[0];
  const taken = async () => ((await ask('show', 'bgp', 'neighbor')) as NeighborRow).messagesReceived.update ?? 0;
  let delivered = 0;
  let said = 0;
  if (subscribe !== null) {
    // The daemon answers its shell before it listens for HTTP.
    while ((await fetch(`http://${OURS}:21798/healthz`).catch(() => null)) === null) await sleep(50);
    const socket = new WebSocket(`ws://${OURS}:21798/v1/ws/`);
    socket.onmessage = ({ data }) => {
      if (String(data).startsWith('{"type":"ris_error"')) said++;
      else delivered++;
    };
    while (socket.readyState !== WebSocket.OPEN) await sleep(50);
    socket.send(JSON.stringify({ type: 'ris_subscribe', data: subscribe }));
    await sleep(500);
  }
  const speaker = await startSpeaker({ from: PEER, to: OURS, port: 21799, as: 64496, holdTime: 240 });
  const messages = churn(TOTAL);
  const run = async (name: string, send: () => Promise<void>, count: number) => {
    const before = await taken();
    const [began, used, had] = [performance.now(), ticks(daemon.pid!), delivered];
    await send();
    while ((await taken()) < before + count) await sleep(5);
    const took = performance.now() - began;
    await sleep(500);
    const status = (await ask('show', 'http')) as HttpStatus;
    const cpu = ticks(daemon.pid!) - used;
    console.log(
      `${what}, ${name}: ${Math.round((count / took) * 1000)} UPDATEs/s, ${((cpu * 1000) / count).toFixed(1)} us of the daemon each, ` +
        `${delivered - had} told (${Math.round(((delivered - had) / took) * 1000)}/s), ${status.risLive?.lost ?? 0} left out so far, said ${said} times`,
    );
  };
  const write = (chunk: Buffer) =>
    new Promise<void>(resolve => {
      if (speaker.socket.write(chunk)) resolve();
      else speaker.socket.once('drain', resolve);
    });
  await run(
    'as fast as it goes',
    async () => {
      for (let i = 0; i < TOTAL; i += 500) await write(Buffer.concat(messages.slice(i, i + 500)));
    },
    TOTAL,
  );
  await run(
    `${RATE} a second`,
    async () => {
      const began = performance.now();
      for (let i = 0; i < RATE * SECONDS; i += RATE / 50) {
        await write(Buffer.concat(messages.slice(i % (TOTAL / 2), (i % (TOTAL / 2)) + RATE / 50)));
        await sleep(Math.max(0, began + (i / RATE) * 1000 - performance.now()));
      }
    },
    RATE * SECONDS,
  );
  speaker.close();
  client.close();
  daemon.kill();
  await new Promise(resolve => daemon.once('exit', resolve));
  rmSync(directory, { recursive: true, force: true });
}

await measure('not configured', '', null);
await measure('nobody listens', 'ris live;', null);
await measure('one client, everything', 'ris live;', {});
await measure('one client, 1 in 1000', 'ris live;', { prefix: '10.0.7.0/24' });
process.exit(0);
