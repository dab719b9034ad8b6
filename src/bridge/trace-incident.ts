/** A trace as an incident of IODEF: which ASes are what in it, the same for both versions of the format. */
import type { Trace, TraceNode } from '../traceback/trace.ts';
import { VERDICT_LOOKS } from '../traceback/verdict-look.ts';
import { conclusionOf } from './conclusion.ts';
import type { IncidentId, IodefIncident, IodefSystem } from './iodef-v1.ts';
import type { DigestRecord } from './packet-record.ts';
import { TRACE_FORMAT, type TraceDocumentOptions, traceDocument } from './trace-document.ts';

export interface TraceIncidentOptions extends TraceDocumentOptions {
  /** The federation whose keys the digests are made with. */
  readonly federation: string;
  /** By what name the incident goes; null: by that of the trace here. */
  readonly incident: IncidentId | null;
}

/** The incident of a trace, the document of the trace in it. */
export function traceIncident(trace: Trace, options: TraceIncidentOptions): IodefIncident {
  return {
    ...incidentOf(trace, options),
    data: [{ meaning: TRACE_FORMAT, text: JSON.stringify(traceDocument(trace, options)) }],
  };
}

/** The same without the document: for those who are not told what each AS said. */
export function incidentOf(trace: Trace, options: TraceIncidentOptions): IodefIncident {
  const { creator, contacts, federation, incident, now } = options;
  const { certainty, entry } = trace;
  return {
    purpose: 'traceback',
    incident: incident ?? { name: creator.name, id: trace.id },
    detected: trace.time,
    reported: now,
    descriptions: [
      conclusionOf(trace),
      ...contacts.filter(({ lines }) => lines.length === 0).map(({ as }) => `AS${as}: no contact known`),
    ],
    // Rounded down: never more sure than it is.
    confidence: certainty == null ? null : Math.floor(certainty * 1e4) / 100,
    creator,
    contacts,
    systems: systemsOf(trace),
    expected: entry === null || entry.source ? '' : `Find where the packets came from beyond AS${entry.as}`,
    records: digestsOf(trace, federation),
    data: [],
  };
}

/** The digests that were asked for, each with the time of its packet; of traces of old with that of the trace. */
function digestsOf({ questions, time }: Trace, federation: string): DigestRecord[] {
  return questions.map(({ packet = 0, epoch, digest, time: own = time }) => ({
    kind: 'digest',
    ...{ packet, epoch, digest, time: own, federation },
  }));
}

/**
 * The AS that asked is a sensor; the entry, as near to the source as is known, the source; others that saw the packets are
 * between them. Those that did not, or cannot know, stand in the document of the trace only.
 */
function systemsOf({ tree, entry }: Trace): IodefSystem[] {
  const seen = new Map<number, TraceNode>();
  const walk = (node: TraceNode): void => {
    if (VERDICT_LOOKS[node.verdict].look === 'seen' && !seen.has(node.as)) seen.set(node.as, node);
    node.children.forEach(walk);
  };
  walk(tree);
  const from = ({ ingress }: TraceNode) =>
    ingress.length === 0 ? '' : `, which came in from ${ingress.map(as => `AS${as}`).join(' ')}`;
  return [
    { category: 'sensor', ases: [tree.as], words: 'asked for the trace' },
    ...[...seen.values()].map((node): IodefSystem => {
      const isEntry = entry?.as === node.as;
      const what = isEntry
        ? entry.source
          ? 'the packets began inside it'
          : 'entry of the packets'
        : 'saw the packets';
      return { category: isEntry ? 'source' : 'intermediate', ases: [node.as], words: `${what}${from(node)}` };
    }),
  ];
}
