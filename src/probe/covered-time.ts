/** The time that can be spoken for: spans of whole seconds, each without its end, in order and apart from each other. */

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The spans and one more. */
export function withSpan(spans: readonly Span[], { from, to }: Span): Span[] {
  if (from >= to) return [...spans];
  const before = spans.filter(span => span.to < from);
  const after = spans.filter(span => span.from > to);
  const touched = spans.slice(before.length, spans.length - after.length);
  const joined = {
    from: Math.min(from, touched[0]?.from ?? from),
    to: Math.max(to, touched.at(-1)?.to ?? to),
  };
  return [...before, joined, ...after];
}

/** What is left of the spans without one. */
export function withoutSpan(spans: readonly Span[], { from, to }: Span): Span[] {
  if (from >= to) return [...spans];
  return spans.flatMap(span => {
    const left = { from: span.from, to: Math.min(span.to, from) };
    const right = { from: Math.max(span.from, to), to: span.to };
    return [left, right].filter(part => part.from < part.to);
  });
}

/** What of the spans lies within one. */
export function within(spans: readonly Span[], { from, to }: Span): Span[] {
  return spans
    .map(span => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
    .filter(span => span.from < span.to);
}

/** What of one is in none of the spans. */
export function holesIn(spans: readonly Span[], whole: Span): Span[] {
  return spans.reduce<Span[]>((left, span) => withoutSpan(left, span), whole.from < whole.to ? [whole] : []);
}
