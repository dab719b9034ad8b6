/** Keys that digests are stored under, as SipHash takes them. */

/** 16 octets. */
export interface StorageKey {
  readonly k0: bigint;
  readonly k1: bigint;
}

/** The key in 16 octets. */
export function storageKey(octets: Uint8Array): StorageKey {
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  return { k0: view.getBigUint64(0, true), k1: view.getBigUint64(8, true) };
}

/** A key as 16 octets. */
export function keyOctets({ k0, k1 }: StorageKey): Uint8Array {
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  view.setBigUint64(0, k0, true);
  view.setBigUint64(8, k1, true);
  return octets;
}
