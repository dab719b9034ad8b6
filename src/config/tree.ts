import type { BridgesConfig } from './bridge-tree.ts';
import type { OtherFamily } from './families.ts';
import type { HttpConfig } from './http-tree.ts';
import type { BusConfig, Duty, SharedStoreConfig } from './machines-tree.ts';
import type { NotifyConfig } from './notify-tree.ts';
import type { ProbeConfig } from './probe-tree.ts';
import type { AcceptedRisk } from './risk-names.ts';
import type { TracebackConfig } from './traceback-tree.ts';
import type { Budget } from './units.ts';

export type { ExecConfig, MailConfig, NotifyConfig, SyslogConfig, WebhookConfig, XmppConfig } from './notify-tree.ts';

/**
 * The configuration as typed values: what `config/check.ts` makes of the text, what reload compares and `config/print.ts`
 * prints back. Durations are milliseconds, sizes octets, addresses and prefixes canonical text, AS numbers plain numbers.
 */
export interface Config {
  readonly routerId: string;
  readonly localAs: number;
  readonly log: readonly LogConfig[];
  /** Directory of the database. */
  readonly state: string;
  /** How long lines of the audit log are kept, ms. */
  readonly auditRetain: number;
  readonly controlSocket: SocketConfig;
  /** Where one may look only; null: nowhere. */
  readonly readerSocket: SocketConfig | null;
  readonly probeSocket: SocketConfig;
  /** Where probes of other machines connect, and what they are shown; null: the identity of `traceback`. */
  readonly probeListen: readonly ListenConfig[];
  readonly probeIdentity: { readonly key: string; readonly certificate: string } | null;
  readonly bgpListen: readonly ListenConfig[];
  /** Templates are already applied. */
  readonly peers: readonly BgpPeerConfig[];
  readonly bmp: readonly BmpConfig[];
  /** What this machine does; what it shares with others, null: it is alone. */
  readonly duties: readonly Duty[];
  readonly bus: BusConfig | null;
  readonly sharedStore: SharedStoreConfig | null;
  readonly archive: ArchiveConfig | null;
  readonly irr: readonly IrrConfig[];
  readonly rpki: readonly RpkiConfig[];
  readonly whois: WhoisConfig | null;
  readonly http: HttpConfig | null;
  /** Not there: none. */
  readonly accepted?: readonly AcceptedRisk[];
  readonly watches: readonly WatchConfig[];
  readonly notify: readonly NotifyConfig[];
  readonly groups: readonly GroupConfig[];
  readonly contacts: ContactsConfig | null;
  readonly probes: readonly ProbeConfig[];
  readonly ids: readonly IdsConfig[];
  readonly traceback: TracebackConfig | null;
  readonly bridges: BridgesConfig;
}

export interface LogConfig {
  readonly to: 'stderr' | 'syslog' | 'file';
  readonly file?: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

export interface SocketConfig {
  readonly path: string;
  readonly group?: string;
}

export interface ListenConfig {
  readonly address: string;
  readonly port: number;
  /** `bgp listen … interface "…"`: only what comes in there. */
  readonly interface?: string;
}

/** `maximum prefix …`: what is done about a peer with more routes than `most`. */
export interface PrefixLimit {
  /** Null: of all families together. */
  readonly family: 'ipv4' | 'ipv6' | null;
  /** Prefixes that there may be. */
  readonly most: number;
  /** What is done when there are more: a warning, the session ended and tried again later, or ended for good. */
  readonly action: 'warn' | 'restart' | 'down';
  /** When a session is tried again after `restart`; 0 with the other actions. */
  readonly after: number;
}

/** `announce { prefix …; }`: a route that a peer is told. */
export interface AnnouncedRoute {
  readonly prefix: string;
  /** As they are shown: `64500:66`, `blackhole`. */
  readonly communities: readonly string[];
  /** Large communities (RFC 8092), as they are shown: `64500:1:2`. */
  readonly largeCommunities: readonly string[];
  /** Of the prefix's family; not there: the own address of the session. */
  readonly nextHop?: string;
  readonly med?: number;
}

/** `mitigate { … }`: what a peer may be told on an operator's order. */
export interface MitigateConfig {
  /** What may be announced, and all inside it, each with its next hop and communities. */
  readonly prefixes: readonly (Omit<AnnouncedRoute, 'nextHop' | 'med'> & { readonly nextHop: string })[];
  /** Prefixes at a time. */
  readonly most: number;
}

/** What is kept of a peer that restarts. Times in milliseconds. */
export interface RestartConfig {
  /** `graceful restart` (RFC 4724), and `long lived graceful restart` (RFC 9494). */
  readonly graceful: boolean;
  readonly longLived: boolean;
  /** How long a peer that is back may take for its table. */
  readonly stalePathTime: number;
  /** The most that is kept to of what the peer says about long-lived routes. */
  readonly longLivedStaleTime: number;
}

/** `protocol bgp NAME { … }`. */
export interface BgpPeerConfig {
  readonly name: string;
  readonly description: string;
  /** Router ids of the machines that have the session; left out: all that collect. */
  readonly machines?: readonly string[];
  /** The peer's address; with `range` the prefix that the addresses of its peers are in. */
  readonly neighbor: string;
  /** `neighbor range`: any number of peers up to `limit`, all passive. Null: one peer. */
  readonly range: { readonly limit: number } | null;
  readonly neighborPort: number;
  readonly neighborAs: number;
  readonly localAddress?: string;
  readonly localAs: number;
  /** The interface or VRF that the session goes through. */
  readonly interface?: string;
  /** Key of TCP MD5 (RFC 2385). */
  readonly password?: string;
  /** How many hops away the peer may be (RFC 5082); null: any number. */
  readonly ttlSecurity: number | null;
  readonly prefixLimits: readonly PrefixLimit[];
  /** Wait for the peer, never dial. */
  readonly passive: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Families besides IPv4 and IPv6 unicast. */
  readonly others: readonly OtherFamily[];
  /** Takes several paths for a prefix (RFC 7911). */
  readonly addPaths: boolean;
  /** Takes IPv6 next hops for IPv4 routes (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** What this side is to the peer (RFC 9234); `strictRole`: the peer must say what it is. */
  readonly role?: 'provider' | 'rs' | 'rs-client' | 'customer' | 'peer';
  readonly strictRole: boolean;
  /** Hold Time offered, milliseconds; 0 for none. Default 90 s. */
  readonly holdTime: number;
  /** ConnectRetryTime, milliseconds. Default 30 s. */
  readonly connectRetry: number;
  readonly restart: RestartConfig;
  /** Shut by configuration: `disabled;`. */
  readonly disabled: boolean;
  /** All that the peer is told; not there: nothing. */
  readonly announce?: readonly AnnouncedRoute[];
  /** What it may be told besides, on order. */
  readonly mitigate?: MitigateConfig;
}

/** A table of a router that BMP shows (RFC 7854 section 2, RFC 9069). */
export type MonitoredRib = 'pre-policy' | 'post-policy' | 'loc-rib';

/** `protocol bmp NAME { listen ADDRESS port N; allow PREFIX, …; }`. */
export interface BmpConfig {
  readonly name: string;
  readonly description: string;
  readonly listen: ListenConfig;
  /** Sources that connections are accepted from. */
  readonly allow: readonly string[];
  /** Tables that are taken; the routes of others are counted and ignored. */
  readonly ribs: readonly MonitoredRib[];
  /** Shut by configuration: `disabled;`. */
  readonly disabled: boolean;
}

/** `archive mrt { … }`. */
export interface ArchiveConfig {
  /** Where its files lie. */
  readonly directory: string;
  /** Length of a file of updates. */
  readonly updates: number;
  /** Interval of tables; 0 for none. */
  readonly rib: number;
  /** 0 for ever. */
  readonly retain: number;
  /** How files that are closed are compressed. */
  readonly compress: 'gzip' | 'zstd' | 'none';
}

/** `irr NAME { dump "FILE"; authoritative; }`: has a `dump` or `nrtm4`, never both. */
export interface IrrConfig {
  readonly name: string;
  /** File name or URL (https, http, ftp). */
  readonly dump?: string;
  /** File name or URL of its serial; not there: guessed beside the dump. */
  readonly serial?: string;
  /** Where changes come from after the dump. */
  readonly nrtm?: { readonly host: string; readonly port: number; readonly version: 1 | 3 };
  /** Update Notification File of NRTMv4, and the first key it is signed with (SubjectPublicKeyInfo, base64 of DER). */
  readonly nrtm4?: { readonly url: string; readonly key: string };
  /** Server that is asked for what the mirror has not; with nothing to mirror, for all of the source. */
  readonly whois?: { readonly host: string; readonly port: number };
  readonly authoritative: boolean;
  /** A route object without an X-Keiro address has those of its maintainers. */
  readonly keiroInherited?: true;
  /** Months without a change after which the registry warns of an object's removal, and removes it. */
  readonly expiry?: { readonly notice: number; readonly removal: number };
  /**
   * How often the source is looked at for change; 0 for only at reload. Default 60 s; one hour for a dump that is fetched
   * and has no NRTM.
   */
  readonly refresh: number;
}

/** `whois { … }`: where and how whois queries are answered. */
export interface WhoisConfig {
  readonly listen: readonly ListenConfig[];
  /** Sources that connections are accepted from. */
  readonly allow: readonly string[];
  readonly maxConnections: number;
  /** From one address. */
  readonly maxClientConnections: number;
  readonly maxAnswer: number;
  /** Queries a second, of one connection. */
  readonly rate: number;
  readonly idleTimeout: number;
}

/** A cache of `rpki NAME { … }`: an RTR server, or a JSON file of payloads. */
export type RpkiCacheConfig =
  | {
      readonly host: string;
      readonly port: number;
      /** File of the authorities of its certificate: TLS is spoken. */
      readonly ca?: string;
      /** Files of the own certificate and its key. */
      readonly certificate?: string;
      readonly key?: string;
    }
  | { readonly file: string };

/** `rpki NAME { … }`: where validated payloads come from. Intervals in milliseconds; not there: as the cache says. */
export interface RpkiConfig {
  readonly name: string;
  /** In the order of preference. */
  readonly caches: readonly RpkiCacheConfig[];
  /** File of local exceptions (RFC 8416). */
  readonly slurm?: string;
  readonly refresh?: number;
  readonly retry?: number;
  readonly expire?: number;
  /** How long before its end a ROA of watched space is told of. */
  readonly expiryWarning?: number;
  /** RTR version that is tried first. */
  readonly version: 0 | 1 | 2;
}

/** `watch NAME { … }`: what the operator wants guarded. Several selectors are a union. */
export interface WatchConfig {
  readonly name: string;
  readonly maintainers: readonly { readonly maintainer: string; readonly source: string | null }[];
  /** Every object with an X-Keiro address, of this source or (null) of any. */
  readonly keiro: readonly { readonly source: string | null }[];
  readonly prefixes: readonly { readonly prefix: string; readonly origins: readonly number[] }[];
  /** Every prefix registered to one of these ASes, and whatever they announce that nobody registered. */
  readonly ases: readonly number[];
  /** The same of the members of these as-sets. */
  readonly asSets: readonly { readonly asSet: string; readonly source: string | null }[];
  /** Every prefix of these sources. */
  readonly sources: readonly string[];
  /** What our own routers originate, so long after it was last seen (milliseconds); null: it is not looked at. */
  readonly originated: number | null;
  /** LANs of exchange points and links between networks: nobody is to announce them. */
  readonly segments: readonly string[];
  /** Own space that is not in use: nobody is to announce it. */
  readonly unused: readonly string[];
  /** Space that nobody may announce (net/special-prefixes.ts). */
  readonly bogons: boolean;
  /** ASes that may stand next to the origin; empty: any. */
  readonly upstreams: readonly number[];
  /** AS-path expressions (net/path-pattern.ts) of which a path must match one; empty: any path will do. */
  readonly paths: readonly string[];
  /** Told when fewer than this share of the peers that had a prefix still have it; null: it is not looked at. */
  readonly visibility: number | null;
  /** Most ASes of a path, prepending included; null: any number. */
  readonly longestPath: number | null;
  readonly group: string | null;
  readonly critical: boolean;
  /** No notice before the route was held so long; default 0. */
  readonly holdUp: number;
  /** No end notice before no witness was left for so long; default 5 min. */
  readonly holdDown: number;
  /** Packets to the prefixes of its cases are traced while these last. */
  readonly trace?: true;
  /** Not there: none. */
  readonly exceptions?: readonly WatchException[];
}

/** `except prefix P origin N [until DATE] reason "…"`: who may announce the prefix, or what lies in it, and why. */
export interface WatchException {
  readonly prefix: string;
  readonly origins: readonly number[];
  /** In force before this time, milliseconds since the epoch; null: as long as it is configured. */
  readonly until: number | null;
  readonly reason: string;
}

export interface GroupConfig {
  readonly name: string;
  readonly mail: readonly string[];
}

/** `contacts { … }`: who is asked whom to call. */
export interface ContactsConfig {
  readonly whois: readonly { readonly host: string; readonly port: number }[];
  /** URLs of RDAP servers that are asked for everything. */
  readonly rdap: readonly string[];
  /** Directory or URL of the bootstrap files of RFC 9224. */
  readonly bootstrap?: string;
  /** A local copy of PeeringDB, or the URL of its API; never both. */
  readonly peeringdbFile?: string;
  readonly peeringdbUrl?: string;
  readonly peeringdbKey?: string;
  /** How long an answer is good for, milliseconds. */
  readonly cache: number;
}

export type { InterfaceConfig, MembersConfig, NeighborConfig, ProbeConfig } from './probe-tree.ts';

/** `ids NAME { … }`: whose alerts are traced. */
export interface IdsConfig {
  readonly name: string;
  /** EVE logs that are followed. */
  readonly eveFiles: readonly string[];
  /** Unix sockets that an IDS writes its EVE log to. */
  readonly eveSockets: readonly (SocketConfig & { readonly kind: 'stream' | 'dgram' })[];
  /** Directories of captures. */
  readonly spools: readonly string[];
  /** An alert that one of these names is traced. A text may have `*` for anything, and is part of the signature's. */
  readonly signatures: readonly number[];
  readonly texts: readonly string[];
  readonly categories: readonly string[];
  /** The highest number that is traced: 1 is the gravest. Null: none is by its severity alone. */
  readonly severity: number | null;
  /** Packets of one flow and signature that are looked at. */
  readonly packets: number;
  /** Traces in a time. */
  readonly budget: Budget;
}
