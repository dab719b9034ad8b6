/**
 * Shows the route path what it will meet, before there is a peer. The compiler makes its code for what it has seen: left to
 * the first table, it makes it half a dozen times over, since IPv6, withdrawals and freed sets come late, and a table that
 * takes a second spends a quarter of it so. The routes are made up, in prefixes set aside for documentation and for
 * benchmarks, and are gone again when it ends.
 */
import { encodeMessage, UPDATE } from '../bgp/message.ts';
import { openSnapshot } from '../registry/snapshot.ts';
import { NO_ORIGIN, snapshotBuilder } from '../registry/snapshot-builder.ts';
import { beginDrop, newPeerTable, type Rib } from '../rib/adj-rib-in.ts';
import type { createIngest } from './ingest.ts';
import { type IngestPeer, noCounts } from './ingest-peer.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** Rounds: as many as make the compiler look. A round is some thirty messages. */
const ROUNDS = 200;

const u16 = (value: number) => [value >> 8, value & 0xff];
const u32 = (value: number) => [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
const attribute = (flags: number, code: number, value: readonly number[]) => [flags, code, value.length, ...value];
const body = (withdrawn: readonly number[], attributes: readonly number[], nlri: readonly number[] = []) =>
  Buffer.from([...u16(withdrawn.length), ...withdrawn, ...u16(attributes.length), ...attributes, ...nlri]);

/** ORIGIN, AS_PATH, NEXT_HOP where it is asked for, MED, COMMUNITIES, LARGE_COMMUNITY: what most sets are made of. */
function attributes(origin: number, nextHop: boolean, more: number): number[] {
  const path = [64500, origin];
  return [
    ...attribute(0x40, 1, [0]),
    ...attribute(0x40, 2, [2, path.length, ...path.flatMap(u32)]),
    ...(nextHop ? attribute(0x40, 3, [192, 0, 2, 1]) : []),
    ...(more & 1 ? attribute(0x80, 4, u32(more)) : []),
    ...(more & 2 ? attribute(0xc0, 8, [...u32(64500 * 65536 + 1), ...u32(more)]) : []),
    ...(more & 4 ? attribute(0xc0, 32, [64500, 1, more].flatMap(u32)) : []),
  ];
}

const prefix4 = (n: number) => [24 + (n & 1), 198, 18 + (n >> 15), (n >> 7) & 0xff, ...(n & 1 ? [n & 0x80] : [])];
const prefix6 = (n: number) => [
  48 + (n & 1) * 8,
  0x20,
  0x01,
  0x0d,
  0xb8,
  (n >> 8) & 0xff,
  n & 0xff,
  ...(n & 1 ? [n] : []),
];
const HOP6 = [16, 0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1, 0];
const reach6 = (n: number) => attribute(0x80, 14, [0, 2, 1, ...HOP6, ...prefix6(n), ...prefix6(n + 1)]);
const unreach6 = (n: number) => attribute(0x80, 15, [0, 2, 1, ...prefix6(n)]);

/** The bodies of a round: tables grow, sets are shared, replaced and freed, routes go. */
function* messages(round: number): Generator<Buffer> {
  for (let i = 0; i < 8; i++) {
    const n = round * 16 + i * 2;
    const origin = i & 1 ? 4_200_000_000 + n : 64501 + (n & 0xff);
    yield body([], attributes(origin, true, i), [...prefix4(n), ...prefix4(n + 1)]);
    yield body([], attributes(origin, true, i), prefix4(n + 0x2000));
    yield body([], [...reach6(n), ...attributes(origin, false, i)]);
    yield body(i & 1 ? prefix4(n - 9) : [], attributes(64510, true, n & 0xffff), prefix4(n));
    yield body([], [...attributes(64510, false, n & 0xffff), ...reach6(n)]);
    if (i & 1) yield body([...prefix4(n), ...prefix4(n + 0x2000)], []);
    if (i & 2) yield body([], unreach6(n));
  }
}

/** Runs the route path for some tens of milliseconds. The RIB holds nothing before and nothing after. */
export function warmUp(rib: Rib, memo: VerdictMemo, ingest: ReturnType<typeof createIngest>): void {
  const number = rib.tables.length;
  const agreed = { as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64499 };
  const peer: IngestPeer = { number, table: newPeerTable(), ...agreed, counts: noCounts() };
  rib.tables[number] = peer.table;
  const registry = snapshotBuilder(16, 16);
  registry.addWords(1, 0xc6120000 | 0, 0, 0, 0, 15, 64501, false);
  registry.addWords(2, 0x20010db8, 0, 0, 0, 32, 64501, false);
  registry.addWords(1, 0x0a000000, 0, 0, 0, 8, NO_ORIGIN, false);
  const snapshot = openSnapshot(registry.freeze());
  for (let round = 0; round < ROUNDS; round++) {
    memo.snapshot = round % 2 === 0 ? null : snapshot;
    const bodies = [...messages(round)];
    const stream = Buffer.concat(bodies.map(message => encodeMessage(UPDATE, message)));
    ingest.lookAhead(peer, stream, 0, stream.length);
    for (const message of bodies) ingest.update(peer, message, 0, message.length);
  }
  memo.snapshot = null;
  memo.forgetAll();
  const drop = beginDrop(rib, number);
  while (!drop.step());
  rib.tables.length = number;
  rib.ids4.sweep();
  rib.ids6.sweep();
}
