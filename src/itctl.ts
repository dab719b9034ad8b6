/** itctl(8): asks and steers intertrackd. With words one command, without a shell. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { runBatch } from './vty/batch.ts';
import { connectControl, isNoDaemon } from './vty/client.ts';
import { filteredStream } from './vty/filtered-stream.ts';
import { splitFilters } from './vty/filters.ts';
import { OFFLINE, offlineCommand, runOffline } from './vty/offline.ts';
import { progressOn } from './vty/progress.ts';
import { EXIT, type Screen } from './vty/run.ts';
import { runShell } from './vty/shell.ts';
import { completionLines } from './vty/shell-completion.ts';
import { runLine, watchedOf } from './vty/watch.ts';

const DEFAULT_SOCKET = '/run/intertrack/intertrackd.sock';

const options = yargs(hideBin(process.argv))
  .scriptName('itctl')
  .help(false)
  .version(false)
  .usage(
    'usage: itctl [-j] [-s SOCKET] [WORD ...]\n\nAsks intertrackd; without words, a shell. `itctl help` lists the commands.\n' +
      `Without a daemon: ${OFFLINE.map(command => command.syntax).join(', ')}.`,
  )
  .option('json', { alias: 'j', type: 'boolean', description: 'print JSON: one document for each command' })
  .option('socket', { alias: 's', type: 'string', requiresArg: true, description: 'path of the control socket' })
  // Options of our own: those of yargs are off, for it would take the command `help` for itself.
  .option('help', { alias: 'h', type: 'boolean', description: 'print this and exit' })
  .option('complete', { type: 'boolean', hidden: true })
  .option('version', { type: 'boolean', description: 'print the version and exit' })
  .parserConfiguration({
    // Whatever is not listed above is a word for the daemon, in its place: `trace packet FILE -n 3`.
    'unknown-options-as-args': true,
    'parse-positional-numbers': false,
    'duplicate-arguments-array': false,
    'camel-case-expansion': false,
    'boolean-negation': false,
  })
  .fail((message, error) => {
    process.stderr.write(`itctl: ${message ?? error.message}\n`);
    process.exit(EXIT.usage);
  });

async function main(): Promise<number> {
  const { json, socket, help, version, complete, _: words } = options.parseSync();
  const path = socket || process.env.INTERTRACK_SOCKET || DEFAULT_SOCKET;
  if (help) {
    process.stdout.write(`${await options.getHelp()}\n`);
    return EXIT.ok;
  }
  if (version) {
    const { version: number } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    process.stdout.write(`itctl ${number}\n`);
    return EXIT.ok;
  }
  if (complete) {
    const client = await connectControl(path).catch(() => null);
    const lines = await completionLines(client, words.map(String));
    process.stdout.write(lines.map(line => `${line}\n`).join(''));
    client?.close();
    return EXIT.ok;
  }
  const line = words.map(String);
  const split = splitFilters(line, json === true);
  const own = 'error' in split ? line : split.words;
  const offline = offlineCommand(own);
  if (offline !== null) {
    const { stdin, stdout } = process;
    // What is played prints nothing until its end; all else prints as it goes.
    const progress = progressOn(process.stderr, stdout, { quiet: words[0] === 'replay' });
    const err = (text: string) => {
      progress.clear();
      process.stderr.write(`itctl: ${text}\n`);
    };
    if ('error' in split) {
      err(split.error);
      return EXIT.usage;
    }
    const filtered = split.filters.length === 0 ? null : filteredStream(split.filters, stdout);
    const streams = { stdin, stdout: filtered?.stream ?? stdout, err, progress };
    const code = await runOffline(offline, own, json === true || filtered?.json === true, streams);
    progress.clear();
    if (code !== EXIT.usage) await filtered?.end();
    return code;
  }
  const client = await connectControl(path);
  const interactive = words.length === 0 && process.stdin.isTTY && process.stdout.isTTY;
  const screen: Screen = {
    json: json === true,
    out: text => process.stdout.write(text),
    ready: async () => void (process.stdout.writableNeedDrain && (await once(process.stdout, 'drain'))),
    err: text => process.stderr.write(interactive ? `${text}\n` : `itctl: ${text}\n`),
    size: () => (process.stdout.isTTY ? { columns: process.stdout.columns, rows: process.stdout.rows } : null),
    columns: () => (process.stdout.isTTY ? process.stdout.columns : null),
    stdin: interactive ? null : process.stdin,
  };
  try {
    if (words.length > 0) {
      // A trace is ended in words, and what is known of it is kept; to end a watch is no failure; all else ends with this process.
      const abort = new AbortController();
      if ((line[0] !== '' && 'trace'.startsWith(line[0]!)) || watchedOf(line) !== null)
        process.once('SIGINT', () => abort.abort());
      return await runLine(client, line, screen, abort.signal);
    }
    if (!interactive) return await runBatch(client, process.stdin, screen);
    await runShell({ socket: path, client, screen, input: process.stdin, output: process.stdout });
    return EXIT.ok;
  } finally {
    client.close();
    // A pipe somebody still holds open must not keep us.
    process.stdin.unref?.();
  }
}

// The reader of our output has seen enough (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed),
);

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`itctl: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = isNoDaemon(error) ? EXIT.noDaemon : EXIT.failed;
}
