import { formatFlatPath } from '../../bgp/as-path.ts';
import type { TraceDocument } from '../../bridge/trace-document.ts';
import type { TextExport, TraceDetail } from '../../control/trace-rows.ts';
import type { Trace, TraceClaim, TraceNode } from '../../traceback/trace.ts';
import { renderPriors } from './flow.ts';
import { asIs } from './page.ts';
import { count, fold, table } from './text.ts';
import { instant, percent } from './time.ts';
import { named } from './trace-graph.ts';
import { entrySentence } from './trace-sentence.ts';
import { insideLines } from './trace-sites.ts';

/** `show trace ID` and `trace packet`: the entry, then the tree from the AS that asked towards it. */
export function renderTrace(trace: TraceDetail): string[] {
  const rows: (string | number)[][] = [];
  collect(trace.tree, '', '', rows);
  const [, ...lines] = table([{ head: '' }, { head: '' }, { head: '' }, { head: '', right: true }, { head: '' }], rows);
  return [
    `Trace ${trace.id}, ${trace.state} after ${trace.milliseconds} ms, ${count(trace.queries, 'question')}`,
    ...interruptionLines(trace),
    ...(trace.cancelledBy === undefined ? [] : fold(`Ended before its time by ${trace.cancelledBy}`, 2)),
    packetLine(trace),
    ...reflectionLines(trace),
    ...causeLines(trace),
    ...renderPriors(trace.flows),
    ...translationLines(trace),
    ...claimLines(trace),
    ...insideLines(trace),
    ...fold(entrySentence(trace), 2),
    ...possibleLines(trace),
    ...pendingLines(trace),
    ...doubtLines(trace),
    ...loopLines(trace),
    ...contactLines(trace),
    '',
    ...lines,
  ];
}

/** That the daemon ended while the trace was in work, and what became of it then. */
function interruptionLines({ interrupted, again, asked }: Trace): string[] {
  if (interrupted !== undefined) return fold(`Interrupted, below is what was known: ${interrupted}`, 2);
  if (again === undefined) return [];
  return [`Asked first at ${instant(again.first)}; the daemon ended then, and it was asked again at ${instant(asked)}`];
}

/** ASes that are named of those that remain possible; `show trace ID evidence` has all. */
const NAMED = 6;

function possibleLines({ unknown, ambiguity }: Trace): string[] {
  if (unknown === undefined || ambiguity.length === 0) return [];
  return [`Possible: ${named(ambiguity, 0, NAMED)}`];
}

/** Who has somebody look at the question first, and what to do then. */
function pendingLines({ id, tree }: Trace): string[] {
  const waiting = new Set<number>();
  const collect = (node: TraceNode): void => {
    if (node.verdict === 'pending') waiting.add(node.as);
    node.children.forEach(collect);
  };
  collect(tree);
  if (waiting.size === 0) return [];
  const who = [...waiting].map(as => `AS${as}`).join(' ');
  return fold(`Waits for a person of ${who} to approve it: call them, then \`trace again ${id}\``, 2);
}

/** Whom to call about the entry. */
function contactLines({ contacts = [] }: TraceDetail): string[] {
  return contacts.flatMap(({ as, lines }) => {
    if (lines.length === 0) return [`Call AS${as}: no contact known`];
    return lines.map(({ role, name, reach, source }) => {
      const who = [role, name].filter(one => one !== '').join(' ');
      return `Call AS${as}: ${who}, ${reach.join(', ')} (${source})`;
    });
  });
}

/** `trace export`: the document itself. */
export const renderTraceExport = (row: TextExport | TraceDocument): string[] =>
  asIs(('document' in row ? row.document.trimEnd() : JSON.stringify(row, null, 2)).split('\n'));

/** What speaks against the entry. */
export function doubtLines({ doubts = [] }: Trace): string[] {
  return doubts.flatMap(doubt => fold(`Against it: ${doubt}`, 2));
}

function loopLines({ loops = [] }: Trace): string[] {
  return loops.map(loop => `It goes round: ${loop.map(as => `AS${as}`).join(' > ')}`);
}

function packetLine({ packets = 1, need = 1, time, entropy }: Trace): string {
  const what =
    packets === 1
      ? `Packet of ${instant(time)}`
      : `${packets} packets of ${instant(time)} and after, ${need} needed at one place`;
  // Who has the federation's secret can find out by trying.
  return entropy === 'guessable' ? `${what}; who is asked can guess what it was` : what;
}

/** That the entry is a reflector's, and how to go on from there. */
function reflectionLines({ reflection, trigger }: Trace): string[] {
  if (trigger) return ['Traced is what triggered the replies that were given'];
  if (reflection === undefined) return [];
  const { kind, service } = reflection;
  if (kind === 'error')
    return [`An ${service} error: this is the way of the error; --trigger traces the packet it is about`];
  const what = kind === 'amplifier' ? `A reply of ${service}, as amplifiers send it` : `A reply of ${service}`;
  return [`${what}: the entry is that of the reflector, whose AS can trace the request`];
}

/** What a translator of this AS made of the packet, and where it was seen on the other side. */
function translationLines({ translation }: Trace): string[] {
  if (translation === undefined) return [];
  const { by, way, seen, both, unreckoned } = translation;
  const side = way === 'outward' ? 'inside' : 'outside';
  const places = seen.map(({ probe, direction, neighbor, profile }) => {
    const where = neighbor === null ? '' : direction === 'in' ? `, from AS${neighbor}` : `, to AS${neighbor}`;
    return `${probe}${where}${profile === 'nat' ? ' (profile nat)' : ''}`;
  });
  const found = places.length === 0 ? `not seen ${side}` : `seen ${side} at ${places.join('; ')}`;
  const open = unreckoned.length === 0 ? '' : `; its digest there cannot be reckoned: ${unreckoned.join(', ')}`;
  return [`Translated, as ${by.join(', ')} tells: ${found}${both ? ', and here' : ''}${open}`];
}

/** How paths are told by their verdict beside what was seen. */
const CLAIMS: Readonly<Record<TraceClaim['verdict'], string>> = {
  'as-bgp-says': 'as BGP says',
  elsewhere: 'elsewhere: forged, or another way there than back',
  unrouted: 'nobody announces the source address: forged',
  own: 'the source address is our own: forged, where it came from outside',
  'not-seen': 'nobody here knows from where it came',
};
/** Paths that are shown. */
const SHOWN_PATHS = 3;

/** What BGP said of the way to the source, beside where the packet came in. */
function claimLines({ claim }: Trace): string[] {
  if (claim === undefined) return [];
  const { paths, of, seen, verdict } = claim;
  const more = paths.length - SHOWN_PATHS;
  const told = paths.slice(0, SHOWN_PATHS).map(({ path }) => (path.length === 0 ? 'our own' : formatFlatPath(path)));
  const ways = paths.length === 0 ? 'no route' : `${told.join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
  const came = seen.length === 0 ? '' : ` / seen: came in from ${seen.map(as => `AS${as}`).join(' ')}`;
  return fold(`BGP ${of}, to the source address: ${ways}${came} (${CLAIMS[verdict]})`, 2);
}

/** Which rule began the trace, where no person did. */
function causeLines({ cause, caseId, source, requester }: Trace): string[] {
  if (requester !== undefined)
    return [`Asked for by ${requester.by} ${requester.peer}${requester.reference && `: ${requester.reference}`}`];
  if (caseId !== undefined) return [`For case ${caseId}${source === undefined ? '' : `, of packets of ${source}`}`];
  if (cause === undefined) return [];
  const { ids, signature, text, at, packets } = cause;
  const what = signature === null ? `capture ${text}` : `signature ${signature} "${text}", alert of ${instant(at)}`;
  return [`Begun by ids ${ids}: ${what}${packets === 1 ? '' : `, of ${count(packets, 'packet')}`}`];
}

/** One line for the AS, then its children; `stem` stands before its name, `below` before theirs. */
function collect(node: TraceNode, stem: string, below: string, rows: (string | number)[][]): void {
  const remarks = [
    ...(node.source ? ['began here'] : []),
    ...(node.reason === '' ? [] : [node.reason]),
    ...(node.coverage === null || node.coverage >= 1 ? [] : [`${percent(node.coverage)} of its border seen`]),
    ...(node.falsePositive === null ? [] : [`false positive ${percent(node.falsePositive)}`]),
  ];
  rows.push([
    `${stem}AS${node.as}`,
    `${node.verdict}${node.provisional ? '~' : ''}`,
    node.ingress.length === 0 ? '' : `from ${node.ingress.map(as => `AS${as}`).join(' ')}`,
    // What was placed by the graph answered nothing, so it has no time.
    node.verdict === 'absent' ? '' : `${Math.round(node.after)} ms`,
    remarks.join('; '),
  ]);
  node.children.forEach((child, i) => {
    const last = i === node.children.length - 1;
    collect(child, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`, rows);
  });
}

/** How a state is called in the list. */
const STATES = { partial: 'live', final: 'final', cancelled: 'cancelled', interrupted: 'interrupted' } as const;

/** `show trace`: those that run, then the latest ones. */
export function renderTraces(rows: readonly Trace[]): string[] {
  if (rows.length === 0) return ['no trace'];
  return table(
    [
      { head: 'Trace' },
      { head: 'State' },
      { head: 'Here' },
      { head: 'ms', right: true },
      { head: 'Asked', right: true },
      { head: 'Certain', right: true },
      { head: 'Entry' },
    ],
    rows.map(row => [
      row.id,
      STATES[row.state],
      row.tree.verdict,
      row.milliseconds,
      row.queries,
      row.certainty == null ? '-' : percentOf(row.certainty),
      row.entry === null
        ? row.state === 'partial'
          ? 'not yet known'
          : 'not found'
        : `AS${row.entry.as}${row.entry.source ? ' (inside)' : row.entry.via === null ? '' : ` via AS${row.entry.via}`}`,
    ]),
  );
}

/** A chance in few columns, never more sure than it is. */
function percentOf(share: number): string {
  return share > 0.9999 ? '>99.99%' : share < 0.0001 ? '<0.01%' : `${(Math.floor(share * 1e4) / 100).toFixed(2)}%`;
}
