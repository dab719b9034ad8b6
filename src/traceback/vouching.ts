/** Whether an authority vouches for a participation record's certificate, remembered. */
import { X509Certificate } from 'node:crypto';
import { vouchedFor } from '../net/tls.ts';
import type { Participation } from './participation.ts';

/** How long it is believed, ms; no longer than the certificates are valid. */
const TRUSTED = 86_400_000;

interface Vouching {
  readonly by: readonly X509Certificate[];
  readonly from: number;
  readonly until: number;
}

/** A signature costs a tenth of a millisecond to check: with a thousand members, too much for each skip. */
const known = new WeakMap<Participation, readonly Vouching[]>();

/** True when one of the authorities vouches for the record's certificate at `now` (ms). */
export function isVouched(record: Participation, authorities: readonly X509Certificate[], now: number): boolean {
  if (authorities.length === 0) return false;
  const before = known.get(record) ?? [];
  if (before.some(({ by, from, until }) => by === authorities && now >= from && now < until)) return true;
  const certificate = new X509Certificate(record.certificate);
  if (vouchedFor(certificate, authorities, now) !== null) return false;
  const ends = [certificate, ...authorities].map(({ validToDate }) => validToDate.getTime());
  const until = Math.min(now + TRUSTED, ...ends.filter(end => end > now));
  known.set(record, [...before.filter(one => one.by !== authorities), { by: authorities, from: now, until }]);
  return true;
}
