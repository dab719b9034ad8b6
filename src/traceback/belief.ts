/** Who takes part, and why each of them is believed: for people who ask. */
import { doubtOfCertificate, type Identity, isConfigured } from './identity.ts';
import type { Participants } from './participants.ts';
import type { Participation } from './participation.ts';
import { isVouched } from './vouching.ts';

export interface BelievedRecord {
  /** What it says of itself. */
  readonly record: Omit<Participation, 'certificate'>;
  /**
   * `configured`: its certificate is, or was issued by, one of the file that is configured for this AS; `authority`: that
   * of a federation has issued it. `none`: the configuration has changed since, and nothing speaks for it any more.
   */
  readonly believed: 'configured' | 'authority' | 'none';
  /** The federations whose authority has issued its certificate. */
  readonly vouchedBy: readonly string[];
}

/** The records that are kept, by AS. `now` in ms. */
export function believedRecords(participants: Participants, identity: Identity, now: number): BelievedRecord[] {
  return participants
    .records(now)
    .map(({ participation, certificate }): BelievedRecord => {
      const { as } = participation;
      const vouchedBy = [...identity.authoritiesOf]
        .filter(([, authorities]) => isVouched(participation, authorities, now))
        .map(([name]) => name);
      const { certificate: _, ...record } = participation;
      const believed =
        isConfigured(as, identity) && doubtOfCertificate(certificate, as, identity, now) === null
          ? 'configured'
          : vouchedBy.length > 0
            ? 'authority'
            : 'none';
      return { record, believed, vouchedBy };
    })
    .sort((a, b) => a.record.as - b.record.as);
}
