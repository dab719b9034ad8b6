/** Rows of `show http`. Plain data; times are ms since the epoch. */

/** One who is told what peers send (RIS Live). */
export interface LiveClient {
  /** Who it is, in words. */
  readonly by: string;
  readonly since: number;
  /** How many subscriptions it has. */
  readonly subscriptions: number;
  /** Messages sent, and those that were left out because there were too many. */
  readonly sent: number;
  readonly lost: number;
}

/** `show http`. */
export interface HttpStatus {
  /** `problem`: why it does not listen there; '' when it does. */
  readonly listen: readonly {
    /** Address and port. */
    readonly at: string;
    /** It speaks TLS. */
    readonly tls: boolean;
    readonly problem: string;
  }[];
  /** Requests being answered, and those that go on until they are interrupted; with the most there may be. */
  readonly answering: number;
  /** How many may be answered at once. */
  readonly mostAnswering: number;
  /** Clients that watch, until they leave. */
  readonly watching: number;
  /** How many may watch at once. */
  readonly mostWatching: number;
  /** Null: it is not configured. */
  readonly risLive: {
    /** As which collector it tells its updates. */
    readonly host: string;
    /** Who is connected. */
    readonly clients: readonly LiveClient[];
    /** Since the daemon began, to all there were. */
    readonly sent: number;
    readonly lost: number;
  } | null;
  /** The looking glass is served. */
  readonly lookingGlass: boolean;
}
