/**
 * UPDATEs that change nothing, found by looking closely at one of many: the route path itself does not ask, and is not to be
 * slowed down for it.
 */
import { decodeUpdate } from '../bgp/update.ts';
import { wordsOf } from '../net/prefix.ts';
import { type Rib, routesOf } from '../rib/adj-rib-in.ts';
import type { IngestPeer } from './ingest-peer.ts';

/** One UPDATE of so many is looked at: it costs twenty times what the route path does. */
const EVERY = 1024;

export interface Duplicates {
  /** True for the UPDATEs that are to be looked at. */
  due(): boolean;
  /** Takes an UPDATE in by `take`, and sees whether it changed any route that it names. */
  watch<T>(peer: IngestPeer, buffer: Uint8Array, start: number, end: number, take: () => T): T;
  /** UPDATEs with routes that were looked at, and those that changed nothing; since the peer is configured. */
  counts(): { readonly seen: number; readonly unchanged: number };
}

export function createDuplicates(rib: Rib): Duplicates {
  let updates = 0;
  let seen = 0;
  let unchanged = 0;
  return {
    due: () => ++updates % EVERY === 0,
    watch(peer, buffer, start, end, take) {
      const { announced, withdrawn } = decodeUpdate(buffer, start, end, peer);
      const named = [...announced, ...withdrawn];
      const held = () =>
        named.map(prefix => {
          const [w0, w1, w2, w3] = wordsOf(prefix);
          const { afi, length } = prefix;
          const id = afi === 1 ? rib.ids4.find(w0, length) : rib.ids6.find(w0, w1, w2, w3, length);
          return id < 0 ? [] : routesOf(peer.table, afi, id);
        });
      const before = JSON.stringify(held());
      const result = take();
      if (named.length > 0) {
        seen++;
        if (JSON.stringify(held()) === before) unchanged++;
      }
      return result;
    },
    counts: () => ({ seen, unchanged }),
  };
}
