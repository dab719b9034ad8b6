/**
 * What crosses the border between the main thread and a collector thread: plain messages, structured-cloned, no shared
 * objects but the frozen registry snapshot. The same messages may cross a network later (DESIGN section 2).
 *
 * Times are milliseconds since the epoch. Prefixes and addresses are canonical text (net/prefix.ts).
 */

import type { MessagePort } from 'node:worker_threads';
import type { Quarantined } from '../bgp/quarantine.ts';
import type { BgpPeerConfig, BmpConfig, ListenConfig } from '../config/tree.ts';
import type { IndexedPeer } from '../mrt/peer-index.ts';
import type { JudgedChange } from '../registry/judged-change.ts';
import type { PathRules } from '../registry/path-rules.ts';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import type { IrrState, RovState } from '../registry/verdict.ts';
import type { LiveBatch } from './live-feed.ts';
import type { LiveFilter } from './live-filter.ts';
import type { Order } from './order.ts';
import type { Retelling } from './retell.ts';
import type { AgreementRow, MonitoringRow, OtherCountRow, ProtectionRow, RestartRow } from './session-rows.ts';

export type { Order, OrderRow } from './order.ts';
export type { AgreementRow, MonitoringRow, OtherCountRow, ProtectionRow, RestartRow } from './session-rows.ts';

/** An AS_PATH, neighbour AS first; an AS_SET is an inner array. */
export type AsPath = readonly (number | readonly number[])[];

/** Everything a collector needs to run its sessions. Sent at start and again, whole, at each reload. */
export interface CollectorConfig {
  readonly routerId: string;
  readonly localAs: number;
  readonly listen: readonly ListenConfig[];
  readonly peers: readonly BgpPeerConfig[];
  readonly bmp: readonly BmpConfig[];
  /** What our own routers originate is to be told; left out: it is not. */
  readonly originated?: boolean;
}

/** A question about the routes held now. Answered while tables load. */
export type RibQuery =
  | { readonly about: 'summary' }
  | { readonly about: 'neighbor'; readonly peer?: string }
  | {
      readonly about: 'route';
      readonly prefix: string;
      /** `match`: the longest match of an address or prefix. */
      readonly scope: 'match' | 'exact' | 'longer' | 'shorter';
      readonly peer?: string;
      /** Origin AS; 0 stands for NONE. */
      readonly originAs?: number;
      /** Regular expression on the AS path (net/path-pattern.ts). */
      readonly path?: string;
      /** As a row shows it: `64500:120`, `64500:1:20`, `no-export`. */
      readonly community?: string;
      /** A state against the IRR, or one against the RPKI: no word is both. */
      readonly validity?: IrrState | RovState;
      /** Rows say all attributes. */
      readonly detail?: boolean;
    }
  /** Routes of a family besides IPv4 and IPv6 unicast, by its name (bgp/family.ts). */
  | { readonly about: 'family'; readonly family: string; readonly peer?: string }
  | { readonly about: 'count' }
  | { readonly about: 'size' }
  | { readonly about: 'verdicts' } // rows of VerdictCount
  | { readonly about: 'safety' }
  | { readonly about: 'memory' }
  | { readonly about: 'quality'; readonly peer: string }
  | { readonly about: 'quarantine'; readonly peer?: string }
  | { readonly about: 'next-hops' } // one NextHops: with the first ASes of their routes' paths, without own routers
  /** For these registered routes how many peers hold them, and which routes of these origins nothing is registered for. */
  | {
      readonly about: 'drift';
      readonly registered: readonly { readonly prefix: string; readonly origin: number }[];
      readonly origins: readonly number[];
    }
  /** The nearest ASes of `among` that a packet may have passed before it came from the neighbour `from`, none of `avoid`. */
  | {
      readonly about: 'frontier';
      readonly from: number;
      readonly avoid: readonly number[];
      readonly among: readonly number[];
      /** Another AS that had it from `from`, in place of the local one. */
      readonly here?: number;
    }
  /** How much the AS graph knows: one GraphRow. `among`: ASes to look for on it. Then the graph itself: one AsTopology. */
  | { readonly about: 'as-graph'; readonly among: readonly number[] }
  | { readonly about: 'topology' }
  | { readonly about: 'trace-hints'; readonly marker: number } // rows of HintRow
  /** Over which neighbours of theirs the participants `among` are reached: rows of Adjacency. */
  | { readonly about: 'adjacency'; readonly among: readonly number[] };

/** How an answer ends. */
export interface AnswerEnd {
  readonly rows: readonly unknown[];
  /** UPDATEs that came from the peers asked about while rows were found: each row was so when it was read. */
  readonly changed?: number;
}

/** A registry to judge by. `overlay` lies over `base` (registry/snapshot.ts). */
export interface RegistryMessage {
  readonly type: 'registry';
  readonly base: SharedArrayBuffer;
  readonly overlay: SharedArrayBuffer | null;
  /** What the numbers in them demand of paths (registry/path-rules.ts). */
  readonly rules: readonly PathRules[];
  /** ASes whose unregistered announcements are told. */
  readonly ases: ReadonlySet<number>;
  /** Prefixes that are to be seen. */
  readonly visible: readonly string[];
  /** Prefixes inside which verdicts may be others than before, or of routes that cover them; null: anywhere. */
  readonly touched: readonly string[] | null;
  readonly generation: number;
}

export type ToCollector =
  | { readonly type: 'configure'; readonly config: CollectorConfig }
  | RegistryMessage
  /** The ASPAs in force, by which paths of watched routes are judged; null: there are none. */
  | { readonly type: 'aspas'; readonly aspas: AspaTable | null }
  /** All that is wrong with what peers hold is to be told once more, between `retelling` and `retold`. */
  | { readonly type: 'retell' }
  | { readonly type: 'query'; readonly id: number; readonly query: RibQuery }
  /** Where what peers send is archived from now on (mrt/archive-messages.ts); null: nowhere. */
  | { readonly type: 'archive'; readonly port: MessagePort | null }
  /** Writes the tables of all peers to the archive. */
  | { readonly type: 'dump'; readonly time: number }
  /** `by`: who wants it, in words; answered like a question, by one OrderRow. */
  | { readonly type: 'order'; readonly id: number; readonly order: Order; readonly by: string }
  /** A batch of rows has gone on: another one may come. */
  | { readonly type: 'went'; readonly id: number }
  /** Nobody wants the rest of an answer. */
  | { readonly type: 'cancel'; readonly id: number }
  /** So many judged changes were taken in: a collector that runs too far ahead stops reading from its peers. */
  | { readonly type: 'took'; readonly changes: number }
  /** Messages of peers that a client wants to be told, and no others; `host`: as what this collector is known to it. */
  | { readonly type: 'follow'; readonly client: number; readonly filters: readonly LiveFilter[]; readonly host: string }
  /** So many characters of them were taken in. */
  | { readonly type: 'followed'; readonly size: number }
  /** Ends every session with a Cease NOTIFICATION (RFC 4486 subcode 2), then the thread answers `stopped`. */
  | { readonly type: 'stop' };

export interface SessionChange {
  readonly peer: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  readonly state: string;
  readonly time: number;
  /** Why the session went down, in words, with the NOTIFICATION where there was one. */
  readonly reason?: string;
}

/** A registry generation is in force and every held route that it touches was judged by it. */
export interface Rejudged {
  readonly generation: number;
  /** Nothing but routes inside some prefixes had to be judged. */
  readonly partial: boolean;
  /** Routes judged. */
  readonly routes: number;
  readonly milliseconds: number;
}

/** What our own routers originate now, all of it. */
export interface OriginatedMessage {
  readonly type: 'originated';
  /** Our AS, the origin. */
  readonly origin: number;
  /** At most MAX_ORIGINATED. */
  readonly prefixes: readonly string[];
  /** How many there are beyond these. */
  readonly more: number;
  /** The tables of all peers of our own AS are whole: what is not here is not originated. */
  readonly whole: boolean;
}

export type FromCollector =
  /** A configuration is in force; whoever it no longer names has said its last. */
  | { readonly type: 'ready' }
  | { readonly type: 'judged'; readonly changes: readonly JudgedChange[] }
  | { readonly type: 'session'; readonly change: SessionChange }
  /** End-of-RIB (RFC 4724 section 2) from a peer, for all its families: its absent routes are now known absent. */
  | { readonly type: 'end-of-rib'; readonly peer: string; readonly time: number }
  /** A monitored peer is known no more: what it held will never be known, and counts as gone. */
  | { readonly type: 'peer-forgotten'; readonly peer: string; readonly time: number }
  | { readonly type: 'rejudged'; readonly done: Rejudged }
  | Retelling
  /** It is another set than the one told before. */
  | OriginatedMessage
  /** Messages of peers, as `follow` wants them. */
  | { readonly type: 'live'; readonly batch: LiveBatch }
  /** A dump of the tables has begun; what it writes names its peers by their position here. */
  | { readonly type: 'dumping'; readonly time: number; readonly peers: readonly IndexedPeer[] }
  /** Rows of an answer of any length, in order. No more than two batches are under way: `went` lets the next one come. */
  | { readonly type: 'rows'; readonly id: number; readonly rows: readonly unknown[] }
  /** The end of an answer, with its last rows. */
  | ({ readonly type: 'answer'; readonly id: number; readonly error?: string } & AnswerEnd)
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly text: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'stopped' };

/** Row of `show bgp summary`. */
export interface SummaryRow {
  readonly peer: string;
  readonly address: string;
  readonly as: number;
  readonly received: number;
  readonly sent: number;
  /** FSM state (RFC 4271 section 8.2.2), `Established` included; of a monitored peer also `Down` and `Unseen` (bmp/peer-state.ts). */
  readonly state: string;
  /** When the state was entered. */
  readonly since: number;
  readonly prefixes: number;
  readonly description: string;
  readonly lastError: string;
  /** Its table is not known to be whole yet: End-of-RIB is still to come, or, of a peer that tells none, a time of quiet. */
  readonly loading?: true;
}

/** Row of `show bgp neighbor`. What is null is known only while the session is Established. */
export interface NeighborRow extends SummaryRow {
  /** Why the session last left Established, empty when it never did: later attempts do not overwrite it. */
  readonly lastDown: string;
  /** Messages by type: `open`, `update`, `notification`, `keepalive`, `routeRefresh`. */
  readonly messagesReceived: Readonly<Record<string, number>>;
  /** Messages sent, by type. */
  readonly messagesSent: Readonly<Record<string, number>>;
  readonly prefixes4: number;
  readonly prefixes6: number;
  /** It waits for the peer, and does not connect itself. */
  readonly passive: boolean;
  /** Negotiated, seconds. */
  readonly holdTime: number | null;
  readonly peerId: string | null;
  /** Own address of the connection; null: there is none. */
  readonly localAddress: string | null;
  /** Both ends speak of AS numbers of four octets (RFC 6793); null: no session is up. */
  readonly as4: boolean | null;
  /** Address families that both ends agreed on. */
  readonly families: readonly string[];
  /** RFC 7606: what was done about malformed UPDATEs of this session. */
  readonly malformed: {
    readonly treatAsWithdraw: number;
    readonly attributeDiscard: number;
    readonly ignored: number;
    /** RFC 7911: what was not held, see collector/ingest-peer.ts. */
    readonly unagreedPathIds: number;
    /** Paths beyond those that a prefix may have. */
    readonly excessPaths: number;
    /** Routes of other families beyond those that a peer may have. */
    readonly excessOthers: number;
  } | null;
  /** Routes that the peer should not have sent, by its role (RFC 9234); null where none is configured. */
  readonly leaks?: number | null;
  /** Routes of the other families that were negotiated. */
  readonly otherRoutes?: readonly OtherCountRow[];
  /** Of a session of our own; absent for a peer that a router monitors for us. Null unless Established. */
  readonly agreement?: AgreementRow | null;
  /** Of a session of our own: families of which routes wait to be announced again. Absent where none does. */
  readonly restart?: readonly RestartRow[];
  /** Of a session of our own; absent for a peer that a router monitors for us. */
  readonly protection?: ProtectionRow;
  /** Of a peer that a router monitors for us (BMP); absent for a session of our own. */
  readonly monitoring?: MonitoringRow;
}

/** Row of `show route`. */
export interface RouteRow {
  readonly prefix: string;
  readonly peer: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  readonly nextHop: string;
  readonly path: AsPath;
  /** ORIGIN (RFC 4271 section 5.1.1). */
  readonly originCode: 'IGP' | 'EGP' | 'incomplete';
  readonly origin: number | null;
  /** Communities, as they are shown: `64500:66`, `blackhole`. */
  readonly communities: readonly string[];
  readonly state: IrrState;
  /** Origin validation against the RPKI. */
  readonly rov: RovState;
  /** Why the peer should not have sent it (RFC 9234 section 5), in words. */
  readonly leak?: string;
  /** With `detail`: the other attributes, those that are not known in hex. */
  readonly attributes?: readonly { readonly name: string; readonly text: string }[];
  /** Path identifier, of a peer that sends several paths for a prefix (RFC 7911). */
  readonly pathId?: number;
  /** The session that brought the route is lost, and it was not announced again; `llgr-stale` (RFC 9494) after the Restart Time. */
  readonly stale?: {
    /** `stale`: its peer may come back; `llgr-stale`: kept for long (RFC 9494); `refreshing`: it is being told anew. */
    readonly kind: string;
    readonly since: number;
  };
}

/** Row of `show route family`. */
export interface FamilyRouteRow extends Pick<RouteRow, 'peer' | 'peerAs' | 'peerAddress' | 'path' | 'originCode'> {
  readonly family: string;
  /** Prefix with distinguisher, labels and path identifier, or flow specification, in words. */
  readonly route: string;
  readonly nextHop: string;
  /** All other attributes, those that are not known in hex. */
  readonly attributes: readonly { readonly name: string; readonly text: string }[];
}

/** Row of `show route count`: one for each peer. */
export interface CountRow {
  readonly peer: string;
  /** IPv4 prefixes that the peer has announced. */
  readonly ipv4: number;
  /** IPv6 prefixes that the peer has announced. */
  readonly ipv6: number;
  /** Of the other families that were negotiated. */
  readonly others?: readonly { readonly family: string; readonly routes: number }[];
}

/** Row of `show quarantine`: a malformed message, its octets in hex. */
export interface QuarantineRow extends Omit<Quarantined, 'message'> {
  readonly peer: string;
  readonly message: string;
  /** Messages of this peer that were there before and gave way to later ones. */
  readonly dropped: number;
}

/** What one collector holds, for `show status` and benchmarks. Octets. */
export interface RibSize {
  readonly routes: number;
  readonly prefixes4: number;
  readonly prefixes6: number;
  readonly attributeSets: number;
  readonly attributeOctets: number;
  readonly contradictions: number;
  /** What is not as it should be, in words: an address that cannot be listened on. */
  readonly problems: readonly string[];
}
