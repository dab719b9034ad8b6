/**
 * How many prefixes are judged a second against 100,000 watched ones, on one core, from an UPDATE's octets to the book of
 * cases: framing, Adj-RIB-In, both registries, the path by ASPA, book. Nothing else runs in the process. The stream is like the
 * one that BGPalerter was measured with (research: hijack 5): 200,000 messages of 1.8 prefixes, a fifth of them IPv6, one in
 * ONE-IN (50) in watched space, of those one in twenty with a wrong origin; it is played several times, each time by another
 * peer, and once more against a table that has it. Usage: detector.ts [WATCHED [PASSES [ONE-IN]]].
 */
import { createFramer, encodeMessage, HEADER_LENGTH, UPDATE } from '../../src/bgp/message.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { createJudging } from '../../src/collector/judging.ts';
import { createCaseBook } from '../../src/hijack/case-book.ts';
import { parsePrefix, wordsOf } from '../../src/net/prefix.ts';
import { compileRegistry } from '../../src/registry/compile.ts';
import type { JudgedChange } from '../../src/registry/judged-change.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { watchOf } from '../config/watch.ts';

const [watched = 100_000, passes = 5, oneIn = 50] = process.argv.slice(2).map(Number);
const MESSAGES = 200_000;

/** A generator of numbers below 2^32 that always gives the same (xorshift32). */
let seed = 0x9e3779b9;
function random(below: number): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

// 1. What is watched: a registry of one maintainer, four fifths IPv4.
const book = sourceBook('BENCH');
const four = Math.floor(watched * 0.8);
const ours = (i: number): string => {
  if (i < four) return `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`;
  const n = i - four;
  return `2a10:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::/48`;
};
const originOf = (i: number): number => 64_512 + (i % 1000);
const providerOf = (as: number): number => 10_000 + (as % 5000);
const vrps = vrpTable(watched);
for (let i = 0; i < watched; i++) {
  const prefix = ours(i);
  const text = `${i < four ? 'route' : 'route6'}: ${prefix}\norigin: AS${originOf(i)}\nmnt-by: MAINT-BENCH\n`;
  book.apply('add', readRpslObject(Buffer.from(text))!);
  const { afi, length, ...of } = parsePrefix(prefix)!;
  vrps.add(afi, ...wordsOf({ afi, length, ...of }), length, length, originOf(i));
}
const watch = watchOf('bench', { maintainers: [{ maintainer: 'MAINT-BENCH', source: null }] });
const compiled = await compileRegistry([{ name: 'BENCH', store: book.routes, authoritative: false }], [watch], vrps);
const aspas = new Map<number, readonly number[]>([[1299, [0]]]);
for (let i = 0; i < 1000; i++) {
  aspas.set(originOf(i), [providerOf(originOf(i))]);
  aspas.set(providerOf(originOf(i)), [1299]);
}

// 2. The stream.
const u16 = (value: number) => [value >> 8, value & 255];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const attribute = (flags: number, code: number, value: readonly number[]) => [flags, code, value.length, ...value];
const nlri = (text: string): number[] => {
  const { bytes, length } = parsePrefix(text)!;
  return [length, ...bytes.subarray(0, (length + 7) >> 3)];
};
let prefixes = 0;
function message(): Uint8Array {
  const hit = random(oneIn) === 0;
  const wrong = hit && random(20) === 0;
  const count = random(5) === 0 ? 1 : 2;
  const i = random(watched);
  const six = hit ? i >= four : random(5) === 0;
  const origin = wrong ? 4_200_000_000 + random(1000) : hit ? originOf(i) : 1 + random(60_000);
  const path = [3333, 1299, hit && !wrong ? providerOf(origin) : 10_000 + random(5000), origin];
  const other = () => {
    if (six) return `2620:${random(0x8000).toString(16)}:${random(16).toString(16)}::/48`;
    return `${100 + random(60)}.${random(256)}.${random(256)}.0/24`;
  };
  // The prefixes of a message are of one origin: of ours it has one.
  const routes = hit ? [ours(i)] : Array.from({ length: count }, other);
  prefixes += routes.length;
  const octets = routes.flatMap(nlri);
  const attributes = [...attribute(0x40, 1, [0]), ...attribute(0x40, 2, [2, path.length, ...path.flatMap(u32)])];
  if (six) {
    const hop = [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1];
    const reach = attribute(0x80, 14, [0, 2, 1, 16, ...hop, 0, ...octets]);
    const all = [...reach, ...attributes];
    return encodeMessage(UPDATE, Uint8Array.from([0, 0, ...u16(all.length), ...all]));
  }
  const all = [...attributes, ...attribute(0x40, 3, [192, 0, 2, 1])];
  return encodeMessage(UPDATE, Uint8Array.from([0, 0, ...u16(all.length), ...all, ...octets]));
}
const stream = Buffer.concat(Array.from({ length: MESSAGES }, message));

// 3. The detector.
const rib = newRib();
let clock = Date.UTC(2026, 2, 1);
const cases = createCaseBook({
  clock: () => clock,
  registry: {
    decide: (prefix, origin) => compiled.snapshot.decide(prefix, origin),
    objectsFor: compiled.objectsFor,
    watchesFor: compiled.watchesFor,
    watchesOf: compiled.watches.ofOrigin,
    nobodys: compiled.watches.nobodys,
    guards: object => compiled.watches.ofObject(object),
    lacks: () => false,
  },
  settings: () => ({ watches: [watch], groups: [], notify: [] }),
  stored: [],
});
let waiting: JudgedChange[] = [];
let told = 0;
let changes = 0;
const row = { number: 0, name: 'peer', as: 3333, address: '192.0.2.1' };
const judging = createJudging({
  rib,
  rowOf: number => ({ ...row, number, name: `peer${number}` }),
  isWhole: () => true,
  tell: change => waiting.push(change),
  done: () => {},
  now: () => clock,
});
judging.registry({ ...compiled.layers, touched: null, generation: 1 });
judging.attest(aspas);
const ingest = createIngest(rib, judging, {
  endOfRib: () => {},
  passedOver: () => {},
  malformed: () => {
    throw new Error('the stream is malformed');
  },
});

function play(number: number): { readonly wall: number; readonly cpu: number } {
  rib.tables[number] ??= newPeerTable();
  const table = rib.tables[number];
  const peer = { number, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 65010, counts: noCounts() };
  const { push } = createFramer(
    (type, buffer, start, end) => {
      if (type === UPDATE) ingest.update(peer, buffer, start + HEADER_LENGTH, end);
      return true;
    },
    (buffer, start, end) => ingest.lookAhead(peer, buffer, start, end),
  );
  const [before, began] = [process.cpuUsage(), performance.now()];
  for (let at = 0; at < stream.length; at += 65_536) {
    push(stream.subarray(at, at + 65_536));
    changes += waiting.length;
    told += cases.judged(waiting).length;
    waiting = [];
    clock++;
  }
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - began, cpu: (user + system) / 1000 };
}

console.log(
  `${watched} prefixes watched; ${MESSAGES} messages, ${prefixes} prefixes, ${(stream.length / 1e6).toFixed(1)} MB`,
);
for (let pass = 0; pass <= passes; pass++) {
  // The last time the first peer sends it all again.
  const again = pass === passes;
  [changes, told] = [0, 0];
  const { wall, cpu } = play(again ? 0 : pass);
  console.log(
    `${again ? 'again' : `peer ${pass}`}: ${wall.toFixed(0)} ms, CPU ${cpu.toFixed(0)} ms: ` +
      `${((prefixes / cpu) * 1000).toFixed(0)} prefixes and ${((MESSAGES / cpu) * 1000).toFixed(0)} messages a second of CPU; ` +
      `${changes} judged changes, ${told} changes of ${cases.open().length} cases`,
  );
}
