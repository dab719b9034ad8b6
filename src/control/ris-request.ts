/**
 * What a client of RIS Live may ask (ris-live.ripe.net/manual): `{"type": …, "data": …}`, of which nothing is believed before
 * it was read here. Of another shape than the manual's: a word that is not known is refused and not passed over, for who
 * asks for less than everything must not get everything.
 */
import type { LiveFilter } from '../collector/live-filter.ts';
import { parsePathWanted } from '../collector/live-filter.ts';
import { LIVE_TYPES, type LiveType } from '../collector/live-message.ts';
import { formatAddress, parseAddress } from '../net/address.ts';
import { formatPrefix, parsePrefix } from '../net/prefix.ts';

export interface Subscription {
  /** Null: it wants of another collector, and gets nothing. */
  readonly filter: Omit<LiveFilter, 'client'> | null;
  /** As the client has written it, without its socket options: it takes it back by the same. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly options: { readonly includeRaw: boolean; readonly acknowledge: boolean };
}

export type RisRequest =
  | { readonly what: 'subscribe'; readonly subscription: Subscription }
  | { readonly what: 'unsubscribe'; readonly asked: Readonly<Record<string, unknown>> | null }
  | { readonly what: 'list' | 'ping' }
  | { readonly what: 'wrong'; readonly message: string; readonly command: string | null };

/** Prefixes of one subscription, and of all that a client has. */
export const MOST_PREFIXES = 1000;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a request to a collector of this name. */
export function readRisRequest(text: string, host: string): RisRequest {
  const wrong = (message: string, command: string | null = null): RisRequest => ({ what: 'wrong', message, command });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('this is no JSON');
  }
  if (!isObject(value) || typeof value.type !== 'string') return wrong('expected an object with a "type"');
  const { type, data } = value;
  const given = data ?? {};
  switch (type) {
    case 'ping':
      return { what: 'ping' };
    case 'request_rrc_list':
      return { what: 'list' };
    case 'ris_subscribe':
    case 'ris_unsubscribe': {
      if (!isObject(given)) return wrong('"data" is no object', type);
      const { socketOptions = {}, ...asked } = given;
      if (type === 'ris_unsubscribe') return { what: 'unsubscribe', asked: data === undefined ? null : asked };
      const options = optionsOf(socketOptions);
      if (typeof options === 'string') return wrong(options, type);
      const filter = filterOf(asked, host, options.includeRaw);
      return typeof filter === 'string'
        ? wrong(filter, type)
        : { what: 'subscribe', subscription: { ...filter, asked, options } };
    }
    default:
      return wrong('Unknown command type', type.slice(0, 100));
  }
}

function optionsOf(value: unknown): Subscription['options'] | string {
  if (!isObject(value)) return '"socketOptions" is no object';
  const { includeRaw = false, acknowledge = false, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) return `unknown option ${JSON.stringify(other.slice(0, 60))}`;
  if (typeof includeRaw !== 'boolean' || typeof acknowledge !== 'boolean')
    return '"includeRaw" and "acknowledge" are true or false';
  return { includeRaw, acknowledge };
}

/** The filter, or what is wrong with it in words. What is null counts as not given. */
function filterOf(asked: Json, host: string, raw: boolean): Pick<Subscription, 'filter'> | string {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  const { type, require, peer, path, prefix, moreSpecific = true, lessSpecific = false, host: of, ...others } = given;
  const [other] = Object.keys(others);
  if (other !== undefined) return `unknown filter ${JSON.stringify(other.slice(0, 60))}`;
  if (of !== undefined && typeof of !== 'string') return '"host" is no text';
  if (type !== undefined && !LIVE_TYPES.some(one => one === type)) return `"type" is none of ${LIVE_TYPES.join(', ')}`;
  if (require !== undefined && typeof require !== 'string') return '"require" is no text';
  const address = typeof peer === 'string' ? parseAddress(peer) : null;
  if (peer !== undefined && address === null) return '"peer" is no address';
  const wanted = typeof path === 'string' ? parsePathWanted(path) : null;
  if (path !== undefined && wanted === null)
    return '"path" is no list of AS numbers with commas between, with ^ before or $ behind it';
  if (typeof moreSpecific !== 'boolean' || typeof lessSpecific !== 'boolean')
    return '"moreSpecific" and "lessSpecific" are true or false';
  const prefixes = prefix === undefined ? null : prefixesOf(prefix);
  if (typeof prefixes === 'string') return prefixes;
  const filter = {
    type: (type ?? null) as LiveType | null,
    require: require ?? null,
    peer: address === null ? null : formatAddress(address),
    path: wanted,
    ...{ prefixes, moreSpecific, lessSpecific, raw },
  };
  return { filter: of === undefined || isHost(of, host) ? filter : null };
}

function prefixesOf(value: unknown): string[] | string {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  if (all.length > MOST_PREFIXES) return `more than ${MOST_PREFIXES} prefixes`;
  const found: string[] = [];
  for (const one of all) {
    const prefix = typeof one === 'string' ? parsePrefix(one) : null;
    if (prefix === null) return '"prefix" is no prefix, and no list of them';
    found.push(formatPrefix(prefix));
  }
  return found;
}

/** By its whole name or its first label: `rrc21` is `rrc21.ripe.net`. */
const isHost = (asked: string, host: string): boolean => {
  const [one, other] = [asked.toLowerCase(), host.toLowerCase()];
  return one === other || one.split('.')[0] === other.split('.')[0];
};
