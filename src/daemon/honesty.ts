/** Keeps what was measured of other ASes over restarts, and says in the log when one is not as it states. */
import type { Store } from '../store/records.ts';
import { type Counted, createHonestyBook, type HonestyBook } from '../traceback/honesty.ts';
import type { FalseYes } from '../traceback/measuring.ts';

/** Proofs of false yeses that are kept of one AS. */
const KEPT = 16;

export interface KeptHonesty {
  readonly book: HonestyBook;
  keepFalseYes(proof: FalseYes): void;
}

/** Reads what was kept. A row that cannot be read is left out, and told. */
export async function openHonesty(
  store: Pick<Store, 'read' | 'write'>,
  log: (level: 'error' | 'warn' | 'info', text: string) => void,
  clock: () => number = Date.now,
): Promise<KeptHonesty> {
  const write = (batch: Parameters<Store['write']>[0]) =>
    void store.write(batch).catch((e: Error) => log('error', `what was measured of other ASes: ${e.message}`));
  const counted: Counted[] = [];
  for (const { asn, body } of await store.read('honesty.all', {})) {
    const one = readCounted(body);
    if (one?.as === asn) counted.push(one);
    else log('warn', `what was measured of AS ${asn} cannot be read, and is left out`);
  }
  const book = createHonestyBook({
    counted,
    clock,
    keep: (asn, one) =>
      write([one === null ? { op: 'honesty.forget', asn } : { op: 'honesty.put', asn, body: JSON.stringify(one) }]),
    judged(as, contradictions) {
      if (contradictions.length === 0) log('info', `traceback: AS ${as} is as it states again, as far as is measured`);
      for (const text of contradictions) log('warn', `traceback: AS ${as} ${text}`);
    },
  });
  return {
    book,
    keepFalseYes: ({ as: asn, time, trace, seed, evidence }) =>
      write([
        { op: 'false-yes.add', record: { asn, time, trace, body: JSON.stringify({ seed, evidence }) } },
        { op: 'false-yes.trim', asn, keep: KEPT },
      ]),
  };
}

/** Null for what is no such thing. */
function readCounted(text: string): Counted | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const from = (typeof value === 'object' && value !== null ? value : {}) as Record<keyof Counted, unknown>;
  const names = ['as', 'at', 'decoys', 'yes', 'yesStated', 'canaries', 'seen', 'covered', 'held', 'named', 'misnamed'];
  return names.every(name => Number.isFinite(from[name as keyof Counted]) && Number(from[name as keyof Counted]) >= 0)
    ? (from as unknown as Counted)
    : null;
}
