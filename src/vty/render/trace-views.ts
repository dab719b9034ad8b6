/** What a trace rests on, and what it cost. */
import type { Trace, TraceNode } from '../../traceback/trace.ts';
import { count, facts, fold, table } from './text.ts';
import { instant, percentCell } from './time.ts';
import { doubtLines } from './trace.ts';
import { chance, entrySentence } from './trace-sentence.ts';

const all = (node: TraceNode): TraceNode[] => [node, ...node.children.flatMap(all)];

/** Who vouches for what is said of an AS. */
function signer({ as, signed, by }: TraceNode): string {
  if (signed === 'own') return 'us';
  const who = by === undefined || by === as ? 'itself' : `AS${by}`;
  return signed === 'good' ? who : `${who}?`;
}

/** How many times likelier what an AS found is when the packets passed it: `x340`, or `1/20` where it speaks against it. */
function likelier({ likelihood }: TraceNode): string {
  if (likelihood == null) return '-';
  const short = (value: number) =>
    value > 1e6 ? value.toExponential(0).replace('+', '') : `${Number(value.toPrecision(2))}`;
  return likelihood >= 1 ? `x${short(likelihood)}` : `1/${short(1 / Math.max(likelihood, 1e-12))}`;
}

/** `show trace ID evidence`: each statement with its numbers and who signed it, and whom nothing is known of. */
export function renderTraceEvidence(trace: Trace): string[] {
  const { tree, packets = 1, need = 1, unknown = [], runnerUp } = trace;
  const nodes = all(tree).filter(({ verdict }) => verdict !== 'absent');
  const lines = table(
    [
      { head: 'AS' },
      { head: 'Verdict' },
      { head: 'Seen', right: true },
      { head: 'Windows', right: true },
      { head: 'False', right: true },
      { head: 'Border', right: true },
      { head: 'Lost', right: true },
      { head: 'Kept', right: true },
      { head: 'Likelier', right: true },
      { head: 'Signed by', free: true },
    ],
    nodes.map(node => [
      `AS${node.as}`,
      `${node.verdict}${node.provisional ? '~' : ''}`,
      `${node.packets}/${packets}`,
      node.windows,
      percentCell(node.falsePositive),
      percentCell(node.coverage),
      percentCell(node.loss),
      percentCell(node.sampling),
      likelier(node),
      signer(node),
    ]),
  );
  const reasons = nodes.filter(({ reason }) => reason !== '').map(({ as, reason }) => `AS${as}: ${reason}`);
  const kept = ({ retainedFrom }: { readonly retainedFrom: number | null }) =>
    retainedFrom === null ? '' : `; windows from ${instant(retainedFrom)}`;
  const possible = unknown.map(one => `AS${one.as}: ${one.verdict}${one.reason && `, ${one.reason}`}${kept(one)}`);
  const measured = (trace.measured ?? []).map(({ as, text }) => `AS${as}: ${text}`);
  const asked = packets === 1 ? 'one packet' : `${packets} packets, ${need} needed at one place`;
  return [
    `Trace ${trace.id}, ${asked}`,
    ...fold(entrySentence(trace), 2),
    ...(runnerUp == null
      ? []
      : [
          `Next likeliest: AS${runnerUp.as}${runnerUp.via === null ? '' : ` behind AS${runnerUp.via}`} (${chance(runnerUp.certainty)})`,
        ]),
    ...doubtLines(trace),
    '',
    ...lines,
    ...(reasons.length === 0 ? [] : ['', 'What they say:', ...reasons.flatMap(line => fold(line, 4, 2))]),
    ...(measured.length === 0 ? [] : ['', 'Measured:', ...measured.flatMap(line => fold(line, 4, 2))]),
    ...(possible.length === 0 ? [] : ['', 'Not ruled out:', ...possible.flatMap(line => fold(line, 4, 2))]),
  ];
}

/** `show trace ID cost`. */
export function renderCost(trace: Trace): string[] {
  const { queries, cost, milliseconds, questions, packets = 1, tree } = trace;
  const answered = all(tree).filter(({ signed }) => signed !== 'own');
  const [slowest] = [...answered].sort((a, b) => b.after - a.after);
  const late = all(tree).filter(({ verdict }) => verdict === 'silent');
  return [
    `Trace ${trace.id}`,
    ...facts([
      ['Took', `${milliseconds} ms`],
      ['Asked', `${count(questions.length, 'digest')} of ${count(packets, 'packet')}`],
      [
        'Queries',
        cost === undefined
          ? `${queries}`
          : `${queries} of ${cost.budget} allowed, ${cost.here} sent from here in ${count(cost.waves, 'wave')}`,
      ],
      ['Answers', cost === undefined ? '' : `${cost.answers} messages here, partial ones too`],
      ['ASes that answered', `${answered.length}`],
      ['Slowest', slowest === undefined ? '' : `AS${slowest.as}, ${Math.round(slowest.after)} ms`],
      ['Silent', late.map(({ as }) => `AS${as}`).join(' ')],
    ]),
  ];
}
