/** Whose signatures are believed: records of participation, by their certificates. */
import { createHash, type KeyObject } from 'node:crypto';
import { vouchedFor } from '../net/tls.ts';
import { doubtOfCertificate, type Identity, isConfigured } from './identity.ts';
import type { Participants } from './participants.ts';
import { readParticipation, type SignedRecord } from './participation.ts';
import { isVouched } from './vouching.ts';

/** Records that were checked and need not be again. */
const MAX_CHECKED = 4096;

/** The key of a record, and why the record is not believed to be its AS's; null when it is. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly doubt: string | null;
}

export interface Directory {
  /**
   * The key that an AS signs with, from its record; in words what is wrong with a record that is none of that AS. `now` in
   * ms. A record is believed when its certificate is one configured for that AS or was issued by an authority of a
   * federation; whoever hands on one that is not believed is believed for it or not.
   */
  keyOf(as: number, record: Uint8Array, now: number): SigningKey | string;
}

/**
 * `identity` is asked anew each time: certificates are renewed while the daemon runs. A record that is one of `participants`
 * was checked when it came.
 */
export function createDirectory(
  identity: () => Identity,
  participants: Pick<Participants, 'held'> = { held: () => null },
): Directory {
  /** By the SHA-256 of its octets, what a record says: its signature does not change. Whether it is believed may. */
  const checked = new Map<string, SignedRecord>();

  const read = (octets: Uint8Array, now: number): SignedRecord | string => {
    const held = participants.held(octets);
    if (held !== null && held.participation.expires > now) return held;
    const name = createHash('sha256').update(octets).digest('base64');
    const known = checked.get(name);
    if (known !== undefined && known.participation.expires > now) return known;
    const record = readParticipation(octets, now);
    if (typeof record === 'string') return record;
    if (checked.size >= MAX_CHECKED) checked.delete(checked.keys().next().value!);
    checked.set(name, record);
    return record;
  };

  return {
    keyOf(as, octets, now) {
      const record = read(octets, now);
      if (typeof record === 'string') return `record: ${record}`;
      if (record.participation.as !== as) return `record: is of AS ${record.participation.as}, not of AS ${as}`;
      return { key: record.certificate.publicKey, doubt: doubtOf(record, identity(), now) };
    },
  };
}

/** Null when the record's certificate is believed; else why not. */
export function doubtOf({ participation, certificate }: SignedRecord, identity: Identity, now: number): string | null {
  const { as } = participation;
  if (isConfigured(as, identity)) {
    // An AS that a file or a fingerprint is configured for is believed by that alone.
    const why = doubtOfCertificate(certificate, as, identity, now);
    return why === null ? null : `AS ${as}: ${why}`;
  }
  if (isVouched(participation, identity.authorities, now)) return null;
  const not = vouchedFor(certificate, identity.authorities, now);
  return not === null ? null : `AS ${as}: ${not}`;
}
