/** What this AS knows of packets besides digests: flow records with their headers, and what a translator made of them. */
import { flowKeysOf } from '../probe/flows/flow-key-of.ts';
import type { FlowAnswer, FlowQuestion } from '../probe/flows/flow-question.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import { intervalOf } from '../traceback/interval.ts';
import type { Trace, TraceTranslation } from '../traceback/trace.ts';
import type { PacketToTrace } from './asked-packets.ts';

/** Milliseconds that probes have for priors: less than a trace takes. */
const PRIORS_TIME = 1000;
/** Headers for which they are asked. */
const MOST_PRIORS = 8;

/** What flow records say of packets with the headers of these. Headers go to our own probes and nowhere else. */
export async function priorsOf(
  packets: readonly PacketToTrace[],
  station: Pick<ProbeStation, 'askFlows'>,
): Promise<readonly FlowAnswer[]> {
  const questions = new Map<string, FlowQuestion>();
  for (const { frame, linkType, wire, time } of packets)
    for (const key of flowKeysOf(frame, linkType, wire))
      if (!questions.has(JSON.stringify(key))) questions.set(JSON.stringify(key), { ...key, ...intervalOf(time) });
  if (questions.size === 0) return [];
  return station.askFlows([...questions.values()].slice(0, MOST_PRIORS), Date.now() + PRIORS_TIME);
}

/** What was seen on both sides of a translator is told so of this AS. */
export function withTranslation(trace: Trace, translation: TraceTranslation): Trace {
  const { tree } = trace;
  const root: Trace['tree'] =
    translation.both && tree.verdict === 'saw'
      ? { ...tree, verdict: 'translated', reason: `${tree.reason}; on both sides of a translator` }
      : tree;
  return { ...trace, tree: root, translation };
}
