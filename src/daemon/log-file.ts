/** A log file that outlives a full disk: what could not be written is counted, and said once it can be written again. */
import { createWriteStream, type WriteStream } from 'node:fs';

/** Octets that may wait for a disk that hangs. */
const MOST_WAITING = 8 * 1024 * 1024;
/** ms after which a file that failed is opened again. */
const RETRY = 5_000;

export interface LogFile {
  /** Appends a line, which brings its own end. */
  write(line: string): void;
  /** Resolves when the last line is written, or cannot be. */
  close(): Promise<void>;
}

/**
 * Opens a file for appending, mode 0640, and again `retry` ms after each failure. `tell` hears what is wrong, in words,
 * and null when lines are written again.
 */
export function openLogFile(name: string, tell: (problem: string | null) => void, retry = RETRY): LogFile {
  let lost = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let stream = open();

  function open(): WriteStream {
    const opened = createWriteStream(name, { flags: 'a', mode: 0o640 });
    opened.on('error', error => {
      tell(`log file ${name}: ${error.message}`);
      if (!closed) timer = setTimeout(again, retry).unref();
    });
    return opened;
  }

  function again(): void {
    stream = open();
    const missing = lost;
    // The line that failed may stand there in part.
    const line = `\n${new Date().toISOString()} warn  ${missing} lines are missing here: they could not be written\n`;
    stream.write(line, error => {
      if (error) return;
      lost -= missing;
      tell(null);
    });
  }

  return {
    write(line) {
      if (stream.destroyed || stream.writableLength > MOST_WAITING) {
        lost++;
        if (!stream.destroyed) tell(`log file ${name}: the disk does not keep up; ${lost} lines are lost`);
        return;
      }
      stream.write(line, error => {
        if (error) lost++;
      });
    },
    close() {
      closed = true;
      clearTimeout(timer);
      if (stream.destroyed) return Promise.resolve();
      return new Promise(resolve => {
        stream.once('close', resolve);
        stream.end();
      });
    },
  };
}
