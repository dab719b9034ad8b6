// From a block of frames to a batch, for plain frames: Ethernet with at most two tags and four MPLS labels or PPPoE, or nothing,
// and one IP header in front of TCP, UDP, ICMP or ESP. All others are put on a list, for packet/find-layers.ts, which is the
// authority: what is digested here is digested there just so.
import { BATCH, close, describe, enter, insertAll, Recent, Slice, slotOf } from './batch';

/** What `takeFrames` works on and what came of it: 32-bit words but for `most`. packet/frame-kernel.ts fills and reads it. */
@unmanaged
export class Run {
  /** Address of the next frame's header, and behind the octets that are there. */
  at: u32;
  end: u32;
  /** Frames that are left; of a pcap file, the largest number. */
  left: u32;
  /** 0 to 3: pcap, 1 for big-endian; 4: TPACKET_V3. */
  layout: u32;
  /** 1 Ethernet, 0 an IP packet. */
  ethernet: u32;
  /** Number of the interface. */
  interface: u32;
  /** The second that the slices are of. */
  second: u32;
  /** Frames taken, those on the list included; and of the digests, how many were kept. */
  frames: u32;
  kept: u32;
  /** Frames on the list. */
  listed: u32;
  /** Least and largest fraction of the second, as it stands in the block. */
  earliest: u32;
  latest: u32;
  /** Number of the vantage whose slice has no room. */
  wanting: u32;
  /** Address of the epoch's key, of the batch, of the list, of the vantages' cache and slices, and of 16 ports. */
  key: u32;
  batch: u32;
  list: u32;
  cache: u32;
  slices: u32;
  ports: u32;
  /** Address of what is remembered of the latest digests. */
  recent: u32;
  /** Sampling, as `insertAll` says. */
  most: u64;
}

/** Why `takeFrames` returned: no whole frame is left; the next is of another second; a slice needs room; the list is full. */
// @ts-ignore: decorator
@inline
const END: i32 = 0;
// @ts-ignore: decorator
@inline
const SECOND: i32 = 1;
// @ts-ignore: decorator
@inline
const ROOM: i32 = 2;
// @ts-ignore: decorator
@inline
const LISTED: i32 = 3;

/** Frames on the list at most. */
// @ts-ignore: decorator
@inline
const MOST_LISTED: u32 = 1024;

/** Octets that a frame has at most (packet/capture.ts). */
// @ts-ignore: decorator
@inline
const LONGEST_FRAME: u32 = 262144;

/** Octets from one frame of a ring to the next, at most: a block has fewer. */
// @ts-ignore: decorator
@inline
const MOST_STEP: u32 = 1 << 24;

/** A bit for each IP protocol in which no packet lies: ICMP, TCP, UDP but for its tunnels, ESP. */
// @ts-ignore: decorator
@inline
const PLAIN: u64 = (1 << 1) | (1 << 6) | (1 << 17) | (1 << 50);

/** Places of the cache, of 32 octets each: two words of key, number of the vantage plus 1, frames. */
// @ts-ignore: decorator
@inline
const CACHE_BITS: u64 = 12;

// EtherTypes as they are loaded: with their octets exchanged.
// @ts-ignore: decorator
@inline
const IPV4: u32 = 0x0008;
// @ts-ignore: decorator
@inline
const IPV6: u32 = 0xdd86;
// @ts-ignore: decorator
@inline
const MPLS: u32 = 0x4788;
// @ts-ignore: decorator
@inline
const PPPOE: u32 = 0x6488;

// @ts-ignore: decorator
@inline
function isTag(type: u32): bool {
  return type == 0x0081 || type == 0xa888 || type == 0x0091 || type == 0x0092;
}

// @ts-ignore: decorator
@inline
function u16be(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}

/** Address of the place in the cache where a key stands or would be put; 0 when the places it may have are taken. */
// @ts-ignore: decorator
@inline
function placeOf(cache: usize, a: u64, b: u64): usize {
  let place = (((a * 0x9e3779b97f4a7c15) ^ b) * 0xd6e8feb86659fd93) >> (64 - CACHE_BITS);
  for (let i = 0; i < 8; i++) {
    const at = cache + (<usize>place << 5);
    if (load<u32>(at, 16) == 0 || (load<u64>(at) == a && load<u64>(at, 8) == b)) return at;
    place = (place + 1) & ((1 << CACHE_BITS) - 1);
  }
  return 0;
}

/** Remembers the number of the vantage of the key at `key`, two words. 1 when it was not known, and there is a place. */
export function remember(cache: usize, key: usize, vantage: u32): i32 {
  const a = load<u64>(key);
  const b = load<u64>(key, 8);
  const place = placeOf(cache, a, b);
  if (place == 0) return 0;
  const fresh = load<u32>(place, 16) == 0;
  store<u64>(place, a);
  store<u64>(place, b, 8);
  store<u32>(place, vantage + 1, 16);
  return <i32>fresh;
}

/** True when one of the two ports at `at` is one that tunnels have. */
// @ts-ignore: decorator
@inline
function toTunnel(ports: usize, at: usize): bool {
  const source = i16x8.splat(load<i16>(at));
  const destination = i16x8.splat(load<i16>(at, 2));
  const low = v128.load(ports);
  const high = v128.load(ports, 16);
  const found = v128.or(
    v128.or(i16x8.eq(source, low), i16x8.eq(source, high)),
    v128.or(i16x8.eq(destination, low), i16x8.eq(destination, high)),
  );
  return v128.any_true(found);
}

/**
 * True when nothing lies in this IP protocol that is a packet itself. The ports are looked at whatever the protocol is: which
 * it is cannot be guessed from one packet to the next, and a wrong guess of the processor costs more.
 */
// @ts-ignore: decorator
@inline
function isPlain(protocol: u32, upper: usize, count: u32, ports: usize): bool {
  const known = protocol < 64 && (PLAIN & ((<u64>1) << protocol)) != 0;
  const tunnel = i32(protocol == 17) & i32(count >= 12) & i32(toTunnel(ports, upper));
  return known && tunnel == 0;
}

/**
 * Copies `count` (at most 40) upper-layer octets behind the `before` octets of an input. Eight octets more than are
 * counted are read and written: the slot has room for them, and behind the last frame there is memory.
 */
// @ts-ignore: decorator
@inline
function copyUpper(slot: usize, before: u32, upper: usize, count: u32): void {
  const to = slot + <usize>before;
  v128.store(to, v128.load(upper));
  v128.store(to, v128.load(upper, 16), 16);
  store<u64>(to, load<u64>(upper, 32), 32);
  const length = before + count;
  const last = length & ~7;
  if (last < before) close(slot, length);
  else {
    // As `close` does, but read from where it was copied from: what was just written is not there to be read yet.
    const rest: u64 = <u64>((length & 7) << 3);
    const word = load<u64>(upper + <usize>(last - before)) & (((<u64>1) << rest) - 1);
    store<u64>(slot + <usize>last, word | ((<u64>length) << 56));
  }
}

/** Writes the input of the IPv4 packet at `at` (packet/invariant.ts has the fields). Its length, or 0: not plain. */
// @ts-ignore: decorator
@inline
function ipv4Input(at: usize, limit: usize, slot: usize, ports: usize): u32 {
  if (limit - at < 20) return 0;
  const first: u32 = load<u8>(at);
  const header: u32 = (first & 15) << 2;
  const total = u16be(at + 2);
  if ((first >> 4) != 4 || header < 20 || total < header || limit - at < <usize>header) return 0;
  const length = total - header;
  const upper = at + <usize>header;
  const count = min<u32>(40, length);
  if (limit - upper < <usize>count) return 0;
  const place = u16be(at + 6);
  const offset = place & 0x1fff;
  const protocol: u32 = load<u8>(at + 9);
  // What lies in a later fragment is not a header.
  if (offset == 0 && !isPlain(protocol, upper, count, ports)) return 0;
  // "itk1", profile strict, form 4; protocol; addresses; identification, MF, offset, total length, count.
  store<u64>(slot, 0x00000401316b7469 | ((<u64>protocol) << 48));
  store<u64>(slot, load<u64>(at + 12), 7);
  const stated = <u64>bswap<u16>(<u16>(length + 20));
  const words: u64 = <u64>load<u16>(at + 4) | ((<u64>((place >> 13) & 1)) << 16) | ((<u64>bswap<u16>(<u16>offset)) << 24);
  store<u64>(slot, words | (stated << 40) | ((<u64>count) << 56), 15);
  copyUpper(slot, 23, upper, count);
  return 23 + count;
}

/** The same for IPv6, without extension headers. Neighbour discovery is listed: it may tell of a neighbour's address. */
// @ts-ignore: decorator
@inline
function ipv6Input(at: usize, limit: usize, slot: usize, ports: usize): u32 {
  if (limit - at < 40 || (load<u8>(at) >> 4) != 6) return 0;
  const length = u16be(at + 4);
  const upper = at + 40;
  const count = min<u32>(40, length);
  if (limit - upper < <usize>count) return 0;
  const protocol: u32 = load<u8>(at + 6);
  if (protocol == 58) {
    if (count == 0) return 0;
    const type: u32 = load<u8>(upper);
    if (type >= 133 && type <= 137) return 0;
  } else if (protocol == 1 || !isPlain(protocol, upper, count, ports)) return 0;
  store<u64>(slot, 0x00000601316b7469 | ((<u64>protocol) << 48));
  v128.store(slot, v128.load(at, 8), 7);
  v128.store(slot, v128.load(at, 24), 23);
  store<u16>(slot, load<u16>(at + 4), 39);
  store<u8>(slot, <u8>count, 41);
  copyUpper(slot, 42, upper, count);
  return 42 + count;
}

/**
 * Takes frames of one block and one second: those that are plain into their slices, the addresses of the headers of the others
 * on the list. Returns why it stopped; `run.at` is the next frame then, and all that was taken is in its slices.
 */
export function takeFrames(run: Run): i32 {
  const batch: usize = run.batch;
  const end: usize = run.end;
  const ports: usize = run.ports;
  const cache: usize = run.cache;
  const layout = run.layout;
  let at: usize = run.at;
  let left = run.left;
  let listed = run.listed;
  let earliest = run.earliest;
  let latest = run.latest;
  let frames = run.frames;
  let why = -1;
  while (why < 0) {
    let count: u32 = 0;
    while (count < BATCH) {
      // The frame's own header.
      let frame: usize;
      let captured: u32;
      let second: u32;
      let fraction: u32;
      let next: usize;
      let vlan: u32 = 0;
      let where = run.interface << 1;
      if (layout < 4) {
        if (at >= end || end - at < 16) {
          why = END;
          break;
        }
        second = load<u32>(at);
        fraction = load<u32>(at, 4);
        captured = load<u32>(at, 8);
        if (layout == 1) {
          second = bswap<u32>(second);
          fraction = bswap<u32>(fraction);
          captured = bswap<u32>(captured);
        }
        frame = at + 16;
        if (captured > LONGEST_FRAME || end - frame < <usize>captured) {
          why = END;
          break;
        }
        next = frame + <usize>captured;
      } else {
        // struct tpacket3_hdr and struct sockaddr_ll, as packet/frame-block.ts has them.
        if (left == 0 || at >= end || end - at < 68) {
          why = END;
          break;
        }
        const step = load<u32>(at);
        second = load<u32>(at, 4);
        fraction = load<u32>(at, 8);
        captured = load<u32>(at, 12);
        frame = at + <usize>load<u16>(at, 24);
        if (captured > LONGEST_FRAME || frame + <usize>captured > end) {
          why = END;
          break;
        }
        if ((load<u32>(at, 20) & 16) != 0) vlan = load<u32>(at, 32) & 0xfff;
        if (load<u8>(at, 58) == 4) where |= 1;
        // 0 stands at the last frame. The next one may begin behind what was copied.
        next = step == 0 || step > MOST_STEP ? end : at + <usize>step;
      }
      if (second != run.second) {
        why = SECOND;
        break;
      }
      let limit = frame + <usize>captured;

      // What stands in front of IP. Length 0 says that the frame is not plain.
      const slot = slotOf(batch, count);
      let length: u32 = 0;
      let a: u64 = 0;
      let b: u64 = 0;
      let ip = frame;
      if (run.ethernet == 0) {
        if (captured >= 20) length = (load<u8>(frame) >> 4) == 4 ? ipv4Input(frame, limit, slot, ports) : ipv6Input(frame, limit, slot, ports);
      } else if (captured >= 34) {
        a = load<u64>(frame) & 0xffffffffffff;
        b = load<u64>(frame, 4) >> 16;
        let type: u32 = load<u16>(frame, 12);
        ip = frame + 14;
        if (type != IPV4) {
          for (let tags = 0; tags < 2 && isTag(type); tags++) {
            if (vlan == 0) vlan = u16be(ip) & 0xfff;
            type = load<u16>(ip, 2);
            ip += 4;
          }
          if (type == MPLS) {
            // RFC 3032: below the bottom of the stack the first four bits tell.
            let bottom: u32 = 0;
            for (let labels = 0; labels < 4 && bottom == 0 && limit - ip >= 5; labels++) {
              bottom = load<u8>(ip, 2) & 1;
              ip += 4;
            }
            const version: u32 = load<u8>(ip) >> 4;
            type = bottom == 0 ? 0 : version == 4 ? IPV4 : version == 6 ? IPV6 : 0;
          } else if (type == PPPOE && limit - ip >= 8) {
            // RFC 2516 section 4: version and type, code, session, length, then the protocol of PPP, not compressed.
            const inside = load<u16>(ip, 6);
            type = load<u16>(ip) != 0x0011 ? 0 : inside == 0x2100 ? IPV4 : inside == 0x5700 ? IPV6 : 0;
            limit = min<usize>(limit, ip + 6 + <usize>u16be(ip + 4));
            ip += 8;
          }
        }
        if (ip < limit) {
          if (type == IPV4) length = ipv4Input(ip, limit, slot, ports);
          else if (type == IPV6) length = ipv6Input(ip, limit, slot, ports);
        }
      }

      let place: usize = 0;
      if (length != 0) {
        place = placeOf(cache, a | ((<u64>vlan) << 48), b | ((<u64>where) << 48));
        if (place != 0 && load<u32>(place, 16) == 0) place = 0;
      }
      if (place == 0) {
        if (listed == MOST_LISTED) {
          why = LISTED;
          break;
        }
        store<u32>(<usize>run.list + (<usize>listed << 2), <u32>at);
        listed++;
      } else {
        const vantage = load<u32>(place, 16) - 1;
        const slice = changetype<Slice>(<usize>run.slices + (<usize>vantage << 5));
        if (slice.room == 0) {
          run.wanting = vantage;
          why = ROOM;
          break;
        }
        enter(batch, count, length, slice);
        const ttl: u64 = (load<u8>(ip) >> 4) == 4 ? load<u8>(ip, 8) : load<u8>(ip, 7);
        const rest: u64 = <u64>fraction | (ttl << 32) | ((<u64>vlan) << 48);
        describe(batch, count, b | ((<u64>where) << 48), rest, second);
        slice.room--;
        slice.packets++;
        store<u32>(place, load<u32>(place, 20) + 1, 20);
        count++;
        earliest = min<u32>(earliest, fraction);
        latest = max<u32>(latest, fraction);
      }
      frames++;
      left--;
      at = next;
    }
    if (count > 0) run.kept += insertAll(run.key, batch, count, run.most, changetype<Recent>(<usize>run.recent));
  }
  run.at = <u32>at;
  run.left = left;
  run.listed = listed;
  run.earliest = earliest;
  run.latest = latest;
  run.frames = frames;
  return why;
}
