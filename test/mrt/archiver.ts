/** A program that archives a record each millisecond until it is told to stop: for the tests that kill it. */
import { openArchive } from '../../src/mrt/archive.ts';
import { parseAddress } from '../../src/net/address.ts';

const START = Date.UTC(2026, 2, 1, 12, 0);
const peer = {
  address: parseAddress('192.0.2.1')!,
  as: 64496,
  localAddress: parseAddress('192.0.2.2')!,
  localAs: 64500,
  as4: true,
  addPath: false,
};
const say = (text: string) => void process.stdout.write(`${text}\n`);

let given = 0;
const clock = { now: () => START, after: () => () => {} };
const archive = await openArchive(
  { directory: process.argv[2]!, updates: 300_000, rib: 0, retain: 0, compress: 'gzip', retry: 20 },
  clock,
  {
    closed: file => say(`closed ${file.contents.records}`),
    alarm: text => say(`alarm ${text}`),
    note: text => say(`note ${text}`),
    ribDue: () => {},
  },
);
const ticking = setInterval(() => {
  for (let i = 0; i < 20; i++) {
    // Octets that do not pack well fill a small disk soon.
    const noise = Uint8Array.from({ length: 200 }, () => Math.random() * 256);
    const keepalive = new Uint8Array(19 + noise.length).fill(0xff, 0, 16);
    keepalive.set([0, keepalive.length, 4], 16);
    keepalive.set(noise, 19);
    archive.state(peer, START * 1000 + given++, 1, 2);
    archive.message(peer, START * 1000, keepalive);
  }
}, 1);
const syncing = setInterval(async () => {
  const before = given;
  await archive.sync();
  say(`synced ${before}`);
}, 100);
process.once('SIGTERM', async () => {
  clearInterval(ticking);
  clearInterval(syncing);
  say(`given ${given}`);
  await archive.close();
});
