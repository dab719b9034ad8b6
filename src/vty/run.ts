import type { Readable } from 'node:stream';
import { readPackets } from '../control/chosen-packets.ts';
import type { Trace } from '../traceback/trace.ts';
import type { Answer, ControlClient } from './client.ts';
import { createSieve, splitFilters } from './filters.ts';
import { pages, renderAnswer, renderJson } from './render/answer.ts';
import { layOut, newPage, type Page } from './render/page.ts';
import { plain } from './render/text.ts';
import { cut } from './render/width.ts';

/** Exit codes (EXIT STATUS in itctl(8)). */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, noDaemon: 4 } as const;

/** Where a command's answer goes. */
export interface Screen {
  readonly json: boolean;
  out(text: string): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  /** An error or a remark: one line or several, without the last line feed. */
  err(text: string): void;
  /** Size of the terminal where partial results may be drawn over; null when the output is none. */
  size(): { readonly columns: number; readonly rows: number } | null;
  /** Columns that answers are laid out for; null: nothing is cut or folded. */
  columns(): number | null;
  /** What the file `-` stands for; null when the standard input holds the commands. */
  readonly stdin: Readable | null;
}

/**
 * Carries out one command, with the filters behind it, and prints its answer. Returns the exit code. Rejects when the
 * connection is lost.
 */
export async function runCommand(
  client: ControlClient,
  line: readonly string[],
  screen: Screen,
  signal?: AbortSignal,
): Promise<number> {
  const split = splitFilters(line, screen.json);
  if ('error' in split) {
    screen.err(plain(split.error));
    return EXIT.usage;
  }
  const { words, filters } = split;
  // What is looked for may stand in what would be cut.
  const page = newPage(filters.length === 0 ? screen.columns() : null);
  if (filters.length === 0) return carryOut(client, words, { screen, page, counts: null }, signal);
  const sieve = createSieve(filters, page.headings, text => screen.out(text));
  const json = screen.json || sieve.json;
  const code = await carryOut(
    client,
    words,
    { screen: { ...screen, json, out: sieve.out, size: () => null }, page, counts: sieve.counts },
    signal,
  );
  if (code === EXIT.ok || code === EXIT.notFound) sieve.end();
  await screen.ready();
  return code;
}

/** Where and how the answer to one command is printed. */
interface Output {
  readonly screen: Screen;
  readonly page: Page;
  /** Rows of a list are counted, not printed. */
  readonly counts: ((rows: number) => void) | null;
}

async function carryOut(
  client: ControlClient,
  words: readonly string[],
  output: Output,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { screen } = output;
  const abort = signal === undefined ? {} : { signal };
  const list = lister(output);
  const draw = drawer(screen);
  const partial = { onPartial: draw.partial };
  let answer = await client.ask(words, { ...abort, ...partial, onBegin: list.begin });
  if ('want' in answer.end && answer.end.want !== undefined) {
    const read = await readPackets(answer.end.want.packets, screen.stdin);
    if ('error' in read) {
      screen.err(plain(read.error));
      return EXIT.failed;
    }
    if (read.remark !== null) screen.err(plain(read.remark));
    const { packets } = read;
    answer = await client.ask(words, { ...abort, ...partial, data: { packets } });
  }
  // What was known of a trace when the person ended it stays on the screen.
  const last = signal?.aborted ? draw.last() : null;
  if (last !== null) screen.err(`what was known is kept: show trace ${plain(last.id)}`);
  else draw.clear();
  // What shows things as they happen is ended by the person.
  if (list.live() && signal?.aborted) return EXIT.ok;
  return print(answer, output, list.end);
}

async function print(
  { rows, end }: Answer,
  { screen, page, counts }: Output,
  endList: (whole: boolean) => boolean,
): Promise<number> {
  const listed = endList(!('error' in end));
  if ('error' in end) {
    screen.err(plain(end.error));
    return end.kind === 'usage' ? EXIT.usage : EXIT.failed;
  }
  if (!listed) {
    if (counts !== null && end.one !== true) counts(rows.length);
    else if (screen.json) screen.out(`${renderJson(rows, end.one === true)}\n`);
    else for (const line of layOut(page, () => renderAnswer(end.command, rows, Date.now()))) screen.out(`${line}\n`);
  }
  await screen.ready();
  for (const note of end.notes ?? []) screen.err(plain(note));
  const traces = /^trace (again|digest|packet|set) /.test(end.command);
  const notFound = traces && (rows[0] as Trace | undefined)?.entry === null;
  return notFound ? EXIT.notFound : EXIT.ok;
}

/** Rows of a long answer that are laid out together. */
const PAGE = 1000;

/** Prints a long answer page by page, each when there is room for it. */
function lister({ screen, page: layout, counts }: Output): {
  begin(command: string, live: boolean): (row: unknown) => Promise<void> | void;
  /** True when rows are shown as they happen. */
  live(): boolean;
  /** Prints what is left; false when there was no such answer. */
  end(whole: boolean): boolean;
} {
  let page: unknown[] = [];
  let first = true;
  let render: ((rows: readonly unknown[], now: number) => string[]) | null = null;
  let most = PAGE;
  function flush(): void {
    if (page.length === 0) return;
    if (counts !== null) counts(page.length);
    else if (screen.json && most === 1) screen.out(page.map(row => `${JSON.stringify(row)}\n`).join(''));
    else if (screen.json) screen.out(`${first ? '[' : ','}${page.map(row => JSON.stringify(row)).join(',')}`);
    else
      screen.out(
        layOut(layout, () => render!(page, Date.now()))
          .map(line => `${line}\n`)
          .join(''),
      );
    first = false;
    page = [];
  }
  return {
    live: () => most === 1,
    begin(command, live) {
      render = pages(command);
      if (live) most = 1;
      return row => {
        page.push(row);
        if (page.length < most) return;
        flush();
        return screen.ready();
      };
    },
    end(whole) {
      if (render === null) return false;
      flush();
      if (screen.json && counts === null && most > 1 && (whole || !first)) screen.out(first ? '[]\n' : ']\n');
      return true;
    },
  };
}

/** What is sent of an answer still to come: a trace so far, or in words how far the work is. */
type SoFar = Trace | { readonly progress: string };

/** Draws each state of an answer over the one before; nothing at all where the output is no terminal. */
function drawer(screen: Screen): { partial(row: unknown): void; clear(): void; last(): Trace | null } {
  let drawn = 0;
  let last: Trace | null = null;
  const clear = (): void => {
    if (drawn > 0) screen.out(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  return {
    clear,
    last: () => last,
    partial: row => {
      const state = row as SoFar;
      if (!('progress' in state)) last = state;
      const size = screen.json ? null : screen.size();
      if (size === null) return;
      const all = 'progress' in state ? [plain(state.progress)] : renderAnswer('trace packet FILE', [row], Date.now());
      clear();
      // What has scrolled off the screen cannot be drawn over, so that what does not fit is left out until the end.
      const room = Math.max(1, size.rows - 2);
      const rest = all.length - room + 1;
      const lines = (
        all.length <= room ? all : [...all.slice(0, room - 1), `… ${rest} more lines, when the trace is final`]
      ).map(line => cut(line, size.columns - 1));
      screen.out(lines.map(line => `${line}\n`).join(''));
      drawn = lines.length;
    },
  };
}
