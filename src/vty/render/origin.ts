/** `AS64500`, or `an AS_SET` for an origin that is none (RFC 6811 section 2). */
export function showOrigin(origin: number | null): string {
  return origin === null ? 'AS_SET' : `AS${origin}`;
}
