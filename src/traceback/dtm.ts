/** Domain traceback manager: was the packet's source inside this AS? */
import type { Border } from './btm.ts';

/**
 * The source is inside when the packet was seen going out or inside and never coming in, and the whole border was
 * watched: otherwise it may have come in where nobody looked, and then nothing is claimed. `reason` says so.
 */
export function judgeSource(border: Border): { readonly source: boolean; readonly reason: string } {
  if (border.verdict !== 'saw' || border.inward) return { source: false, reason: border.reason };
  return border.gap === null
    ? { source: true, reason: `${border.reason}, never coming in: it began here` }
    : { source: false, reason: `${border.reason}, not coming in; where it began is open: ${border.gap}` };
}
