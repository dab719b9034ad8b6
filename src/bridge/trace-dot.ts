/** The tree of a trace in the language of Graphviz (DOT): `itctl trace export ID --dot | dot -Tpdf`. */
import type { Trace, TraceNode } from '../traceback/trace.ts';
import { type Look, VERDICT_LOOKS } from '../traceback/verdict-look.ts';
import { conclusionOf } from './conclusion.ts';

const STYLE: Readonly<Record<Look, string>> = {
  seen: 'fillcolor="#d5efd8", color="#1b7837"',
  weak: 'fillcolor="#f3f0c8", color="#8a7a00"',
  no: 'fillcolor="#eeeeee", color="#666666"',
  unknown: 'fillcolor="#fdebd0", color="#b35806"',
  declined: 'fillcolor="#e8e0f3", color="#5e3c99"',
  silent: 'fillcolor="#ffffff", color="#b2182b", style="rounded,filled,dashed"',
  conflict: 'fillcolor="#fbd0cc", color="#b2182b"',
  absent: 'fillcolor="#ffffff", color="#888888", style="rounded,filled,dotted"',
};

/** One digraph; an edge leads from who asked to who was asked, against the way of the packets. */
export function traceDot(trace: Trace): string {
  const lines = [
    `digraph ${quoted(trace.id)} {`,
    `  label=${quoted(`Trace ${trace.id}: ${conclusionOf(trace)}`)};`,
    '  rankdir=LR;',
    '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
  ];
  let count = 0;
  const walk = (node: TraceNode, parent: string | null): void => {
    const name = `n${count++}`;
    const { look, mark } = VERDICT_LOOKS[node.verdict];
    const entry = isEntry(trace, node);
    const label = [
      `AS${node.as}${entry ? ' (entry)' : ''}`,
      `${mark} ${node.verdict}`,
      ...(node.ingress.length === 0 ? [] : [`from ${node.ingress.map(as => `AS${as}`).join(' ')}`]),
    ];
    const bold = entry ? ', penwidth=3, peripheries=2' : '';
    lines.push(`  ${name} [label=${quoted(label.join('\n'))}, tooltip=${quoted(node.reason)}, ${STYLE[look]}${bold}];`);
    if (parent !== null) lines.push(`  ${parent} -> ${name};`);
    for (const child of node.children) walk(child, name);
  };
  walk(trace.tree, null);
  return `${lines.join('\n')}\n}\n`;
}

/** True for a node of the entry AS that saw the packets. */
export function isEntry({ entry }: Pick<Trace, 'entry'>, { as, verdict }: TraceNode): boolean {
  return entry?.as === as && VERDICT_LOOKS[verdict].look === 'seen';
}

/** A string between double quotes. A backslash is an escape to some readers of labels, so it is doubled. */
function quoted(text: string): string {
  const plain = text.toWellFormed().replace(/[^\P{Cc}\n]/gu, ' ');
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
