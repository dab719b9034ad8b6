/**
 * Participation records: what an AS says of its taking part, signed by it and flooded like link-state records
 * (intertrack-protocol(7), ANNOUNCE). A record carries its AS's certificate, so that whoever trusts the authority that
 * issued it can check the record, and all else that the AS signs.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { MANAGERS } from '../config/trace-sites-tree.ts';
import { flag, integer, list, map, nullable, opaque, share, text, type ValueOf, word } from './fields.ts';
import { asOfCertificate } from './identity.ts';
import { isSigned, readItem, signItem } from './signed.ts';

/** Octets of a record and its signature. */
export const MAX_RECORD = 4096;
/** How long a record is good at most, from when it was made; ms. */
export const MAX_LIFE = 7 * 86_400_000;

const time = integer(0, Number.MAX_SAFE_INTEGER);

/** What stands behind an ITM, and how its AS comes by sightings: as OPEN has them too. */
export const roles = list(word(...MANAGERS), 0, 8);
export const methods = list(word('digest', 'flow', 'sflow', 'translate', 'exec'), 0, 8);

const record = map({
  as: integer(1, 0xffffffff),
  /** Larger in every later record of the AS. */
  sequence: time,
  issued: time,
  expires: time,
  /** The AS takes part no more. */
  withdrawn: flag,
  /** Where it listens for sessions. */
  addresses: list(map({ address: text(64), port: integer(1, 65535) }), 0, 8),
  /** DER. */
  certificate: opaque(1, 3072),
  /** Which managers stand behind it: `itm`, `btm`, `dtm`, `dpoint`. */
  roles,
  /** How it comes by sightings: `digest`, `flow`, `sflow`, `translate`, `exec`. */
  methods,
  /** Federations that it is a member of. */
  federations: list(text(64), 0, 16),
  /** Seconds for which windows are kept, and share of the border behind taps; null when not stated. */
  retention: nullable(integer(0, 0xffffffff)),
  coverage: nullable(share),
});

export type Participation = ValueOf<typeof record>;

/** A record that was read and whose signature is that of the certificate in it; whether that is believed is another question. */
export interface SignedRecord {
  readonly participation: Participation;
  readonly certificate: X509Certificate;
  /** The record as it goes on the wire: the signature, then the item. */
  readonly octets: Uint8Array;
}

/** Signs a record with the key of the certificate in it. */
export function signParticipation(participation: Participation, key: KeyObject): Uint8Array {
  const { octets, signature } = signItem('intertrack participation', record, participation, key);
  return Buffer.concat([signature, octets]);
}

/**
 * Reads a record: that its fields are well-formed, that its certificate names its AS, that its times make sense, and that
 * the certificate's key signed it. `now` in ms. A text says what is wrong.
 */
export function readParticipation(octets: Uint8Array, now: number): SignedRecord | string {
  if (octets.length > MAX_RECORD) return `a record of ${octets.length} octets`;
  const item = octets.subarray(64);
  const got = readItem(record, item);
  if ('wrong' in got) return `${got.at}: ${got.wrong}`;
  const participation = got.value;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(participation.certificate);
    void certificate.publicKey; // throws for a kind of key that is not known
  } catch {
    return 'certificate: is none';
  }
  const named = asOfCertificate(certificate);
  if (typeof named === 'string') return `certificate: ${named}`;
  if (named !== participation.as) return `certificate: names AS ${named}, not AS ${participation.as}`;
  const { issued, expires } = participation;
  if (expires <= issued || expires - issued > MAX_LIFE) return 'expires: is not within a week of its issue';
  if (expires <= now) return 'expires: is past';
  if (!isSigned('intertrack participation', item, octets.subarray(0, 64), certificate.publicKey))
    return 'is not signed by the key of its certificate';
  return { participation, certificate, octets };
}
