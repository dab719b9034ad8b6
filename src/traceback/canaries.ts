/**
 * Canaries: packets that went through another AS for certain, since probes of this AS saw them come in from it, or go out to
 * it. Whatever is traced from here is one, for the neighbour that it came from; others are drawn by the probes (drawing.ts).
 */
import type { HonestyBook } from './honesty.ts';
import type { TraceNode } from './trace.ts';
import { passed, yesOrNo } from './tree.ts';

type Book = Pick<HonestyBook, 'canary' | 'naming'>;

/** Counts what the neighbours say of packets that came in from them, in a trace that has ended: opened, nothing marked. */
export function countCanaries(tree: TraceNode, book: Book): void {
  // Only what this AS saw itself, and not by a packet or two of several, is certain.
  if (!passed(tree) || tree.signed !== 'own' || tree.provisional) return;
  for (const neighbor of new Set(tree.ingress)) {
    const said = tree.children.find(({ as }) => as === neighbor);
    if (said !== undefined) countCanary(said, tree.as, 'in', book);
  }
}

/**
 * Counts what a neighbour says of a packet that came in from it, or (`out`) went out to it: whether it saw it, and whether
 * it says rightly that it went to this AS, `own`, or came from it. False: it has said, signed, neither yes nor no.
 */
export function countCanary(
  said: Pick<TraceNode, 'as' | 'by' | 'signed' | 'verdict' | 'coverage' | 'loss' | 'sampling' | 'ingress' | 'egress'>,
  own: number,
  direction: 'in' | 'out',
  book: Book,
): boolean {
  const seen = yesOrNo(said);
  if (said.by !== said.as || said.signed !== 'good' || said.coverage === null || seen === null) return false;
  const held = (1 - (said.loss ?? 0)) * (said.sampling ?? 1);
  book.canary(said.as, seen, { coverage: said.coverage, held });
  const named = direction === 'in' ? (said.egress ?? []) : said.ingress;
  if (seen && named.length > 0) book.naming(said.as, named.includes(own));
  return true;
}
