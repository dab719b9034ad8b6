/**
 * The daemon's log: one line a message, `TIME level text key=value …`, to standard error, files and syslog, each with its
 * own least level. Lines are for people; the same facts stand in `show` and in the database.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import pino from 'pino';
import type { LogConfig } from '../config/tree.ts';
import type { LogLevel, LogRow } from '../control/live-rows.ts';
import { printable } from '../notify/layout.ts';
import { openLogFile } from './log-file.ts';

export type { LogLevel } from '../control/live-rows.ts';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  (level: LogLevel, text: string, fields?: LogFields): void;
  /** Takes other destinations; files are opened anew, so that a rotated one is let go. */
  configure(to: readonly LogConfig[]): void;
  /** Destinations that could not be written to, in words. */
  problems(): readonly string[];
  /** Resolves when all that was said is written, or cannot be within a second. */
  close(): Promise<void>;
}

/** A log that somebody may listen to. */
export interface HeardLog extends Log {
  /** Has `take` told of each line from this level up, wherever the log goes otherwise; returns what ends it. */
  follow(level: LogLevel, take: (row: LogRow) => void): () => void;
}

/** Priorities of syslog(3), facility daemon, by pino's level number. */
const SYSLOG: Readonly<Record<number, number>> = { 20: 31, 30: 30, 40: 28, 50: 27 };
/** A value longer than this is cut in the log. */
const LONGEST = 1100;

/** A message with its fields; control characters of what came from outside are made visible. */
function logText(text: string, fields: LogFields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => {
      const shown = typeof value === 'string' ? value : JSON.stringify(value);
      return ` ${key}=${/[\s"=]/.test(shown) ? JSON.stringify(shown) : shown}`.slice(0, LONGEST);
    });
  return printable(text + rest.join(''));
}

/** One line. */
export function logLine(time: number, level: string, text: string, fields: LogFields): string {
  return `${new Date(time).toISOString()} ${level.padEnd(5)} ${logText(text, fields)}\n`;
}

interface Destination {
  readonly stream: pino.StreamEntry;
  close(): Promise<unknown>;
}

/** Waits for a destination's last octet, but not for long. */
function ended(closed: Promise<unknown>): Promise<unknown> {
  return Promise.race([closed, new Promise(resolve => setTimeout(resolve, 1000).unref())]);
}

/** Opens the log. Until `configure` is called everything from `info` up goes to standard error. */
export function openLog(debug: boolean): HeardLog {
  let destinations: Destination[] = [];
  let logger = pino({ base: null });
  const problems = new Map<string, string>();

  /** pino hands over JSON; here it becomes a line. */
  const lines = (write: (line: string, level: number) => void) => ({
    write(json: string) {
      const { level, time, msg, ...fields } = JSON.parse(json) as { level: number; time: number; msg: string };
      write(logLine(time, pino.levels.labels[level] ?? 'info', msg, fields), level);
    },
  });

  function open({ to, file, level }: LogConfig): Destination {
    const entry = (write: (line: string, level: number) => void): pino.StreamEntry => ({ level, stream: lines(write) });
    if (to === 'file') {
      const name = file ?? '';
      const { write, close } = openLogFile(name, problem => {
        if (problem === null) problems.delete(name);
        else problems.set(name, problem);
      });
      return { stream: entry(write), close: () => ended(close()) };
    }
    if (to === 'syslog') {
      // logger(1) speaks to whatever syslog the machine has; Node cannot open a datagram socket in the file system.
      const child: ChildProcess = spawn('logger', ['--tag', 'intertrackd', '--prio-prefix'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      child.on('error', e => problems.set('syslog', `syslog: ${e.message}`));
      child.on('exit', code => code && problems.set('syslog', `syslog: logger ended with status ${code}`));
      child.stdin?.on('error', () => {});
      return {
        stream: entry((line, number) => child.stdin?.write(`<${SYSLOG[number] ?? 30}>${line.slice(25)}`)),
        close() {
          child.stdin?.end();
          return child.exitCode === null
            ? ended(new Promise(resolve => child.once('close', resolve)))
            : Promise.resolve();
        },
      };
    }
    return { stream: entry(line => process.stderr.write(line)), close: async () => {} };
  }

  function configure(to: readonly LogConfig[]): void {
    const old = destinations;
    problems.clear();
    const wanted = debug ? [...to.filter(one => one.to !== 'stderr'), { to: 'stderr', level: 'debug' } as const] : to;
    destinations = wanted.map(open);
    logger = pino({ base: null, level: 'debug' }, pino.multistream(destinations.map(({ stream }) => stream)));
    for (const one of old) void one.close();
  }

  // Who reads it may go away; the daemon must not go with him.
  process.stderr.on('error', e => problems.set('stderr', `standard error: ${e.message}`));
  const followers = new Set<{ readonly from: number; readonly take: (row: LogRow) => void }>();
  const log = (level: LogLevel, text: string, fields: LogFields = {}) => {
    logger[level](fields, text);
    const number = pino.levels.values[level]!;
    for (const { from, take } of followers)
      if (number >= from) take({ time: Date.now(), level, text: logText(text, fields) });
  };
  configure([{ to: 'stderr', level: 'info' }]);
  return Object.assign(log, {
    configure,
    problems: () => [...problems.values()],
    follow(level: LogLevel, take: (row: LogRow) => void) {
      const follower = { from: pino.levels.values[level]!, take };
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    close: async () => void (await Promise.all(destinations.map(one => one.close()))),
  });
}
