/**
 * What was told of changes, kept for a while: who was away for a moment goes on where he was, or is told that there is a gap.
 * A mark is `RUN.NUMBER`: a run of the daemon, and how many changes it had told.
 */
import { LOGGED, type LoggedTopic, type Told, type Topic } from '../control/live-rows.ts';

/** Changes of a topic that are kept. */
const KEPT = 1000;

export interface ChangeLog {
  tell(about: LoggedTopic, row: object): void;
  /** The mark of the latest change. */
  now(): string;
  /** As `follow` of LiveAnswers, for these topics alone. */
  follow(topics: readonly Topic[], since: string | null, take: (told: Told) => void): () => void;
}

/** A log that holds nothing yet. `run` sets the marks of this run of the daemon apart from those of others. */
export function createChangeLog(run: string, most = KEPT): ChangeLog {
  const kept = new Map<LoggedTopic, { number: number; told: Told }[]>(LOGGED.map(topic => [topic, []]));
  /** The number of the latest change of a topic that is kept no more. */
  const dropped = new Map<LoggedTopic, number>();
  const listening = new Set<(told: Told) => void>();
  let last = 0;
  const now = () => `${run}.${last}`;

  /** Why changes behind a mark cannot be told; '' when they can. */
  function gapBehind(since: string, wanted: readonly LoggedTopic[]): string {
    const [of, number = ''] = since.split('.');
    if (of !== run || Number(number) > last)
      return 'intertrackd has started again since: what happened meanwhile is not told';
    const lost = wanted.filter(topic => (dropped.get(topic) ?? 0) > Number(number));
    return lost.length === 0 ? '' : `too many changes since: of ${lost.join(', ')} only the last ${most} are kept`;
  }

  return {
    now,
    tell(about, row) {
      const told: Told = { mark: `${run}.${++last}`, about, key: null, row };
      const of = kept.get(about)!;
      of.push({ number: last, told });
      if (of.length > most) dropped.set(about, of.shift()!.number);
      for (const take of listening) take(told);
    },
    follow(topics, since, take) {
      const wanted = LOGGED.filter(topic => topics.includes(topic));
      const gap = since === null ? '' : gapBehind(since, wanted);
      take({
        mark: since === null || gap !== '' ? now() : since,
        about: null,
        key: null,
        row: gap === '' ? {} : { gap },
      });
      if (since !== null) {
        // Of another run all that this one has to tell is new.
        const [of, number = ''] = since.split('.');
        const behind = of === run && Number(number) <= last ? Number(number) : 0;
        const missed = wanted.flatMap(topic => kept.get(topic)!.filter(one => one.number > behind));
        for (const { told } of missed.toSorted((a, b) => a.number - b.number)) take(told);
      }
      const own = (told: Told) => {
        if (topics.includes(told.about!)) take(told);
      };
      listening.add(own);
      return () => void listening.delete(own);
    },
  };
}
