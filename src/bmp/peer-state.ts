/** The life of a peer that a router monitors for us, as one table: what each message about it does to its routes. */

export type PeerState =
  /** The router says that its session with the peer is down. */
  | 'Down'
  /** The router itself is gone: nobody knows. */
  | 'Unseen'
  /** Routes came without a Peer Up. */
  | 'Assumed'
  | 'Established';

export type PeerEvent =
  /** Peer Up (RFC 7854 section 4.10) of a session not told of before. */
  | 'peer-up'
  /** Peer Up that says octet for octet what the last one said. */
  | 'peer-up-again'
  /** Route Monitoring (RFC 7854 section 4.6) with routes in it; to a peer that is not up, a withdrawal is nothing. */
  | 'routes'
  | 'peer-down'
  /** The connection to the router ended. */
  | 'router-lost';

/** `open`: a table is begun; `learn`: the one there is goes on, with what Peer Up tells; `close`: it is out of sight. */
export type PeerAction = 'open' | 'learn' | 'close';

export interface PeerStep {
  readonly state: PeerState;
  readonly actions: readonly PeerAction[];
}

const to = (state: PeerState, ...actions: PeerAction[]): PeerStep => ({ state, actions });

// A missed Peer Down costs nothing, a missed Peer Up no route. A Peer Up repeated while the session goes on is told of by
// some routers each time their configuration changes: it must not put the routes out of sight, for they are not sent again.
// biome-ignore format: a table is read by its columns
const LIFE: Readonly<Record<PeerState, Readonly<Record<PeerEvent, PeerStep>>>> = {
  Down: {
    'peer-up':       to('Established', 'open'),
    'peer-up-again': to('Established', 'open'),
    routes:          to('Assumed', 'open'),
    'peer-down':     to('Down'),
    'router-lost':   to('Unseen'),
  },
  Unseen: {
    'peer-up':       to('Established', 'open'),
    'peer-up-again': to('Established', 'open'),
    routes:          to('Assumed', 'open'),
    'peer-down':     to('Down'),
    'router-lost':   to('Unseen'),
  },
  Assumed: {
    'peer-up':       to('Established', 'learn'),
    'peer-up-again': to('Established', 'learn'),
    routes:          to('Assumed'),
    'peer-down':     to('Down', 'close'),
    'router-lost':   to('Unseen', 'close'),
  },
  Established: {
    'peer-up':       to('Established', 'close', 'open'),
    'peer-up-again': to('Established'),
    routes:          to('Established'),
    'peer-down':     to('Down', 'close'),
    'router-lost':   to('Unseen', 'close'),
  },
};

/** What becomes of a peer in `state` at `event`, and what is to be done with its routes. */
export function step(state: PeerState, event: PeerEvent): PeerStep {
  return LIFE[state][event];
}
