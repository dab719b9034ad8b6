import { spawn } from 'node:child_process';
import type { ExecConfig } from '../config/tree.ts';
import type { Channel } from './channel.ts';
import type { Outcome } from './delivery.ts';
import { printable } from './layout.ts';
import type { Notice } from './notice.ts';

/** Octets of standard error that are kept, the last ones. */
const MOST_SAID = 500;

/** How long the last words of a program that has ended are waited for, ms. */
const LAST_WORDS = 200;

/** Exit statuses of sysexits.h by which a program says that it will never take this notice. */
const REFUSALS: Readonly<Record<number, string>> = {
  65: 'EX_DATAERR',
  67: 'EX_NOUSER',
  77: 'EX_NOPERM',
};

/**
 * A `notify exec` block: the program is started for each notice, without a shell and without arguments, in an empty
 * environment but for PATH, LANG and what the notice is about; it reads the notice as one line of JSON. Status 0 is sent;
 * 65, 67 and 77 are refused; any other status, a signal, or the time limit, at which its whole process group is killed,
 * is deferred.
 */
export function createExec(config: ExecConfig): Channel {
  return {
    send: (notice, signal) =>
      new Promise<Outcome>(resolve => {
        const child = spawn(config.file, [], {
          cwd: '/',
          env: environment(notice),
          stdio: ['pipe', 'ignore', 'pipe'],
          // A process group of its own: what it started goes with it.
          detached: true,
          shell: false,
        });
        let said = '';
        let why = '';
        const kill = (words: string) => {
          why ||= words;
          if (child.pid !== undefined) killGroup(child.pid);
        };
        const timer = setTimeout(kill, config.timeout, `it ran longer than ${config.timeout / 1000} s`);
        const cut = () => kill('it was cut off');
        signal.addEventListener('abort', cut, { once: true });
        const end = (outcome: Outcome) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', cut);
          child.stderr.destroy();
          resolve(outcome);
        };
        child.once('error', error => end({ result: 'deferred', error: printable(error.message).slice(0, MOST_SAID) }));
        child.stderr.setEncoding('utf8');
        child.stderr.on('data', (chunk: string) => {
          said = (said + chunk).slice(-MOST_SAID);
        });
        // Its last words may come behind its end; a child of its own that keeps standard error open must not keep us.
        child.once('exit', (status, by) => {
          const ended = () => end(outcomeOf(status, by, why, said));
          const patience = setTimeout(ended, LAST_WORDS);
          child.once('close', () => {
            clearTimeout(patience);
            ended();
          });
        });
        // A program need not read: a broken pipe says nothing about its exit status.
        child.stdin.on('error', () => {});
        child.stdin.end(`${JSON.stringify(notice)}\n`);
        if (signal.aborted) cut();
      }),
  };
}

function environment(notice: Notice): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    INTERTRACK_ID: notice.id,
    INTERTRACK_EVENT: notice.event,
    INTERTRACK_CASE: notice.case ?? '',
    INTERTRACK_PREFIX: printable(notice.prefix),
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function outcomeOf(status: number | null, by: NodeJS.Signals | null, why: string, said: string): Outcome {
  if (status === 0) return { result: 'sent' };
  const last = printable(said.trim().split('\n').at(-1) ?? '');
  const how = why !== '' ? why : by !== null ? `it was ended by ${by}` : `it ended with status ${status}`;
  const refusal = REFUSALS[status ?? -1];
  const words = `${how}${refusal === undefined ? '' : ` (${refusal})`}${last === '' ? '' : `: ${last}`}`;
  return { result: refusal === undefined ? 'deferred' : 'refused', error: words };
}
