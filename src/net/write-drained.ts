import type { Writable } from 'node:stream';

/**
 * Writes text, and resolves once the reader has room for more. Rejects with the signal's reason when it has aborted: the
 * reader is gone, and room would be waited for in vain.
 */
export async function writeDrained(stream: Writable, text: string, gone: AbortSignal): Promise<void> {
  gone.throwIfAborted();
  if (stream.write(text)) return;
  await new Promise<void>(resolve => {
    const settle = (): void => {
      stream.off('drain', settle);
      gone.removeEventListener('abort', settle);
      resolve();
    };
    stream.on('drain', settle);
    gone.addEventListener('abort', settle);
  });
  gone.throwIfAborted();
}
