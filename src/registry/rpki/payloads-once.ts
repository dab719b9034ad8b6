/** The RPKI read once, from files alone: what of a configuration can be had without asking anybody. */
import { readFile, stat } from 'node:fs/promises';
import type { RpkiConfig } from '../../config/tree.ts';
import { type AspaTable, providersOf } from './aspa.ts';
import { cacheName } from './payload-feed.ts';
import { MAX_FILE, readPayloadJson } from './payload-json.ts';
import { aspaOf, customerOf, type Payloads } from './payloads.ts';
import { readSlurm, type Slurm } from './slurm.ts';
import { type VrpTable, vrpTable } from './vrp-table.ts';

export interface PayloadsOnce {
  readonly vrps: VrpTable;
  readonly aspas: AspaTable;
  readonly sources: readonly PayloadsOfSource[];
}

/** What came of one `rpki` block. */
export interface PayloadsOfSource {
  readonly source: string;
  /** The file in use; null: none. */
  readonly file: string | null;
  readonly vrps: number;
  /** Servers that were not asked. */
  readonly leftOut: readonly string[];
  /** Files that cannot be read, or not all of them, each with why. */
  readonly problems: readonly string[];
}

/**
 * Reads of each block the first of its files that can be read, and its local exceptions, and makes one set of them. Payloads
 * whose time is over count all the same: the files are of the day that is asked about.
 */
export async function readPayloadsOnce(configs: readonly RpkiConfig[]): Promise<PayloadsOnce> {
  const vrps = vrpTable();
  const aspas = new Map<number, readonly number[]>();
  const sources: PayloadsOfSource[] = [];
  for (const { name: source, caches, slurm: exceptions } of configs) {
    const problems: string[] = [];
    let slurm: Slurm | null = null;
    if (exceptions !== undefined) {
      const text = await textOf(exceptions);
      const reading = 'why' in text ? ({ ok: false, why: text.why } as const) : readSlurm(text.text);
      if (reading.ok) slurm = reading.slurm;
      else problems.push(`${exceptions}: ${reading.why}`);
    }
    let used: { readonly file: string; readonly payloads: Payloads } | null = null;
    for (const cache of caches) {
      if (!('file' in cache) || used !== null) continue;
      const text = await textOf(cache.file);
      const reading =
        'why' in text ? ({ ok: false, why: text.why } as const) : readPayloadJson(text.text, Number.NEGATIVE_INFINITY);
      if (!reading.ok) {
        problems.push(`${cache.file}: ${reading.why}`);
        continue;
      }
      used = { file: cache.file, payloads: reading.payloads };
      if (reading.refused > 0)
        problems.push(`${cache.file}: ${reading.refused} entries cannot be read: ${reading.problems[0] ?? ''}`);
    }
    const before = vrps.count;
    used?.payloads.vrps.forEach((afi, w0, w1, w2, w3, length, maxLength, asn) => {
      if (!slurm?.filters(afi, w0, w1, w2, w3, length, asn)) vrps.add(afi, w0, w1, w2, w3, length, maxLength, asn);
    });
    slurm?.vrps.forEach((...vrp) => {
      vrps.add(...vrp);
    });
    const add = (customer: number, providers: readonly number[] | undefined) => {
      if (providers !== undefined) aspas.set(customer, providersOf([...(aspas.get(customer) ?? []), ...providers]));
    };
    for (const customer of new Set([...(used?.payloads.aspas.keys() ?? [])].map(customerOf)))
      if (!slurm?.customers.has(customer)) add(customer, aspaOf(used!.payloads, customer));
    for (const [customer, providers] of slurm?.aspas ?? []) add(customer, providers);
    const leftOut = caches.filter(cache => !('file' in cache)).map(cacheName);
    sources.push({ source, file: used?.file ?? null, vrps: vrps.count - before, leftOut, problems });
  }
  return { vrps, aspas, sources };
}

async function textOf(file: string): Promise<{ readonly text: string } | { readonly why: string }> {
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE) return { why: `${size} octets, at most ${MAX_FILE} are read` };
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    return { why: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message };
  }
}
