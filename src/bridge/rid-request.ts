/** What a RID message asks for and says, in the words of this program. */
import type { BridgedReason } from './bridged.ts';
import type { PacketRecord } from './packet-record.ts';
import type { RequestStatus, RidMessage } from './rid-message.ts';

/** The incident by its name and who gave it; empty: not stated. */
export const nameOf = ({ incident }: RidMessage): string =>
  incident === null ? '' : `${incident.name} ${incident.id}`;

/** What a trace is for, by the kind of traffic (RFC 6545 section 5.5). */
export function purposeOf({ traffic }: RidMessage): BridgedReason['purpose'] {
  if (traffic === 'Attack') return 'attack';
  return traffic === 'Network' ? 'fault' : 'misuse';
}

/**
 * The records of packets that a request asks for, digests where it has any, or why it cannot be traced. A digest of another
 * federation is found nowhere: that must not be told as a no.
 */
export function recordsOf(
  { report }: RidMessage,
  federation: string,
  packets: boolean,
):
  | { readonly records: readonly PacketRecord[] }
  | { readonly justification: RequestStatus['justification']; readonly why: string } {
  const records = report?.records ?? [];
  const digests = records.filter(one => one.kind === 'digest');
  const strange = digests.find(one => one.federation !== federation);
  if (strange !== undefined)
    return { justification: 'CannotProcess', why: `its digest is of federation ${JSON.stringify(strange.federation)}` };
  if (digests.length > 0) return { records: digests };
  if (records.length === 0) return { justification: 'CannotProcess', why: 'it has no record of a packet' };
  if (packets) return { records };
  return { justification: 'Other', why: 'it has packets as they are, which are not taken from this peer' };
}

/** What a message says, for people. */
export function wordsOf({ type, status, source, report }: RidMessage): string {
  const why = status?.justification == null ? '' : ` (${status.justification})`;
  const found = source?.found ? `source found${source.ases.map(as => ` AS${as}`).join('')}` : 'source not found';
  return [
    type,
    ...(status === null ? [] : [`${status.authorization}${why}`]),
    ...(source === null ? [] : [found]),
    ...(report?.descriptions ?? []).slice(0, 1).map(text => text.slice(0, 256)),
  ].join(', ');
}
