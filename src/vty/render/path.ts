import type { AsPath } from '../../collector/messages.ts';

/** AS_PATH as routers show it: neighbour first, an AS_SET in braces. */
export function showPath(path: AsPath): string {
  return path.map(hop => (typeof hop === 'number' ? hop : `{${hop.join(',')}}`)).join(' ');
}

/** `AS64500`, or `an AS_SET` for an origin that is none (RFC 6811 section 2). */
export function showOrigin(origin: number | null): string {
  return origin === null ? 'AS_SET' : `AS${origin}`;
}
