import type { ExecConfig } from '../config/tree.ts';
import { type ProgramEnd, runProgram } from '../net/run-program.ts';
import type { Channel } from './channel.ts';
import type { Outcome } from './delivery.ts';
import { printable } from './layout.ts';
import type { Notice } from './notice.ts';

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
    async send(notice, signal): Promise<Outcome> {
      const end = await runProgram({
        file: config.file,
        environment: about(notice),
        input: `${JSON.stringify(notice)}\n`,
        ...{ output: 0, timeout: config.timeout, signal },
      });
      return outcomeOf(end);
    },
  };
}

function about(notice: Notice): Record<string, string> {
  return {
    INTERTRACK_ID: notice.id,
    INTERTRACK_EVENT: notice.event,
    INTERTRACK_CASE: notice.case ?? '',
    INTERTRACK_PREFIX: printable(notice.prefix),
  };
}

function outcomeOf({ status, by, why, said }: ProgramEnd): Outcome {
  if (status === 0) return { result: 'sent' };
  if (status === null && by === null) return { result: 'deferred', error: printable(why) };
  const last = printable(said.trim().split('\n').at(-1) ?? '');
  const how = why !== '' ? why : by !== null ? `it was ended by ${by}` : `it ended with status ${status}`;
  const refusal = REFUSALS[status ?? -1];
  const words = `${how}${refusal === undefined ? '' : ` (${refusal})`}${last === '' ? '' : `: ${last}`}`;
  return { result: refusal === undefined ? 'deferred' : 'refused', error: words };
}
