/**
 * Measures how far other ASes can be believed: asks them now and then for packets that never were (decoys) or that passed
 * them for certain (canaries, drawn by drawing.ts), and writes what they say into the honesty book. Who is asked can't tell such a question
 * from another.
 */
import { randomBytes } from 'node:crypto';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { Canary } from '../probe/canary.ts';
import type { Ask } from './asked.ts';
import { auditable } from './audit.ts';
import { unflatten } from './branch.ts';
import { countCanary } from './canaries.ts';
import { decoyOf } from './decoy.ts';
import type { Directory } from './directory.ts';
import type { CanaryOutcome } from './drawing.ts';
import { type FiledEvidence, fileEvidence } from './evidence-file.ts';
import type { HonestyBook } from './honesty.ts';
import { intervalOf } from './interval.ts';
import { MAX_WORK } from './itm.ts';
import { createMemory } from './memory.ts';
import { createOpening } from './opening.ts';
import type { Log, Peering } from './peering.ts';
import type { AskedQuestion } from './proving.ts';
import { LIFE, type Request, referenceOf, signRequest } from './request.ts';
import type { Voice } from './saying.ts';
import { sealKeys } from './seal.ts';
import type { TraceNode } from './trace.ts';
import { yesOrNo } from './tree.ts';
import { type Answer, MAX_TTL } from './wire.ts';

/** A false yes, as it was signed, with the seed that its request was made of (hex). */
export interface FalseYes {
  readonly as: number;
  readonly time: number;
  readonly trace: string;
  readonly seed: string;
  readonly evidence: FiledEvidence;
}

/** How long after a question the decoy that is like it goes out, ms. */
const LATER: readonly [least: number, most: number] = [2000, 60_000];
/** Decoys that wait to be sent. */
const MAX_WAITING = 256;
/** How long it is remembered that an AS was examined for a trace, ms. */
const MEMORY = 10_000;
const MAX_EXAMINED = 4096;
/** How long such an AS is waited for, ms. */
const PATIENCE = 400;
/** QUERYs that such a question may cost when none was copied. */
const BUDGET = 16;

export interface Measuring {
  /** A QUERY went out: of a hundred such some are followed by a decoy like them, at a time of its own. */
  sent(peer: number, ask: Ask): void;
  /**
   * Asks an AS that says yes in a trace, and for which nobody else speaks, for packets that never were, at once. True: it
   * says that it saw those too. False: it says that it did not. Null: it can't be asked, or says neither in time.
   */
  examine(as: number, ask: Ask): Promise<boolean | null>;
  /** Asks a neighbour about a packet that came in from it, or went out to it. Null: it can't be asked. */
  canary(as: number, canary: Canary): Promise<CanaryOutcome | null>;
  close(): void;
}

export interface MeasuringOptions {
  readonly as: number;
  readonly voice: Voice;
  readonly directory: Directory;
  readonly book: HonestyBook;
  readonly config: () => TracebackConfig['measure'];
  /** The peering with an AS that may be asked directly; null for any other. */
  peering(as: number): Peering | null;
  readonly clock: () => number;
  readonly log: Log;
  readonly refused: Parameters<typeof createOpening>[5];
  /** The federation whose keys the digests are made with. */
  readonly federation: () => string;
  /** Items of a request's `proof`; none when left out. */
  prove?(questions: readonly AskedQuestion[]): Promise<readonly Uint8Array[]>;
  audit(what: 'decoy.sent' | 'canary.sent', body: Readonly<Record<string, unknown>>): void;
  /** Resolves when the audit's lines are on disk; rejects when they cannot be. Nothing is asked before that. */
  recorded(): Promise<void>;
  /** Keeps what proves a false yes. */
  keep?(proof: FalseYes): void;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

export function createMeasuring(options: MeasuringOptions): Measuring {
  const { as, voice, directory, book, clock } = options;
  const random = options.random ?? Math.random;
  const waiting = new Set<NodeJS.Timeout>();
  let closed = false;
  const examined = createMemory<Promise<boolean | null>>(MAX_EXAMINED, MEMORY, clock);

  /**
   * Writes down that a request of this AS goes to one AS, sends it, and resolves with what that AS says of itself first;
   * null when that does not come, or when it cannot be written down.
   */
  const put = (
    what: 'decoy.sent' | 'canary.sent',
    to: number,
    request: Request,
    keys: ReturnType<typeof sealKeys>,
    bounds: Pick<Ask, 'ttl' | 'budget'>,
    patience: number,
  ): Promise<{ readonly node: TraceNode; readonly evidence: () => FiledEvidence } | null> =>
    new Promise(resolve => {
      // Whoever is looked for after the end would be dialled once more.
      if (closed || options.peering(to) === null) return resolve(null);
      const signed = signRequest(request, voice.key(), voice.record());
      const opening = createOpening(as, signed, keys, directory, clock, options.refused);
      const ask: Ask = { hops: [as], ...bounds, deadline: clock() + patience, signed };
      let cancel: (() => void) | null = null;
      let over = false;
      const finish = (answer: Answer | null) => {
        over = true;
        clearTimeout(timer);
        // What is behind it is not asked for longer than it takes it to say its own.
        cancel?.();
        if (answer === null) return resolve(null);
        const node = opening.open(unflatten(answer.nodes, 0));
        resolve({ node, evidence: () => fileEvidence(signed, opening.statements()) });
      };
      const timer = setTimeout(finish, patience, null);
      const send = () => {
        const peering = closed || over ? null : options.peering(to);
        cancel = peering?.ask(ask, { answer: answer => finish(answer), lost: () => finish(null) }) ?? null;
        if (cancel === null) finish(null);
      };
      options.audit(what, { peer: to, ...auditable(ask) });
      options.recorded().then(send, () => finish(null));
    });

  const decoy = async (to: number, like: Ask, patience: number): Promise<boolean | null> => {
    const keys = sealKeys();
    const { request, seed } = decoyOf(like.signed.request, as, clock(), keys.seal);
    const said = await put('decoy.sent', to, request, keys, { ttl: MAX_TTL - 1, budget: like.budget }, patience);
    const yes = said === null ? null : yesOf(said.node);
    if (said === null || yes === null) return null;
    book.decoy(to, yes, said.node.falsePositive);
    if (yes)
      options.keep?.({
        ...{ as: to, time: clock(), trace: request.trace, seed: Buffer.from(seed).toString('hex') },
        evidence: said.evidence(),
      });
    return yes;
  };

  return {
    sent(peer, ask) {
      if (random() >= options.config().decoys || waiting.size >= MAX_WAITING) return;
      const timer = setTimeout(
        () => {
          waiting.delete(timer);
          void decoy(peer, ask, MAX_WORK);
        },
        LATER[0] + Math.floor(random() * (LATER[1] - LATER[0])),
      ).unref();
      waiting.add(timer);
    },
    examine(who, ask) {
      if (options.config().decoys === 0) return Promise.resolve(null);
      const { origin, trace } = ask.signed.request;
      const name = `${origin}/${trace}/${who}`;
      const known = examined.get(name);
      if (known !== undefined) return known;
      const found = decoy(
        who,
        { ...ask, budget: Math.min(BUDGET, ask.budget) },
        Math.min(PATIENCE, Math.max(0, ask.deadline - clock())),
      );
      examined.set(name, found);
      return found;
    },
    async canary(to, { epoch, digest, time, direction, entropy }) {
      const keys = sealKeys();
      const questions = [{ packet: 0, epoch, digest, ...intervalOf(time) }];
      const proof = (await options.prove?.(questions)) ?? [];
      if (closed || options.peering(to) === null) return null;
      const issued = clock();
      const request: Request = {
        trace: randomBytes(8).toString('hex'),
        origin: as,
        ...{ issued, expires: issued + LIFE },
        ...{ purpose: 'attack', reference: referenceOf(''), entropy, need: 1, federation: options.federation() },
        ...{ questions, seal: keys.seal, proof },
      };
      const said = await put('canary.sent', to, request, keys, { ttl: MAX_TTL - 1, budget: BUDGET }, MAX_WORK);
      if (said === null) return 'not-said';
      if (said.node.verdict === 'refused' || said.node.verdict === 'pending') return 'refused';
      return countCanary(said.node, as, direction, book) ? 'counted' : 'not-said';
    },
    close() {
      closed = true;
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}

/** What an AS says of itself, signed by it: yes, no, or (null) neither. */
function yesOf(said: TraceNode): boolean | null {
  return said.by !== said.as || said.signed === 'own' ? null : yesOrNo(said);
}
