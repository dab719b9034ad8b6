/**
 * VRPs and ASPAs as validators write them in JSON: rpki-client's `json` (also what StayRTR reads and writes), Routinator's
 * `json` and `jsonext`, OctoRPKI's. AS numbers stand as numbers or as `AS64496`, times as seconds or as ISO 8601.
 */
import { parsePrefix, wordsOf } from '../../net/prefix.ts';
import { MAX_PROVIDERS, providersOf } from './aspa.ts';
import { aspaKey, MAX_ASPAS, MAX_VRPS, noPayloads, type Payloads } from './payloads.ts';
import { vrpLog } from './vrp-log.ts';

/** Longest file that is read, octets. */
export const MAX_FILE = 400 * 2 ** 20;
/** Problems kept with their words; all are counted. */
const KEPT_PROBLEMS = 20;
/** Trust anchors that are told apart, and the last second that a column holds. */
const MOST_ANCHORS = 0xffff;
const MAX_SECONDS = 0xffffffff;

export interface JsonPayloads {
  readonly ok: true;
  readonly payloads: Payloads;
  /** When the validator made it, ms since the epoch; null when it does not say. */
  readonly generated: number | null;
  /** Entries left out: over their time, and not readable. */
  readonly expired: number;
  readonly refused: number;
  /** The first that were not readable, each with its place: `roas[7]: …`. */
  readonly problems: readonly string[];
}

export type JsonReading = JsonPayloads | { readonly ok: false; readonly why: string };

type Entry = Readonly<Record<string, unknown>>;

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An AS number from a number, `64496` or `AS64496`; null when it is none. */
export function asnOf(value: unknown): number | null {
  const number =
    typeof value === 'string' && /^(as)?\d{1,10}$/i.test(value) ? Number(value.replace(/^as/i, '')) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 0xffffffff ? number : null;
}

/** Milliseconds since the epoch from seconds or ISO 8601; null when it is neither. */
function timeOf(value: unknown): number | null {
  const time = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : null;
}

/**
 * Reads such a text. Payloads whose time is over at `now` (ms) are left out; null stands for the time at which the file was
 * made, if it says so. It must have the list `wanted`; the other one may be missing.
 */
export function readPayloadJson(text: string, now: number | null, wanted: 'roas' | 'aspas' = 'roas'): JsonReading {
  let root: unknown;
  try {
    // RFC 8259 section 8.1: a byte order mark may be passed over.
    root = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (error) {
    return { ok: false, why: `no JSON: ${(error as Error).message}` };
  }
  if (!isEntry(root)) return { ok: false, why: `no \`${wanted}\` in it` };
  // rpki-client's older form of ASPAs, which StayRTR reads: apart for each address family.
  const older = root.provider_authorizations;
  if (!Array.isArray(root[wanted]) && !(wanted === 'aspas' && isEntry(older)))
    return { ok: false, why: `no \`${wanted}\` in it` };
  const roas = Array.isArray(root.roas) ? root.roas : [];
  if (roas.length > MAX_VRPS) return { ok: false, why: `more than ${MAX_VRPS} VRPs` };
  const { metadata } = root;
  const generated = isEntry(metadata)
    ? timeOf(metadata.buildtime ?? metadata.generatedTime ?? metadata.generated)
    : null;
  const time = now ?? generated ?? Number.NEGATIVE_INFINITY;
  const anchors = new Map<string, number>();
  const payloads = noPayloads(anchors, roas.length);
  const entries = vrpLog();
  const expires = new Uint32Array(roas.length);
  const anchorOfEntry = new Uint16Array(roas.length);
  const numbers = new Map<string, number>();
  const problems: string[] = [];
  let refused = 0;
  let expired = 0;

  function each(name: string, list: unknown, take: (entry: Entry) => string | null): void {
    if (!Array.isArray(list)) return;
    list.forEach((entry: unknown, i) => {
      const over = isEntry(entry) ? timeOf(entry.expires) : null;
      if (over !== null && over < time) {
        expired++;
        return;
      }
      const problem = isEntry(entry) ? take(entry) : 'no object';
      if (problem === null) return;
      refused++;
      if (problems.length < KEPT_PROBLEMS) problems.push(`${name}[${i}]: ${problem}`);
    });
  }

  /** The place of a trust anchor, from 1; 0 when there are more than anybody has. */
  function numberOf(anchor: string): number {
    const known = numbers.get(anchor);
    if (known !== undefined) return known;
    if (numbers.size === MOST_ANCHORS) return 0;
    numbers.set(anchor, numbers.size + 1);
    return numbers.size;
  }

  const takeVrp = ({ asn: as, prefix: where, maxLength: longest, source, ta, expires: over }: Entry): string | null => {
    const asn = asnOf(as);
    if (asn === null) return 'no AS number';
    const prefix = typeof where === 'string' ? parsePrefix(where) : null;
    if (prefix === null) return 'no prefix';
    const maxLength = longest ?? prefix.length;
    if (typeof maxLength !== 'number' || !Number.isInteger(maxLength)) return 'no maxLength';
    if (maxLength < prefix.length || maxLength > prefix.bytes.length * 8) return `maxLength ${maxLength}`;
    // The same VRP comes of several ROAs, and from several trust anchors.
    const vrp = [prefix.afi, ...wordsOf(prefix), prefix.length, maxLength, asn] as const;
    payloads.vrps.add(...vrp);
    const anchor = typeof ta === 'string' ? ta : anchorOf(source);
    if (anchor !== null) anchors.set(anchor, (anchors.get(anchor) ?? 0) + 1);
    expires[entries.count] = Math.min(MAX_SECONDS, Math.max(0, Math.floor((timeOf(over) ?? 0) / 1000)));
    anchorOfEntry[entries.count] = anchor === null ? 0 : numberOf(anchor);
    entries.add(true, ...vrp);
    return null;
  };
  const takeAspa =
    (afi: 1 | 2 | null) =>
    (entry: Entry): string | null => {
      const customer = asnOf(entry.customer_asid ?? entry.customer ?? entry.customerAsn);
      if (customer === null) return 'no customer AS';
      if (!Array.isArray(entry.providers) || entry.providers.length > MAX_PROVIDERS) return 'no providers';
      const providers = entry.providers.map(asnOf);
      if (providers.includes(null)) return 'a provider that is no AS number';
      if (payloads.aspas.size >= MAX_ASPAS) return `more than ${MAX_ASPAS} ASPAs`;
      const key = aspaKey(customer, afi);
      payloads.aspas.set(key, providersOf([...(payloads.aspas.get(key) ?? []), ...(providers as number[])]));
      return null;
    };

  each('roas', roas, takeVrp);
  each('aspas', root.aspas, takeAspa(null));
  if (isEntry(older)) {
    each('provider_authorizations.ipv4', older.ipv4, takeAspa(1));
    each('provider_authorizations.ipv6', older.ipv6, takeAspa(2));
  }
  const keys = root.bgpsec_keys ?? root.routerKeys;
  payloads.marks = {
    vrps: entries,
    ...{ expires: expires.subarray(0, entries.count), anchors: anchorOfEntry.subarray(0, entries.count) },
    names: [...numbers.keys()],
  };
  payloads.routerKeys = Array.isArray(keys) ? keys.length : 0;
  return { ok: true, payloads, generated, expired, refused, problems };
}

/** Routinator's `jsonext` names the trust anchor in the first source: `{"type": "roa", "tal": "apnic", …}`. */
function anchorOf(source: unknown): string | null {
  const first: unknown = Array.isArray(source) ? source[0] : null;
  return isEntry(first) && typeof first.tal === 'string' ? first.tal : null;
}
