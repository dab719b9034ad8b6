/**
 * A message of a peer as RIPE's RIS Live tells it (ris-live.ripe.net/manual, `ris_message`): the fields of its `data` behind
 * those that every message has. Octets that cannot be read are told with their type alone.
 */
import { flattenPath } from '../bgp/as-path.ts';
import { type Capability, capabilityName, readCapability } from '../bgp/capabilities.ts';
import type { UpdateContext } from '../bgp/context.ts';
import { HEADER_LENGTH, KEEPALIVE, NOTIFICATION, OPEN, typeOf, UPDATE } from '../bgp/message.ts';
import { decodeNotification } from '../bgp/notification.ts';
import { decodeOpen } from '../bgp/open.ts';
import { decodeUpdate } from '../bgp/update.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';

export const LIVE_TYPES = ['UPDATE', 'OPEN', 'NOTIFICATION', 'KEEPALIVE', 'RIS_PEER_STATE'] as const;
export type LiveType = (typeof LIVE_TYPES)[number];

/** What a message says, and what filters look at. */
export interface LiveMessage {
  readonly type: LiveType;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Neighbour first; an AS_SET is an inner array. */
  readonly path: readonly (number | readonly number[])[];
  /** Announced and withdrawn. */
  readonly prefixes: readonly Prefix[];
}

const ORIGINS = ['igp', 'egp', 'incomplete'] as const;

const TYPES: Readonly<Record<number, LiveType>> = {
  [OPEN]: 'OPEN',
  [UPDATE]: 'UPDATE',
  [NOTIFICATION]: 'NOTIFICATION',
  [KEEPALIVE]: 'KEEPALIVE',
};

/** The type of a whole message; null of one that is not told, as ROUTE-REFRESH. */
export const liveTypeOf = (message: Uint8Array): LiveType | null => TYPES[typeOf(message)] ?? null;

const nothing = (type: LiveType, fields: LiveMessage['fields'] = {}): LiveMessage => ({
  ...{ type, fields, path: [], prefixes: [] },
});

/** The state of a session: `connected` when it is Established, else `down`. */
export const peerState = (up: boolean): LiveMessage => nothing('RIS_PEER_STATE', { state: up ? 'connected' : 'down' });

/** Reads a whole message with its header; `type` is that of `liveTypeOf`. */
export function readLive(message: Uint8Array, type: LiveType, context: UpdateContext): LiveMessage {
  const end = message.length;
  if (type === 'UPDATE') return readUpdate(message, context);
  if (type === 'OPEN') {
    const open = decodeOpen(message, HEADER_LENGTH, end);
    if (!('version' in open)) return nothing(type);
    const { version, as, holdTime, id, capabilities } = open;
    const said = { version, asn: as, hold_time: holdTime, router_id: id };
    return nothing(type, { direction: 'received', ...said, capabilities: capabilitiesOf(capabilities) });
  }
  if (type === 'NOTIFICATION') {
    const { code, subcode, data } = decodeNotification(message, HEADER_LENGTH, end);
    return nothing(type, { notification: { code, subcode, data: Buffer.from(data).toString('hex').toUpperCase() } });
  }
  return nothing(type);
}

function readUpdate(message: Uint8Array, context: UpdateContext): LiveMessage {
  const { announced, withdrawn, attributes } = decodeUpdate(message, HEADER_LENGTH, message.length, context);
  const { originCode, med, aggregator, communities, largeCommunities } = attributes;
  const path = flattenPath(attributes.path);
  // Of two next hops each stands beside the prefixes of its family.
  const families = ([1, 2] as const).flatMap(afi => {
    const prefixes = announced.filter(one => one.afi === afi).map(formatPrefix);
    const hop = attributes.mpReach?.afi === afi ? attributes.mpReach.nextHop : attributes.nextHop;
    return prefixes.length === 0 ? [] : [{ next_hop: hop ?? '', prefixes }];
  });
  const fields = {
    ...(families.length > 0 && {
      path,
      community: communities.map(one => [one >>> 16, one & 0xffff]),
      ...(largeCommunities.length > 0 && { large_community: largeCommunities }),
      ...(originCode !== null && { origin: ORIGINS[originCode] }),
      ...(med !== null && { med }),
      ...(aggregator !== null && { aggregator: `${aggregator.as}:${aggregator.address}` }),
      announcements: families,
    }),
    ...(withdrawn.length > 0 && { withdrawals: withdrawn.map(formatPrefix) }),
  };
  return { type: 'UPDATE', fields, path: families.length > 0 ? path : [], prefixes: [...announced, ...withdrawn] };
}

/** By their numbers; several of the same number are a list. */
function capabilitiesOf(capabilities: readonly Capability[]): Record<string, unknown> {
  const found = Map.groupBy(capabilities, ({ code }) => code);
  return Object.fromEntries(
    [...found].map(([code, all]) => {
      const said = all.map(readCapability).filter(value => value !== null);
      const values = said.length === 0 ? {} : { value: said.length === 1 ? said[0] : said };
      return [code, { name: capabilityName(code), ...values }];
    }),
  );
}
