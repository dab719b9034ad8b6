/**
 * Traces of packets that are here: which of them are asked for and by which digests, what is known of them beside, and what
 * of that stands in the trace.
 */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { reflectionOf } from '../packet/reflection.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import type { BorderQuestion } from '../traceback/btm.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import { needOf, PACKETS_OF_SHARES, packetsFor } from '../traceback/evidence.ts';
import type { FiledEvidence } from '../traceback/evidence-file.ts';
import { intervalOf } from '../traceback/interval.ts';
import { MAX_QUESTIONS } from '../traceback/request.ts';
import type { Samplers } from '../traceback/samplers.ts';
import type { Trace } from '../traceback/trace.ts';
import { askedFor, chosenOf, type PacketToTrace, triggersOf } from './asked-packets.ts';
import { findForms, seekForms } from './linked-forms.ts';
import { type Claimed, claimOf } from './path-claims.ts';
import type { Running } from './running-traces.ts';
import { priorsOf, withTranslation } from './trace-priors.ts';
import type { TraceReason } from './trace-reason.ts';
import { easiestOf, termsOf } from './trace-terms.ts';

/** What the daemon has for it, as it is at the moment. */
export interface PacketTracesOptions {
  readonly station: ProbeStation;
  readonly samplers: Samplers;
  /** What BGP claims of the way to packets' sources; null: nobody says. */
  readonly claims: (packets: readonly PacketToTrace[]) => Promise<Claimed | null>;
  readonly kernel: () => DigestKernel;
  readonly participants: () => Parameters<Samplers['known']>[0];
  /** The federation's secret; null: there is none. */
  readonly secret: () => Uint8Array | null;
  readonly methods: () => readonly string[];
  readonly ask: () => TracebackConfig['ask'] | undefined;
  /** Throws an Error, in words, where no trace may begin. */
  readonly check: () => void;
  /** Asks the ASes, and keeps the trace from its begin on with `more` in it, which may still grow. */
  readonly tracing: (
    request: TraceRequest,
    onPartial: (trace: Trace) => void,
    more: () => Partial<Trace>,
  ) => Promise<{ readonly trace: Trace; readonly evidence: FiledEvidence | null }>;
  /** Stores the final trace with what it rests on. */
  readonly ended: (trace: Trace, evidence: FiledEvidence | null) => Promise<Trace>;
}

export interface PacketTraces {
  /** Traces packets of one attack, at least one. Rejects, in words, when that cannot be. */
  trace(
    packets: readonly PacketToTrace[],
    onPartial: (trace: Trace) => void,
    why: TraceReason,
    running: Running,
  ): Promise<Trace>;
  /** What would be asked for packets, of our own probes and of others. Throws an Error, in words, when nothing can be. */
  questionOf(packets: readonly PacketToTrace[], need?: number): BorderQuestion;
}

/** Traces packets with what `options` have. */
export function createPacketTraces(options: PacketTracesOptions): PacketTraces {
  const { station, samplers, claims, kernel, participants, secret, methods, ask, check, tracing, ended } = options;

  /** Those of the packets that would be asked for, with the questions and the key. Throws an Error, in words. */
  function chosen(packets: readonly PacketToTrace[], need: number | null, trigger: boolean) {
    check();
    const key = secret();
    if (key === null) throw new Error('no federation is configured: there is no key to digest with');
    const digester = kernel();
    const given = trigger ? triggersOf(packets) : packets;
    const shares = !methods().includes('digest') || samplers.known(participants(), Date.now());
    const most = shares && need === null ? PACKETS_OF_SHARES : 0;
    const enough = packetsFor(need);
    const asked = askedFor(chosenOf(given, { most: Math.max(most, enough), enough }, digester, key), digester, key);
    return { asked, key };
  }

  async function trace(
    packets: readonly PacketToTrace[],
    onPartial: (trace: Trace) => void,
    { need = null, trigger = false, caseId, source, ...why }: TraceReason,
    { signal, begun }: Running,
  ): Promise<Trace> {
    const { asked, key } = chosen(packets, need, trigger);
    const terms = termsOf(ask(), why, easiestOf(kernel(), asked.packets));
    const { cause, requester } = why;
    const [{ time }] = asked.packets as [PacketToTrace];
    let priors: Pick<Trace, 'flows'> = {};
    const looked = priorsOf(asked.packets, station).then(flows => {
      if (flows.length > 0) priors = { flows };
    });
    const forms = await Promise.all(asked.packets.map(packet => findForms(packet, station, kernel(), key)));
    // Other ASes have seen the packets as they were outside.
    const outside = forms.flatMap((form, packet) =>
      (form?.outside ?? []).map(one => ({ ...one, packet, time: asked.packets[packet]!.time })),
    );
    const request: TraceRequest = {
      questions: [...asked.questions, ...outside].slice(0, MAX_QUESTIONS),
      need: need ?? needOf(asked.packets.length),
      ...(asked.fragment && { fragment: true }),
      time,
      ...terms,
      ...(caseId !== undefined && { case: `case ${caseId}` }),
      ...{ signal, begun },
    };
    // Of several packets that were translated one is looked for on both sides: it tells of all.
    const linked = forms.findIndex(form => form !== null);
    const own = asked.questions.filter(({ packet }) => packet === linked);
    const [{ frame, linkType, wire }] = asked.packets as [PacketToTrace];
    const reflection = trigger ? null : reflectionOf(frame, linkType, wire);
    const about: Partial<Trace> = {
      ...(cause !== undefined && { cause }),
      ...(requester !== undefined && { requester }),
      ...(reflection !== null && { reflection }),
      ...(trigger && { trigger: true as const }),
      ...(caseId !== undefined && { caseId }),
      ...(source !== undefined && { source }),
    };
    const claiming = trigger ? null : claims(asked.packets);
    const [{ trace: traced, evidence }, translation] = await Promise.all([
      tracing(request, onPartial, () => ({ ...priors, ...about })),
      linked < 0 ? undefined : seekForms(forms[linked]!, own, asked.packets[linked]!.time, station),
      looked,
    ]);
    samplers.note(traced.tree, Date.now());
    const translated = translation === undefined ? traced : withTranslation(traced, translation);
    const claimed = await claiming;
    const claim = claimed === null ? {} : { claim: claimOf(claimed, translated) };
    return ended({ ...translated, ...priors, ...about, ...claim }, evidence);
  }

  return {
    trace,
    questionOf(packets, need) {
      const { packets: all, questions } = chosen(packets, need ?? null, false).asked;
      const asked = questions.map(({ packet = 0, epoch, digest, time }) => ({
        ...{ packet, epoch, digest, ...intervalOf(time!) },
      }));
      return { questions: asked, need: need ?? needOf(all.length) };
    },
  };
}
