/** Names of the IANA registry of well-known communities: RFC 1997, 3765, 7611, 7999, 8326, 9494. */
const WELL_KNOWN: Readonly<Record<number, string>> = {
  4294901760: 'graceful-shutdown',
  4294901761: 'accept-own',
  4294901766: 'llgr-stale',
  4294901767: 'no-llgr',
  4294902426: 'blackhole',
  4294967041: 'no-export',
  4294967042: 'no-advertise',
  4294967043: 'no-export-subconfed',
  4294967044: 'no-peer',
};

/** A community (RFC 1997): `64500:120`, or the name of a well-known one. */
export function formatCommunity(community: number): string {
  return WELL_KNOWN[community] ?? `${community >>> 16}:${community & 0xffff}`;
}

/** A large community (RFC 8092 section 4): `64500:1:20`. */
export function formatLargeCommunity([global, local1, local2]: readonly [number, number, number]): string {
  return `${global}:${local1}:${local2}`;
}

/**
 * The 8 octets of an extended community (RFC 4360 section 2): `rt 64500:1`, `soo 192.0.2.1:7`, `ovs valid` (RFC 8097); others
 * in hex.
 */
export function formatExtendedCommunity(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const type = view.getUint8(0);
  const subtype = view.getUint8(1);
  const name = subtype === 2 ? 'rt' : subtype === 3 ? 'soo' : null;
  if (name !== null && type === 0x00) return `${name} ${view.getUint16(2)}:${view.getUint32(4)}`; // RFC 4360 section 3.1
  if (name !== null && type === 0x01) return `${name} ${bytes.subarray(2, 6).join('.')}:${view.getUint16(6)}`; // section 3.2
  if (name !== null && type === 0x02) return `${name} ${view.getUint32(2)}:${view.getUint16(6)}`; // RFC 5668
  if (view.getUint16(0) === 0x4300)
    return `ovs ${['valid', 'not-found', 'invalid'][view.getUint8(7)] ?? view.getUint8(7)}`;
  return Buffer.from(bytes.subarray(0, 8)).toString('hex');
}
