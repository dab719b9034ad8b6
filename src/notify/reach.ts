import { Resolver } from 'node:dns/promises';
import { parseAddress } from '../net/address.ts';
import { covers, parsePrefix } from '../net/prefix.ts';

/** What the look-ups need of the DNS. Both reject where there is no answer; an unknown name is an answer: none. */
export interface MailHosts {
  /** MX records. */
  mx(domain: string): Promise<readonly { readonly exchange: string; readonly priority: number }[]>;
  /** IPv4 and IPv6 addresses of a host. */
  addresses(host: string): Promise<readonly string[]>;
  /** Ends what is under way. */
  cancel?(): void;
}

/** A recipient whom a mail may not reach while the prefix is lost. */
export interface CutOff {
  readonly address: string;
  /** The mail hosts of its domain, all of them inside the prefix. */
  readonly hosts: readonly string[];
}

export interface Reach {
  /** The recipients of whom every mail host is known and lies inside the prefix. Never rejects. */
  cutOff(recipients: readonly string[], prefix: string): Promise<readonly CutOff[]>;
  /** Gives up what is being looked up. */
  close(): void;
}

/** Domains that are remembered, and how long: what was found, and that nothing could be. */
const MOST_DOMAINS = 2000;
const KEPT = 3_600_000;
const KEPT_UNKNOWN = 300_000;
/** For all that one domain needs. */
const PATIENCE = 10_000;
/** Look-ups at the same time, mail hosts of a domain and addresses of a host that are looked at. */
const AT_ONCE = 8;
const MOST_HOSTS = 16;
const MOST_ADDRESSES = 16;

/** The hosts of a domain with their addresses; null: it could not be found out. */
type Found = readonly { readonly host: string; readonly addresses: readonly string[] }[] | null;

/**
 * Whether mail gets through while a prefix is hijacked: the mail hosts of each recipient (RFC 5321 section 5.1) against the
 * prefix. What the DNS does not tell in time is not known, and nobody is warned of it. Answers are remembered for an hour.
 */
export function createReach(hosts: MailHosts = systemHosts(), clock: () => number = Date.now): Reach {
  const kept = new Map<string, { readonly until: number; readonly found: Promise<Found> }>();

  function lookUp(domain: string): Promise<Found> {
    const known = kept.get(domain);
    if (known !== undefined && known.until > clock()) return known.found;
    kept.delete(domain);
    if (kept.size >= MOST_DOMAINS) kept.delete(kept.keys().next().value!);
    const found = within(PATIENCE, find(domain, hosts));
    const entry = { until: clock() + KEPT, found };
    kept.set(domain, entry);
    void found.then(answer => {
      if (answer === null && kept.get(domain) === entry) kept.set(domain, { until: clock() + KEPT_UNKNOWN, found });
    });
    return found;
  }

  return {
    async cutOff(recipients, prefix) {
      const lost = parsePrefix(prefix);
      if (lost === null) return [];
      const inside = (address: string) => {
        const host = parsePrefix(address);
        return host !== null && covers(lost, host);
      };
      const result: CutOff[] = [];
      const domains = new Map<string, Found>();
      const left = [...new Set(recipients.map(domainOf))];
      const work = async () => {
        for (let domain = left.shift(); domain !== undefined; domain = left.shift())
          domains.set(domain, await lookUp(domain));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      for (const address of recipients) {
        const found = domains.get(domainOf(address)) ?? null;
        if (found === null || found.length === 0) continue;
        // A host without an address is no way out of the prefix either; one of them must have one for a warning.
        const all = found.flatMap(({ addresses }) => addresses);
        if (all.length > 0 && all.every(inside)) result.push({ address, hosts: found.map(({ host }) => host) });
      }
      return result;
    },
    close: () => hosts.cancel?.(),
  };
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

async function find(domain: string, hosts: MailHosts): Promise<Found> {
  try {
    const records = [...(await hosts.mx(domain))].sort((a, b) => a.priority - b.priority);
    // A null MX takes no mail at all (RFC 7505); without any the domain itself is the host.
    const names = records.length === 0 ? [domain] : records.map(({ exchange }) => exchange.replace(/\.$/, ''));
    const exchanges = [...new Set(names)].filter(name => name !== '').slice(0, MOST_HOSTS);
    return await Promise.all(
      exchanges.map(async host => ({ host, addresses: (await hosts.addresses(host)).slice(0, MOST_ADDRESSES) })),
    );
  } catch {
    return null;
  }
}

/** Null when it takes too long. */
function within(time: number, found: Promise<Found>): Promise<Found> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, time, null);
    void found.then(answer => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

/** An unknown name, or one without such records, is an answer. */
const NONE = new Set(['ENOTFOUND', 'ENODATA']);

function systemHosts(): MailHosts {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const answers = <T>(asked: Promise<T[]>): Promise<T[]> =>
    asked.catch((error: { readonly code?: string }) => {
      if (NONE.has(error.code ?? '')) return [];
      throw error;
    });
  return {
    cancel: () => resolver.cancel(),
    mx: domain => answers(resolver.resolveMx(domain)),
    addresses: async host =>
      parseAddress(host) !== null
        ? [host]
        : (await Promise.all([answers(resolver.resolve4(host)), answers(resolver.resolve6(host))])).flat(),
  };
}
