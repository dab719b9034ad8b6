/** What may be ordered of a collector besides questions. */

/** What the administrator wants of a session at once. `peer` is a name or an address. */
export type Order =
  /** Ends it with Cease/Administrative Reset and these words (RFC 9003), and begins anew. */
  | { readonly what: 'clear'; readonly peer: string; readonly reason: string }
  /** Ends it with Cease/Administrative Shutdown and these words; it stays down until `enable` or the end of the daemon. */
  | { readonly what: 'disable'; readonly peer: string; readonly reason: string }
  | { readonly what: 'enable'; readonly peer: string }
  /** Asks for the routes again (RFC 2918); of all families that were agreed on when none is named. */
  | { readonly what: 'refresh'; readonly peer: string; readonly family?: 'ipv4' | 'ipv6' };

/** Row of the answer to an order. */
export interface OrderRow {
  readonly peer: string;
  /** What was done, in words. */
  readonly done: string;
}
