/**
 * Shows the route path what it will meet, before there is a peer. The compiler makes its code for what it has seen: left to
 * the first table, it makes it half a dozen times over, since IPv6, withdrawals and freed sets come late, and a table that
 * takes a second spends a quarter of it so. The routes are made up, in prefixes set aside for documentation and for
 * benchmarks, and are gone again when it ends.
 */
import { HEADER_LENGTH, UPDATE } from '../bgp/message.ts';
import { openSnapshot } from '../registry/snapshot.ts';
import { NO_ORIGIN, snapshotBuilder } from '../registry/snapshot-builder.ts';
import { beginDrop, newPeerTable, type Rib } from '../rib/adj-rib-in.ts';
import type { createIngest } from './ingest.ts';
import { type IngestPeer, noCounts } from './ingest-peer.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** Rounds: as many as make the compiler look. A round is some thirty messages. */
const ROUNDS = 200;

/** More than the messages of a round are long, octets. */
const ROUND_OCTETS = 4096;

/** The messages of a round as a socket would bring them, one behind the other, and where the body of each lies. */
interface RoundMessages {
  readonly octets: Buffer;
  readonly bodies: readonly { readonly start: number; readonly end: number }[];
}

/** Written in their place: made of small arrays, they took a third of the time of the whole warm-up. */
function messages(round: number): RoundMessages {
  const octets = Buffer.allocUnsafe(ROUND_OCTETS);
  const bodies: { start: number; end: number }[] = [];
  let at = 0;
  const u8 = (value: number) => {
    octets[at++] = value;
  };
  const u16 = (value: number) => {
    at = octets.writeUInt16BE(value, at);
  };
  const u32 = (value: number) => {
    at = octets.writeUInt32BE(value, at);
  };
  const nothing = () => {};
  const prefix4 = (n: number) => {
    u8(24 + (n & 1));
    u8(198);
    u8(18 + (n >> 15));
    u8(n >> 7);
    if (n & 1) u8(n & 0x80);
  };
  const prefix6 = (n: number) => {
    u8(48 + (n & 1) * 8);
    u32(0x20010db8);
    u16(n & 0xffff);
    if (n & 1) u8(n);
  };
  const attribute = (flags: number, code: number, value: () => void) => {
    u8(flags);
    u8(code);
    const length = at++;
    value();
    octets[length] = at - length - 1;
  };
  const counted = (value: () => void) => {
    const length = at;
    at += 2;
    value();
    octets.writeUInt16BE(at - length - 2, length);
  };

  /** ORIGIN, AS_PATH, NEXT_HOP where it is asked for, MED, COMMUNITIES, LARGE_COMMUNITY: what most sets are made of. */
  const attributes = (origin: number, nextHop: boolean, more: number) => {
    attribute(0x40, 1, () => u8(0));
    attribute(0x40, 2, () => {
      u16(0x0202);
      u32(64500);
      u32(origin);
    });
    if (nextHop) attribute(0x40, 3, () => u32(0xc0000201));
    if (more & 1) attribute(0x80, 4, () => u32(more));
    if (more & 2)
      attribute(0xc0, 8, () => {
        u32(64500 * 65536 + 1);
        u32(more);
      });
    if (more & 4)
      attribute(0xc0, 32, () => {
        u32(64500);
        u32(1);
        u32(more);
      });
  };
  const family6 = () => {
    u16(2);
    u8(1);
  };
  const reach6 = (n: number) =>
    attribute(0x80, 14, () => {
      family6();
      u8(16);
      u32(0x20010db8);
      octets.fill(0, at, at + 11);
      at += 11;
      u16(0x0100);
      prefix6(n);
      prefix6(n + 1);
    });
  const unreach6 = (n: number) =>
    attribute(0x80, 15, () => {
      family6();
      prefix6(n);
    });
  const message = (withdrawn: () => void, set: () => void, nlri: () => void = nothing) => {
    const begin = at;
    octets.fill(0xff, at, at + 16);
    at += HEADER_LENGTH;
    counted(withdrawn);
    counted(set);
    nlri();
    octets.writeUInt16BE(at - begin, begin + 16);
    octets[begin + 18] = UPDATE;
    bodies.push({ start: begin + HEADER_LENGTH, end: at });
  };

  // Tables grow, sets are shared, replaced and freed, routes go.
  for (let i = 0; i < 8; i++) {
    const n = round * 16 + i * 2;
    const origin = i & 1 ? 4_200_000_000 + n : 64501 + (n & 0xff);
    const shared = () => attributes(origin, true, i);
    message(nothing, shared, () => {
      prefix4(n);
      prefix4(n + 1);
    });
    message(nothing, shared, () => prefix4(n + 0x2000));
    message(nothing, () => {
      reach6(n);
      attributes(origin, false, i);
    });
    const replaced = i & 1 ? () => prefix4(n - 9) : nothing;
    message(
      replaced,
      () => attributes(64510, true, n & 0xffff),
      () => prefix4(n),
    );
    message(nothing, () => {
      attributes(64510, false, n & 0xffff);
      reach6(n);
    });
    const gone = () => {
      prefix4(n);
      prefix4(n + 0x2000);
    };
    if (i & 1) message(gone, nothing);
    if (i & 2) message(nothing, () => unreach6(n));
  }
  return { octets: octets.subarray(0, at), bodies };
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
    const { octets, bodies } = messages(round);
    ingest.lookAhead(peer, octets, 0, octets.length);
    for (const { start, end } of bodies) ingest.update(peer, octets, start, end);
  }
  memo.snapshot = null;
  memo.forgetAll();
  const drop = beginDrop(rib, number);
  while (!drop.step());
  rib.tables.length = number;
  rib.ids4.sweep();
  rib.ids6.sweep();
}
