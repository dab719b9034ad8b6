/** The processes of the large testbed, as their parent speaks to them. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Commands } from './worker.ts';

/** How long the end of a process may take, ms. */
const LAST = 5000;

export interface Worker {
  ask<Name extends keyof Commands>(
    name: Name,
    ...given: Parameters<Commands[Name]>
  ): Promise<Awaited<ReturnType<Commands[Name]>>>;
  /** Lets the process end by itself, and sees to it that it does. */
  end(): Promise<void>;
}

export function startWorker(): Worker {
  const child: ChildProcess = fork(join(import.meta.dirname, 'worker.ts'), [], {
    ...{ serialization: 'advanced', execArgv: [...process.execArgv, '--expose-gc'] },
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let next = 0;
  child.on('message', (message: { id: number; value?: never; error?: string }) => {
    const one = waiting.get(message.id);
    if (one === undefined) return;
    waiting.delete(message.id);
    if (message.error === undefined) one.resolve(message.value as never);
    else one.reject(new Error(message.error));
  });
  child.on('exit', code => {
    for (const { reject } of waiting.values()) reject(new Error(`a process of the testbed ended with ${code}`));
  });
  return {
    ask: (name, given?: unknown) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        child.send({ id, name, given });
      }),
    end: () =>
      new Promise(resolve => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const patience = setTimeout(() => child.kill('SIGKILL'), LAST);
        child.once('exit', () => {
          clearTimeout(patience);
          resolve();
        });
        if (child.connected) child.send({ id: next++, name: 'stop' });
      }),
  };
}
