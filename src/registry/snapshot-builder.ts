/** Writes a registry snapshot in the buffer it will stand in (layout: snapshot-layout.ts; how it is read: snapshot.ts). */
import type { Afi } from '../net/address.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import {
  AUTHORITATIVE_ENTRY,
  allocate,
  ENTRY4,
  ENTRY6,
  find4,
  find6,
  H,
  HOLE,
  mask4,
  mask6,
  OBJECT,
  RECORD,
  regionsOf,
  VRP,
  WATCHED_ENTRY,
} from './snapshot-layout.ts';

/** The origin of a route whose AS_PATH ends in an AS_SET (RFC 6811 section 2): no object has it. */
export const NO_ORIGIN = -1;

/** A prefix is its family, its address in 32-bit words, signed or unsigned alike (IPv4: w0 alone), and its length. */
export interface SnapshotBuilder {
  /** Adds an object, or with NO_ORIGIN a watch without one. Several origins of a prefix add up; so does `watched`. */
  add(prefix: Prefix, origin: number, watched: boolean): void;
  /**
   * The same from address words. An object of a source that is not authoritative does not count where an authoritative
   * one has an object for the very prefix: those come first.
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
      to.slots4[~find4(to, w0, meta & 0xff)] = entry + 1;
    }
    for (let entry = 0; entry < prefixes6; entry++) {
      const [w0, w1, w2, w3, meta] = to.entries6.subarray(entry * ENTRY6, entry * ENTRY6 + 5);
      to.slots6[~find6(to, w0!, w1!, w2!, w3!, meta! & 0xff)] = entry + 1;
    }
    return next;
  }

  function finish(header: Int32Array): void {
    header[H.prefixes4] = prefixes4;
    header[H.prefixes6] = prefixes6;
    header[H.used] = used;
    header[H.objects] = objects;
    header[H.vrps] = vrps;
  }

  /** Where in its entries the prefix's first record stands; the entry is made when there is none. */
  function headOf(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): number {
    const full = prefixes4 === r.entries4.length / ENTRY4 || prefixes6 === r.entries6.length / ENTRY6;
    if (full || used === r.records.length / RECORD) {
      sab = moved(Math.max(16, prefixes4 * 2), Math.max(16, prefixes6 * 2), Math.max(16, used * 2));
      r = regionsOf(sab);
    }
    const four = afi === 1;
    let entry = four ? find4(r, w0 | 0, length) : find6(r, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    if (entry < 0) {
      const slot = ~entry;
      if (four) {
        entry = prefixes4++;
        r.entries4[entry * ENTRY4] = w0;
        r.entries4[entry * ENTRY4 + 1] = length;
        r.slots4[slot] = entry + 1;
      } else {
        entry = prefixes6++;
        r.entries6[entry * ENTRY6] = w0;
        r.entries6[entry * ENTRY6 + 1] = w1;
        r.entries6[entry * ENTRY6 + 2] = w2;
        r.entries6[entry * ENTRY6 + 3] = w3;
        r.entries6[entry * ENTRY6 + 4] = length;
        r.slots6[slot] = entry + 1;
      }
      const mask = (four ? mask4(w0, length) : mask6(w0, length)) + (length >> 5);
      r.masks[mask]! |= 1 << (length & 31);
    }
    return four ? entry * ENTRY4 + 2 : entry * ENTRY6 + 5;
  }

  /** False when the same record is there already. */
  function addRecord(entries: Int32Array, head: number, asn: number, what: number): boolean {
    const { records } = r;
    for (let i = entries[head]! - 1; i >= 0; i = records[i * RECORD + 2]! - 1)
      if (records[i * RECORD] === (asn | 0) && records[i * RECORD + 1] === what) return false;
    records[used * RECORD] = asn;
    records[used * RECORD + 1] = what;
    records[used * RECORD + 2] = entries[head]!;
    entries[head] = ++used;
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
  ) => {
    const head = headOf(afi, w0, w1, w2, w3, length);
    const entries = entriesOf(afi);
    if (watched) entries[head - 1]! |= WATCHED_ENTRY;
    if (origin === NO_ORIGIN) return;
    if (authoritative) entries[head - 1]! |= AUTHORITATIVE_ENTRY;
    else if ((entries[head - 1]! & AUTHORITATIVE_ENTRY) !== 0) return;
    if (addRecord(entries, head, origin, OBJECT)) objects++;
  };

  return {
    addWords,
    add(prefix, origin, watched) {
      const [w0, w1, w2, w3] = wordsOf(prefix);
      addWords(prefix.afi, w0, w1, w2, w3, prefix.length, origin, watched);
    },
    addVrp(afi, w0, w1, w2, w3, length, maxLength, asn) {
      const head = headOf(afi, w0, w1, w2, w3, length);
      if (addRecord(entriesOf(afi), head, asn, VRP + maxLength)) vrps++;
    },
    addHole(hole, outer, origin) {
      const [w0, w1, w2, w3] = wordsOf(hole);
      const head = headOf(hole.afi, w0, w1, w2, w3, hole.length);
      addRecord(entriesOf(hole.afi), head, origin, HOLE + outer);
    },
    clear(prefix) {
      const [w0, w1, w2, w3] = wordsOf(prefix);
      const head = headOf(prefix.afi, w0, w1, w2, w3, prefix.length);
      const entries = entriesOf(prefix.afi);
      entries[head] = 0;
      entries[head - 1] = prefix.length;
    },
    get prefixes() {
      return prefixes4 + prefixes6;
    },
    freeze() {
      finish(r.header);
      return sab;
    },
    copy() {
      const copied = moved(prefixes4, prefixes6, used);
      finish(regionsOf(copied).header);
      return copied;
    },
  };
}
