/**
 * Who takes part: the newest participation record of each AS, as a database of link states is kept (intertrack-protocol(7),
 * ANNOUNCE). Pure but for its own state; the clock is the caller's.
 */
import { type Participation, readParticipation, type SignedRecord } from './participation.ts';
import { SIGNATURE } from './signed.ts';

/** ASes whose records are kept; the Internet has some 80,000, of which a federation has a small part. */
const MAX_PARTICIPANTS = 16_384;

export interface Participants {
  /**
   * Takes a record. `new`: it is news and goes on to others; `old`: known already, or older than what is known; else in
   * words why it is not taken. `doubt` says why a record is not believed, null when it is.
   */
  learn(
    octets: Uint8Array,
    doubt: (record: SignedRecord) => string | null,
    now: number,
  ): 'new' | 'old' | { readonly wrong: string };
  /** The record of an AS that takes part now. */
  of(as: number, now: number): Participation | null;
  /** True when the newest record of an AS says that it takes part no more. */
  withdrew(as: number): boolean;
  /** The record that these octets are, when they are kept: its signature was checked when it came. */
  held(octets: Uint8Array): SignedRecord | null;
  /** Records that are good now, withdrawals among them: those go on as well. */
  records(now: number): readonly SignedRecord[];
  /** Another number whenever a record was taken or forgotten. */
  version(): number;
  /** Forgets what has expired. */
  expire(now: number): void;
}

/** Nobody known; `self` is this AS, whose own record nobody else can bring news of. */
export function createParticipants(self: number): Participants {
  const known = new Map<number, SignedRecord>();
  /** The same by signature: a record comes over every session, and is decoded and checked once. */
  const bySignature = new Map<string, SignedRecord>();
  const nameOf = (octets: Uint8Array) => Buffer.from(octets.subarray(0, SIGNATURE)).toString('latin1');
  const forget = (as: number) => {
    const record = known.get(as);
    if (record !== undefined) bySignature.delete(nameOf(record.octets));
    known.delete(as);
  };

  const held = (octets: Uint8Array): SignedRecord | null => {
    const record = bySignature.get(nameOf(octets));
    return record !== undefined && Buffer.compare(record.octets, octets) === 0 ? record : null;
  };

  let version = 0;
  const expire = (now: number) => {
    for (const [as, { participation }] of known)
      if (participation.expires <= now) {
        forget(as);
        version++;
      }
  };
  return {
    learn(octets, doubt, now) {
      if (held(octets) !== null) return 'old';
      const record = readParticipation(octets, now);
      if (typeof record === 'string') return { wrong: record };
      const { as, sequence } = record.participation;
      if (as === self) return 'old';
      const before = known.get(as);
      if (before !== undefined && before.participation.sequence >= sequence) return 'old';
      const why = doubt(record);
      if (why !== null) return { wrong: why };
      if (before === undefined && known.size >= MAX_PARTICIPANTS) {
        expire(now);
        if (known.size >= MAX_PARTICIPANTS) return { wrong: `${MAX_PARTICIPANTS} ASes are known, no more are kept` };
      }
      forget(as);
      known.set(as, record);
      bySignature.set(nameOf(octets), record);
      version++;
      return 'new';
    },
    of(as, now) {
      const participation = known.get(as)?.participation;
      return participation === undefined || participation.withdrawn || participation.expires <= now
        ? null
        : participation;
    },
    withdrew: as => known.get(as)?.participation.withdrawn === true,
    held,
    records: now => [...known.values()].filter(({ participation }) => participation.expires > now),
    version: () => version,
    expire,
  };
}
