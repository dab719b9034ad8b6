/** The API as the page asks it: intertrack-api(7). */

/** What came of a request; a problem's detail is for a person. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T; readonly notes: readonly string[] }
  | { readonly ok: false; readonly status: number; readonly detail: string };

export type Parameters = Readonly<Record<string, string | true | undefined>>;

const TOKEN = 'intertrack-token';

/** The token that was typed in, for as long as the tab is open. */
export const token = {
  read: (): string | null => sessionStorage.getItem(TOKEN),
  write: (text: string): void => sessionStorage.setItem(TOKEN, text),
  forget: (): void => sessionStorage.removeItem(TOKEN),
};

/** Shows the token, where there is one. */
export function headers(): Record<string, string> {
  const shown = token.read();
  return shown === null ? {} : { Authorization: `Bearer ${shown}` };
}

/** Where a command is asked for. */
export function addressOf(command: string, parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) query.set(name, value === true ? 'true' : value);
  return `api/v1/${command.replaceAll(' ', '/')}${query.size > 0 ? `?${query}` : ''}`;
}

/** Nobody answers at all. */
export const lost = { ok: false, status: 0, detail: 'intertrackd does not answer' } as const;

/** Why a request was not answered, in the daemon's words. */
export async function problemOf(response: Response): Promise<Reply<never>> {
  const body = (await response.json().catch(() => ({}))) as { readonly detail?: string };
  return { ok: false, status: response.status, detail: body.detail ?? response.statusText };
}

/** Carries out a command: rows, or the one object that it answers with. Never rejects. */
export async function ask<T>(command: string, parameters: Parameters = {}, how: RequestInit = {}): Promise<Reply<T>> {
  try {
    const response = await fetch(addressOf(command, parameters), { ...how, headers: { ...headers(), ...how.headers } });
    if (!response.ok) return await problemOf(response);
    const body = (await response.json()) as { rows?: T; row?: T; notes: readonly string[] };
    return { ok: true, value: (body.rows ?? body.row) as T, notes: body.notes };
  } catch {
    return lost;
  }
}

/** Does something: a command that changes what is. */
export const order = <T>(command: string, parameters: Parameters = {}): Promise<Reply<T>> =>
  ask<T>(command, parameters, { method: 'POST' });

/** What the token may do; null: not even look, or nobody answers. Never rejects. */
export async function whoAsks(): Promise<'operator' | 'reader' | null> {
  try {
    const response = await fetch('api/v1/token', { headers: headers() });
    const { role } = (await response.json()) as { readonly role?: unknown };
    return role === 'operator' || role === 'reader' ? role : null;
  } catch {
    return null;
  }
}

/** The lines of an answer as they come. Who leaves the loop wants no more, and the daemon is told by the end of the connection. */
export async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const lines = (rest + read.value).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Takes each row of a command that goes on, until the signal aborts. Resolves with why it ended. */
export async function follow(
  command: string,
  take: (row: unknown) => void,
  signal: AbortSignal,
  parameters: Parameters = {},
): Promise<Reply<null>> {
  try {
    const accept = { Accept: 'application/x-ndjson', ...headers() };
    const response = await fetch(addressOf(command, parameters), { headers: accept, signal });
    if (!response.ok || response.body === null) return await problemOf(response);
    for await (const line of linesOf(response.body)) take(JSON.parse(line));
    return { ok: true, value: null, notes: [] };
  } catch {
    return lost;
  }
}
