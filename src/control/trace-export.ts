/** `trace export`: a trace as a document for people, in the form that they ask for. */
import { encodeRid } from '../bridge/rid-message.ts';
import { traceDocument } from '../bridge/trace-document.ts';
import { traceDot } from '../bridge/trace-dot.ts';
import { traceIncident } from '../bridge/trace-incident.ts';
import { traceIodef } from '../bridge/trace-iodef.ts';
import { traceSvg } from '../bridge/trace-svg.ts';
import type { Call, Command } from './commands.ts';
import { namedTrace } from './trace-arguments.ts';
import type { TextExport } from './trace-rows.ts';

export const TRACE_EXPORTS: readonly Command[] = [
  {
    syntax: 'trace export TRACE-ID --evidence',
    help: 'What a trace rests on, as it was signed, as one JSON document',
    words: { '--evidence': 'The signed request and every signed statement' },
    one: true,
    run: exportEvidence,
  },
  {
    syntax: 'trace export TRACE-ID [--json|--iodef|--rid|--dot|--svg] [--internal]',
    help: 'A trace as a document for others',
    words: {
      '--json': 'JSON with stable names (the default)',
      '--iodef': 'IODEF version 2 (RFC 7970)',
      '--rid': 'A Report of RID (RFC 6545)',
      '--dot': 'The tree for Graphviz',
      '--svg': 'The tree as a drawing',
      '--internal': 'With what else does not leave the AS: flow records, translations, what began it',
    },
    one: true,
    run: exportTrace,
  },
];

async function exportEvidence({ daemon, args, row }: Call): Promise<void> {
  const evidence = await daemon.traceEvidence(args['TRACE-ID']!);
  if (evidence === null) throw new Error(`no evidence of a trace ${args['TRACE-ID']} is kept`);
  await row(evidence);
}

async function exportTrace(call: Call): Promise<void> {
  const { daemon, args, signal, row } = call;
  const trace = await namedTrace(call);
  const text = (document: string) => row({ document } satisfies TextExport);
  if (args['--dot'] !== undefined) return text(traceDot(trace));
  if (args['--svg'] !== undefined) return text(traceSvg(trace));
  const creator = daemon.creator();
  const options = {
    ...{ creator, ...daemon.tracesAs(), incident: null, now: Date.now() },
    contacts: await daemon.traceContacts(trace, signal),
    internal: args['--internal'] !== undefined,
  };
  if (args['--iodef'] !== undefined) return text(traceIodef(trace, options));
  if (args['--rid'] === undefined) return row(traceDocument(trace, options));
  const report = traceIncident(trace, options);
  await text(
    encodeRid({
      ...{ type: 'Report', region: 'PeerToPeer', traffic: 'Attack', node: creator.name },
      ...{ incident: report.incident, status: null, source: null, report },
    }),
  );
}
