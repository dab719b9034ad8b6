/**
 * The peers of a collector: those that are configured, and those that came out of a `neighbor range`, which are there as
 * long as their session is.
 */
import type { Source } from '../bgp/listener.ts';
import { ADMINISTRATIVE_RESET, ADMINISTRATIVE_SHUTDOWN, ceaseWith, PEER_DECONFIGURED } from '../bgp/notification.ts';
import type { BgpPeerConfig, Config } from '../config/tree.ts';
import { covers, parsePrefix } from '../net/prefix.ts';
import { keyPrefix } from './listeners.ts';
import type { CollectorConfig } from './messages.ts';
import type { Peer } from './peer.ts';
import type { Refusal } from './refusals.ts';
import type { Seating } from './seating.ts';

/** Sessions of ranges that may be on their way to Established at a time: more is no network starting up, but an attack. */
const MOST_OPENING = 64;

/** What becomes of a connection: the session that takes it, or why there is none. */
export type Admitted = { readonly peer: Peer } | { readonly why: Refusal; readonly words: string };

export interface Peers {
  all(): readonly Peer[];
  /** Ends the sessions that the next configuration does not have, or has otherwise; what is soft is taken over at once. */
  leave(next: CollectorConfig): Promise<void>;
  /** Begins the sessions that are not there yet. */
  enter(next: CollectorConfig): void;
  /** True when a configured peer, not one of a range, has this address. */
  isConfigured(address: string): boolean;
  /** Finds whose connection it is; one of a range is made. `unkeyed`: prefixes whose key is not in force. */
  admit(source: Source, unkeyed: ReadonlySet<string>): Admitted;
  /** Forgets a peer of a range once its session has ended. */
  gone(peer: Peer): void;
  stop(): Promise<void>;
}

/** What of a peer's configuration is on the wire: the rest can change while its session goes on. */
const onTheWire = ({ announce: _, mitigate: __, machines: ___, ...of }: BgpPeerConfig, routerId = ''): string =>
  JSON.stringify({
    ...of,
    ...{ description: '', prefixLimits: [], restart: null, range: of.range !== null, routerId },
  });

/** The configuration of one peer of a range. */
function memberOf(range: BgpPeerConfig, address: string): BgpPeerConfig {
  return { ...range, name: `${range.name}-${address}`, neighbor: address, range: null };
}

/** True when a peer of this name can come out of a block: its range has the address that the name ends in. */
export function isMember(of: BgpPeerConfig, name: string): boolean {
  return of.range !== null && name.startsWith(`${of.name}-`) && contains(of, name.slice(of.name.length + 1));
}

/** True for names of peers that come and go by themselves: of ranges, and those that routers report. */
export const comesAndGoes = ({ bmp, peers }: Pick<Config, 'bmp' | 'peers'>, name: string): boolean =>
  (bmp.length > 0 && name.includes('/')) || peers.some(peer => isMember(peer, name));

function contains({ neighbor }: BgpPeerConfig, address: string): boolean {
  const [range, host] = [parsePrefix(neighbor), parsePrefix(address)];
  return range !== null && host !== null && covers(range, host);
}

const goesThisWay = (of: BgpPeerConfig, source: Source): boolean =>
  (of.interface ?? '') === source.interface && (of.localAddress ?? source.localAddress) === source.localAddress;

/**
 * `make` creates the session of a peer, which a range may have brought forth; it is started unless `mayStart` says that the
 * administrator shut it.
 */
export function createPeers(
  { seat, unseat }: Pick<Seating, 'seat' | 'unseat'>,
  make: (config: BgpPeerConfig, number: number, range: string | null, routerId: string) => Peer,
  mayStart: (name: string) => boolean,
): Peers {
  const peers = new Map<string, Peer>();
  let ranges: readonly BgpPeerConfig[] = [];
  let routerId = '';

  function add(config: BgpPeerConfig, range: string | null): Peer {
    const peer = seat(number => make(config, number, range, routerId));
    peers.set(config.name, peer);
    if (mayStart(config.name)) peer.session.start();
    return peer;
  }

  async function remove(peer: Peer, subcode: number, reason: string): Promise<void> {
    if (peers.get(peer.row.name) === peer) peers.delete(peer.row.name);
    await peer.session.stop(ceaseWith(subcode, reason));
    peer.forget();
    unseat(peer);
  }

  /** What the next configuration says of a peer that is there now. */
  function nextOf(peer: Peer, { peers: next }: CollectorConfig): BgpPeerConfig | undefined {
    const named = next.find(({ name, disabled }) => name === (peer.range ?? peer.row.name) && !disabled);
    if (named === undefined || peer.range === null) return named?.range === null ? named : undefined;
    const { address } = peer.row;
    const within = named.range !== null && contains(named, address);
    // An address that is configured now goes over to its own block.
    const taken = next.some(({ neighbor, range, disabled }) => range === null && !disabled && neighbor === address);
    return within && !taken ? memberOf(named, address) : undefined;
  }

  /** Subcode and words for a peer that leaves. */
  function farewell(peer: Peer, { peers: next }: CollectorConfig): readonly [number, string] {
    const named = next.find(({ name }) => name === (peer.range ?? peer.row.name));
    if (named?.disabled) return [ADMINISTRATIVE_SHUTDOWN, 'disabled by configuration'];
    return named === undefined ? [PEER_DECONFIGURED, ''] : [ADMINISTRATIVE_RESET, 'configuration changed'];
  }

  function takeOver(peer: Peer, next: BgpPeerConfig): void {
    const limits = JSON.stringify(peer.config.prefixLimits);
    peer.config = next;
    peer.announcer.change(next.announce ?? []);
    if (peer.overLimit === null || limits === JSON.stringify(next.prefixLimits)) return;
    peer.overLimit = null;
    if (mayStart(next.name)) peer.session.start();
  }

  function unkeyedOf(of: BgpPeerConfig, source: Source, unkeyed: ReadonlySet<string>): Admitted | null {
    if (of.password === undefined || !unkeyed.has(keyPrefix(of))) return null;
    return {
      why: 'unkeyed',
      words: `connection from ${source.address} closed: the password of ${of.name} is not in force`,
    };
  }

  function ofRange(source: Source, unkeyed: ReadonlySet<string>): Admitted {
    const length = ({ neighbor }: BgpPeerConfig) => parsePrefix(neighbor)?.length ?? 0;
    const [range] = ranges
      .filter(one => goesThisWay(one, source) && contains(one, source.address))
      .sort((a, b) => length(b) - length(a));
    const from = `connection from ${source.address} closed`;
    if (range === undefined) return { why: 'stranger', words: `${from}: no peer has this address` };
    const dynamic = [...peers.values()].filter(peer => peer.range !== null);
    const most = range.range?.limit ?? 0;
    if (dynamic.filter(peer => peer.range === range.name).length >= most)
      return { why: 'limit', words: `${from}: ${range.name} has ${most} peers, its limit` };
    if (dynamic.filter(({ ingest, keeping }) => ingest === null && !keeping()).length >= MOST_OPENING)
      return { why: 'opening', words: `${from}: ${MOST_OPENING} sessions of ranges are not established yet` };
    const member = memberOf(range, source.address);
    if (peers.has(member.name)) return { why: 'stranger', words: `${from}: another peer is called ${member.name}` };
    return unkeyedOf(range, source, unkeyed) ?? { peer: add(member, range.name) };
  }

  return {
    all: () => [...peers.values()],
    async leave(next) {
      const leaving: Promise<void>[] = [];
      for (const peer of [...peers.values()]) {
        const now = nextOf(peer, next);
        if (now === undefined) leaving.push(remove(peer, ...farewell(peer, next)));
        else if (onTheWire(now, next.routerId) === onTheWire(peer.config, routerId)) takeOver(peer, now);
        else leaving.push(remove(peer, ADMINISTRATIVE_RESET, 'configuration changed'));
      }
      await Promise.all(leaving);
    },
    enter(next) {
      routerId = next.routerId;
      const active = next.peers.filter(({ disabled }) => !disabled);
      ranges = active.filter(({ range }) => range !== null);
      for (const of of active) if (of.range === null && !peers.has(of.name)) add(of, null);
    },
    isConfigured: address => [...peers.values()].some(({ row, range }) => range === null && row.address === address),
    admit(source, unkeyed) {
      const same = [...peers.values()].filter(({ row }) => row.address === source.address);
      const peer = same.find(({ config }) => goesThisWay(config, source));
      const range = ranges.find(({ name }) => name === peer?.range);
      if (peer !== undefined) return unkeyedOf(range ?? peer.config, source, unkeyed) ?? { peer };
      const other = same.find(({ range }) => range === null);
      if (other === undefined) return ofRange(source, unkeyed);
      const way = [
        ...(other.config.interface === undefined ? [] : [`through ${other.config.interface}`]),
        ...(other.config.localAddress === undefined ? [] : [`to ${other.config.localAddress}`]),
      ];
      const words = `connection from ${source.address} to ${source.localAddress} closed: the session of ${other.row.name} goes ${way.join(' ') || 'through no interface of its own'}`;
      return { why: 'stranger', words };
    },
    gone(peer) {
      if (peers.get(peer.row.name) !== peer) return;
      peers.delete(peer.row.name);
      // Not at once: the session is in the middle of a step.
      setImmediate(() => void remove(peer, ADMINISTRATIVE_SHUTDOWN, 'the session has ended'));
    },
    async stop() {
      const leaving = [...peers.values()].map(peer =>
        remove(peer, ADMINISTRATIVE_SHUTDOWN, 'the collector is shut down'),
      );
      await Promise.all(leaving);
    },
  };
}
