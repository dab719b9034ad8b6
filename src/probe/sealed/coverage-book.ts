/** The book of what can be spoken for: what the intakes have taken in, less what was missed, lost or dropped. */
import { type Span, within, withoutSpan, withSpan } from '../covered-time.ts';

export interface CoverageBook {
  /** Seconds that can be spoken for. */
  readonly spans: readonly Span[];
  /** First second that was not told of yet in this run; null before the first. */
  readonly reached: number | null;
  /** All intakes together have taken in everything from `from` to `to`, or more of it. */
  reach(from: number, to: number): void;
  /** Packets may have gone by unseen, now or in what will be told of. */
  miss(hole: Span): void;
  /** What was taken in is no longer there. */
  lose(span: Span): void;
  /** Nothing before a second is there, nor will be. */
  cut(before: number): void;
  /** What an earlier run could speak for. */
  restore(spans: readonly Span[]): void;
  /** What of a window can be spoken for. */
  within(span: Span): Span[];
}

/** Holes that are remembered beyond what was told of. */
const MOST_HOLES = 1000;

export function coverageBook(): CoverageBook {
  let spans: readonly Span[] = [];
  let holes: Span[] = [];
  let lost: Span[] = [];
  let reached: number | null = null;

  return {
    get spans() {
      return spans;
    },
    get reached() {
      return reached;
    },
    reach(from, to) {
      const begin = reached ?? from;
      if (to <= begin) return;
      let told = [{ from: Math.max(begin, from), to }];
      for (const hole of holes) told = withoutSpan(told, hole);
      for (const span of told) spans = withSpan(spans, span);
      holes = holes.filter(hole => hole.to > to);
      reached = to;
    },
    miss(hole) {
      spans = withoutSpan(spans, hole);
      if (holes.length < MOST_HOLES) holes.push(hole);
      else holes = [{ from: Math.min(...holes.map(one => one.from)), to: Math.max(...holes.map(one => one.to)) }, hole];
    },
    lose(span) {
      spans = withoutSpan(spans, span);
      lost = withSpan(lost, span);
    },
    cut(before) {
      const gone = { from: Number.NEGATIVE_INFINITY, to: before };
      spans = withoutSpan(spans, gone);
      lost = withoutSpan(lost, gone);
      if (holes.length < MOST_HOLES) holes = holes.filter(({ to }) => to > before);
    },
    restore(earlier) {
      for (const span of earlier) {
        let found = [span];
        // One part of a window may be damaged when another is whole.
        for (const hole of lost) found = withoutSpan(found, hole);
        for (const one of found) spans = withSpan(spans, one);
      }
    },
    within: span => within(spans, span),
  };
}
