/**
 * Local exceptions (SLURM): RFC 8416, and its version 2 with ASPAs (draft-ietf-sidrops-aspa-slurm). Filters take payloads
 * out, assertions put some in, whatever the filters say. BGPsec parts are read over. A member that is not defined is an
 * error (section 3.1): a filter whose name is misspelt must not be none in silence. Lists may be missing.
 */
import type { Afi } from '../../net/address.ts';
import { parsePrefix, wordsOf } from '../../net/prefix.ts';
import { MAX_PROVIDERS, providersOf } from './aspa.ts';
import { asnOf } from './payload-json.ts';
import { type VrpTable, vrpTable } from './vrp-table.ts';

/** Filters and assertions together, those for BGPsec among them. */
const MAX_ENTRIES = 100_000;

export interface Slurm {
  /** True when a filter takes the VRP out. */
  filters(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, asn: number): boolean;
  /** VRPs that are put in. */
  readonly vrps: VrpTable;
  /** Customers whose ASPAs are taken out. */
  readonly customers: ReadonlySet<number>;
  /** Providers that are put in, by customer. */
  readonly aspas: ReadonlyMap<number, readonly number[]>;
  readonly counts: { readonly filters: number; readonly assertions: number };
}

export type SlurmReading =
  | { readonly ok: true; readonly slurm: Slurm }
  /** With the place of what is wrong: `prefixFilters[2]: …`. A file with a fault is not used at all (section 3.1). */
  | { readonly ok: false; readonly why: string };

type Entry = Readonly<Record<string, unknown>>;
const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name of the customer, and that of its providers, have changed from draft to draft. */
const CUSTOMER = ['customerAsn', 'customerAsid', 'customer_asid'] as const;
const PROVIDERS = ['providerAsns', 'providers', 'providerSet'] as const;

/** Members of the file, and of the entries of each list (sections 3.2 to 3.4). */
const OF_FILE = ['slurmVersion', 'validationOutputFilters', 'locallyAddedAssertions'];
const OF_FILTERS: Readonly<Record<string, readonly string[]>> = {
  prefixFilters: ['prefix', 'asn', 'comment'],
  bgpsecFilters: ['asn', 'SKI', 'comment'],
  aspaFilters: [...CUSTOMER, 'comment'],
};
const OF_ASSERTIONS: Readonly<Record<string, readonly string[]>> = {
  prefixAssertions: ['prefix', 'asn', 'maxPrefixLength', 'comment'],
  bgpsecAssertions: ['asn', 'SKI', 'routerPublicKey', 'comment'],
  aspaAssertions: [...CUSTOMER, ...PROVIDERS, 'comment'],
};

/** The first member of an object that is none of these, in words; null when there is none. */
function stranger(entry: Entry, known: readonly string[]): string | null {
  const name = Object.keys(entry).find(one => !known.includes(one));
  return name === undefined ? null : `unknown member ${JSON.stringify(name.slice(0, 60))}`;
}

/** Marks of a prefix filter in a table of VRPs, in the place of the maxLength: of one AS, or of any. */
const [ANY_AS, ONE_AS] = [0, 1] as const;

/** Reads a SLURM file. */
export function readSlurm(text: string): SlurmReading {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    return { ok: false, why: `no JSON: ${(error as Error).message}` };
  }
  if (!isEntry(root)) return { ok: false, why: 'no object' };
  if (root.slurmVersion !== 1 && root.slurmVersion !== 2)
    return { ok: false, why: `slurmVersion ${JSON.stringify(root.slurmVersion)}` };
  const { validationOutputFilters: filtersIn = {}, locallyAddedAssertions: assertionsIn = {} } = root;
  if (!isEntry(filtersIn)) return { ok: false, why: 'validationOutputFilters: no object' };
  if (!isEntry(assertionsIn)) return { ok: false, why: 'locallyAddedAssertions: no object' };
  for (const [where, entry, known] of [
    ['', root, OF_FILE],
    ['validationOutputFilters: ', filtersIn, Object.keys(OF_FILTERS)],
    ['locallyAddedAssertions: ', assertionsIn, Object.keys(OF_ASSERTIONS)],
  ] as const) {
    const unknown = stranger(entry, known);
    if (unknown !== null) return { ok: false, why: `${where}${unknown}` };
  }

  const asns = new Set<number>();
  const prefixes = vrpTable();
  const lengths: [Set<number>, Set<number>] = [new Set(), new Set()];
  const vrps = vrpTable();
  const customers = new Set<number>();
  const aspas = new Map<number, readonly number[]>();
  const counts = { filters: 0, assertions: 0 };

  /** Section 3.3.1: a prefix, an AS or both; a VRP inside of the prefix matches. */
  function prefixFilter({ prefix: where, asn: as }: Entry): string | null {
    const asn = as === undefined ? null : asnOf(as);
    if (as !== undefined && asn === null) return 'no AS number';
    if (where === undefined) {
      if (asn === null) return 'neither prefix nor asn';
      asns.add(asn);
      return null;
    }
    const prefix = typeof where === 'string' ? parsePrefix(where) : null;
    if (prefix === null) return 'no prefix';
    lengths[prefix.afi - 1]!.add(prefix.length);
    prefixes.add(prefix.afi, ...wordsOf(prefix), prefix.length, asn === null ? ANY_AS : ONE_AS, asn ?? 0);
    return null;
  }

  /** Section 3.4.1. */
  function prefixAssertion({ prefix: where, asn: as, maxPrefixLength }: Entry): string | null {
    const asn = asnOf(as);
    if (asn === null) return 'no AS number';
    const prefix = typeof where === 'string' ? parsePrefix(where) : null;
    if (prefix === null) return 'no prefix';
    const maxLength = maxPrefixLength ?? prefix.length;
    const most = prefix.bytes.length * 8;
    if (typeof maxLength !== 'number' || !Number.isInteger(maxLength)) return 'maxPrefixLength';
    if (maxLength < prefix.length || maxLength > most) return `maxPrefixLength ${maxLength}`;
    vrps.add(prefix.afi, ...wordsOf(prefix), prefix.length, maxLength, asn);
    return null;
  }

  const named = (entry: Entry, names: readonly string[]): unknown =>
    names.map(name => entry[name]).find(value => value !== undefined);
  const customerIn = (entry: Entry) => asnOf(named(entry, CUSTOMER));

  function aspaFilter(entry: Entry): string | null {
    const customer = customerIn(entry);
    if (customer === null) return 'no customer AS';
    customers.add(customer);
    return null;
  }

  function aspaAssertion(entry: Entry): string | null {
    const customer = customerIn(entry);
    if (customer === null) return 'no customer AS';
    const list = named(entry, PROVIDERS);
    if (!Array.isArray(list) || list.length === 0 || list.length > MAX_PROVIDERS) return 'no providers';
    const providers = list.map(asnOf);
    if (providers.includes(null)) return 'a provider that is no AS number';
    aspas.set(customer, providersOf([...(aspas.get(customer) ?? []), ...(providers as number[])]));
    return null;
  }

  const passed = () => null;
  const parts = [
    ['prefixFilters', filtersIn, OF_FILTERS, prefixFilter, 'filters'],
    ['aspaFilters', filtersIn, OF_FILTERS, aspaFilter, 'filters'],
    ['bgpsecFilters', filtersIn, OF_FILTERS, passed, null],
    ['prefixAssertions', assertionsIn, OF_ASSERTIONS, prefixAssertion, 'assertions'],
    ['aspaAssertions', assertionsIn, OF_ASSERTIONS, aspaAssertion, 'assertions'],
    ['bgpsecAssertions', assertionsIn, OF_ASSERTIONS, passed, null],
  ] as const;
  let entries = 0;
  for (const [name, within, members, take, kind] of parts) {
    const list = within[name] ?? [];
    if (!Array.isArray(list)) return { ok: false, why: `${name}: no list` };
    entries += list.length;
    if (entries > MAX_ENTRIES) return { ok: false, why: `more than ${MAX_ENTRIES} entries` };
    if (kind !== null) counts[kind] += list.length;
    for (const [i, entry] of list.entries()) {
      const problem = isEntry(entry) ? (stranger(entry, members[name]!) ?? take(entry)) : 'no object';
      if (problem !== null) return { ok: false, why: `${name}[${i}]: ${problem}` };
    }
  }

  const sorted = lengths.map(one => [...one].sort((a, b) => a - b));
  function filters(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, asn: number): boolean {
    if (asns.has(asn)) return true;
    for (const n of sorted[afi - 1]!) {
      if (n > length) return false;
      const [a, b, c, d] = [w0 & mask(n), w1 & mask(n - 32), w2 & mask(n - 64), w3 & mask(n - 96)];
      if (prefixes.has(afi, a, b, c, d, n, ANY_AS, 0) || prefixes.has(afi, a, b, c, d, n, ONE_AS, asn)) return true;
    }
    return false;
  }
  return { ok: true, slurm: { filters, vrps, customers, aspas, counts } };
}

/** The bits of a word that the first `length` bits from its beginning on take. */
const mask = (length: number): number => (length <= 0 ? 0 : length >= 32 ? -1 : -1 << (32 - length));
