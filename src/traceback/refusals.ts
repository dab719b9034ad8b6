/**
 * What is refused of others, each kind with its line in the audit log: intertrackd(8), AUDIT LOG. A flood of one kind by one
 * AS becomes a few lines and a count: nothing is passed over in silence, and nobody can fill the disk.
 */
import { type Bucket, takeToken } from '../net/rate.ts';

/** Every kind: the word of its line, and what it means. */
export const REFUSALS = {
  // Before anybody is known.
  handshake: ['connection.refused', 'TLS failed or was not up in time'],
  crowd: ['connection.refused', 'too many connections at once'],
  protocol: ['connection.refused', 'it does not speak the trace protocol'],
  certificate: ['connection.refused', 'no certificate that proves an AS'],
  stranger: ['connection.refused', 'an AS that is no peer and no member that may ask'],
  'other-as': ['connection.refused', 'where a peer should be, another AS answers'],
  // Of an AS that has proved who it is.
  shunned: ['connection.refused', 'it is not spoken to for a while'],
  disabled: ['connection.refused', 'a person holds the session with it down'],
  connections: ['connection.refused', 'too many connections of one AS'],
  open: ['connection.refused', 'an OPEN of another version, or of another AS than the certificate'],
  slow: ['connection.refused', 'it begins and does not go on: no OPEN, or a frame that does not end'],
  oversized: ['connection.refused', 'a frame longer than any may be, or of nothing'],
  malformed: ['connection.refused', 'a frame or message that is none'],
  unsupported: ['connection.refused', 'a message of no known type'],
  unexpected: ['connection.refused', 'a message that has no place where it came'],
  limit: ['connection.refused', 'more than was asked for, or it does not read'],
  // Questions.
  policy: ['query.refused', 'policy does not let it ask, or nothing is told'],
  purpose: ['query.refused', 'policy does not let it ask for this purpose'],
  rate: ['query.refused', 'more questions than its rate'],
  flight: ['query.refused', 'too many questions in work'],
  loop: ['query.refused', 'it came through this AS already'],
  hops: ['query.refused', 'its hops do not begin with the origin or end with the sender'],
  expired: ['query.refused', 'question, request or deadline are past, or from the future'],
  replay: ['query.refused', 'it was sent before'],
  epoch: ['query.refused', 'a digest under the key of another hour than that of its interval'],
  forged: ['query.refused', 'origin, record and signature do not belong together'],
  sight: ['query.refused', 'a proof of sight that is none'],
  unseen: ['query.refused', 'no proof of sight, or the rate of questions without is used up'],
  seal: ['query.refused', 'answers cannot be sealed to its key'],
  pending: ['query.pending', 'a person of this AS has to approve it first'],
  waiting: ['query.refused', 'too many of its questions wait for a person already'],
  unwritten: ['query.refused', 'the audit log cannot be written'],
  denied: ['query.refused', 'a person of this AS has denied it'],
  // Answers, records.
  unsealed: ['answer.refused', 'it is not sealed to this AS, or was changed on the way'],
  statement: ['answer.refused', 'it is malformed, to another request, or about another AS'],
  unsigned: ['answer.refused', 'it is not signed by who says it, or that cannot be checked'],
  usurped: ['answer.refused', 'who says it has no word about that AS'],
  contradiction: ['answer.refused', 'what those on the way were let know is not what was signed'],
  record: ['record.refused', 'a participation record that is malformed, past, or believed of nobody'],
  records: ['record.refused', 'more participation records than are taken'],
} as const satisfies Readonly<Record<string, readonly [what: string, means: string]>>;

export type RefusalKind = keyof typeof REFUSALS;

/** What a line says besides its kind. `peer`: the AS that it came from; left out where nobody has proved to be one. */
export type RefusalBody = { readonly peer?: number; readonly reason: string } & Readonly<Record<string, unknown>>;

export interface Refusals {
  refused(kind: RefusalKind, body: RefusalBody): void;
  /** Writes what is counted only. */
  close(): void;
}

/** Lines of one kind and AS at once, and how many more a second. */
const BURST = 10;
const RATE = 10 / 60;
/** Lines of all kinds and ASes together. */
const BURST_OF_ALL = 1000;
const RATE_OF_ALL = 20;
/** Kinds and ASes that are counted apart; what is beyond is counted by kind. */
const MOST = 4096;
/** How often counts are written, ms. */
const COUNTED = 60_000;

interface Count {
  readonly kind: RefusalKind;
  readonly peer: number | null;
  bucket: Bucket | null;
  /** Not written since `since`. */
  more: number;
  since: number;
}

export function createRefusals(
  clock: () => number,
  audit: (what: string, body: Readonly<Record<string, unknown>>) => void,
): Refusals {
  const counts = new Map<string, Count>();
  let all: Bucket | null = null;

  const countOf = (kind: RefusalKind, peer: number | null): Count => {
    const name = `${kind} ${peer}`;
    const known = counts.get(name);
    if (known !== undefined) return known;
    if (counts.size >= MOST && peer !== null) return countOf(kind, null);
    const made = { kind, peer, bucket: null, more: 0, since: 0 };
    counts.set(name, made);
    return made;
  };
  const write = () => {
    for (const [name, one] of counts) {
      if (one.more === 0) {
        counts.delete(name);
        continue;
      }
      const { kind, peer, more, since } = one;
      audit('refused.more', { kind, ...(peer !== null && { peer }), count: more, from: since, to: clock() });
      one.more = 0;
    }
  };
  const timer = setInterval(write, COUNTED).unref();

  return {
    refused(kind, { peer, ...body }) {
      const one = countOf(kind, peer ?? null);
      const mine = takeToken(one.bucket, RATE, clock(), BURST);
      one.bucket = mine.bucket;
      if (mine.taken) {
        const ours = takeToken(all, RATE_OF_ALL, clock(), BURST_OF_ALL);
        all = ours.bucket;
        if (ours.taken) return audit(REFUSALS[kind][0], { kind, ...(peer !== undefined && { peer }), ...body });
      }
      if (one.more === 0) one.since = clock();
      one.more++;
    },
    close() {
      clearInterval(timer);
      write();
    },
  };
}
