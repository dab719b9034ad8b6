/** A number from 0 to `below` - 1. */
export type Random = (below: number) => number;

/** xorshift32: a run is made again by its seed. */
export function randomFrom(seed: number): Random {
  let state = seed | 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
