/**
 * A trace as a document for others (itctl(8), DOCUMENTS OF A TRACE): stable names, times as text, and nothing that does not
 * leave the AS. `contrib/schema/intertrack-trace-1.schema.json` is its schema.
 */
import type { Trace, TraceNode, TraceUnknown } from '../traceback/trace.ts';
import type { IodefCreator } from '../xml/iodef.ts';
import { conclusionOf, type EntryContacts } from './conclusion.ts';

export const TRACE_FORMAT = 'intertrack-trace-1';

/** What documents need beside the trace. */
export interface TraceDocumentOptions {
  readonly creator: IodefCreator;
  /** AS of this daemon. */
  readonly as: number;
  readonly contacts: readonly EntryContacts[];
  /** With what does not leave the AS otherwise: flow records, translations, and what began it. */
  readonly internal: boolean;
  /** Now, ms since the epoch. */
  readonly now: number;
}

/** The document, to be written as JSON. */
export function traceDocument(trace: Trace, { creator, as, contacts, internal, now }: TraceDocumentOptions) {
  const { entry, tree, cost, reflection, trigger, runnerUp = null, certainty = null } = trace;
  return {
    format: TRACE_FORMAT,
    exported: instant(now),
    // TLP 2.0: for the recipient's organisation and those of its clients who need to know.
    tlp: internal ? 'TLP:RED' : 'TLP:AMBER',
    exporter: { as, name: creator.name, contact: creator.contact },
    trace: trace.id,
    state: trace.state,
    asked: instant(trace.asked),
    packets: {
      time: instant(trace.time),
      from: instant(trace.from),
      to: instant(trace.to),
      asked: trace.packets ?? 1,
      need: trace.need ?? 1,
    },
    purpose: trace.purpose ?? null,
    reference: trace.reference ?? null,
    digests: trace.questions.map(({ packet = 0, epoch, digest, time = trace.time }) => ({
      ...{ packet, epoch, digest, time: instant(time) },
    })),
    conclusion: conclusionOf(trace),
    entry: entry && { as: entry.as, via: entry.via, source: entry.source },
    certainty,
    runnerUp: runnerUp && { as: runnerUp.as, via: runnerUp.via, certainty: runnerUp.certainty },
    possible: unknownOf(trace).map(one => ({
      as: one.as,
      verdict: one.verdict,
      reason: one.reason,
      retainedFrom: instantOrNull(one.retainedFrom),
    })),
    attested: trace.attested ?? null,
    doubts: [...(trace.doubts ?? [])],
    loops: (trace.loops ?? []).map(loop => [...loop]),
    ...(reflection !== undefined && { reflection: { kind: reflection.kind, service: reflection.service } }),
    ...(trigger && { trigger }),
    cost: {
      milliseconds: Math.round(trace.milliseconds),
      queries: trace.queries,
      ...(cost !== undefined && { budget: cost.budget, here: cost.here, waves: cost.waves, answers: cost.answers }),
    },
    contacts: contacts.map(({ as: of, lines }) => ({
      as: of,
      contacts: lines.map(({ role, name, reach, source }) => ({ role, name, reach: [...reach], source })),
    })),
    tree: nodeOf(tree),
    ...(internal && {
      internal: {
        cause: trace.cause ?? null,
        requester: trace.requester ?? null,
        flows: trace.flows ?? [],
        translation: trace.translation ?? null,
      },
    }),
  };
}

export type TraceDocument = ReturnType<typeof traceDocument>;

/** An AS of the tree; what is null was not said, or is of no meaning for its verdict. */
interface NodeDocument
  extends Pick<
    TraceNode,
    | 'as'
    | 'verdict'
    | 'reason'
    | 'provisional'
    | 'ingress'
    | 'source'
    | 'falsePositive'
    | 'coverage'
    | 'loss'
    | 'sampling'
  > {
  readonly egress: readonly number[];
  readonly likelihood: number | null;
  /** Packets of the trace seen, at most, at one vantage. */
  readonly seen: number;
  /** Windows that were asked. */
  readonly windows: number;
  readonly retainedFrom: string | null;
  readonly retainedTo: string | null;
  readonly signature: TraceNode['signed'];
  readonly signedBy: number | null;
  /** From the trace's start to this answer. */
  readonly milliseconds: number;
  readonly children: readonly NodeDocument[];
}

function nodeOf(node: TraceNode): NodeDocument {
  const { falsePositive, coverage, loss, sampling } = node;
  return {
    as: node.as,
    verdict: node.verdict,
    ...{ reason: node.reason, provisional: node.provisional, ingress: [...node.ingress], source: node.source },
    ...{ egress: [...(node.egress ?? [])], likelihood: node.likelihood ?? null },
    ...{ seen: node.packets, windows: node.windows, falsePositive, coverage, loss, sampling },
    ...{ retainedFrom: instantOrNull(node.retainedFrom), retainedTo: instantOrNull(node.retainedTo) },
    ...{ signature: node.signed, signedBy: node.by ?? null, milliseconds: Math.round(node.after) },
    children: node.children.map(nodeOf),
  };
}

/** The ASes that remain possible, those of traces of old without a reason. */
function unknownOf({ unknown, ambiguity }: Trace): readonly TraceUnknown[] {
  return unknown ?? ambiguity.map(as => ({ as, verdict: 'absent', reason: '', retainedFrom: null }));
}

const instant = (at: number): string => new Date(at).toISOString();
const instantOrNull = (at: number | null): string | null => (at === null ? null : instant(at));
