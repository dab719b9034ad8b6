/**
 * What a collector tells before it is known into how many partitions it goes: kept in its order until then. Where that becomes
 * too much it is dropped, and all that is held is told anew.
 */
import type { CaseEvent } from '../bus/case-event.ts';
import type { Publisher } from '../bus/publisher.ts';
import type { Log } from './log.ts';

/** Changes that are kept. */
const MOST = 100_000;

export interface TellerParts {
  /** Resolves to a publisher for that many partitions. */
  readonly publisher: Promise<Publisher>;
  /** The collector is to tell all that it holds. */
  readonly retell: () => void;
  readonly log: Log;
  readonly most?: number;
}

export function createTeller({ publisher: coming, retell, log, most = MOST }: TellerParts): Publisher {
  let publisher: Publisher | null = null;
  let kept: CaseEvent[] = [];
  let waiting = 0;
  let dropped = 0;

  void coming.then(made => {
    publisher = made;
    for (const event of kept) void made.tell(event);
    if (dropped > 0) {
      log('info', 'it is known where to publish: all that is held is told anew');
      retell();
    }
    [kept, waiting] = [[], 0];
  });

  function keep(event: CaseEvent): void {
    const changes = event.what === 'judged' ? event.changes.length : 1;
    if (waiting + changes > most) {
      if (dropped === 0)
        log('warn', `more than ${most} changes wait to be published: they are dropped, and told anew later`);
      dropped += waiting;
      // That this life has begun is what tells the engines that they know nothing of it.
      kept = kept.filter(({ what }) => what === 'hello');
      waiting = kept.length;
    }
    kept.push(event);
    waiting += changes;
  }

  return {
    // Nobody is made to wait for what may take long.
    tell: async event => (publisher === null ? keep(event) : publisher.tell(event)),
    report() {
      const report = publisher?.report() ?? { published: 0, again: 0, waiting, dropped: 0, room: most };
      return { ...report, dropped: report.dropped + dropped };
    },
    problems: () => [
      ...(publisher === null
        ? [`nothing is published: how many partitions there are was never known here; ${waiting} changes wait`]
        : publisher.problems()),
    ],
    close: async milliseconds => publisher?.close(milliseconds),
  };
}
