/**
 * rpki-client(8) as the validator of RPKI Signed Checklists: it is run for one file, offline, against the cache that its
 * own runs keep. It alone reads CMS and certificates; what it writes is taken as hostile.
 */
import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { runProgram } from '../../net/run-program.ts';
import { readChecklist, type Verified } from './checklist-json.ts';

export interface RpkiClient {
  readonly program: string;
  /** Where its own runs keep what they have validated. */
  readonly cache: string;
  /** Trust anchor locators; empty: those that it is built with. */
  readonly tals: readonly string[];
  /** How long it may run, ms. */
  readonly timeout: number;
}

/** Octets of a checklist, and of what is told of it. */
const LARGEST = 1 << 20;

/** Has a checklist verified. Resolves always, at the latest when the time is up or `signal` cuts it off. */
export async function verifyChecklist(client: RpkiClient, file: string, signal?: AbortSignal): Promise<Verified> {
  // rpki-client tells what an object is by the end of its name, and release 8.2 does not quote names.
  if (!file.endsWith('.sig')) return { invalid: 'its name does not end in .sig' };
  if (/["\\]/.test(file)) return { invalid: 'its name has a quotation mark or a backslash' };
  const digest = await digestOf(file);
  if (typeof digest === 'string') return { invalid: digest };
  const { program, cache, tals, timeout } = client;
  const args = ['-j', '-d', cache, ...tals.flatMap(tal => ['-t', tal]), '-f', file];
  const end = await runProgram({ file: program, args, output: LARGEST, timeout, ...(signal && { signal }) });
  const said = shown(end.said.trim().split('\n').at(-1) ?? '')
    .replace(/^rpki-client: /, '')
    .replace(`${file}: `, '');
  const andSaid = said === '' ? '' : `: ${said}`;
  if (end.why !== '') return { unknown: `${program}: ${shown(end.why)}` };
  if (end.status !== 0) return { unknown: `${program} ended with ${end.by ?? `status ${end.status}`}${andSaid}` };
  const verified = readChecklist(end.output.toString('utf8'), digest);
  if ('unknown' in verified) return { unknown: `${program}: ${verified.unknown}${andSaid}` };
  // What it says on standard error names the cause where it says nothing of the object itself.
  if ('invalid' in verified) return { invalid: shown(verified.invalid) || said || 'rpki-client does not say why' };
  return verified;
}

/** The SHA-256 of a file; in words why there is none. */
async function digestOf(file: string): Promise<Buffer | string> {
  try {
    // A pipe without a writer must not hold us.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await handle.stat();
      if (!status.isFile()) return 'it is no file';
      if (status.size > LARGEST) return 'it is larger than 1 MiB';
      return createHash('sha256')
        .update(await handle.readFile())
        .digest();
    } finally {
      await handle.close();
    }
  } catch (error) {
    return `it cannot be read: ${shown((error as Error).message)}`;
  }
}

/** Text from outside on one line, and no longer than is worth reading. */
const shown = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
