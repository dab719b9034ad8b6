/** Attribute stores made of AS paths. */
import { AttributeStore, CONTEXT_AS4 } from '../../src/rib/attribute-store.ts';

/** Path attributes with an AS_PATH of the given segments, four-octet ASes. */
export function pathAttributes(...segments: [type: number, ...ases: number[]][]): Uint8Array {
  const value = segments.flatMap(([type, ...ases]) => [
    type,
    ases.length,
    ...ases.flatMap(as => [as >>> 24, (as >>> 16) & 255, (as >>> 8) & 255, as & 255]),
  ]);
  return Uint8Array.from([0x40, 1, 1, 0, 0x40, 2, value.length, ...value]);
}

export function storeOf(...sets: Uint8Array[]): AttributeStore {
  const store = new AttributeStore();
  for (const bytes of sets) {
    const view = new DataView(bytes.buffer);
    const id = store.add(store.hash(view, 0, bytes.length, CONTEXT_AS4), view, 0, bytes.length, CONTEXT_AS4, 0, 1);
    store.retain(id, 1);
  }
  return store;
}
