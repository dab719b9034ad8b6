/**
 * The pager of the person's own choice, $PAGER, for one answer: it gets the text by a pipe and has the terminal until it
 * ends. It is started when there is something to show.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface OwnPager {
  out(text: string): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  /** Nothing more comes. Resolves when the pager has ended. */
  end(): Promise<void>;
}

export interface OwnPagerOptions {
  /** As a shell takes it, such as `less -S`. */
  readonly command: string;
  /** The pager has the terminal now, or has it no more. */
  readonly lend: (on: boolean) => void;
  /** The pager ended before the answer did: the person has seen enough. */
  readonly quit: () => void;
}

/** Where LESS is not set, `less` ends by itself after less than a page, shows colours, and leaves the text on the screen. */
const LESS = 'FRX';

/** A pager for one answer. */
export function createOwnPager({ command, lend, quit }: OwnPagerOptions): OwnPager {
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let over = false;
  let whole = false;
  let room: Promise<void> = Promise.resolve();

  function start(): ChildProcess {
    lend(true);
    const env = { LESS, ...process.env };
    const started = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'inherit', 'inherit'], env });
    ended = new Promise(resolve => {
      const leave = () => {
        if (over) return;
        over = true;
        lend(false);
        if (!whole) quit();
        resolve();
      };
      started.once('error', leave);
      started.once('close', leave);
    });
    // It may end before it has read all.
    started.stdin!.on('error', () => {});
    return started;
  }

  return {
    out(text) {
      if (over) return;
      child ??= start();
      const { stdin } = child;
      if (!stdin!.write(text))
        room = Promise.race([new Promise<void>(resolve => stdin!.once('drain', resolve)), ended]);
    },
    ready: () => room,
    async end() {
      whole = true;
      child?.stdin?.end();
      await ended;
    },
  };
}
