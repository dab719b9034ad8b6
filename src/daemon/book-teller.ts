/**
 * What the collector tells where no other machine can take it, for there is no bus: it goes into the one book that is here. While
 * that is not open, its database is away or its lease is over, what is told waits, in its order. A book that is opened then knows
 * what is stored: the collector tells all that it holds anew, and of a table that is whole the rest is gone.
 */
import type { CaseEvent } from '../bus/case-event.ts';
import type { Cases } from './cases.ts';

/** How often the book is looked for while something waits for it. Milliseconds. */
const LOOK = 500;

type Book = Pick<Cases, 'judged' | 'session' | 'endOfRib' | 'peerForgotten' | 'peersAre'>;

interface Waiting {
  readonly event: CaseEvent;
  readonly done: (taken: Promise<void> | undefined) => void;
}

export interface BookTellerParts {
  /** Undefined while none is open. */
  readonly book: () => Book | undefined;
  /** True for names of peers that come and go by themselves. */
  readonly mayBe: (peer: string) => boolean;
  readonly look?: number;
}

/**
 * What is returned resolves once an event is on disk; who tells changes of routes waits for
 * that, so that only so many of them are here. Of the rest only what still counts is kept: no more than there are peers.
 */
export function bookTeller({ book, mayBe, look = LOOK }: BookTellerParts): (event: CaseEvent) => Promise<void> {
  /** The book that was told last, and which peers there are. */
  let last: Book | undefined;
  let peers: CaseEvent | null = null;
  let queue: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;

  function drain(): void {
    for (let at = book(); at !== undefined && queue.length > 0; at = book()) {
      const { event, done } = queue.shift()!;
      if (at !== last && peers !== null) void takeIn(at, peers, mayBe);
      last = at;
      if (event.what === 'peers') peers = event;
      done(takeIn(at, event, mayBe));
    }
    if (queue.length === 0 || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      drain();
    }, look);
    timer.unref();
  }

  return event => {
    for (const one of queue.filter(({ event: before }) => isOver(before, event))) one.done(undefined);
    queue = queue.filter(({ event: before }) => !isOver(before, event));
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push({ event, done: resolve });
    drain();
    return promise;
  };
}

/** True where what was said before says nothing more, once the other is said. */
function isOver(before: CaseEvent, now: CaseEvent): boolean {
  if (now.what === 'session' || now.what === 'forgotten')
    return 'peer' in before && before.peer === now.peer && (before.what !== 'forgotten' || now.what === 'forgotten');
  if (now.what === 'end-of-rib') return before.what === 'end-of-rib' && before.peer === now.peer;
  return now.what !== 'judged' && before.what === now.what;
}

function takeIn(book: Book, event: CaseEvent, mayBe: (peer: string) => boolean): Promise<void> | undefined {
  switch (event.what) {
    case 'judged':
      return book.judged(event.changes);
    case 'session':
      book.session(event.peer);
      break;
    case 'end-of-rib':
      book.endOfRib(event.peer, event.time);
      break;
    case 'forgotten':
      book.peerForgotten(event.peer);
      break;
    case 'peers':
      book.peersAre(event.names, mayBe);
      break;
    case 'resynced':
      for (const peer of event.whole) book.endOfRib(peer, Date.now());
      break;
  }
  return undefined;
}
