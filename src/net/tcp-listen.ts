/**
 * A listening TCP socket that makes demands on those who connect (tcp-options.ts), from before the first packet on. The
 * demands can change while it listens: connections under way stay.
 */
import { parseAddress } from './address.ts';
import { parsePrefix } from './prefix.ts';
import {
  bindToDevice,
  calls,
  IPPROTO_IPV6,
  int,
  isLinkLocal,
  opened,
  SOL_SOCKET,
  setKey,
  setLeastTtl,
  socketAddress,
} from './tcp-options.ts';

const SO_REUSEADDR = 2;
const IPV6_V6ONLY = 26;
const BACKLOG = 511;

/** What a listening socket demands: the key of each peer or range of peers, and the lowest of their least TTLs. */
export interface ListenProtection {
  /** By prefix, in canonical text. */
  readonly keys: ReadonlyMap<string, string>;
  /** 0 when one of the peers has none. The answer to a SYN leaves with 255 in any case: one of them may demand it. */
  readonly leastTtl: number;
}

/** A listening socket as the kernel has it, its demands still to be changed. */
export interface ListeningSocket {
  readonly fd: number;
  /** What of the first demands could not be brought in force, in words. */
  readonly problems: readonly string[];
  /**
   * Brings the demands in force, old keys first out. Returns what could not be done, in words; `refused` then has the
   * prefixes whose peers must not be let in.
   */
  protect(wanted: ListenProtection): readonly string[];
  readonly refused: ReadonlySet<string>;
}

/**
 * Binds and listens, the demands in force from before the first packet; what could not be done is in `problems`. Throws as
 * listen(2) does, with its `code`, and leaves no descriptor behind.
 */
export function listenProtected(
  at: { readonly address: string; readonly port: number; readonly interface?: string },
  wanted: ListenProtection,
): ListeningSocket {
  const address = parseAddress(at.address);
  if (address === null) throw new Error(`${at.address} is no address`);
  const family = address.afi;
  const inForce = new Map<string, string>();
  const refused = new Set<string>();
  let ttl = -1;
  let problems: readonly string[] = [];

  function protect(fd: number, { keys, leastTtl }: ListenProtection): readonly string[] {
    const said: string[] = [];
    const attempt = (what: string, act: () => void): boolean => {
      try {
        act();
        return true;
      } catch (error) {
        said.push(`${what}: ${(error as Error).message}`);
        return false;
      }
    };
    const sign = (text: string, key: string): boolean => {
      const peers = parsePrefix(text);
      if (peers === null || (family === 1 && peers.afi === 2)) return true; // cannot come in here
      return attempt(`TCP MD5 key of ${text}`, () => setKey(fd, family, peers, key));
    };
    refused.clear();
    for (const text of [...inForce.keys()]) if (!keys.has(text) && sign(text, '')) inForce.delete(text);
    for (const [text, key] of keys) {
      if (inForce.get(text) === key) continue;
      if (sign(text, key)) inForce.set(text, key);
      else refused.add(text);
    }
    if (leastTtl !== ttl && attempt(`TTL of ${leastTtl} or more`, () => setLeastTtl(fd, family, leastTtl)))
      ttl = leastTtl;
    return said;
  }

  const fd = opened(family, socket => {
    const { setOption, bind, listen, interfaceIndex } = calls();
    setOption(socket, SOL_SOCKET, SO_REUSEADDR, int(1));
    if (family === 2) setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, int(0));
    if (at.interface !== undefined) bindToDevice(socket, at.interface);
    problems = protect(socket, wanted);
    const zone = at.interface !== undefined && isLinkLocal(at.address) ? interfaceIndex(at.interface) : 0;
    bind(socket, socketAddress(address, family, at.port, zone));
    listen(socket, BACKLOG);
  });
  return { fd, problems, refused, protect: next => protect(fd, next) };
}
