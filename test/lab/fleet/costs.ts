/** What processes cost, by /proc (proc(5)): a process with all below it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS = 100;

/** Null: it is gone. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function below(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.flatMap(task =>
      (read(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Seconds of processor time, of those below that have ended too. */
export function processorOf(pid: number): number {
  const fields = (read(`/proc/${pid}/stat`)?.split(') ')[1] ?? '').split(' ').map(Number);
  const own = [11, 12, 13, 14].reduce((sum, i) => sum + (fields[i] ?? 0), 0) / TICKS;
  return below(pid).reduce((sum, child) => sum + processorOf(child), own);
}

/** Seconds that its threads, and those below it, were ready to run and waited for a processor; 0: the kernel does not count it. */
export function waitedFor(pid: number): number {
  let own = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`))
      own += Number((read(`/proc/${pid}/task/${task}/schedstat`) ?? '').split(' ')[1] ?? 0);
  } catch {
    // it is gone
  }
  return below(pid).reduce((sum, child) => sum + waitedFor(child), own / 1e9);
}

/** Octets of memory of its own: what processes share is counted once for each of them and left out where the kernel says so. */
export function memoryOf(pid: number): number {
  const own = [...(read(`/proc/${pid}/smaps_rollup`) ?? '').matchAll(/^Pss_(?:Anon|Shmem): +(\d+) kB$/gm)];
  const octets = own.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
  return below(pid).reduce((sum, child) => sum + memoryOf(child), octets);
}

/** The oldest process whose command line has this text. */
export const pidOf = (marker: string): number =>
  Number(execFileSync('pgrep', ['-o', '-f', marker], { encoding: 'utf8' }));
