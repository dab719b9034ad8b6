import { AFI_IPV6, formatAddress } from '../net/address.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Sub-types that name an AS or address and a number (RFC 4360 section 4 and 5, RFC 8955 section 7.4), by their high octet. */
const TARGETS: Readonly<Record<number, string>> = { 2: 'rt', 3: 'soo' };
const REDIRECT = 0x08;

/** ADMINISTRATOR:NUMBER by the low bits of the type: 0 an AS of 2 octets, 1 an address, 2 an AS of 4 octets. */
function administrator(form: number, view: DataView, bytes: Uint8Array): string | null {
  if (form === 0) return `${view.getUint16(2)}:${view.getUint32(4)}`; // RFC 4360 section 3.1
  if (form === 1) return `${bytes.subarray(2, 6).join('.')}:${view.getUint16(6)}`; // section 3.2
  return form === 2 ? `${view.getUint32(2)}:${view.getUint16(6)}` : null; // RFC 5668
}

/** A rate as it is to be understood: a negative one means 0, which discards all (RFC 8955 sections 7.1 and 7.2). */
const rate = (view: DataView) => Math.max(0, view.getFloat32(4));

/** Traffic filtering actions (RFC 8955 section 7), by type and sub-type. */
const FILTERING: Readonly<Record<number, (view: DataView) => string>> = {
  32774: view => `rate-bytes ${rate(view)}`, //   0x8006, section 7.1
  32780: view => `rate-packets ${rate(view)}`, // 0x800c, section 7.2
  32775: view => {
    const bits = view.getUint8(7); //                      0x8007, section 7.3
    return `traffic-action${bits & 1 ? ' terminal' : ''}${bits & 2 ? ' sample' : ''}`;
  },
  32777: view => `mark ${view.getUint8(7) & 63}`, //      0x8009, section 7.5
};

/**
 * The 8 octets of an extended community (RFC 4360 section 2): `rt 64500:1`, `soo 192.0.2.1:7`, `ovs valid` (RFC 8097), the
 * actions of flow specifications (`rate-bytes 0`, `redirect 64500:1`: RFC 8955 section 7); others in hex.
 */
export function formatExtendedCommunity(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const type = view.getUint8(0);
  const subtype = view.getUint8(1);
  const name =
    type < 3 ? TARGETS[subtype] : type >= 0x80 && type < 0x83 && subtype === REDIRECT ? 'redirect' : undefined;
  const named = name === undefined ? null : administrator(type & 0x7f, view, bytes);
  if (named !== null) return `${name} ${named}`;
  const filtering = FILTERING[view.getUint16(0)];
  if (filtering !== undefined) return filtering(view);
  if (view.getUint16(0) === 0x4300)
    return `ovs ${['valid', 'not-found', 'invalid'][view.getUint8(7)] ?? view.getUint8(7)}`;
  return hex(bytes.subarray(0, 8));
}

/** The 20 octets of an IPv6 address specific extended community (RFC 5701 section 2): `rt 2001:db8::1:7`; others in hex. */
export function formatIpv6ExtendedCommunity(bytes: Uint8Array): string {
  const name = bytes[0] === 0 ? TARGETS[bytes[1]!] : undefined;
  if (name === undefined) return hex(bytes);
  const address = formatAddress({ afi: AFI_IPV6, bytes: bytes.subarray(2, 18) });
  return `${name} ${address}:${(bytes[18]! << 8) | bytes[19]!}`;
}
