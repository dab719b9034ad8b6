/**
 * The digest profiles: what of a packet goes into a digest, and how it is hashed. A profile is asked for where a
 * packet may have been changed on its way in a manner that its digest leaves out; itprobe(8), DIGESTS, holds every
 * layout.
 */
import { clampInput } from './clamped.ts';
import { packterInput, spieInput } from './earlier-inputs.ts';
import { refusalOf, refusalWithin, writeInput, writeInvariant } from './invariant.ts';
import type { Layers, ProfileRefusal } from './layers.ts';
import { rekeyedInput } from './rekeyed.ts';
import { natInput, payloadInput } from './translated.ts';

export type ProfileName = 'strict' | 'nat' | 'clamp' | 'payload' | 'quoted8' | 'packter-md5' | 'spie28' | 'packter';

export interface Profile {
  readonly name: ProfileName;
  /** The octet of the input, and of everything that names a profile by number. */
  readonly number: number;
  /** SipHash-2-4 under the epoch's key; else MD5 without one, and 16 octets of digest. */
  readonly keyed: boolean;
  /** Octets of a packet behind its IP header that are always enough. */
  readonly upperOctets: number;
  /** It takes what lies behind the transport header, and nothing of the IP header. */
  readonly behindTransport: boolean;
  /** What it is for, in a few words. */
  readonly purpose: string;
  /**
   * Writes the input of layer `i` at `input[at]`, where LONGEST_INPUT octets must be free. Returns its length, or why
   * there is none. Reads nothing behind the layer's captured end, and allocates nothing.
   */
  write(bytes: Uint8Array, layers: Layers, i: number, input: Uint8Array, at: number): number | ProfileRefusal;
}

/** Upper-layer octets that an ICMP error quotes at least (RFC 792). */
const QUOTED_OCTETS = 8;

export const STRICT: Profile = {
  name: 'strict',
  number: 1,
  keyed: true,
  upperOctets: 40,
  behindTransport: false,
  purpose: 'everything that no router changes',
  write: (bytes, layers, i, input, at) => writeInput(bytes, layers, i, input, at) || refusalOf(layers, i)!,
};

export const NAT: Profile = {
  name: 'nat',
  number: 2,
  keyed: true,
  upperOctets: 100,
  behindTransport: true,
  purpose: 'the same on both sides of NAT44 and NAT64',
  write: natInput,
};

export const CLAMP: Profile = {
  name: 'clamp',
  number: 3,
  keyed: true,
  upperOctets: 40,
  behindTransport: false,
  purpose: 'TCP SYN, the same before and after MSS clamping',
  write: clampInput,
};

export const PAYLOAD: Profile = {
  name: 'payload',
  number: 4,
  keyed: true,
  upperOctets: 100,
  behindTransport: true,
  purpose: 'payload alone, the same on both sides of a proxy',
  write: payloadInput,
};

export const QUOTED8: Profile = {
  name: 'quoted8',
  number: 5,
  keyed: true,
  upperOctets: QUOTED_OCTETS,
  behindTransport: false,
  purpose: 'as much of a packet as an ICMP error quotes',
  write: (bytes, layers, i, input, at) =>
    refusalWithin(layers, i, QUOTED_OCTETS) ?? writeInvariant(5, QUOTED_OCTETS, bytes, layers, i, input, at),
};

export const PACKTER_MD5: Profile = {
  name: 'packter-md5',
  number: 6,
  keyed: false,
  upperOctets: 8,
  behindTransport: false,
  purpose: 'as PACKTER and InterTrack of 2010 hash',
  write: packterInput,
};

export const SPIE28: Profile = {
  name: 'spie28',
  number: 7,
  keyed: true,
  upperOctets: 8,
  behindTransport: false,
  purpose: 'the packet prefix of SPIE',
  write: spieInput,
};

export const PACKTER: Profile = {
  name: 'packter',
  number: 8,
  keyed: true,
  upperOctets: 8,
  behindTransport: false,
  purpose: "PACKTER's hash, hashed again under the key",
  write: rekeyedInput,
};

/** All of them, by number. */
export const PROFILES: readonly Profile[] = [STRICT, NAT, CLAMP, PAYLOAD, QUOTED8, PACKTER_MD5, SPIE28, PACKTER];

/** The profile of a name; undefined when there is none. */
export function profileNamed(name: string): Profile | undefined {
  return PROFILES.find(profile => profile.name === name);
}
