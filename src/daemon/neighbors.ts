/**
 * What this daemon knows of the neighbours at each tap, for the probes that learn: addresses of sessions, members of exchange
 * points, and the next hops of BGP with the first AS of their paths. It is looked at every minute, and told when it is
 * another than before.
 */
import { join } from 'node:path';
import type { SummaryRow } from '../collector/messages.ts';
import type { AskRib } from '../collector/thread.ts';
import type { Config, ProbeConfig } from '../config/tree.ts';
import type { AddressOwner } from '../probe/neighbors/learned.ts';
import type { KnownNeighbors } from '../probe/neighbors/vantage.ts';
import { MOST_NOTES } from '../probe/neighbors/vantage-rows.ts';
import { MOST_OWNERS } from '../probe/socket/neighbor-messages.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import type { NextHops } from '../rib/next-hops.ts';
import type { Log } from './log.ts';
import { type MemberLists, openMemberLists } from './member-lists.ts';

export interface Neighbors {
  /** Takes the configuration in force. */
  configure(): void;
  /** A table is complete: there are next hops to be learned. */
  tableComplete(): void;
  /** What contradicts, of a probe's neighbours, and how old its lists are: a line each. */
  notes(probe: string): readonly string[];
  close(): void;
}

export interface NeighborsParts {
  readonly config: () => Pick<Config, 'state' | 'localAs' | 'probes'>;
  readonly query: AskRib;
  readonly station: Pick<ProbeStation, 'tell'>;
  readonly log: Log;
}

/** How often next hops are looked at, and how soon after a table is complete, but not more often than that. */
const EVERY = 60_000;
const SOON = 1_000;
const LEAST = 5_000;

export function openNeighbors({ config, query, station, log }: NeighborsParts): Neighbors {
  const notes = new Map<string, readonly string[]>();
  let timer: NodeJS.Timeout | undefined;
  let looked = Number.NEGATIVE_INFINITY;
  let due = Number.POSITIVE_INFINITY;
  let closed = false;
  const lists: MemberLists = openMemberLists({
    directory: join(config().state, 'ix-f'),
    changed: () => at(SOON, 0),
    log,
  });

  /** Looks in so many milliseconds, or before, and not within `least` of the last time. */
  const at = (milliseconds: number, least: number) => {
    const when = Math.max(Date.now() + milliseconds, looked + least);
    if (closed || when >= due) return;
    clearTimeout(timer);
    due = when;
    timer = setTimeout(() => void look(), when - Date.now()).unref();
  };

  const look = async () => {
    looked = Date.now();
    due = Number.POSITIVE_INFINITY;
    const { probes, localAs } = config();
    const learning = probes.filter(({ learn, members }) => learn.length > 0 || members.length > 0);
    try {
      const learns = learning.some(({ learn }) => learn.length > 0);
      const sessions = learns ? ((await query({ about: 'summary' })).rows as readonly SummaryRow[]) : [];
      const bgp = learning.some(({ learn }) => learn.includes('bgp'));
      const hops = bgp ? ((await query({ about: 'next-hops' })).rows[0] as NextHops) : null;
      for (const probe of learning) tell(probe, localAs, sessions, probe.learn.includes('bgp') ? hops : null);
    } catch (error) {
      log('warn', `neighbours of probes: ${(error as Error).message}`);
    }
    at(EVERY, 0);
  };

  const tell = (probe: ProbeConfig, localAs: number, sessions: readonly SummaryRow[], hops: NextHops | null) => {
    const found = neighborsOf(probe, localAs, sessions, hops, lists);
    notes.set(probe.name, found.notes);
    station.tell(probe.name, found.neighbors);
  };

  return {
    configure() {
      const { probes } = config();
      lists.configure(probes.flatMap(({ members }) => members.map(({ location }) => location)));
      notes.clear();
      for (const { name, learn, members } of probes)
        if (learn.length + members.length === 0) station.tell(name, { owners: [], members: [] });
      at(0, 0);
    },
    tableComplete: () => at(SOON, LEAST),
    notes(name) {
      const probe = config().probes.find(one => one.name === name);
      const locations = (probe?.members ?? []).map(({ location }) => location);
      return [...lists.notes(locations, Date.now()), ...(notes.get(name) ?? [])];
    },
    close() {
      closed = true;
      clearTimeout(timer);
      lists.close();
    },
  };
}

/** The address book of one tap: of what contradicts, sessions are believed most and next hops least. */
export function neighborsOf(
  { learn, members }: Pick<ProbeConfig, 'learn' | 'members'>,
  localAs: number,
  sessions: readonly Pick<SummaryRow, 'address' | 'as'>[],
  hops: NextHops | null,
  lists: Pick<MemberLists, 'of'>,
): { readonly neighbors: KnownNeighbors; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const owners = new Map<string, AddressOwner>();
  /** Enters what one kind of source says; an address that it gives to several ASes is not used. */
  const enter = (from: AddressOwner['from'], said: ReadonlyMap<string, ReadonlySet<number>>) => {
    for (const [address, ases] of said) {
      const before = owners.get(address);
      const [as] = ases;
      if (before !== undefined) {
        if (ases.size > 1 || before.as !== as)
          notes.push(
            `${address} is of AS ${before.as} by ${before.from}, of AS ${[...ases].slice(0, 4).join(', ')} by ${from}`,
          );
      } else if (ases.size > 1)
        notes.push(`${address} is of AS ${[...ases].slice(0, 4).join(', ')} by ${from}: it is not used`);
      else owners.set(address, { as: as!, from });
    }
  };
  const gathered = (pairs: Iterable<readonly [string, number]>) => {
    const said = new Map<string, Set<number>>();
    for (const [address, as] of pairs) {
      const there = said.get(address);
      if (there === undefined) said.set(address, new Set([as]));
      else there.add(as);
    }
    return said;
  };

  const ports = members.flatMap(({ location, lan }) => lists.of(location, lan)?.ports ?? []);
  if (learn.length > 0) {
    enter('session', gathered(sessions.filter(({ as }) => as !== localAs).map(({ address, as }) => [address, as])));
    enter('ix-f', gathered(ports.flatMap(({ as, addresses }) => addresses.map(one => [one, as] as const))));
    enter('bgp', new Map((hops?.nextHops ?? []).map(({ address, ases }) => [address, new Set(ases)])));
    if (hops !== null && hops.more > 0) notes.push(`${hops.more} times a next hop was left out: there are too many`);
  }
  if (owners.size > MOST_OWNERS) notes.push(`${owners.size - MOST_OWNERS} addresses are left out: there are too many`);
  return {
    neighbors: {
      owners: [...owners].map(([address, owner]) => ({ address, ...owner })),
      members: ports.flatMap(({ as, macs }) => macs.map(mac => ({ mac, as }))),
    },
    notes: notes.slice(0, MOST_NOTES),
  };
}
