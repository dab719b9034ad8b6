/** The places where an AS listens, bound all together or not at all. */
import type { ListenConfig } from '../config/tree.ts';
import type { Listener } from './listener.ts';

export function isSamePlace(a: ListenConfig, b: ListenConfig): boolean {
  return a.address === b.address && a.port === b.port;
}

/** Binds those of the places where nobody of `kept` listens yet. Rejects, with none of them left open, when one cannot be. */
export async function bindPlaces(
  wanted: readonly ListenConfig[],
  kept: readonly Listener[],
  bind: (place: ListenConfig) => Promise<Listener>,
): Promise<Listener[]> {
  const fresh: Listener[] = [];
  try {
    for (const place of wanted)
      if (!kept.some(listener => isSamePlace(listener.listen, place))) fresh.push(await bind(place));
    return fresh;
  } catch (error) {
    for (const listener of fresh) listener.close();
    throw error;
  }
}
