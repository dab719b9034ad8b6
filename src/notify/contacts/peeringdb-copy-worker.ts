/** The thread that looks up one AS in a local copy of PeeringDB and ends. */
import { readFileSync, statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { networkOf, rowsOf } from './peeringdb-answer.ts';

/** Longest copy that is read; all of PeeringDB has some 100 MB. */
export const MAX_COPY = 500_000_000;

type Rows = ReturnType<typeof rowsOf>;

/** What the copy has of the AS. */
export type CopyAnswer =
  | { readonly ok: true; readonly network: ReturnType<typeof networkOf>; readonly poc: Rows; readonly netixlan: Rows }
  | { readonly ok: false; readonly why: string };

function lookUp(file: string, as: number): CopyAnswer {
  const { size } = statSync(file);
  if (size > MAX_COPY) return { ok: false, why: `${size} octets, at most ${MAX_COPY} are read` };
  const copy = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>> | null;
  if (typeof copy !== 'object' || copy === null || copy.net === undefined) return { ok: false, why: 'it has no `net`' };
  const network = networkOf(
    rowsOf(copy.net, row => row.asn === as),
    as,
  );
  const ours = (value: unknown) => rowsOf(value, row => row.net_id === network?.id);
  return { ok: true, network, poc: ours(copy.poc), netixlan: ours(copy.netixlan) };
}

const { file, as } = workerData as { readonly file: string; readonly as: number };
let answer: CopyAnswer;
try {
  answer = lookUp(file, as);
} catch (error) {
  const why = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message;
  answer = { ok: false, why };
}
parentPort!.postMessage(answer);
