/**
 * What a probe is asked and answers, between `itprobe` and the traceback managers of its own AS. Digests are 16 lower-case
 * hex digits. Times are milliseconds since the epoch. No header or payload octet appears here.
 */

/** One digest under one epoch's key, and the interval in which the packet may have passed. */
export interface Question {
  /** Epoch number: floor(Unix seconds / 3600); it names the key the digest was made with. */
  readonly epoch: number;
  readonly digest: string;
  readonly from: number;
  readonly to: number;
}

/** The key that an epoch's digests were asked with (packet/itk1.ts, keyCheck). */
export interface KeyCheck {
  readonly epoch: number;
  readonly check: string;
}

/**
 * Where at the tap: inward from a neighbour AS, outward to one, between own routers, or (`unknown`) on a frame of a border
 * tap that nothing tells the direction of.
 */
export interface Vantage {
  /** Which way the packets go there. */
  readonly direction: 'in' | 'out' | 'inside' | 'unknown';
  /** Neighbour AS; null when it is not known, and when `direction` is `inside` or `unknown`. */
  readonly neighbor: number | null;
}

/** What is remembered of a packet of the last seconds beside its vantage. It does not leave the AS. */
export interface RecentPacket {
  /** Source link address, as `00:00:5e:00:53:01`; null where there is none. */
  readonly mac: string | null;
  readonly vlan: number | null;
  /** TTL or hop limit of the outermost IP header. */
  readonly ttl: number;
}

/** One vantage's answer about one digest in one window. */
export interface Sighting {
  readonly vantage: Vantage;
  /** The window, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Position in the list of questions. */
  readonly question: number;
  /** True while the window is live: the answer may still change. */
  readonly provisional: boolean;
  /** Of the last seconds only. */
  readonly recent?: RecentPacket;
}

/** How far the probe can speak for the interval asked. */
export interface ProbeAnswer {
  readonly probe: string;
  readonly sightings: readonly Sighting[];
  /** Vantages of the tap: windows asked are vantages x slices. */
  readonly vantages: readonly Vantage[];
  /** Oldest and newest instant the probe holds windows for; null when it holds none. */
  readonly retained: { readonly from: number; readonly to: number } | null;
  /** True when windows cover all of every question's interval. */
  readonly covered: boolean;
  /** True when all windows asked are sealed. */
  readonly sealed: boolean;
  /** Chance that one window falsely says yes, on average over the windows asked. */
  readonly falsePositive: number;
  readonly windowsAsked: number;
  /** Packets seen in the windows asked, and those the capture lost. */
  readonly packets: number;
  readonly lost: number;
  /**
   * What it holds was sampled elsewhere, by exporters of flows: it can say that a packet was seen, and never that it was
   * not.
   */
  readonly samples?: true;
  /** Least share of packets kept in a window asked, 1 when not sampled. */
  readonly sampling: number;
  /**
   * Pairs of a question and a window that cannot say, for it keeps the digests of a share only and this is none of them;
   * for any other the share is no matter. Absent where packets were taken at random.
   */
  readonly unsaid?: number;
  /** What within `retained` can't be spoken for of the intervals asked, ms, the first of them. */
  readonly holes?: readonly { readonly from: number; readonly to: number }[];
}
