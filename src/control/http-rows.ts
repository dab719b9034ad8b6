/** Rows of `show http`. Plain data; times are ms since the epoch. */

/** One who is told what peers send (RIS Live). */
export interface LiveClient {
  /** Who it is, in words. */
  readonly by: string;
  readonly since: number;
  readonly subscriptions: number;
  /** Messages sent, and those that were left out because there were too many. */
  readonly sent: number;
  readonly lost: number;
}

/** `show http`. */
export interface HttpStatus {
  /** `problem`: why it does not listen there; '' when it does. */
  readonly listen: readonly { readonly at: string; readonly tls: boolean; readonly problem: string }[];
  /** Requests being answered, and those that go on until they are interrupted; with the most there may be. */
  readonly answering: number;
  readonly mostAnswering: number;
  readonly watching: number;
  readonly mostWatching: number;
  /** Null: it is not configured. */
  readonly risLive: {
    readonly host: string;
    readonly clients: readonly LiveClient[];
    /** Since the daemon began, to all there were. */
    readonly sent: number;
    readonly lost: number;
  } | null;
  readonly lookingGlass: boolean;
}
