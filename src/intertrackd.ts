/** intertrackd(8): reads the command line and the configuration, starts the daemon, obeys signals; or replays. */
import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { formatErrors, loadConfig } from './config/index.ts';
import { type RunningDaemon, startDaemon } from './daemon/daemon.ts';
import { openLog } from './daemon/log.ts';
import { replayCommand } from './daemon/replay-command.ts';
import { serviceManager } from './daemon/service-manager.ts';
import { readTraceFiles } from './daemon/trace-files.ts';
import { readHttpFiles } from './web/server.ts';

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

if (process.argv[2] === 'replay') {
  const { stdin, stdout, stderr } = process;
  // The reader of our output has seen enough (`| head`): that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 71));
  process.exit(await replayCommand(process.argv.slice(3), { stdin, stdout, err: text => stderr.write(`${text}\n`) }));
}

const options = yargs(hideBin(process.argv))
  .scriptName('intertrackd')
  .usage('$0 [-t] [-d] -c file\n$0 replay [-qs] [-c file] [-C collector] mrt ...')
  .option('c', {
    alias: 'config',
    type: 'string',
    default: '/etc/intertrack/intertrackd.conf',
    describe: 'configuration file',
  })
  .option('t', { alias: 'test', type: 'boolean', default: false, describe: 'check the configuration and exit' })
  .option('d', { alias: 'debug', type: 'boolean', default: false, describe: 'log everything to standard error' })
  .version(version)
  .help('h')
  .alias('h', 'help')
  .strict()
  .fail((message, error) => {
    console.error(`intertrackd: ${message ?? error?.message}`);
    process.exit(64);
  })
  .parseSync();

const loaded = await loadConfig(options.c);
for (const warning of loaded.warnings) console.error(`warning: ${formatErrors([warning])}`);
if (!loaded.ok) {
  console.error(formatErrors(loaded.errors));
  process.exit(1);
}
if (options.t) {
  try {
    if (loaded.config.traceback) readTraceFiles(loaded.config.traceback, loaded.config.localAs);
    if (loaded.config.http) readHttpFiles(loaded.config.http);
  } catch (e) {
    console.error((e as Error).message);
    process.exit(1);
  }
  process.exit(0);
}

const log = openLog(options.d);
log.configure(loaded.config.log);

const manager = serviceManager(process.env, why => log('warn', why));
let daemon: RunningDaemon | null = null;
let ending = false;
async function end(status: number): Promise<void> {
  if (ending) return;
  ending = true;
  manager.stopping();
  // An orderly end takes seconds at most; whatever hangs is not waited for longer.
  setTimeout(() => process.exit(status), 15_000).unref();
  await daemon?.close();
  log('info', 'intertrackd has ended');
  await log.close();
  process.exit(status);
}

/** A reload that is asked for while the daemon starts is done when it has started. */
let asked = false;
function reload(): void {
  if (daemon === null) asked = true;
  else {
    manager.reloading();
    daemon
      .reload()
      .catch((e: Error) => log('error', `reload failed: ${e.message}`))
      .finally(manager.ready);
  }
}

// Before anything takes its time: a signal nobody listens to would end the process.
process.on('SIGHUP', reload);
process.on('SIGTERM', () => void end(0));
process.on('SIGINT', () => void end(0));
log('info', `intertrackd ${version} starts, process ${process.pid}, AS ${loaded.config.localAs}`);
if (loaded.risks.length > 0)
  log('info', `risky settings that nobody has accepted: ${loaded.risks.length}; itctl config check tells which`);

try {
  daemon = await startDaemon({
    file: options.c,
    config: loaded.config,
    version,
    log,
    onWork: manager.working,
    onFatal: reason => {
      log('error', reason);
      void end(70);
    },
  });
} catch (e) {
  const words = `cannot start: ${(e as Error).message}`;
  log('error', words);
  // Whoever starts it by hand shall see it, wherever the log goes.
  if (!options.d && loaded.config.log.every(({ to }) => to !== 'stderr')) console.error(`intertrackd: ${words}`);
  await log.close();
  process.exit(71);
}
manager.ready();
if (asked) reload();
