/**
 * VRPs and ASPAs out of the JSON that rpki-client and others write: `roas` of `asn`, `prefix`, `maxLength`, and `aspas` of
 * `customer_asid` and `providers`. What touches one route is kept.
 */
import { parseAsn } from '../bgp/as-path.ts';
import { openMrt } from '../mrt/source.ts';
import { covers, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { Vrp } from '../registry/rov.ts';
import { type AspaTable, providersOf } from '../registry/rpki/aspa.ts';
import { sentence } from './decode-mrt.ts';
import { type Complain, UnreadableFile } from './registry-files.ts';

/** Octets of an unpacked file; 500,000 VRPs take some 60 million. */
const MAX_JSON = 500_000_000;

/** A VRP and the trust anchor it comes from, '' where the file does not say. */
export interface FileVrp extends Vrp {
  readonly ta: string;
}

/** The VRPs of a file that cover the prefix. Rejects with an UnreadableFile when it is no such file. */
export async function readVrps(file: string, prefix: Prefix, complain: Complain): Promise<readonly FileVrp[]> {
  const found: FileVrp[] = [];
  for (const [i, entry] of (await listIn(file, 'roas')).entries()) {
    const vrp = vrpOf(entry);
    if (typeof vrp === 'string') complain(`${file}: roas[${i}]: ${vrp}`);
    else if (covers(vrp.prefix, prefix)) found.push(vrp);
  }
  return found;
}

/** The ASPAs of a file. */
export async function readAspas(file: string, complain: Complain): Promise<AspaTable> {
  const table = new Map<number, readonly number[]>();
  for (const [i, entry] of (await listIn(file, 'aspas')).entries()) {
    const fields = fieldsOf(entry);
    const customer = asOf(fields.customer_asid ?? fields.customer);
    const providers = Array.isArray(fields.providers) ? fields.providers.map(asOf) : null;
    if (customer === null) complain(`${file}: aspas[${i}]: no AS number in "customer_asid"`);
    else if (providers === null || providers.includes(null))
      complain(`${file}: aspas[${i}]: "providers" is no list of AS numbers`);
    // Several objects of one customer are one attestation (draft-ietf-sidrops-aspa-verification section 5.2).
    else table.set(customer, providersOf([...(table.get(customer) ?? []), ...providers.filter(as => as !== null)]));
  }
  return table;
}

function vrpOf(entry: unknown): FileVrp | string {
  const fields = fieldsOf(entry);
  const asn = asOf(fields.asn);
  if (asn === null) return 'no AS number in "asn"';
  const prefix = typeof fields.prefix === 'string' ? parsePrefix(fields.prefix) : null;
  if (prefix === null) return 'no prefix in "prefix"';
  const maxLength = fields.maxLength ?? prefix.length;
  const bits = prefix.bytes.length * 8;
  if (typeof maxLength !== 'number' || !Number.isInteger(maxLength) || maxLength < prefix.length || maxLength > bits)
    return `"maxLength" is none of ${prefix.length} to ${bits}`;
  return { prefix, maxLength, asn, ta: typeof fields.ta === 'string' ? fields.ta : '' };
}

const fieldsOf = (entry: unknown): Readonly<Record<string, unknown>> =>
  typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};

function asOf(value: unknown): number | null {
  if (typeof value === 'string') return parseAsn(value);
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff
    ? (value as number)
    : null;
}

/** The list of this name in a JSON file. */
async function listIn(file: string, name: 'roas' | 'aspas'): Promise<readonly unknown[]> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  try {
    for await (const chunk of openMrt(file)) {
      octets += chunk.length;
      if (octets > MAX_JSON) throw new Error(`more than ${MAX_JSON} octets`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new UnreadableFile(`${file}: ${sentence(error)}`);
  }
  let whole: unknown;
  try {
    whole = JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    const place = /position (\d+)/.exec(String(error))?.[1];
    throw new UnreadableFile(`${file}: not JSON${place === undefined ? '' : ` at character ${Number(place) + 1}`}`);
  }
  const list = fieldsOf(whole)[name];
  if (!Array.isArray(list)) throw new UnreadableFile(`${file}: no list "${name}" in it`);
  return list;
}
