/** Who may ask at a bridge that knows no certificates: where it asks from, and how often. */
import { plainAddress } from '../net/address.ts';
import { covers, parsePrefix } from '../net/prefix.ts';
import { type Bucket, seldom, takeToken, withUnsaid } from '../net/rate.ts';
import type { BridgeAudit, BridgeCounts, BridgeLog, BridgeRow } from './bridged.ts';

export interface ClientRules {
  readonly allow: readonly string[];
  /** Requests a second of one address. */
  readonly rate: number;
}

export interface ClientDoor {
  /** True when requests from this address may be taken at all. */
  admits(address: string): boolean;
  /** Null when a request from this address is taken; else why not. */
  refuses(address: string): string | null;
}

/** Addresses whose rate is remembered; then all begin anew. */
const MOST_ADDRESSES = 4096;
/** Requests that may come at once. */
const BURST = 4;

export function createClientDoor(rules: () => ClientRules, clock: () => number): ClientDoor {
  const buckets = new Map<string, Bucket>();
  const admits = (address: string): boolean => {
    const from = parsePrefix(plainAddress(address));
    if (from === null) return false;
    return rules().allow.some(one => {
      const prefix = parsePrefix(one);
      return prefix !== null && covers(prefix, from);
    });
  };
  return {
    admits,
    refuses(address) {
      if (!admits(address)) return `${address} may not ask`;
      const { rate } = rules();
      const { bucket, taken } = takeToken(buckets.get(address) ?? null, rate, clock(), Math.max(BURST, rate));
      if (buckets.size >= MOST_ADDRESSES && !buckets.has(address)) buckets.clear();
      buckets.set(address, bucket);
      return taken ? null : `${address} asks more than ${rate} times a second`;
    },
  };
}

/** Counts refusals and tells of them. Anybody can ask, and send datagrams in anybody's name: a line a second is enough. */
export function createRefusals(
  bridge: Exclude<BridgeRow['bridge'], 'rid'>,
  options: {
    readonly counts: BridgeCounts;
    readonly audit: BridgeAudit;
    readonly log: BridgeLog;
    readonly clock: () => number;
  },
): (why: string) => void {
  const { counts, audit, log, clock } = options;
  const called = { packter: 'packter', 'intertrack-2010': 'intertrack2010' }[bridge];
  const tell = seldom(1, clock, (why, unsaid) => {
    audit(`${bridge}.refused`, { why, unsaid });
    log('info', withUnsaid(`${called}: refused: ${why}`, unsaid));
  });
  return why => {
    counts.refused++;
    counts.lastError = why;
    tell(why);
  };
}
