/** Trace peers, members and all others that are known to take part, as a table. */
import type { TracebackPeerRow } from '../../control/traceback-rows.ts';
import type { BelievedRecord } from '../../traceback/belief.ts';
import type { Honesty } from '../../traceback/honesty.ts';
import { useWords } from './context.ts';
import { Mark, Table } from './parts.tsx';
import { age, asText, count, instant, percent } from './show.ts';
import { LOOKS, type Standing } from './trace-standing.ts';
import type { Words } from './words.ts';

/** All that is known of one AS. */
export interface PeerLine {
  readonly as: number;
  readonly standing: Standing;
  readonly peer: TracebackPeerRow | undefined;
  readonly record: BelievedRecord | null;
  readonly honesty: Honesty | undefined;
}

const marks: Readonly<Record<Standing, 'bad' | 'warn' | 'good' | 'soft'>> = {
  ...{ own: 'soft', up: 'good', down: 'bad', idle: 'soft', disabled: 'warn', known: 'soft' },
  ...{ doubted: 'warn', withdrawn: 'soft', absent: 'soft' },
};

/** What was measured beside what an AS states. */
export function honestyText(honesty: Honesty | undefined, words: Words): string {
  if (honesty === undefined) return '';
  if (honesty.contradictions.length > 0) return words.contradicted(honesty.contradictions.length);
  const { recall, falseYes } = honesty;
  const parts = [
    ...(recall === null ? [] : [words.seesOf(percent(recall.rate))]),
    ...(falseYes === null ? [] : [words.falselyOf(percent(falseYes.rate))]),
  ];
  return parts.join(', ');
}

export function PeerTable({
  lines,
  chosen,
  choose,
}: {
  lines: readonly PeerLine[];
  chosen: number | null;
  choose: (as: number) => void;
}) {
  const words = useWords();
  return (
    <Table
      caption={words.traceback}
      rows={lines}
      keyOf={({ as }) => String(as)}
      columns={[
        {
          title: words.as,
          kind: 'id',
          show: ({ as }) => (
            <button type="button" class="plain" aria-pressed={as === chosen} onClick={() => choose(as)}>
              {asText(as)}
            </button>
          ),
        },
        {
          title: words.state,
          show: ({ standing }) => (
            <Mark of={`${LOOKS[standing].mark} ${words.standings[standing]}`} as={marks[standing]} />
          ),
        },
        { title: words.since, show: ({ peer }) => instant(peer?.since ?? null), kind: 'time' },
        {
          title: words.latency,
          show: ({ peer }) => (peer?.latency == null ? '' : `${Math.round(peer.latency)} ms`),
          kind: 'number',
        },
        {
          title: words.border,
          show: ({ peer, record }) => percent(peer?.open?.coverage ?? record?.record.coverage),
          kind: 'number',
        },
        {
          title: words.keeps,
          show: ({ peer, record }) => age(1000 * (peer?.open?.retention ?? record?.record.retention ?? 0) || null),
          kind: 'number',
        },
        { title: words.asked_, show: ({ peer }) => count(peer?.asked ?? null), kind: 'number' },
        { title: words.answered, show: ({ peer }) => count(peer?.answered ?? null), kind: 'number' },
        { title: words.refused, show: ({ peer }) => count(peer?.refused ?? null), kind: 'number' },
        {
          title: words.honesty,
          show: ({ honesty }) => (
            <Mark of={honestyText(honesty, words)} as={honesty?.contradictions.length ? 'bad' : 'soft'} />
          ),
        },
        { title: words.lastError, show: ({ peer }) => peer?.disabled?.reason || peer?.said || peer?.lastError },
      ]}
    />
  );
}
