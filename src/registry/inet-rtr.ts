import { parseAddress } from '../net/address.ts';
import { keyIn, type Reading, type Registration, registrationOf } from './registration.ts';
import { parseAsNumber } from './route-object.ts';
import { namesIn, quote, type RpslObject, type RpslProblem } from './rpsl.ts';

/** A router (RFC 2622 section 9, RFC 4012 section 4.5). */
export interface InetRtr extends Registration {
  /** Its DNS name in upper case, as all keys are. */
  readonly name: string;
  readonly localAs: number;
  /** Addresses of its interfaces, as they are written. */
  readonly addresses: readonly string[];
  /** Peers that are given by address. */
  readonly peers: readonly { readonly protocol: string; readonly address: string; readonly as: number | null }[];
  /** Router sets it says it is a member of, upper case. */
  readonly memberOf: readonly string[];
}

/** Reads an inet-rtr. Interfaces that have no address are left out and told in `problems`; peers by set are passed over. */
export function readInetRtr(rpsl: RpslObject): Reading<InetRtr> {
  const key = keyIn(rpsl, 'inet-rtr');
  if ('why' in key) return { ok: false, problem: key };
  const bad = (line: number, why: string): Reading<InetRtr> => ({ ok: false, problem: { line, why } });
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(key.value))
    return bad(key.line, `inet-rtr: ${quote(key.value)} is no DNS name`);
  const problems: RpslProblem[] = [];
  const addresses: string[] = [];
  const peers: InetRtr['peers'][number][] = [];
  let localAs = -1;
  for (const { name, value, line } of rpsl.attributes) {
    const words = value.trim().split(/\s+/);
    if (name === 'local-as') {
      localAs = parseAsNumber(value.trim());
      if (localAs < 0) return bad(line, `local-as: ${quote(value)} is no AS number`);
    } else if (name === 'ifaddr' || name === 'interface') {
      const address = words.find(word => parseAddress(word) !== null);
      if (address === undefined) problems.push({ line, why: `${name}: no address in ${quote(value)}: left out` });
      else addresses.push(address);
    } else if (name === 'peer' || name === 'mp-peer') {
      const [protocol = '', address = ''] = words;
      if (parseAddress(address) === null) continue;
      const as = parseAsNumber(/asno\((AS[\d.]+)\)/i.exec(value)?.[1] ?? '');
      peers.push({ protocol, address, as: as < 0 ? null : as });
    }
  }
  if (localAs < 0) return bad(rpsl.line, 'inet-rtr object without local-as');
  return {
    ok: true,
    object: {
      ...registrationOf(rpsl, problems),
      name: key.value.toUpperCase(),
      localAs,
      addresses,
      peers,
      memberOf: namesIn(rpsl, 'member-of'),
    },
    problems,
  };
}
