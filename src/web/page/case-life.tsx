/** The life of a case: its states as a bar, and every line of its time line. */
import type { CaseDetail } from '../../control/case-rows.ts';
import type { CaseState } from '../../hijack/case.ts';
import { useWords } from './context.ts';
import { eventText } from './event-text.ts';
import { caseMark, Mark, term } from './parts.tsx';
import { age, instant } from './show.ts';

interface Span {
  readonly state: CaseState;
  readonly from: number;
  readonly to: number;
}

/** Stretches of one state each, up to `now`; of a case that is over up to its last line. */
export function spansOf({ timeline, opened, state }: CaseDetail, now: number): Span[] {
  const ends = state === 'resolved' ? (timeline.at(-1)?.time ?? opened) : now;
  const spans: Span[] = [];
  for (const event of timeline) {
    const last = spans.at(-1);
    if (last?.state === event.state) continue;
    if (last !== undefined) spans[spans.length - 1] = { ...last, to: event.time };
    spans.push({ state: event.state, from: event.time, to: Math.max(event.time, ends) });
  }
  // What lasted less than a second has no place in a bar; its line stands below.
  return spans.filter(({ from, to }, i) => to - from >= 1000 || i === spans.length - 1);
}

export function CaseLife({ one }: { one: CaseDetail }) {
  const words = useWords();
  const spans = spansOf(one, Date.now());
  const whole = Math.max(1, (spans.at(-1)?.to ?? 0) - (spans[0]?.from ?? 0));
  const text = spans.map(({ state, from, to }) => `${term(words.stateOf, state)} ${age(to - from)}`).join(', ');
  return (
    <>
      <h2>{words.timeline}</h2>
      {spans.length > 0 && (
        <div class="life" role="img" aria-label={words.lifeText(text)}>
          {spans.map(({ state, from, to }, i) => (
            <div class={caseMark(state)} key={i} style={{ flexGrow: (to - from) / whole }}>
              <span>
                {term(words.stateOf, state)} {age(to - from)}
              </span>
            </div>
          ))}
        </div>
      )}
      <ol class="timeline">
        {one.timeline.map((event, i) => (
          <li key={i}>
            <time dateTime={new Date(event.time).toISOString()}>{instant(event.time)}</time>
            <Mark of={term(words.stateOf, event.state)} as={caseMark(event.state)} />
            <span>
              {eventText(words, event.what)}
              {event.by !== undefined && <span class="soft"> ({event.by})</span>}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
