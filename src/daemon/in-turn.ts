/**
 * Work that is done one after the other. Who asks for it while one waits for its turn is served by that one: it has not begun.
 */
export function inTurn<T>(work: () => Promise<T>): () => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    if (next !== null) return next;
    const mine = turn.then(() => {
      next = null;
      return work();
    });
    next = mine;
    turn = mine.catch(() => {});
    return mine;
  };
}
