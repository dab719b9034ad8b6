/**
 * What an RPKI Signed Checklist of an AS says of its certificate (intertrack-protocol(7), Checklists). That the checklist is
 * valid is found out elsewhere (registry/rpki/rpki-client.ts), before anybody shows the certificate.
 */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { fingerprintOf } from '../net/fingerprint.ts';
import type { Checklist } from '../registry/rpki/checklist-json.ts';

/** A checklist that is valid, and until when that is believed (ms); or why the checklist of an AS is not. */
export type ChecklistTrust = { readonly list: Checklist; readonly until: number } | { readonly doubt: string };

/** The file that says in whose name a key speaks; its SHA-256 on a checklist vouches for every certificate of that key. */
export function keyStatement(as: number, key: KeyObject): string {
  return `urn:intertrack:as:${as} key ${fingerprintOf(key)}\n`;
}

/** Why a certificate of an AS is not believed by the AS's checklist at `now` (ms); null when it is. */
export function doubtOfChecklist(
  trust: ChecklistTrust,
  certificate: X509Certificate,
  as: number,
  now: number,
): string | null {
  if ('doubt' in trust) return `its checklist is not believed: ${trust.doubt}`;
  const { list, until } = trust;
  if (now >= until) return 'its checklist is not believed: it was verified too long ago';
  const wrong = doubtOfSigner(list, as);
  if (wrong !== null) return wrong;
  const listed = [certificate.raw, keyStatement(as, certificate.publicKey)].some(file =>
    list.hashes.has(createHash('sha256').update(file).digest('hex')),
  );
  return listed ? null : 'its checklist has neither the certificate nor its key';
}

/** Why a checklist says nothing for an AS; null when the holder of the AS has signed it. */
export function doubtOfSigner({ ases }: Checklist, as: number): string | null {
  const holds = ases.some(({ from, to }) => as >= from && as <= to);
  return holds ? null : `its checklist is not signed for AS ${as}`;
}

/** True when two vouch for the same, for however long, or both for nothing. */
export function sameChecklist(one: ChecklistTrust | undefined, other: ChecklistTrust | undefined): boolean {
  return contentOf(one) === contentOf(other);
}

function contentOf(trust: ChecklistTrust | undefined): string {
  if (trust === undefined) return 'none asked';
  if ('doubt' in trust) return 'nothing';
  const { ases, hashes } = trust.list;
  return JSON.stringify([ases, [...hashes].sort()]);
}
