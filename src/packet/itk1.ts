/** The `itk1` digest of single packets, and its keys: what a decision point needs. Streams go to probe/intake/tap.ts. */
import { createHash, hkdfSync } from 'node:crypto';
import type { DigestKernel } from './digest-kernel.ts';
import { bitsOf, type Entropy, entropyOf } from './entropy.ts';
import { findLayers } from './find-layers.ts';
import { isFragment, isLaterFragment } from './fragments.ts';
import { type Layers, newLayers, type ProfileRefusal, type Stop } from './layers.ts';
import { type Profile, STRICT } from './profiles.ts';
import { isSourceRouted } from './source-route.ts';

/** An epoch, the life of a key, is one hour. */
export const EPOCH_MILLISECONDS = 3_600_000;

/** Epoch of an instant: whole hours since 1970-01-01T00:00Z. */
export function epochOf(milliseconds: number): number {
  return Math.floor(milliseconds / EPOCH_MILLISECONDS);
}

/** Octets that a federation's secret has at least. */
export const SHORTEST_SECRET = 16;

/** The secret in the octets of its file: all of them but a line end after the last. Null when it is too short. */
export function secretOf(file: Uint8Array): Uint8Array | null {
  let end = file.length;
  if (file[end - 1] === 0x0a) end--;
  if (end < file.length && file[end - 1] === 0x0d) end--;
  return end < SHORTEST_SECRET ? null : file.subarray(0, end);
}

/**
 * The key of an epoch, 16 octets: HKDF-SHA-256 (RFC 5869) of the federation's secret, without salt, with info "itk1"
 * followed by the epoch as 4 octets in network byte order.
 */
export function epochKey(secret: Uint8Array, epoch: number): Uint8Array {
  const info = Buffer.from('itk1\0\0\0\0');
  info.writeUInt32BE(epoch >>> 0, 4);
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, 16));
}

/**
 * What tells keys apart without telling them: 16 hex digits of SHA-256 over "itk1 check" and the key. A probe compares it
 * with the key that its windows were digested with: under another key "not seen" would mean nothing.
 */
export function keyCheck(key: Uint8Array): string {
  return createHash('sha256').update('itk1 check').update(key).digest('hex').slice(0, 16);
}

/** 16 hex digits: the first 8 octets of the SipHash output, in their order. */
export function digestText(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, 8).toString('hex');
}

export type LayerDigest =
  | {
      readonly layer: number;
      readonly digest: string;
      readonly entropy: Entropy;
      readonly fragment: boolean;
      /** The destination is only the next stop: another tap may have another digest. Absent where it is not so. */
      readonly sourceRoute?: true;
    }
  | { readonly layer: number; readonly reason: ProfileRefusal };

/** One entry for each IP layer, outermost first; without any, `stop` tells why. */
export interface PacketDigest {
  readonly layers: readonly LayerDigest[];
  readonly stop: Stop;
}

/**
 * Digests every IP layer of one frame in a profile, under an epoch's key unless the profile has none. `wire` is the
 * frame's length on the wire, to be given when the capture may have cut it. It uses slot 0 of the kernel and sets its key:
 * not for a kernel that a probe is feeding.
 */
export function digestPacket(
  kernel: DigestKernel,
  frame: Uint8Array,
  linkType: number,
  key: Uint8Array,
  wire: number = frame.length,
  profile: Profile = STRICT,
): PacketDigest {
  const found = newLayers();
  findLayers(frame, 0, frame.length, wire, linkType, found);
  kernel.setKey(key);
  const layers = Array.from({ length: found.count }, (_, i) => digestLayer(kernel, frame, found, i, profile));
  return { layers, stop: found.stop };
}

/** Digests one of the layers that were found, under the key that the kernel has. */
export function digestLayer(
  kernel: DigestKernel,
  frame: Uint8Array,
  found: Layers,
  layer: number,
  profile: Profile,
): LayerDigest {
  const slot = kernel.slot(0);
  const length = profile.write(frame, found, layer, kernel.memory, slot);
  if (typeof length === 'string') return { layer, reason: length };
  const input = kernel.memory.subarray(slot, slot + length);
  const digest = profile.keyed ? digestText(kernel.digest(length)) : createHash('md5').update(input).digest('hex');
  const fragment = isFragment(frame, found, layer);
  const sourceRoute = isSourceRouted(frame, found, layer) && { sourceRoute: true as const };
  return { layer, digest, entropy: classOf(frame, found, layer, profile, input), fragment, ...sourceRoute };
}

/** Octets in front of what profiles `nat` and `payload` take: "itk1", profile, and length, protocol or count. */
const BEHIND_TRANSPORT = 8;

/** The class of what a profile takes of a packet, beyond the fields of the IP header. */
function classOf(frame: Uint8Array, found: Layers, layer: number, profile: Profile, input: Uint8Array): Entropy {
  if (profile.behindTransport) return entropyOf(input.subarray(BEHIND_TRANSPORT), null);
  return entropyOf(...upperOf(frame, found, layer, profile));
}

function upperOf(frame: Uint8Array, found: Layers, layer: number, profile: Profile): Parameters<typeof bitsOf> {
  const upper = found.upper[layer]!;
  const end = Math.min(upper + profile.upperOctets, found.end[layer]!);
  return [frame.subarray(upper, end), isLaterFragment(frame, found, layer) ? null : found.protocol[layer]!];
}

/** The estimate behind the class of a layer's strict digest, in bits. */
export function bitsOfLayer(frame: Uint8Array, found: Layers, layer: number): number {
  return bitsOf(...upperOf(frame, found, layer, STRICT));
}
