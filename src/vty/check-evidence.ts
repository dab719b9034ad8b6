/** `itctl check evidence FILE`: a case that was exported, by whomever: is its evidence one chain, and is the case what it ends in? */
import type { CheckedEvidence } from '../control/case-rows.ts';
import { checkChain, readEvidence, type SealedEvidence } from '../hijack/evidence-chain.ts';
import { type OfflineStreams, sentence } from './decode-mrt.ts';
import { readDocument } from './read-document.ts';
import { renderChecked } from './render/case.ts';
import { plain } from './render/text.ts';
import { EXIT } from './run.ts';

/** Octets of an export that are read. */
const MOST_OCTETS = 256 * 1024 * 1024;

/** What is read of an export. */
interface Exported {
  readonly id: string;
  readonly state: string;
  readonly evidence: readonly SealedEvidence[];
}

/** Verifies the file, `-` for the standard input, and prints what `check evidence` of a daemon does; returns the exit code. */
export async function checkEvidenceFile(
  file: string,
  json: boolean,
  { stdin, stdout, err }: OfflineStreams,
): Promise<number> {
  const name = file === '-' ? 'standard input' : file;
  const fail = (why: string): number => {
    err(plain(`${name}: ${why}`));
    return EXIT.failed;
  };
  let text: string;
  try {
    text = await readDocument(file, stdin, MOST_OCTETS);
  } catch (error) {
    return fail(sentence(error));
  }
  const found = readExport(text);
  if (typeof found === 'string') return fail(found);
  const { id, state, evidence } = found;
  const check = checkChain(id, evidence);
  if (check.fault !== null) return fail(`broken at record ${check.fault.number}: ${check.fault.why}`);
  const last = evidence.at(-1);
  if (last === undefined) return fail(`there is no evidence of case ${id} in it`);
  const ends = readEvidence(last.body)!.state;
  if (ends !== state) return fail(`case ${id} is ${state}, its evidence ends with ${ends}`);
  const row: CheckedEvidence = { case: id, ...check };
  stdout.write(json ? `${JSON.stringify(row)}\n` : `${renderChecked(row).map(plain).join('\n')}\n`);
  return EXIT.ok;
}

/** Reads what `case export` wrote; what is wrong with it otherwise, a sentence without its full stop. */
function readExport(text: string): Exported | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  const { format, case: one, evidence } = (document ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== 'intertrack-case-1') return 'it is no export of a case, as `case export ID json` writes it';
  const { id, state } = (one ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof state !== 'string' || !Array.isArray(evidence)) return 'parts of it are missing';
  const wrong = evidence.findIndex(record => !isSealed(record));
  return wrong < 0 ? { id, state, evidence } : `record ${wrong + 1} of its evidence is none`;
}

function isSealed(record: unknown): record is SealedEvidence {
  const { number, time, hash, body } = (record ?? {}) as Readonly<Record<string, unknown>>;
  return typeof number === 'number' && typeof time === 'number' && typeof hash === 'string' && typeof body === 'string';
}
