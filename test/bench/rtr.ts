/**
 * From the connection to StayRTR to VRPs in use by a collector: what the cache needs to send, and what we add to it. Each run
 * asks twice: by a socket that reads to End of Data and forgets, and by the daemon's parts from the cache to the collector's
 * thread. Usage: rtr.ts [VRPS [RUNS]]. Needs the package stayrtr.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '../../src/collector/thread.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { openRpki } from '../../src/registry/rpki/rpki.ts';
import { END_OF_DATA, writePdu } from '../../src/registry/rpki/rtr-pdu.ts';
import { stayrtr } from '../registry/rpki/stayrtr.ts';

const [vrps = '500000', runs = '3'] = process.argv.slice(2);
const count = Number(vrps);
const directory = mkdtempSync(join(tmpdir(), 'intertrack-rtr-'));
const file = join(directory, 'vrps.json');

/** Four of five VRPs are of IPv4; two of five share their prefix with another one. */
function generate(): void {
  const to = openSync(file, 'w');
  writeSync(to, `{"metadata":{"buildtime":"${new Date().toISOString()}"},"roas":[\n`);
  for (let i = 0; i < count; i++) {
    const n = i - (i % 5 === 4 ? 2 : 0);
    const asn = 1 + ((i * 7919) % 400_000);
    const prefix =
      i % 5 === 3
        ? `2a00:${((n >> 8) & 0xffff).toString(16)}:${(n & 0xff).toString(16)}::/48`
        : `${1 + ((n >> 16) % 220)}.${(n >> 8) & 0xff}.${n & 0xff}.0/24`;
    const one = `{"asn":${asn},"prefix":"${prefix}","maxLength":${i % 5 === 3 ? 48 : 24},"ta":"bench","expires":1999999999}`;
    writeSync(to, i === 0 ? one : `,\n${one}`);
  }
  writeSync(to, '\n]}');
  closeSync(to);
}

/** Milliseconds until the cache has sent all it has to one that does nothing with it; and how many octets. */
function drain(port: number): Promise<{ milliseconds: number; octets: number }> {
  const begun = performance.now();
  let octets = 0;
  let tail = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => socket.write(writePdu({ version: 2, type: 'reset-query' })));
    socket.once('error', reject);
    socket.on('data', chunk => {
      octets += chunk.length;
      tail = Buffer.concat([tail, chunk]).subarray(-24);
      if (tail[0] !== 2 || tail[1] !== END_OF_DATA || tail.readUInt32BE(4) !== 24) return;
      socket.destroy();
      resolve({ milliseconds: performance.now() - begun, octets });
    });
  });
}

/** Milliseconds from the start of the connection to each step. */
async function use(
  port: number,
): Promise<{ endOfData: number; made: number; compiled: number; inUse: number; cpu: number }> {
  const ready = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<number>();
  const collector = startCollector({
    message(message) {
      if (message.type !== 'rejudged') return;
      if (compiled > 0) resolve(performance.now() - begun);
      else ready.resolve();
    },
    died: error => {
      throw error;
    },
  });
  let [endOfData, made, compiled] = [0, 0, 0];
  const rpki = openRpki({
    onChange() {
      made = performance.now() - begun;
      registry.vrpsChanged(null);
    },
    onTrouble(_source, why) {
      throw new Error(why);
    },
    onNews() {
      endOfData = performance.now() - begun;
    },
    onWhole() {},
  });
  const registry = await openRegistry(
    {
      onRefresh({ layers, touched, generation }) {
        compiled = performance.now() - begun;
        collector.send({ type: 'registry', ...layers, touched: touched?.map(formatPrefix) ?? null, generation });
      },
      onTrouble() {},
      onAlarm() {},
      onWhole() {},
    },
    { directory, vrps: () => rpki.view().vrps },
  );
  const { layers, generation } = await registry.reload([], []);
  collector.send({ type: 'registry', ...layers, touched: null, generation });
  // The collector's thread has begun before the watch does.
  await ready.promise;
  const before = process.cpuUsage();
  const begun = performance.now();
  rpki.reload([{ name: 'bench', caches: [{ host: '127.0.0.1', port }], version: 2 }]);
  const inUse = await promise;
  const { user, system } = process.cpuUsage(before);
  if (rpki.view().vrps.count < count * 0.5) throw new Error(`${rpki.view().vrps.count} VRPs in use`);
  rpki.close();
  registry.close();
  await collector.stop();
  return { endOfData, made, compiled, inUse, cpu: (user + system) / 1000 };
}

try {
  generate();
  const cache = await stayrtr(file);
  for (let run = 1; run <= Number(runs); run++) {
    const { milliseconds, octets } = await drain(cache.port);
    const { endOfData, made, compiled, inUse, cpu } = await use(cache.port);
    const ms = (value: number) => `${Math.round(value)} ms`;
    console.log(
      [
        `${count} VRPs, ${octets} octets, run ${run}:`,
        `StayRTR sends them in ${ms(milliseconds)};`,
        `End of Data ${ms(endOfData)}, set made ${ms(made)}, compiled ${ms(compiled)}, in use ${ms(inUse)},`,
        `CPU of this process ${ms(cpu)}`,
      ].join(' '),
    );
  }
  await cache.stop();
} finally {
  rmSync(directory, { recursive: true });
}
