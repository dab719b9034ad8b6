/** How far long work is, in one line of a terminal that is drawn over itself. */
import { cut } from './render/width.ts';

/** Milliseconds between two states that are drawn. */
const PAUSE = 250;

export interface Progress {
  /** Draws the state of now, when the last one is old enough; `state` is asked only then. */
  show(state: () => string): void;
  /** Takes the line away, so that something else can be printed. */
  clear(): void;
}

/** Where nobody looks. */
export const NO_PROGRESS: Progress = { show() {}, clear() {} };

export interface ProgressTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Progress on the standard error, when that is a terminal and the output is none: lines of output would be drawn over. With
 * `quiet` nothing is printed meanwhile, so that the output may be a terminal too.
 */
export function progressOn(
  stderr: ProgressTerminal,
  stdout: ProgressTerminal,
  { quiet = false, now = () => performance.now() } = {},
): Progress {
  if (stderr.isTTY !== true || (stdout.isTTY === true && !quiet)) return NO_PROGRESS;
  let last = now();
  let drawn = false;
  return {
    show(state) {
      const at = now();
      if (at - last < PAUSE) return;
      last = at;
      drawn = true;
      stderr.write(`\r\x1b[K${cut(state(), (stderr.columns ?? 80) - 1)}`);
    },
    clear() {
      if (drawn) stderr.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** `42%`, of octets that were read of a file; empty where its size is not known. */
export function shareOf(read: number, size: number | null): string {
  return size === null || size === 0 ? '' : `${Math.min(100, Math.floor((100 * read) / size))}%`;
}

/** `1234 a second`. */
export function pace(number: number, milliseconds: number): string {
  return milliseconds < 1000 ? '' : `${Math.round((1000 * number) / milliseconds)} a second`;
}
