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
    /** The name of this format, and its version. */
    format: TRACE_FORMAT,
    /** When this document was written, RFC 3339. */
    exported: instant(now),
    // TLP 2.0: for the recipient's organisation and those of its clients who need to know.
    /** How far it may be passed on: a label of the Traffic Light Protocol 2.0. */
    tlp: internal ? 'TLP:RED' : 'TLP:AMBER',
    /** Who has written it. */
    exporter: {
      as,
      name: creator.name,
      /** Mail address; null: none is configured. */
      contact: creator.contact,
    },
    trace: trace.id,
    /** `final`, or how far it was when it was written. */
    state: trace.state,
    /** When it was asked for, RFC 3339. */
    asked: instant(trace.asked),
    /** What was asked for. */
    packets: {
      /** When the packet was seen, RFC 3339; of several the first. */
      time: instant(trace.time),
      /** Begin of the interval that was asked about, RFC 3339. */
      from: instant(trace.from),
      /** End of the interval that was asked about, RFC 3339. */
      to: instant(trace.to),
      /** How many packets of one attack. */
      asked: trace.packets ?? 1,
      need: trace.need ?? 1,
    },
    /** What others were told that it is for; null in traces of old. */
    purpose: trace.purpose ?? null,
    reference: trace.reference ?? null,
    /** The digests that were asked for. */
    digests: trace.questions.map(({ packet = 0, epoch, digest, time = trace.time }) => ({
      ...{
        packet,
        epoch,
        digest,
        /** When this packet was seen, RFC 3339. */
        time: instant(time),
      },
    })),
    /** What was found, in a word. */
    conclusion: conclusionOf(trace),
    entry: entry && { as: entry.as, via: entry.via, source: entry.source },
    certainty,
    /** The next likely entry; null: none is near. */
    runnerUp: runnerUp && { as: runnerUp.as, via: runnerUp.via, certainty: runnerUp.certainty },
    /** ASes that may be the entry as well, and could not be asked. */
    possible: unknownOf(trace).map(one => ({
      as: one.as,
      verdict: one.verdict,
      reason: one.reason,
      /** From when on it has windows, RFC 3339; null: it does not say. */
      retainedFrom: instantOrNull(one.retainedFrom),
    })),
    /**
     * Who says that the entry saw it: `both` ends of its link to the AS before, that AS (`downstream`), or the entry
     * (`own`); null: not judged.
     */
    attested: trace.attested ?? null,
    /** What speaks against the result, a sentence each. */
    doubts: [...(trace.doubts ?? [])],
    /** ASes that the packet passed more than once, a list for each loop. */
    loops: (trace.loops ?? []).map(loop => [...loop]),
    ...(reflection !== undefined && {
      /** There when the packets are replies: the entry is where the reflector sent them from. */
      reflection: {
        /** What kind of replies they are. */
        kind: reflection.kind,
        /** The service that was abused, by its name. */
        service: reflection.service,
      },
    }),
    ...(trigger && {
      /** What was traced is what triggered the replies that were given. */
      trigger,
    }),
    /** What the trace has cost. */
    cost: {
      milliseconds: Math.round(trace.milliseconds),
      queries: trace.queries,
      ...(cost !== undefined && { budget: cost.budget, here: cost.here, waves: cost.waves, answers: cost.answers }),
    },
    contacts: contacts.map(({ as: of, lines }) => ({
      as: of,
      contacts: lines.map(({ role, name, reach, source }) => ({
        role,
        name,
        /** Mail addresses and telephone numbers. */
        reach: [...reach],
        source,
      })),
    })),
    tree: nodeOf(tree),
    ...(internal && {
      /** Of this AS alone: there with `--internal`. */
      internal: {
        /** The alert that it was traced for; null: none. */
        cause: trace.cause ?? null,
        /** The system that asked for it at a bridge; null: none. */
        requester: trace.requester ?? null,
        /** What flow records of this AS say of such packets. */
        flows: trace.flows ?? [],
        /** What a translator of this AS made of the packet; null: nothing is known of it. */
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
  /** Neighbour ASes that it was seen going out to. */
  readonly egress: readonly number[];
  /** How many times likelier it is so when the packets passed than when they did not; null: it does not say. */
  readonly likelihood: number | null;
  /** Packets of the trace seen, at most, at one vantage. */
  readonly seen: number;
  /** Windows that were asked. */
  readonly windows: number;
  /** From when on it has windows, RFC 3339; null: it does not say. */
  readonly retainedFrom: string | null;
  /** Until when it has windows, RFC 3339; null: it does not say. */
  readonly retainedTo: string | null;
  /** Whose signature stands under it: our own, one that is good, or one that cannot be checked. */
  readonly signature: TraceNode['signed'];
  /** AS that has signed it; null: no AS. */
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
