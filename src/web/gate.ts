/** What every request has to pass before anything of it is read: its Host, its token, its rate. */
import { isIP } from 'node:net';
import type { HttpRole } from '../config/http-tree.ts';
import { isLoopback } from '../net/loopback.ts';
import { rateOfEach } from '../net/rate.ts';
import type { Problem } from './problem.ts';
import type { Tokens } from './tokens.ts';

/** Those whose rate is remembered; the one heard of longest ago is forgotten first. */
const MOST_BUCKETS = 4096;

/** What the gate has to know of a request. */
export interface Knock {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  /** Addresses of both ends. */
  readonly local: string;
  readonly remote: string;
}

/** Who was let in; a null role may not even look. */
export interface Admitted {
  readonly role: HttpRole | null;
  readonly token: string | null;
}

export interface Gate {
  /** Who it is, or why it stays outside. `needs`: the role that is needed; null: everybody may. */
  admit(knock: Knock, needs: HttpRole | null): Admitted | Problem;
}

export interface GateOptions {
  readonly tokens: () => Tokens;
  /** Requests a second. */
  readonly rate: () => number;
  readonly clock: () => number;
}

/** A gate that has let nobody in yet. */
export function createGate({ tokens, rate, clock }: GateOptions): Gate {
  const spend = rateOfEach<string>(MOST_BUCKETS, clock);
  return {
    admit({ authorization, host, local, remote }, needs) {
      // A page of somewhere else that has its own name lead to 127.0.0.1 could read all that an anonymous reader may.
      if (isLoopback(local) && !isOurName(host))
        return { status: 421, detail: 'the Host of a request to this machine is localhost or an address' };
      const asker = tokens()(authorization);
      const known = asker !== null && asker !== 'nobody' && asker.token !== null;
      // Who guesses tokens is held to the rate of its address.
      if (!spend(known ? `token ${asker.token}` : `from ${remote}`, rate()))
        return { status: 429, detail: `more than ${rate()} requests a second`, headers: { 'Retry-After': '1' } };
      if (needs === null) return asker === null || asker === 'nobody' ? { role: null, token: null } : asker;
      const challenge = { 'WWW-Authenticate': 'Bearer realm="intertrack"' };
      if (asker === null) return { status: 401, detail: 'the token is none that is known here', headers: challenge };
      if (asker === 'nobody') return { status: 401, detail: 'a token is needed', headers: challenge };
      if (needs === 'operator' && asker.role !== 'operator')
        return { status: 403, detail: 'this does something: the role of an operator is needed' };
      return asker;
    },
  };
}

/** True of `localhost` and of addresses, with or without a port. */
function isOurName(host: string | undefined): boolean {
  const [, bracketed, name] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? '') ?? [];
  return bracketed !== undefined ? isIP(bracketed) === 6 : name === 'localhost' || isIP(name ?? '') === 4;
}
