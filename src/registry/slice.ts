/**
 * Lets long work on the main thread be done in slices: timers, sockets and trace answers come in between. Returns a
 * function to be called often; it answers null as long as the slice (milliseconds) is not used up, then a promise that
 * resolves when the event loop has gone round once.
 */
export function slicer(milliseconds = 4): () => Promise<void> | null {
  let begun = performance.now();
  return () => {
    if (performance.now() - begun < milliseconds) return null;
    return new Promise(resolve =>
      setImmediate(() => {
        begun = performance.now();
        resolve();
      }),
    );
  };
}
