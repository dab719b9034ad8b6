/**
 * Which neighbour a frame is from: the cost a frame at an exchange point of a thousand members, for addresses that are
 * remembered and for a flood of new ones, beside no more than a Map that is asked for the sender; what ARP costs; and the
 * walk over a table's attribute sets that finds next hops, beside the same walk that only reads them.
 *
 *     node test/bench/vantage.ts
 */
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { formatMac, macAt } from '../../src/packet/mac.ts';
import { vantageMap } from '../../src/probe/neighbors/vantage.ts';
import { AttributeStore, CONTEXT_AS4 } from '../../src/rib/attribute-store.ts';
import { walkNextHops } from '../../src/rib/next-hops.ts';

const MEMBERS = 1000;
const FRAMES = 4_000_000;
const SETS = 1_000_000;
const ROUNDS = 5;
const OURS = 0x020000ffff00;
const ETHERNET = 1;

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
/** Median of ns for one of `count`. */
function time(count: number, work: () => void): number {
  const took = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    work();
    return ((performance.now() - began) * 1e6) / count;
  });
  return median(took);
}
const print = (what: string, ns: number, beside = '') =>
  console.log(`${what.padEnd(58)} ${ns.toFixed(1).padStart(7)} ns${beside}`);

/** Frames from members to our router, with their layers found: what is measured begins behind that. */
function frame(source: number, destination: number): Uint8Array {
  const bytes = new Uint8Array(60);
  const hex = (mac: number) => Buffer.from(mac.toString(16).padStart(12, '0'), 'hex');
  bytes.set(hex(destination));
  bytes.set(hex(source), 6);
  bytes.set([8, 0, 0x45], 12);
  return bytes;
}
const memberMac = (i: number) => 0x02000000_0000 + i;
const frames = Array.from({ length: MEMBERS }, (_, i) => frame(memberMac(i), OURS));
const layers = newLayers();
findLayers(frames[0]!, 0, 60, 60, ETHERNET, layers);

const map = vantageMap();
map.configure({
  ...{
    name: 'tap',
    neighbors: [],
    interfaces: [],
    inside: [formatMac(OURS)],
    learn: ['bgp'],
    members: [{ location: '/x' }],
  },
  ...{ retention: 3_600_000, memory: 2 ** 26 },
});
map.know({
  owners: Array.from({ length: MEMBERS }, (_, i) => ({
    address: `10.0.${i >> 8}.${i & 255}`,
    as: i + 1,
    from: 'bgp' as const,
  })),
  members: frames.map((_, i) => ({ mac: formatMac(memberMac(i)), as: i + 1 })),
});
// A few members send most of what comes.
const order = Uint16Array.from({ length: 65536 }, (_, i) => Math.floor(MEMBERS * (((i * 40503) & 65535) / 65536) ** 3));

const bare = new Map(frames.map((bytes, i) => [macAt(bytes, 6), i + 1]));
let sum = 0;
const plain = time(FRAMES, () => {
  for (let i = 0; i < FRAMES; i++) sum += bare.get(macAt(frames[order[i & 65535]!]!, 6))!;
});
const remembered = time(FRAMES, () => {
  for (let i = 0; i < FRAMES; i++) sum += map.of(frames[order[i & 65535]!]!, layers, 0, false);
});
const heard = time(FRAMES, () => {
  for (let i = 0; i < FRAMES; i++) map.hear(frames[order[i & 65535]!]!, layers, 60);
});
const flood = time(FRAMES / 10, () => {
  for (let i = 0; i < FRAMES / 10; i++) sum += map.ofAddresses(0x06000000_0000 + i, OURS, -1, 0, false, 1);
});
print('a Map asked for the sender, nothing else', plain);
print('vantage of a frame, remembered, and counted', remembered, `  ${(remembered / plain).toFixed(2)} of the Map`);
print('vantage of a frame with an address never seen', flood);
print('is it ARP or Neighbor Discovery? (it is not)', heard);

const arp = new Uint8Array(60);
arp.set(Buffer.from('ffffffffffff02000000000108060001080006040001020000000001', 'hex'));
const claim = newLayers();
findLayers(arp, 0, 60, 60, ETHERNET, claim);
const CLAIMS = 200_000;
const claims = time(CLAIMS, () => {
  for (let i = 0; i < CLAIMS; i++) {
    // Below the bound of claims in a second.
    map.second = i >> 9;
    arp.set([10, 9, i >> 8, i], 28);
    map.hear(arp, claim, 60);
  }
});
print('an ARP message of an address that is nobody’s', claims);

const store = new AttributeStore();
const set = Buffer.from('400101004002120204000000010000000200000003000000044003040a0000018004040000000', 'hex');
const bytes = Uint8Array.from(set);
const view = new DataView(bytes.buffer);
for (let i = 0; i < SETS; i++) {
  view.setUint32(9, (i % MEMBERS) + 1);
  view.setUint32(13, i);
  bytes.set([10, 0, (i % MEMBERS) >> 8, (i % MEMBERS) & 255], 28);
  const hash = store.hash(view, 0, bytes.length, CONTEXT_AS4);
  store.retain(store.add(hash, view, 0, bytes.length, CONTEXT_AS4, 0, 1), 1);
}
const read = (id: number) => {
  sum += store.read(id).attributes.length;
};
const reading = time(SETS, () => {
  let at = 0;
  do at = store.walk(at, 4096, read);
  while (at !== 0);
});
let slowest = 0;
let nextHops = 0;
const walking = time(SETS, () => {
  const walk = walkNextHops(store, new Set());
  for (let done = false; !done; ) {
    const began = performance.now();
    done = walk.step();
    slowest = Math.max(slowest, performance.now() - began);
  }
  nextHops = walk.finish().nextHops.length;
});
print('an attribute set read, in a walk', reading);
print(
  `the same with its next hop and first AS (${nextHops} next hops)`,
  walking,
  `  ${(walking / reading).toFixed(2)} of reading`,
);
console.log(`slowest slice of the walk, ${SETS} sets: ${slowest.toFixed(1)} ms`);
if (sum === 0) console.log('nothing was done');
