/**
 * Canaries: packets that went through another AS for certain, since probes of this AS saw them come in from it. Whatever is
 * traced from here is one, for the neighbour that it came from; nobody is asked for anything but what is traced anyhow.
 */
import type { HonestyBook } from './honesty.ts';
import type { TraceNode } from './trace.ts';
import { passed, yesOrNo } from './tree.ts';

/** Counts what the neighbours say of packets that came in from them, in a trace that has ended: opened, nothing marked. */
export function countCanaries(tree: TraceNode, book: Pick<HonestyBook, 'canary' | 'naming'>): void {
  // Only what this AS saw itself, and not by a packet or two of several, is certain.
  if (!passed(tree) || tree.signed !== 'own' || tree.provisional) return;
  for (const neighbor of new Set(tree.ingress)) {
    const said = tree.children.find(({ as, by, signed }) => as === neighbor && by === as && signed === 'good');
    if (said === undefined || said.coverage === null) continue;
    const seen = yesOrNo(said);
    if (seen === null) continue;
    const held = (1 - (said.loss ?? 0)) * (said.sampling ?? 1);
    book.canary(neighbor, seen, { coverage: said.coverage, held });
    const { egress = [] } = said;
    if (seen && egress.length > 0) book.naming(neighbor, egress.includes(tree.as));
  }
}
