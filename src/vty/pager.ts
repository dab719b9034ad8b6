/** Shows an answer a page at a time, as routers' shells do; what is not shown yet holds back whoever writes it. */
import { width } from './render/width.ts';

export interface PagerOptions {
  readonly write: (text: string) => void;
  /** Of the terminal; `rows` 0: nothing stops. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** The person has seen enough. */
  readonly quit: () => void;
  /** Keys are wanted, or no more. */
  readonly asks: (waiting: boolean) => void;
}

export interface Pager {
  out(text: string): void;
  /** Resolves when all that was written is shown, or the person has seen enough. */
  ready(): Promise<void>;
  /** A key that was pressed while it asks, by readline's name. */
  key(name: string | undefined, ctrl: boolean): void;
}

const PROMPT = '--More--';

/** A pager for one answer. */
export function createPager({ write, size, quit, asks }: PagerOptions): Pager {
  /** Lines still to be shown, each with its line feed. */
  let rest: string[] = [];
  let next = 0;
  let room = size().rows - 1;
  let waiting = false;
  let over = false;
  const wake: (() => void)[] = [];

  const height = (line: string) => Math.max(1, Math.ceil((width(line) - 1) / Math.max(1, size().columns)));

  function show(): void {
    for (; next < rest.length; next++) {
      const line = rest[next]!;
      const lines = height(line);
      if (size().rows > 0 && lines > room && room < size().rows - 1) break;
      write(line);
      room -= lines;
    }
    if (next < rest.length) {
      waiting = true;
      write(PROMPT);
      asks(true);
      return;
    }
    rest = [];
    next = 0;
    for (const one of wake.splice(0)) one();
  }

  function go(lines: number): void {
    waiting = false;
    write(`\r\x1b[K`);
    asks(false);
    room = lines;
    show();
  }

  return {
    out(text) {
      if (over) return;
      // What draws over what is there already is no part of a page.
      if (text.includes('\x1b[') || size().rows === 0) {
        write(text);
        room = size().rows - 1;
        return;
      }
      for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) rest.push(line);
      if (!waiting) show();
    },
    ready: () => (rest.length === 0 ? Promise.resolve() : new Promise(resolve => wake.push(resolve))),
    key(name, ctrl) {
      if (!waiting) return;
      if (name === 'q' || (ctrl && name === 'c')) {
        over = true;
        rest = [];
        go(size().rows - 1);
        quit();
      } else if (name === 'a') go(Number.POSITIVE_INFINITY);
      else if (name === 'return' || name === 'enter' || name === 'down') go(1);
      else if (name === 'space' || name === 'pagedown') go(size().rows - 1);
    },
  };
}
