/** VRPs and ASPAs out of files, for one route. */
import { openMrt } from '../mrt/source.ts';
import { type AspaTable, providersOf } from '../registry/rpki/aspa.ts';
import { readPayloadJson } from '../registry/rpki/payload-json.ts';
import { aspaOf, customerOf, type Payloads } from '../registry/rpki/payloads.ts';
import { sentence } from './decode-mrt.ts';
import { type Complain, UnreadableFile } from './registry-files.ts';

/** Octets of an unpacked file; 500,000 VRPs take some 60 million. */
const MAX_JSON = 500_000_000;

/**
 * The payloads of a file. What was over its time when the file was made is left out; what is over since then counts: the
 * file is of the day that is asked about. Rejects with an UnreadableFile when there is no list `wanted` in it.
 */
export async function readPayloads(file: string, wanted: 'roas' | 'aspas', complain: Complain): Promise<Payloads> {
  const reading = readPayloadJson(await textOf(file), null, wanted);
  if (!reading.ok) throw new UnreadableFile(`${file}: ${reading.why}`);
  // Of a file that is given for one list the other one is none of our business.
  for (const problem of reading.problems)
    if (problem.startsWith('roas') === (wanted === 'roas')) complain(`${file}: ${problem}`);
  return reading.payloads;
}

/** The ASPAs of several files as one table. */
export function aspasOf(files: readonly Payloads[]): AspaTable {
  const table = new Map<number, readonly number[]>();
  for (const payloads of files)
    for (const customer of new Set([...payloads.aspas.keys()].map(customerOf)))
      table.set(customer, providersOf([...(table.get(customer) ?? []), ...(aspaOf(payloads, customer) ?? [])]));
  return table;
}

async function textOf(file: string): Promise<string> {
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
  return Buffer.concat(chunks).toString();
}
