/** Writes a registry snapshot in the buffer it will stand in (layout: snapshot-layout.ts; how it is read: snapshot.ts). */
import type { Afi } from '../net/address.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import {
  ASN,
  AUTHORITATIVE_ENTRY,
  allocate,
  COVER,
  ENTRY4,
  ENTRY6,
  find4,
  find6,
  findCovering4,
  findCovering6,
  H,
  HOLE,
  MAX_ENTRIES,
  META4,
  META6,
  NEXT,
  NOTHING,
  note4,
  note6,
  OBJECT,
  RECORD,
  RULES_ENTRY_SHIFT,
  regionsOf,
  take4,
  take6,
  VRP,
  WATCHED_ENTRY,
  WHAT,
} from './snapshot-layout.ts';

/** The origin of a route whose AS_PATH ends in an AS_SET (RFC 6811 section 2): no object has it. */
export const NO_ORIGIN = -1;

/** A prefix is its family, its address in 32-bit words, signed or unsigned alike (IPv4: w0 alone), and its length. */
export interface SnapshotBuilder {
  /** Adds an object, or with NO_ORIGIN a watch without one. Several origins of a prefix add up; so does `watched`. */
  add(prefix: Prefix, origin: number, watched: boolean): void;
  /**
   * The same from address words. An object of a source that is not authoritative does not count where an authoritative
   * one has an object for the very prefix: those come first. `rules`: what is demanded of paths (path-rules.ts).
   */
  addWords(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    origin: number,
    watched: boolean,
    authoritative?: boolean,
    rules?: number,
  ): void;
  addVrp(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    maxLength: number,
    asn: number,
  ): void;
  /** Inside `hole` the object of this origin for the covering prefix of length `outer` does not count. */
  addHole(hole: Prefix, outer: number, origin: number): void;
  /**
   * Forgets what is said of the prefix, and says that nothing is: in an overlay it then hides what the snapshot below
   * says (snapshot.ts).
   */
  clear(prefix: Prefix): void;
  readonly prefixes: number;
  /** Records in use, those of prefixes that were cleared included. */
  readonly records: number;
  /**
   * Links entries `from` to `to`, IPv4 before IPv6, to what covers them, when all have been added: long work, which
   * `freeze` else does at once.
   */
  link(from: number, to: number): void;
  /** Ends the building: nothing may be added any more. */
  freeze(): SharedArrayBuffer;
  /** A frozen copy of what is there so far, with no room to spare; the building goes on. */
  copy(): SharedArrayBuffer;
}

/**
 * A builder with room for so many prefixes of each family and records; when one is used up the buffer is copied into one
 * of twice the size.
 */
export function snapshotBuilder(
  expected4 = 1024,
  expected6 = 1024,
  expectedRecords = expected4 + expected6,
): SnapshotBuilder {
  let sab = allocate(expected4, expected6, expectedRecords);
  let r = regionsOf(sab);
  let [prefixes4, prefixes6, used, objects, vrps] = [0, 0, 0, 0, 0];
  /** Entries below this are linked. */
  let linked = 0;

  /** A buffer with room for so many, and everything in it. */
  function moved(room4: number, room6: number, roomRecords: number): SharedArrayBuffer {
    const next = allocate(room4, room6, roomRecords);
    const to = regionsOf(next);
    to.masks.set(r.masks);
    to.entries4.set(r.entries4.subarray(0, prefixes4 * ENTRY4));
    to.entries6.set(r.entries6.subarray(0, prefixes6 * ENTRY6));
    to.records.set(r.records.subarray(0, used * RECORD));
    for (let entry = 0; entry < prefixes4; entry++) {
      const [w0, meta] = [to.entries4[entry * ENTRY4]!, to.entries4[entry * ENTRY4 + 1]!];
      take4(to, ~find4(to, w0, meta & 0xff), entry, w0, meta & 0xff);
    }
    for (let entry = 0; entry < prefixes6; entry++) {
      const [w0, w1, w2, w3, meta] = to.entries6.subarray(entry * ENTRY6, entry * ENTRY6 + 5);
      const length = meta! & 0xff;
      take6(to, ~find6(to, w0!, w1!, w2!, w3!, length), entry, w0!, w1!, w2!, w3!, length);
    }
    return next;
  }

  function link(from: number, to: number): void {
    const { entries4: e4, entries6: e6 } = r;
    for (let entry = from; entry < Math.min(to, prefixes4); entry++) {
      const at = entry * ENTRY4;
      const length = e4[at + 1]! & 0xff;
      e4[at + META4 + COVER] = length === 0 ? 0 : findCovering4(r, e4[at]!, length - 1) + 1;
    }
    for (let entry = Math.max(0, from - prefixes4); entry < Math.min(to - prefixes4, prefixes6); entry++) {
      const at = entry * ENTRY6;
      const length = e6[at + 4]! & 0xff;
      const covering = length === 0 ? -1 : findCovering6(r, e6[at]!, e6[at + 1]!, e6[at + 2]!, e6[at + 3]!, length - 1);
      e6[at + META6 + COVER] = covering + 1;
    }
    linked = Math.max(linked, to);
  }

  function finish(header: Int32Array): void {
    header[H.prefixes4] = prefixes4;
    header[H.prefixes6] = prefixes6;
    header[H.used] = used;
    header[H.objects] = objects;
    header[H.vrps] = vrps;
  }

  /** Where in the entries META of the prefix stands; the entry is made when there is none. */
  function metaOf(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): number {
    const full = prefixes4 === r.entries4.length / ENTRY4 || prefixes6 === r.entries6.length / ENTRY6;
    if (full || used === r.records.length / RECORD) {
      sab = moved(Math.max(16, prefixes4 * 2), Math.max(16, prefixes6 * 2), Math.max(16, used * 2));
      r = regionsOf(sab);
    }
    const four = afi === 1;
    let entry = four ? find4(r, w0 | 0, length) : find6(r, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    if (entry < 0) {
      if (Math.max(prefixes4, prefixes6) >= MAX_ENTRIES) throw new RangeError(`more than ${MAX_ENTRIES} prefixes`);
      const slot = ~entry;
      if (four) {
        entry = prefixes4++;
        r.entries4[entry * ENTRY4] = w0;
        r.entries4[entry * ENTRY4 + 1] = length;
        take4(r, slot, entry, w0 | 0, length);
      } else {
        entry = prefixes6++;
        r.entries6[entry * ENTRY6] = w0;
        r.entries6[entry * ENTRY6 + 1] = w1;
        r.entries6[entry * ENTRY6 + 2] = w2;
        r.entries6[entry * ENTRY6 + 3] = w3;
        r.entries6[entry * ENTRY6 + 4] = length;
        take6(r, slot, entry, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
      }
      if (four) note4(r, w0, length);
      else note6(r, w0, length);
    }
    return four ? entry * ENTRY4 + META4 : entry * ENTRY6 + META6;
  }

  /** False when the same record is there already. */
  function addRecord(entries: Int32Array, meta: number, asn: number, what: number): boolean {
    const { records } = r;
    if (entries[meta + WHAT] === NOTHING) {
      entries[meta + ASN] = asn;
      entries[meta + WHAT] = what;
      return true;
    }
    if (entries[meta + ASN] === (asn | 0) && entries[meta + WHAT] === what) return false;
    for (let i = entries[meta + NEXT]! - 1; i >= 0; i = records[i * RECORD + 2]! - 1)
      if (records[i * RECORD] === (asn | 0) && records[i * RECORD + 1] === what) return false;
    records[used * RECORD] = asn;
    records[used * RECORD + 1] = what;
    records[used * RECORD + 2] = entries[meta + NEXT]!;
    entries[meta + NEXT] = ++used;
    return true;
  }

  const entriesOf = (afi: Afi) => (afi === 1 ? r.entries4 : r.entries6);

  const addWords: SnapshotBuilder['addWords'] = (
    afi,
    w0,
    w1,
    w2,
    w3,
    length,
    origin,
    watched,
    authoritative = false,
    rules = 0,
  ) => {
    const meta = metaOf(afi, w0, w1, w2, w3, length);
    const entries = entriesOf(afi);
    if (watched) entries[meta]! |= WATCHED_ENTRY;
    if (rules !== 0) entries[meta] = (entries[meta]! & ((1 << RULES_ENTRY_SHIFT) - 1)) | (rules << RULES_ENTRY_SHIFT);
    if (origin === NO_ORIGIN) return;
    if (authoritative) entries[meta]! |= AUTHORITATIVE_ENTRY;
    else if ((entries[meta]! & AUTHORITATIVE_ENTRY) !== 0) return;
    if (addRecord(entries, meta, origin, OBJECT)) objects++;
  };

  return {
    addWords,
    add(prefix, origin, watched) {
      const [w0, w1, w2, w3] = wordsOf(prefix);
      addWords(prefix.afi, w0, w1, w2, w3, prefix.length, origin, watched);
    },
    addVrp(afi, w0, w1, w2, w3, length, maxLength, asn) {
      const meta = metaOf(afi, w0, w1, w2, w3, length);
      if (addRecord(entriesOf(afi), meta, asn, VRP + maxLength)) vrps++;
    },
    addHole(hole, outer, origin) {
      const [w0, w1, w2, w3] = wordsOf(hole);
      const meta = metaOf(hole.afi, w0, w1, w2, w3, hole.length);
      addRecord(entriesOf(hole.afi), meta, origin, HOLE + outer);
    },
    clear(prefix) {
      const [w0, w1, w2, w3] = wordsOf(prefix);
      const meta = metaOf(prefix.afi, w0, w1, w2, w3, prefix.length);
      const entries = entriesOf(prefix.afi);
      entries[meta] = prefix.length;
      entries[meta + NEXT] = 0;
      entries[meta + WHAT] = NOTHING;
    },
    link,
    get prefixes() {
      return prefixes4 + prefixes6;
    },
    get records() {
      return used;
    },
    freeze() {
      link(linked, prefixes4 + prefixes6);
      finish(r.header);
      return sab;
    },
    copy() {
      const building = { sab, r };
      sab = moved(prefixes4, prefixes6, used);
      r = regionsOf(sab);
      link(0, prefixes4 + prefixes6);
      linked = 0; // the building goes on
      finish(r.header);
      const copied = sab;
      ({ sab, r } = building);
      return copied;
    },
  };
}
