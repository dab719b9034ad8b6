import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { LeftOutRow, LogLevel, LogRow } from '../control/live-rows.ts';
import type { Completion } from '../control/protocol.ts';
import { type ControlClient, connectControl } from './client.ts';
import { choicesAt, completeLine } from './complete.ts';
import { createMonitor } from './monitor.ts';
import { notInShell } from './offline.ts';
import { createOwnPager } from './own-pager.ts';
import { createPager } from './pager.ts';
import { renderChoices } from './render/help.ts';
import { renderLog } from './render/live.ts';
import { layOut, newPage } from './render/page.ts';
import { fitted, plain } from './render/text.ts';
import { wrap } from './render/width.ts';
import { runCommand, type Screen } from './run.ts';
import { terminalOrder } from './terminal.ts';
import { runLine } from './watch.ts';
import { splitWords } from './words.ts';

export interface ShellOptions {
  readonly socket: string;
  readonly client: ControlClient;
  readonly screen: Screen;
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** Between two attempts to connect again, ms. */
const RETRY = 500;

/** The shell on a terminal. Resolves when the person ends it. */
export async function runShell({ socket, client: first, screen: own, input, output }: ShellOptions): Promise<void> {
  let client: ControlClient | null = null;
  let running: AbortController | null = null;
  let ended = false;
  let retry: NodeJS.Timeout | undefined;
  /** Lines of a page as the person set them; columns, 0 for those of the terminal. */
  let length: number | null = null;
  let width = 0;
  /** From which level up lines of the log are shown, and what ends that. */
  let level: LogLevel | null = null;
  let listening = new AbortController();
  let readline: ((...args: unknown[]) => void)[] = [];

  const rl = createInterface({
    input,
    output,
    prompt: 'itctl> ',
    terminal: true,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
      const none: [string[], string] = [[], line];
      (client === null ? Promise.resolve(none) : completeLine(client, line)).then(
        found => done(null, found),
        () => done(null, none),
      );
    },
  });

  const columns = () => (width === 0 ? output.columns : width);
  const screen: Screen = { ...own, size: () => ({ columns: columns(), rows: output.rows }), columns };

  /** Something that happens while a line is being typed: it takes the place of the line, which is set again below. */
  const say = (text: string): void => {
    const up = running === null ? rl.getCursorPos().rows : 0;
    output.write(`${up > 0 ? `\x1b[${up}A` : ''}\r\x1b[J${text}\n`);
    if (running === null) rl.prompt(true);
  };
  const monitor = createMonitor({
    held: () => running !== null,
    show: lines => say(lines.flatMap(line => wrap(plain(line), columns(), '  ')).join('\n')),
  });
  /** Has lines of the log told from now on, as they are set. */
  const listen = (): void => {
    listening.abort();
    if (level === null || client === null) return;
    const abort = new AbortController();
    listening = abort;
    const take = (row: unknown) => {
      if (abort.signal.aborted) return;
      const told = row as LogRow | LeftOutRow;
      if ('leftOut' in told) monitor.missed(told.leftOut);
      else for (const line of renderLog([told])) monitor.take(line);
    };
    client.ask(['watch', 'log', 'level', level], { signal: abort.signal, onBegin: () => take }).then(
      ({ end }) => {
        if (abort.signal.aborted || !('error' in end)) return;
        level = null;
        monitor.take(`no lines of the log: ${end.error}`);
      },
      () => {}, // the connection is lost, which is told, and begun again with it
    );
  };
  const attach = (next: ControlClient): void => {
    client = next;
    next.closed.then(() => {
      client = null;
      if (ended) return;
      say('The connection to intertrackd is lost; trying again.');
      reconnect();
    });
  };
  const reconnect = (): void => {
    retry = setTimeout(async () => {
      const next = await connectControl(socket).catch(() => null);
      if (ended) next?.close();
      else if (next === null) reconnect();
      else {
        attach(next);
        say('Connected to intertrackd again.');
        listen();
      }
    }, RETRY);
  };
  /** Keys go to a pager, and readline knows nothing of them. */
  const takeKeys = (key: (name: string | undefined, ctrl: boolean) => void): void => {
    readline = input.listeners('keypress') as typeof readline;
    input.removeAllListeners('keypress');
    input.on('keypress', (_: unknown, { name, ctrl }: { name?: string; ctrl?: boolean }) => key(name, ctrl === true));
  };
  const giveKeys = (): void => {
    input.removeAllListeners('keypress');
    for (const listener of readline) input.on('keypress', listener);
  };
  const setTerminal = (words: readonly string[]): void => {
    const order = terminalOrder(words);
    if (typeof order === 'string') screen.err(order);
    else if ('length' in order) length = order.length;
    else if ('width' in order) width = order.width;
    else {
      level = order.monitor;
      monitor.clear();
      listen();
    }
  };
  const nothing = (): void => {};
  /** The terminal is another program's: keys are its own, and Ctrl-C at it does not end us. */
  const lend = (on: boolean): void => {
    if (on) {
      rl.pause();
      process.on('SIGINT', nothing);
    } else process.off('SIGINT', nothing);
    input.setRawMode(!on);
    if (!on) rl.resume();
  };
  /** The command's answer through the person's own pager. */
  const throughOwn = async (on: ControlClient, command: string, words: readonly string[], abort: AbortController) => {
    const pager = createOwnPager({ command, lend, quit: () => abort.abort() });
    const paged = { ...screen, out: pager.out, ready: pager.ready, size: () => null };
    await runCommand(on, words, paged, abort.signal).finally(pager.end);
  };
  const throughPages = async (on: ControlClient, words: readonly string[], abort: AbortController) => {
    const pager = createPager({
      write: text => void output.write(text),
      size: () => ({ columns: columns(), rows: length ?? output.rows }),
      quit: () => abort.abort(),
      asks: waiting => (waiting ? takeKeys(pager.key) : giveKeys()),
    });
    const paged = screen.json ? screen : { ...screen, out: pager.out, ready: pager.ready };
    await runCommand(on, words, paged, abort.signal);
  };
  const carryOut = async (line: string): Promise<void> => {
    const { words, open } = splitWords(line);
    if (words.length === 0) return;
    if (open) return screen.err('a double quote is not closed');
    if (words.length === 1 && ['exit', 'quit'].some(own => own.startsWith(words[0]!))) return rl.close();
    if (words[0]!.length > 2 && 'terminal'.startsWith(words[0]!)) return setTerminal(words.slice(1));
    const elsewhere = notInShell(words);
    if (elsewhere !== null) return screen.err(elsewhere);
    if (client === null) return screen.err(`there is no connection to intertrackd at ${socket}`);
    const abort = new AbortController();
    running = abort;
    const own = process.env.PAGER ?? '';
    // What a trace draws over needs the terminal itself.
    const drawn = words[0]!.length > 0 && 'trace'.startsWith(words[0]!);
    // What happens as it happens has no pages: it stops when the person stops it.
    const live = words[0]!.length > 1 && 'watch'.startsWith(words[0]!);
    const done = live
      ? runLine(client, words, screen, abort.signal)
      : own !== '' && length === null && !screen.json && !drawn
        ? throughOwn(client, own, words, abort)
        : throughPages(client, words, abort);
    await done
      .catch(error => screen.err(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        running = null;
      });
  };

  /** `?` as it is typed, as other routers' shells have it: help at once, and the line stays as it was. */
  const explain = async (line: string): Promise<void> => {
    if (client === null) return;
    const found = await choicesAt(client, line).catch(error => String(error));
    const ends = typeof found !== 'string' && found.some(one => one.kind === 'end' && one.help !== '');
    const bar: Completion = { word: '|', kind: 'word', help: 'Filter what is shown' };
    const shown = () => (typeof found === 'string' ? [found] : renderChoices(ends ? [...found, bar] : found));
    const lines = layOut(newPage(columns()), () => fitted(shown()));
    output.write(`\n${lines.map(text => `${plain(text)}\n`).join('')}`);
    rl.prompt(true);
  };
  input.on('keypress', (text: string | undefined) => {
    if (text !== '?' || running !== null) return;
    const line = rl.line.slice(0, rl.cursor);
    // Readline has put the mark into the line already; in a quoted word it is a character like others.
    if (!line.endsWith('?') || splitWords(line).open) return;
    rl.write(null, { name: 'backspace' });
    explain(line.slice(0, -1));
  });

  rl.on('SIGINT', () => {
    if (running !== null) return running.abort();
    // A line may take several of the screen: it is taken off them first, and left there as it was.
    const { line } = rl;
    rl.write(null, { ctrl: true, name: 'e' });
    rl.write(null, { ctrl: true, name: 'u' });
    output.write(`\r${rl.getPrompt()}${line}^C\n`);
    rl.prompt();
  });

  attach(first);
  await new Promise<void>(resolve => {
    let queue = Promise.resolve();
    rl.on('line', line => {
      queue = queue.then(async () => {
        if (ended) return;
        await carryOut(line);
        if (ended) return;
        rl.prompt();
        monitor.flush();
      });
    });
    rl.on('close', () => {
      ended = true;
      clearTimeout(retry);
      monitor.clear();
      running?.abort();
      client?.close();
      resolve();
    });
    rl.prompt();
  });
}
