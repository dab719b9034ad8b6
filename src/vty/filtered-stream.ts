/** Filters behind a command that writes to a stream: lines go on as they pass, no faster than they are taken. */
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createSieve, type Filter } from './filters.ts';

export interface FilteredStream {
  readonly stream: Writable;
  /** The answer is wanted as JSON. */
  readonly json: boolean;
  /** Nothing more is written: lets out what was held back. */
  end(): Promise<void>;
}

/** What is written to `stream` goes to `to` as far as it passes. */
export function filteredStream(filters: readonly Filter[], to: Writable): FilteredStream {
  const decoder = new StringDecoder('utf8');
  const sieve = createSieve(filters, new Set(), text => void to.write(text));
  const drained = async () => void (to.writableNeedDrain && (await once(to, 'drain')));
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      sieve.out(decoder.write(chunk));
      drained().then(() => done(), done);
    },
  });
  return {
    stream,
    json: sieve.json,
    async end() {
      await new Promise<void>(resolve => stream.end(resolve));
      sieve.end();
      await drained();
    },
  };
}
