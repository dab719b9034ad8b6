/** On which terms a trace is begun: what it is for, how it is known, and whether packets may be asked for that can be guessed. */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { guessingOf } from '../packet/best-packets.ts';
import type { DigestKernel } from '../packet/digest-kernel.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import { epochsOf } from '../traceback/interval.ts';
import type { Class, Purpose } from '../traceback/request.ts';
import type { Trace, TraceCause, TraceRequester } from '../traceback/trace.ts';
import type { PacketToTrace } from './asked-packets.ts';

export interface TraceTerms {
  readonly purpose?: Purpose;
  /** A ticket or the like: told to whoever is asked, as far as it may travel (traceback/request.ts, `referenceOf`). */
  readonly reference?: string;
  /** It is known, and approved, that the packets can be guessed. */
  readonly approve?: boolean;
  /** The person who asks, in words; left out where nobody does. */
  readonly by?: string;
  readonly cause?: TraceCause;
  /** Another system that asks, at a bridge. */
  readonly requester?: TraceRequester;
}

/** How hard the easiest of the packets is to guess, and its bits. */
export function easiestOf(
  kernel: DigestKernel,
  packets: readonly PacketToTrace[],
): { readonly entropy: Class; readonly bits: number } {
  let easiest: { readonly entropy: Class; readonly bits: number } | null = null;
  for (const { frame, linkType, wire } of packets) {
    const found = guessingOf(kernel, frame, linkType, wire);
    if (!('reason' in found) && (easiest === null || found.bits < easiest.bits)) easiest = found;
  }
  return easiest ?? { entropy: 'unknown', bits: 0 };
}

/**
 * The part of a request that the terms make. Throws an Error in words when a person asks for packets that can be guessed,
 * and has not said that this is approved: whoever is asked and has the key can find out by trying what they were.
 */
export function termsOf(
  ask: TracebackConfig['ask'],
  { purpose, reference, approve = false, by, cause, requester }: TraceTerms,
  { entropy, bits }: ReturnType<typeof easiestOf>,
): Pick<TraceRequest, 'purpose' | 'case' | 'entropy' | 'by' | 'approved'> {
  if (by !== undefined) checkGuessable(ask, entropy, approve, `, at ${bits} bits`);
  return {
    purpose: purpose ?? ask?.purpose ?? 'attack',
    case: caseOf(cause, requester) ?? reference ?? ask?.reference ?? '',
    entropy,
    ...(by !== undefined && { by }),
    ...(approve && { approved: true }),
  };
}

/** Throws an Error in words for a packet that can be guessed where a person has to approve such, and has not. */
export function checkGuessable(
  ask: TracebackConfig['ask'],
  entropy: Class | undefined,
  approved: boolean,
  how = '',
): void {
  if (ask?.approval === 'guessable' && entropy === 'guessable' && !approved)
    throw new Error(
      `a packet is guessable${how}: by trying, whoever is asked can find out what it was; --approve asks nevertheless`,
    );
}

/** The reference of what no person asked for. */
function caseOf(cause?: TraceCause, requester?: TraceRequester): string | undefined {
  if (requester !== undefined) return `${requester.by} ${requester.peer} ${requester.reference}`;
  return cause && `ids ${cause.ids} ${cause.signature ?? cause.text}`;
}

/** A trace as it was asked, to be asked again under the same digests. */
export function requestOf(trace: Trace): TraceRequest {
  const { id, questions, need = 1, time, from, to, purpose, entropy, fragment, reference } = trace;
  return {
    ...{ questions, need, time },
    // Questions of old have no times of their own.
    ...(questions.every(question => question.time === undefined) && { from, to }),
    ...(purpose !== undefined && { purpose }),
    ...(entropy !== undefined && { entropy }),
    ...(fragment && { fragment }),
    ...(reference !== undefined && { case: reference }),
    repeats: id,
  };
}

/** A digest that somebody knows, 16 hex digits; of the hour of its time where the epoch is null. */
export interface DigestToTrace {
  readonly digest: string;
  readonly time: number;
  readonly epoch: number | null;
}

/** The request for a digest, on these terms. */
export function ofDigest(
  { digest, time, epoch }: DigestToTrace,
  { traceback }: { readonly traceback: Pick<TracebackConfig, 'ask'> | null },
  terms: TraceTerms,
): TraceRequest {
  const epochs = epoch === null ? epochsOf(time) : [epoch];
  const questions = epochs.map(one => ({ epoch: one, digest: digest.toLowerCase() }));
  return { questions, time, ...termsOf(traceback?.ask, terms, { entropy: 'unknown', bits: 0 }) };
}
