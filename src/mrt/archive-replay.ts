/**
 * What an archive says of one prefix and those that cover it, or lie inside it, made by replay: a table to begin with, then every message and
 * state change after it. Pure: records in, routes and events out.
 */
import { type Address, type Afi, formatAddress } from '../net/address.ts';
import { formatPrefix, isMulticast, type Prefix, prefixOf } from '../net/prefix.ts';
import { type ArchivedVerdict, archivedVerdict } from './archived-verdict.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI } from './attribute-places.ts';
import type { DumpedMessage } from './bgp4mp.ts';
import { type DumpedReach, emptyReach, readReach } from './dumped-reach.ts';
import { prefixesOf } from './message-prefixes.ts';
import type { MrtRecord } from './records.ts';
import type { MrtVisitor } from './walk.ts';

/** A route as it was announced; what it holds are copies. */
export interface ArchivedRoute {
  readonly peerAddress: string;
  readonly peerAs: number;
  readonly prefix: Prefix;
  readonly pathId: number | null;
  readonly attributes: Uint8Array;
  readonly as4: boolean;
  /** Next hop of MP_REACH_NLRI; empty where NEXT_HOP has it. */
  readonly nextHop: Uint8Array;
}

/** Something that befell a route. `up` and `down` are of the peer's session. Times are milliseconds since the epoch. */
export interface ArchivedEvent {
  readonly time: number;
  readonly what: 'announce' | 'withdraw' | 'down' | 'up';
  readonly peerAddress: string;
  readonly peerAs: number;
  readonly prefix: Prefix;
  readonly pathId: number | null;
  readonly route: ArchivedRoute | null;
  /** Of a route that was announced and treated as withdrawn: what was malformed (RFC 7606), in words. */
  readonly why?: string;
}

export interface Replay {
  /** To be shown records in the order of their times. */
  readonly visitor: MrtVisitor;
  /** The routes held now. */
  held(): ArchivedRoute[];
  /** More routes were held at once than are kept: `held` is not all. */
  readonly overflowed: () => boolean;
}

const ESTABLISHED = 6;
const timeOf = ({ seconds, microseconds }: MrtRecord) => seconds * 1000 + microseconds / 1000;

/** True when the octets at `at` begin with the first `length` bits of what is asked for. */
function agrees({ bytes: asked }: Prefix, bytes: Uint8Array, at: number, length: number) {
  for (let i = 0; i < length >> 3; i++) if (bytes[at + i] !== asked[i]) return false;
  const rest = length & 7;
  return rest === 0 || ((bytes[at + (length >> 3)]! ^ asked[length >> 3]!) & (0xff00 >> rest) & 0xff) === 0;
}

/** Which prefixes are looked at: the one that is asked for, with all that cover it, or with all inside it. */
export type ReplayScope = 'exact' | 'covering' | 'inside';

/** Routes that are held at once, at most. */
export const MOST_HELD = 100_000;

/** A replay about `asked`. Records outside `from` to `to` (milliseconds) are passed over. */
export function createReplay(
  asked: Prefix,
  scope: ReplayScope,
  between: () => { readonly from: number; readonly to: number },
  on: (event: ArchivedEvent) => void,
): Replay {
  /** By prefix and peer, then by path identifier. */
  const held = new Map<string, Map<number, ArchivedRoute>>();
  /** Prefixes that a peer ever had, by peer and their text. */
  const known = new Map<string, Map<string, Prefix>>();
  const least = scope === 'covering' ? 0 : asked.length;
  const most = scope === 'inside' ? 128 : asked.length;
  let count = 0;
  let overflowed = false;
  const places = emptyPlaces();
  const reach = emptyReach();

  const addressAt = (afi: Address['afi'], bytes: Uint8Array, at: number) =>
    formatAddress({ afi, bytes: bytes.subarray(at, at + (afi === 1 ? 4 : 16)) });
  const isAsked = (afi: number, bytes: Uint8Array, at: number, length: number) =>
    afi === asked.afi && length >= least && length <= most && agrees(asked, bytes, at, Math.min(length, asked.length));
  function prefixAt(afi: Afi, bytes: Uint8Array, at: number, length: number): Prefix {
    const whole = new Uint8Array(afi === 1 ? 4 : 16);
    whole.set(bytes.subarray(at, at + ((length + 7) >> 3)));
    return prefixOf({ afi, bytes: whole }, length);
  }
  const keyOf = (prefix: Prefix, peer: string) => `${formatPrefix(prefix)} ${peer}`;
  const isBetween = (record: MrtRecord) => {
    const time = timeOf(record);
    return between().from <= time && time <= between().to;
  };

  function hold(peer: string, route: ArchivedRoute): void {
    const key = keyOf(route.prefix, peer);
    const routes = held.get(key) ?? new Map<number, ArchivedRoute>();
    const pathId = route.pathId ?? 0;
    if (!routes.has(pathId)) {
      overflowed ||= count === MOST_HELD;
      if (overflowed) return;
      count++;
    }
    routes.set(pathId, route);
    held.set(key, routes);
    known.set(peer, (known.get(peer) ?? new Map<string, Prefix>()).set(formatPrefix(route.prefix), route.prefix));
  }

  const hopOf = (bytes: Uint8Array, { hop, hopOctets }: DumpedReach) => bytes.slice(hop, hop + hopOctets);

  /** Where the attributes of a message stand; they follow the withdrawn prefixes (RFC 4271 section 4.3). */
  function attributesOf(bytes: Uint8Array, { start }: DumpedMessage): Uint8Array {
    const at = start + 2 + ((bytes[start]! << 8) | bytes[start + 1]!);
    return bytes.slice(at + 2, at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!));
  }

  return {
    held: () => [...held.values()].flatMap(routes => [...routes.values()]),
    overflowed: () => overflowed,
    visitor: {
      route(record, route) {
        const { bytes } = record;
        if (route.safi !== 1 || !isAsked(route.afi, bytes, route.prefix, route.prefixLength)) return;
        locateAttributes(bytes, route.attributesStart, route.attributesEnd, places);
        readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
        const peerAddress = addressAt(route.peerAfi, route.peerBytes, route.peerAddress);
        hold(`${peerAddress} ${route.peerAs}`, {
          peerAddress,
          peerAs: route.peerAs,
          prefix: prefixAt(asked.afi, bytes, route.prefix, route.prefixLength),
          pathId: route.addPath ? route.pathId : null,
          attributes: bytes.slice(route.attributesStart, route.attributesEnd),
          as4: route.as4,
          nextHop: reach.afi === 0 ? new Uint8Array(0) : hopOf(bytes, reach),
        });
      },
      message(record, message) {
        if (message.type !== 2 || message.local || message.missing > 0 || !isBetween(record)) return;
        const { bytes } = record;
        const { afi: peerAfi, peerAs, as4, addPath } = message;
        let attributes: Uint8Array | null = null;
        let verdict: ArchivedVerdict | null = null;
        prefixesOf(bytes, message, (afi, at, length, announced, identifier, hop) => {
          if (!isAsked(afi, bytes, at, length)) return;
          const prefix = prefixAt(afi, bytes, at, length);
          const peerAddress = addressAt(peerAfi, bytes, message.peerAddress);
          const peer = `${peerAddress} ${peerAs}`;
          const pathId = addPath ? identifier : null;
          const one = { peerAddress, peerAs, prefix, pathId };
          verdict ??= archivedVerdict(bytes, message);
          if (verdict.routes === 'none' || (announced && isMulticast(prefix))) return;
          if (!announced || verdict.routes === 'withdrawn') {
            if (held.get(keyOf(prefix, peer))?.delete(identifier) === true) count--;
            const why = announced && verdict.routes === 'withdrawn' ? { why: verdict.why } : {};
            on({ ...one, time: timeOf(record), what: 'withdraw', route: null, ...why });
            return;
          }
          attributes ??= attributesOf(bytes, message);
          const nextHop = hop === null ? new Uint8Array(0) : hopOf(bytes, hop);
          const route = { ...one, attributes, as4, nextHop };
          hold(peer, route);
          on({ ...one, time: timeOf(record), what: 'announce', route });
        });
      },
      state(record, { afi, peerAddress: at, peerAs, to }) {
        if (!isBetween(record)) return;
        const peerAddress = addressAt(afi, record.bytes, at);
        const peer = `${peerAddress} ${peerAs}`;
        for (const prefix of known.get(peer)?.values() ?? []) {
          const lost = held.get(keyOf(prefix, peer));
          const one = { time: timeOf(record), peerAddress, peerAs, prefix, pathId: null, route: null };
          if (to === ESTABLISHED) on({ ...one, what: 'up' });
          else if (lost !== undefined && lost.size > 0) on({ ...one, what: 'down' });
          // What a session held ends with it, and the next one begins with nothing (RFC 4271 section 8.2.2).
          count -= lost?.size ?? 0;
          held.delete(keyOf(prefix, peer));
        }
      },
      other() {},
    },
  };
}
