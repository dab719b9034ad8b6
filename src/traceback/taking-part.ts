/** What the operator orders of the taking part of this AS: of one session, or of all of it. */
import { printable } from './connection.ts';
import type { Flooding } from './flooding.ts';
import type { Members } from './members.ts';
import type { Disabled } from './peer-status.ts';
import type { Log, Peering } from './peering.ts';
import { MAX_REASON } from './statement.ts';

/** `peer`: of which AS; left out, of all. */
export type TraceOrder =
  | { readonly what: 'clear'; readonly peer: number; readonly reason: string }
  | { readonly what: 'disable'; readonly peer?: number; readonly reason: string }
  | { readonly what: 'enable'; readonly peer?: number };

export interface TakingPart {
  /** Who has withdrawn this AS; null while it takes part. */
  out(): Disabled | null;
  /** Tells what was done, in words. Throws an Error in words when it cannot be. */
  carryOut(order: TraceOrder, by: string): string;
  /** A peering with a configured peer was made: it is held down with the others. */
  made(peering: Peering): void;
}

export interface TakingPartOptions {
  readonly peerings: () => ReadonlyMap<number, Peering>;
  readonly members: Pick<Members, 'close'>;
  /** Tells the record of this AS, which says whether it takes part; known only later than this. */
  readonly flooding: () => Pick<Flooding, 'announce'>;
  readonly clock: () => number;
  readonly log: Log;
  audit(what: string, body: Readonly<Record<string, unknown>>): void;
}

export function createTakingPart(options: TakingPartOptions): TakingPart {
  const { peerings, members, clock, log, audit } = options;
  let out: Disabled | null = null;

  const all = (order: TraceOrder, by: string): string => {
    if (order.what === 'enable') {
      if (out === null) return 'this AS takes part already';
      out = null;
      for (const peering of peerings().values()) peering.hold(null);
      options.flooding().announce();
      return 'this AS takes part again';
    }
    if (out !== null) return 'this AS takes no part already';
    out = { by, reason: reasonOf(order), since: clock() };
    // The withdrawal goes out before the last word of each session.
    options.flooding().announce();
    for (const peering of peerings().values()) peering.hold(out);
    members.close(out.reason);
    return 'this AS takes no part until `enable traceback` or the next start of the daemon; who had a session was told';
  };

  const one = (order: TraceOrder, peer: number, by: string): string => {
    const peering = peerings().get(peer);
    if (peering === undefined) throw new Error(`AS${peer} is no traceback peer`);
    const { state, disabled } = peering.status();
    if (order.what === 'enable') {
      if (disabled === null) return 'the session is not disabled';
      if (out !== null) throw new Error('this AS takes no part: `enable traceback` first');
      peering.hold(null);
      return 'the session is enabled';
    }
    if (disabled !== null && order.what === 'disable') return 'the session is disabled already';
    if (disabled !== null) throw new Error(`AS${peer} is disabled by ${disabled.by}: enable it first`);
    if (order.what === 'disable') {
      peering.hold({ by, reason: order.reason, since: clock() });
      return 'the session is disabled until `enable` or the next start of the daemon';
    }
    peering.reset(order.reason);
    return state === 'Established' ? 'the session is reset' : `the session is ${state}: nobody was told`;
  };

  return {
    out: () => out,
    carryOut(order, by) {
      const reason = reasonOf(order);
      if (printable(reason) !== reason)
        throw new Error(`the reason has more than ${MAX_REASON} octets, or characters that are not shown`);
      const done = order.peer === undefined ? all(order, by) : one(order, order.peer, by);
      const whose = order.peer === undefined ? 'traceback' : `traceback peer AS ${order.peer}`;
      log('info', `${whose}: ${order.what}${reason === '' ? '' : ` "${reason}"`} by ${by}: ${done}`);
      audit(`peer.${order.what}`, { peer: order.peer ?? null, by, reason });
      return done;
    },
    made(peering) {
      if (out !== null) peering.hold(out);
    },
  };
}

const reasonOf = (order: TraceOrder): string => ('reason' in order ? order.reason : '');
