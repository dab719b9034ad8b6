/** Runs a program of this machine within bounds: of time, of output, and of what it can leave behind. */
import { spawn } from 'node:child_process';

/** Octets of standard error that are kept, the last ones. */
const MOST_SAID = 500;

/** How long the last words of a program that has ended are waited for, ms. */
const LAST_WORDS = 200;

export interface ProgramRun {
  readonly file: string;
  readonly args?: readonly string[];
  /** Beside PATH and LANG; nothing else is in its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it may read; it need not. */
  readonly input?: string;
  /** Octets of standard output that it may write; 0: what it writes goes nowhere. */
  readonly output: number;
  /** How long it may run, ms. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export interface ProgramEnd {
  /** Null when a signal has ended it, or it could not be started. */
  readonly status: number | null;
  readonly by: NodeJS.Signals | null;
  /** Why it was not let run to its end, or was not started, in words; empty otherwise. */
  readonly why: string;
  readonly output: Buffer;
  /** The end of what it wrote to standard error: any octets, read as UTF-8. */
  readonly said: string;
}

/**
 * Runs a program without a shell, in `/`, in a process group of its own, which is killed as a whole at the time limit, when
 * it writes too much, and by `signal`. Resolves always; a child of its own that keeps the pipes open does not keep us.
 */
export function runProgram({ file, args = [], environment, input, output, timeout, signal }: ProgramRun) {
  return new Promise<ProgramEnd>(resolve => {
    const child = spawn(file, args, {
      cwd: '/',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', output === 0 ? 'ignore' : 'pipe', 'pipe'],
      detached: true,
      shell: false,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let said = '';
    let why = '';
    const kill = (words: string) => {
      why ||= words;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(kill, timeout, `it ran longer than ${timeout / 1000} s`);
    const cut = () => kill('it was cut off');
    signal?.addEventListener('abort', cut, { once: true });
    const end = (status: number | null, by: NodeJS.Signals | null, words: string) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cut);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ status, by, why: words, output: Buffer.concat(chunks), said });
    };
    child.once('error', error => end(null, null, error.message));
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > output) kill(`it wrote more than ${output} octets`);
      else chunks.push(chunk);
    });
    child.stderr?.setEncoding('utf8');
    child.stderr?.on('data', (chunk: string) => {
      said = (said + chunk).slice(-MOST_SAID);
    });
    // Its last words may come behind its end.
    child.once('exit', (status, by) => {
      const patience = setTimeout(() => end(status, by, why), LAST_WORDS);
      child.once('close', () => {
        clearTimeout(patience);
        end(status, by, why);
      });
    });
    // A program need not read: a broken pipe says nothing about its exit status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    if (signal?.aborted) cut();
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
