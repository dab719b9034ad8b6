/**
 * The programs under test as an operator runs them: bin/intertrackd and bin/itctl as processes of their own, in a
 * directory of their own. Each is a child of this process and ends by its id: with `close`, and in any case
 * when this process exits.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NeighborRow, RouteRow } from '../../src/collector/messages.ts';
import type { CaseDetail, NoticeRow, StatusReport } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import { connectControl } from '../../src/vty/client.ts';
import { heldToSchema } from '../control/held-to-schema.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { until } from './bgp-peers.ts';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

/** What a program that has ended said. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the programs to its end. */
export function run(program: 'intertrackd' | 'itctl', ...words: string[]): Promise<Said> {
  return new Promise(resolve => {
    execFile(join(BIN, program), words, { env: PROGRAM_ENV, timeout: 30_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
  });
}

/** What a daemon answers at its control socket, and to which command; fails with its words where it refuses. */
export async function answerAt(
  socket: string,
  words: readonly string[],
): Promise<{ readonly rows: readonly unknown[]; readonly command: string }> {
  const client = await connectControl(socket);
  try {
    const { rows, end } = await client.ask(words);
    if ('error' in end) throw new Error(end.error);
    return { rows, command: end.command };
  } finally {
    client.close();
  }
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A daemon with its directory, which outlives its processes. */
export interface Intertrackd {
  readonly directory: string;
  /** Path of a file in the directory. */
  at(name: string): string;
  write(name: string, text: string): string;
  /** Writes the configuration: `text` behind `router id`, `log`, `state` and `control socket`. */
  configure(text: string): void;
  /**
   * Starts a process, with more in its environment, and waits until its control socket answers. Fails with what it said when it
   * ends instead. `bin`: where its program is, left out: that of this tree.
   */
  start(environment?: Readonly<Record<string, string>>, bin?: string): Promise<void>;
  /** Sends a signal to the process. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end; answers the exit status, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
  /** Closes the reader's end of its standard error. */
  deafen(): void;
  /** What the process that runs, or ran last, wrote to standard error. */
  log(): string;
  /** The rows that a command is answered by, each held against its schema; a process costs too much to wait with. */
  ask(...words: string[]): Promise<readonly unknown[]>;
  /** The same of a program of another version, whose rows have other schemas. */
  askOther(...words: string[]): Promise<readonly unknown[]>;
  /** Runs itctl, as an operator does. */
  itctl(...words: string[]): Promise<Said>;
  /** Runs `itctl -j`, which must succeed, and reads what it prints. */
  json<T>(...words: string[]): Promise<T>;
  neighbor(peer: string): Promise<NeighborRow>;
  routes(prefix: string, ...words: string[]): Promise<readonly RouteRow[]>;
  cases(): Promise<readonly Case[]>;
  case(id: string): Promise<CaseDetail>;
  outbox(): Promise<readonly NoticeRow[]>;
  status(): Promise<StatusReport>;
  /** Ends the process, if one runs, and removes the directory. */
  close(): Promise<void>;
}

/** A daemon that is not started yet. `address` is its router identifier. */
export function intertrackd(address: string, as = 64500): Intertrackd {
  const directory = mkdtempSync(join(tmpdir(), 'intertrackd-'));
  const at = (name: string) => join(directory, name);
  let child: ChildProcess | null = null;
  let said = '';

  const answer = (words: readonly string[]) => answerAt(at('ctl'), words);
  async function ask(...words: string[]): Promise<readonly unknown[]> {
    const { rows, command } = await answer(words);
    heldToSchema(command, rows);
    return rows;
  }
  /** Whether it answers; what it answers is not looked at: a wrong answer is told by who asks for it, and not waited for. */
  const answers = () =>
    answer(['show', 'status']).then(
      () => true,
      () => false,
    );

  const daemon: Intertrackd = {
    directory,
    at,
    write(name, text) {
      writeFileSync(at(name), text);
      return at(name);
    },
    configure(text) {
      const head = `router id ${address};\nlocal as ${as};\nlog stderr;\nstate "${at('state')}";\ncontrol socket "${at('ctl')}";\n`;
      writeFileSync(at('conf'), head + text, { mode: 0o600 });
    },
    async start(environment = {}, bin = BIN) {
      said = '';
      const started = spawn(join(bin, 'intertrackd'), ['-c', at('conf')], {
        env: { ...PROGRAM_ENV, ...environment },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = started;
      children.add(started);
      started.stderr.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      started.on('exit', () => children.delete(started));
      await until('intertrackd answers', async () => {
        if (started.exitCode !== null) {
          child = null;
          throw new Error(`intertrackd ended with ${started.exitCode}:\n${said}`);
        }
        return answers();
      });
    },
    signal: signal => void child?.kill(signal),
    async end(signal = 'SIGTERM') {
      const ended = child;
      if (ended === null) return 0;
      child = null;
      const gone = new Promise<void>(resolve => ended.once('close', () => resolve()));
      if (ended.exitCode === null && ended.signalCode === null) ended.kill(signal);
      const force = setTimeout(() => ended.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(force);
      return ended.signalCode ?? ended.exitCode ?? -1;
    },
    deafen: () => child?.stderr?.destroy(),
    log: () => said,
    ask,
    askOther: async (...words) => (await answer(words)).rows,
    itctl: (...words) => run('itctl', '-s', at('ctl'), ...words),
    async json<T>(...words: string[]) {
      const { status, stdout, stderr } = await daemon.itctl('-j', ...words);
      if (status !== 0) throw new Error(`itctl ${words.join(' ')}: status ${status}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    neighbor: async peer => (await ask('show', 'bgp', 'neighbor', peer))[0] as NeighborRow,
    routes: async (prefix, ...words) => (await ask('show', 'route', prefix, ...words)) as RouteRow[],
    cases: async () => (await ask('show', 'case', 'all')) as Case[],
    case: async id => (await ask('show', 'case', id))[0] as CaseDetail,
    outbox: async () => (await ask('show', 'outbox')) as NoticeRow[],
    status: async () => (await ask('show', 'status'))[0] as StatusReport,
    async close() {
      await daemon.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return daemon;
}
