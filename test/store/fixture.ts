import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenStore, openStore } from '../../src/store/store.ts';

const opened: OpenStore[] = [];

/** A directory that goes when the suite ends, and with it every store that a failed test left open. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-store-'));
  after(async () => {
    for (const store of opened.splice(0)) await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Opens a store that must have no problem. */
export async function open(directory: string): Promise<OpenStore> {
  const store = await openStore(directory, {
    onProblem: text => {
      throw new Error(text);
    },
  });
  opened.push(store);
  return store;
}

/** The message of a promise that must reject. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it did not reject');
}
