/** The clock of one machine, which can be set while it runs; where Debian's libfaketime is not installed there is none. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MachineClock {
  /** What a process needs in its environment to go by this clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds that it is ahead of the clock of this computer from now on, or behind it. */
  ahead(milliseconds: number): void;
}

const ROOT = '/usr/lib';
/** How long a process goes on by what it read last, seconds. */
const READ_AGAIN = 1;

function library(): string | undefined {
  const found = readdirSync(ROOT).map(name => join(ROOT, name, 'faketime', 'libfaketime.so.1'));
  return found.find(existsSync);
}

/** `file` says how far it is ahead. Null: libfaketime is not installed. */
export function machineClock(file: string): MachineClock | null {
  const preload = library();
  if (preload === undefined) return null;
  const ahead = (milliseconds: number) => writeFileSync(file, `${milliseconds < 0 ? '' : '+'}${milliseconds / 1_000}`);
  ahead(0);
  return {
    environment: {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: String(READ_AGAIN),
      // Nobody sets the clock that counts from the start of a computer.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    ahead,
  };
}
