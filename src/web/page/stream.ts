/** Answers of any length, taken row by row (intertrack-api(7), Answers). */
import { addressOf, headers, linesOf, lost, type Parameters, problemOf, type Reply } from './api.ts';

interface End {
  readonly end?: true;
  readonly error?: string;
  readonly notes?: readonly string[];
}

/** A line that ends an answer says so, and no row has both of its names. */
const isEnd = (line: unknown): line is End => {
  const { end, error, command } = line as { end?: unknown; error?: unknown; command?: unknown };
  return (
    (end === true && typeof command === 'string') ||
    (typeof error === 'string' && Object.keys(line as object).length === 1)
  );
};

/**
 * Gives each row to `take` as it comes, until that wants no more (false), or the signal aborts. Never rejects. `whole`: the
 * answer was read to its end.
 */
export async function askRows<Row>(
  command: string,
  parameters: Parameters,
  take: (row: Row) => boolean,
  signal: AbortSignal,
): Promise<Reply<{ readonly whole: boolean }>> {
  try {
    const how = { headers: { Accept: 'application/x-ndjson', ...headers() }, signal };
    const response = await fetch(addressOf(command, parameters), how);
    if (!response.ok || response.body === null) return await problemOf(response);
    for await (const text of linesOf(response.body)) {
      const line: unknown = JSON.parse(text);
      if (isEnd(line)) {
        if (line.error !== undefined) return { ok: false, status: 422, detail: line.error };
        return { ok: true, value: { whole: true }, notes: line.notes ?? [] };
      }
      if (!take(line as Row)) return { ok: true, value: { whole: false }, notes: [] };
    }
    return lost;
  } catch {
    return lost;
  }
}
