/** Domain traceback manager: was the packet's source inside this AS? */
import type { Border } from './btm.ts';

/**
 * The source is inside when the packet was seen going out or inside and never coming in, and the whole border was
 * watched: otherwise it may have come in where nobody looked, and then nothing is claimed. Neither is it when it was seen
 * at the border on a frame whose neighbour and direction are not known, which may be where it came in. `reason` says so.
 */
export function judgeSource(border: Border): { readonly source: boolean; readonly reason: string } {
  if (border.verdict !== 'saw' || border.inward) return { source: false, reason: border.reason };
  if (border.undirected) return { source: false, reason: `${border.reason}; where it began is open` };
  return border.gap === null
    ? { source: true, reason: `${border.reason}, never coming in: it began here` }
    : { source: false, reason: `${border.reason}, not coming in; where it began is open: ${border.gap}` };
}
