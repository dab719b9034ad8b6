/**
 * How an answer is written: one JSON object, a line for each row (NDJSON), or server-sent events (intertrack-api(7),
 * Answers). Rows wait for the client: nothing of an answer is kept but what fits one write.
 */
import type { ServerResponse } from 'node:http';
import type { AnswerSink, Outcome } from '../control/carry-out.ts';
import { writeDrained } from '../net/write-drained.ts';
import { PROBLEM_TYPE, problemBody } from './problem.ts';

export type Format = 'json' | 'lines' | 'events';

const TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  lines: 'application/x-ndjson',
  events: 'text/event-stream',
};

/** The form a client wants by its Accept header: the first that we have; JSON where it names none. */
export function formatOf(accept: string | undefined): Format {
  for (const one of (accept ?? '').split(',')) {
    const [type = ''] = one.split(';');
    const found = (Object.keys(TYPES) as Format[]).find(format => TYPES[format] === type.trim().toLowerCase());
    if (found !== undefined) return found;
  }
  return 'json';
}

/** How often a line that means nothing keeps a quiet connection of events open. */
const HEARTBEAT = 15_000;
/** Octets of rows after which an answer is begun before it is whole: until then it may still become an error. */
const HELD = 256 * 1024;

export interface Answering extends AnswerSink {
  /** Writes the end, or the problem, of this status, where nothing was written yet. Resolves when the client has it. */
  end(outcome: Outcome, status?: number): Promise<void>;
}

/** An answer that goes to this response, in this form; `gone` aborts when the client has left. */
export function answering(response: ServerResponse, format: Format, gone: AbortSignal): Answering {
  let held = '';
  let rows = 0;
  let begun = false;
  let one = false;
  let live = false;

  const write = (text: string) => writeDrained(response, text, gone);
  const start = () => {
    begun = true;
    response.writeHead(200, { 'Content-Type': TYPES[format], 'Cache-Control': 'no-store' });
  };
  const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  /** With where it is among what is told, so that a browser that comes back says where it was. */
  const rowEvent = (row: unknown) => {
    const { mark } = row as { readonly mark?: unknown };
    return `${live && typeof mark === 'string' ? `id: ${mark}\n` : ''}${event('row', row)}`;
  };

  return {
    async begin({ one: single, live: goesOn }) {
      one = single === true;
      live = goesOn === true;
      // A trace of a capture that was sent begins a second time.
      if (begun) return;
      // Who waits for what may not come for hours has to know that it was heard.
      if (format === 'json' || (!live && format !== 'events')) return;
      start();
      response.flushHeaders();
      if (format !== 'events') return;
      const heart = setInterval(() => response.writableEnded || response.write(':\n\n'), HEARTBEAT).unref();
      // However the answer ends.
      response.once('close', () => clearInterval(heart));
    },
    async row(row) {
      rows++;
      if (format === 'events') return write(rowEvent(row));
      const text = JSON.stringify(row);
      if (format === 'lines') {
        if (!begun) start();
        return write(`${text}\n`);
      }
      held += one ? `"row":${text}` : `${rows === 1 ? '"rows":[' : ','}\n${text}`;
      if (held.length < HELD) return;
      const first = begun ? '' : '{';
      if (!begun) start();
      const now = `${first}${held}`;
      held = '';
      return write(now);
    },
    ...(format === 'events' && {
      partial(row: unknown) {
        if (!gone.aborted && !response.writableNeedDrain) response.write(event('partial', row));
      },
    }),
    async end(outcome, status = 422) {
      if (outcome.how === 'cancelled' || gone.aborted) {
        response.destroy();
        return;
      }
      if (outcome.how === 'failed') {
        if (!begun) {
          response.writeHead(status, { 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store' });
          response.end(problemBody({ status, detail: outcome.error }));
        } else if (format === 'json') response.destroy();
        else if (format === 'lines') response.end(`${JSON.stringify({ error: outcome.error })}\n`);
        else response.end(event('error', { error: outcome.error }));
        return;
      }
      const { name: command, notes } = outcome;
      if (format === 'events') response.end(event('end', { command, notes }));
      else if (format === 'lines') {
        if (!begun) start();
        response.end(`${JSON.stringify({ end: true, command, notes })}\n`);
      } else {
        const first = begun ? '' : '{';
        if (!begun) start();
        const list = one ? (rows === 0 ? '"row":null' : '') : rows === 0 ? '"rows":[]' : '\n]';
        const tail = JSON.stringify({ command, notes }).slice(1);
        response.end(`${first}${held}${list},${tail}\n`);
      }
    },
  };
}
