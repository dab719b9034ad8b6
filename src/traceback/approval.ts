/**
 * Questions of other ASes that a person of this one has to approve first. They are answered `pending` at once, and as ever
 * when they are asked again once somebody has said yes.
 */
import { createHash } from 'node:crypto';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { type Class, packetsOf, type Request, spanOf } from './request.ts';

/** How long a question waits for a person, and a denial holds, ms. */
const WAITS = 86_400_000;
/** Questions that wait, of all ASes and of one origin. */
const MOST = 1024;
const MOST_OF_ONE = 64;

export interface Approval {
  /** `p` and 8 hex digits, more where another question begins so: the same for the same question of the same origin. */
  readonly id: string;
  readonly origin: number;
  /** The peer that asked last. */
  readonly peer: number;
  /** How hard the packets are to guess, as the asker says. */
  readonly entropy: Class;
  /** What the asker says that it is for. */
  readonly purpose: Request['purpose'];
  readonly reference: string;
  /** Packets asked for, and the interval that all of them are in; ms. */
  readonly packets: number;
  readonly from: number;
  readonly to: number;
  /** When it was asked first and last, and how often. */
  readonly first: number;
  readonly last: number;
  /** How often it was asked. */
  readonly asked: number;
  /** What a person has said; `pending`: nothing yet. */
  readonly state: 'pending' | 'approved' | 'denied';
  /** Who has said so; empty while nobody has. */
  readonly by: string;
  /** Why it is denied; the asker is told. */
  readonly reason: string;
  /** Until when that holds, or it waits; ms. */
  readonly until: number;
}

export interface Approvals {
  /** What a person says of a question, which waits for one from now on; null when too many wait already. */
  look(request: Request, peer: number): Approval | null;
  /** Those that wait or hold, the latest asked first. */
  list(): readonly Approval[];
  /** Throws an Error in words when there is no such question. */
  approve(id: string, milliseconds: number, by: string): Approval;
  deny(id: string, reason: string, by: string): Approval;
}

/** True when a person has to approve a question of this class; nobody can check the class, and unknown is guessable. */
export function needsApproval(
  policy: TracebackConfig['answer']['approval'],
  { entropy = 'unknown' }: Pick<Request, 'entropy'>,
): boolean {
  if (policy === 'all') return true;
  return policy === 'guessable' && (entropy === 'guessable' || entropy === 'unknown');
}

/** A question as it is kept, under the hash that says which it is. */
export interface KeptApproval {
  readonly hash: string;
  readonly approval: Approval;
}

/** Where they are kept over restarts. */
export interface KeptApprovals {
  /** Those that were kept. */
  all(): readonly KeptApproval[];
  /** One is new, or decided on. */
  keep(one: KeptApproval): void;
}

/**
 * What a question is, 64 hex digits: whoever asks for other packets besides, for fewer of them to be seen at one place, for
 * another reason or by another name for it asks another one.
 */
function hashOf({ origin, purpose, reference, need, questions }: Request): string {
  const digests = questions
    .map(({ packet, epoch, digest, from, to }) => `${packet} ${epoch} ${digest} ${from} ${to}`)
    .sort();
  return createHash('sha256')
    .update(`${origin} ${purpose} ${need} ${reference}\n${digests.join('\n')}`)
    .digest('hex');
}

/** The name of a question of this hash, of so many digits. */
const named = (hash: string, digits: number): string => `p${hash.slice(0, digits)}`;

/** `audit` writes one line of the audit log for each decision; `kept`: left out, they are kept in memory alone. */
export function createApprovals(
  clock: () => number,
  audit: (what: string, body: Readonly<Record<string, unknown>>) => void,
  kept?: KeptApprovals,
): Approvals {
  const known = new Map<string, Approval>();
  /** What each name stands for: short ones can be made to be the same, and a yes is a yes to one question. */
  const hashes = new Map<string, string>();
  for (const { hash, approval } of kept?.all() ?? []) {
    known.set(approval.id, approval);
    hashes.set(approval.id, hash);
  }
  const keep = (approval: Approval) => kept?.keep({ hash: hashes.get(approval.id)!, approval });
  const expire = () => {
    for (const [id, { until }] of known)
      if (until <= clock()) {
        known.delete(id);
        hashes.delete(id);
      }
  };
  const nameOf = (hash: string): string => {
    let digits = 8;
    while (digits < hash.length && (hashes.get(named(hash, digits)) ?? hash) !== hash) digits++;
    return named(hash, digits);
  };
  const decide = (id: string, verdict: Pick<Approval, 'state' | 'by' | 'reason' | 'until'>): Approval => {
    expire();
    const one = known.get(id);
    if (one === undefined) throw new Error(`no question ${id} waits: \`show traceback pending\` lists them`);
    const decided = { ...one, ...verdict };
    known.set(id, decided);
    keep(decided);
    audit(`approval.${verdict.state}`, { ...decided });
    return decided;
  };

  return {
    look(request, peer) {
      expire();
      const hash = hashOf(request);
      const id = nameOf(hash);
      const now = clock();
      const before = known.get(id);
      if (before === undefined) {
        const ofOne = [...known.values()].filter(
          ({ origin, state }) => origin === request.origin && state === 'pending',
        );
        if (known.size >= MOST || ofOne.length >= MOST_OF_ONE) return null;
      }
      const { origin, entropy = 'unknown', purpose, reference, questions } = request;
      const one: Approval = {
        ...{ id, origin, peer, entropy, purpose, reference },
        packets: packetsOf(request),
        ...spanOf(questions),
        ...{ first: before?.first ?? now, last: now, asked: (before?.asked ?? 0) + 1 },
        ...{ state: before?.state ?? 'pending', by: before?.by ?? '', reason: before?.reason ?? '' },
        until: before?.until ?? now + WAITS,
      };
      known.set(id, one);
      hashes.set(id, hash);
      // How often it was asked since is no matter of the disk: whoever asks could wear it out.
      if (before === undefined) keep(one);
      return one;
    },
    list() {
      expire();
      return [...known.values()].sort((a, b) => b.last - a.last);
    },
    approve: (id, milliseconds, by) => decide(id, { state: 'approved', by, reason: '', until: clock() + milliseconds }),
    deny: (id, reason, by) => decide(id, { state: 'denied', by, reason, until: clock() + WAITS }),
  };
}
