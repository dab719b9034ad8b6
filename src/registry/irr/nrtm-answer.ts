/** What an answer of NRTM 1 or 3 means to one who asked for the serials from `from` on. Pure; the socket is outside. */
import type { RpslProblem } from '../rpsl.ts';
import { type Operation, operationOf } from './feed.ts';
import { type NrtmEvent, nrtmReader } from './nrtm3.ts';

/** More changes than these are no changes any more: the dump is read instead. */
export const MAX_OPERATIONS = 200_000;
export const MAX_ANSWER = 256 * 2 ** 20;
/** Unreadable operations kept with their words; all are counted. */
const KEPT_PROBLEMS = 20;

export type NrtmOutcome =
  | {
      readonly what: 'changes';
      readonly operations: readonly Operation[];
      /** Where the source is after them. */
      readonly serial: number;
      /** Operations of serials before `from`, left out. */
      readonly replayed: number;
      readonly unreadable: number;
      readonly problems: readonly RpslProblem[];
    }
  | { readonly what: 'nothing-new' }
  /** The server does not have these serials any more: only the dump helps. */
  | { readonly what: 'expired'; readonly why: string }
  /** The server's serials are behind ours: it was set back, or is another one. */
  | { readonly what: 'behind'; readonly why: string }
  /** The server does not want to, or cannot just now. */
  | { readonly what: 'refused'; readonly why: string }
  /** This is no NRTM, or it is cut short. */
  | { readonly what: 'broken'; readonly why: string };

export interface NrtmQuestion {
  readonly source: string;
  readonly version: 1 | 3;
  readonly from: number;
}

/** The line that asks for it: RIPE's and IRRd's syntax are the same. */
export const nrtmQuery = ({ source, version, from }: NrtmQuestion): string => `-g ${source}:${version}:${from}-LAST\n`;

export interface NrtmAnswer {
  /** Takes the next octets; the answer is complete when it is not null. What comes behind it does not matter. */
  push(chunk: Uint8Array): NrtmOutcome | null;
  /** The server closed the connection. */
  end(): NrtmOutcome;
}

/** `most`: operations of one answer; more are no changes any more. */
export function nrtmAnswer(question: NrtmQuestion, most = MAX_OPERATIONS): NrtmAnswer {
  const { source, version, from } = question;
  const operations: Operation[] = [];
  const problems: RpslProblem[] = [];
  let last = 0;
  let replayed = 0;
  let unreadable = 0;
  let octets = 0;
  let outcome: NrtmOutcome | null = null;
  const broken = (why: string): NrtmOutcome => ({ what: 'broken', why });

  function hear(event: NrtmEvent): NrtmOutcome | null {
    switch (event.kind) {
      case 'start':
        if (event.source !== source) return broken(`asked for ${source}, got ${event.source}`);
        if (event.version !== version) return broken(`asked for version ${version}, got ${event.version}`);
        if (event.last < from - 1)
          return { what: 'behind', why: `the server is at serial ${event.last}, this copy at ${from - 1}` };
        // Gaps are legal within the range that was asked for; what comes before another range is lost.
        if (event.first > from)
          return { what: 'expired', why: `the answer begins at serial ${event.first}, ${from} was asked for` };
        last = event.last;
        return null;
      case 'operation':
        if (event.serial < from) replayed++;
        else if (operations.push(operationOf(event.op, event.serial, event.object)) > most)
          return { what: 'expired', why: `more than ${most} operations` };
        return null;
      case 'unreadable':
        unreadable++;
        if (problems.length < KEPT_PROBLEMS)
          problems.push({ line: event.line, why: `serial ${event.serial}: ${event.why}` });
        return null;
      case 'end':
        return { what: 'changes', operations, serial: last, replayed, unreadable, problems };
      case 'nothing-new':
        return { what: 'nothing-new' };
      case 'error':
        return meaningOf(event.why, from);
      case 'broken':
        return broken(`line ${event.line}: ${event.why}`);
    }
  }

  const reader = nrtmReader(event => {
    outcome ??= hear(event);
  });
  return {
    push(chunk) {
      octets += chunk.length;
      if (outcome === null) reader.push(chunk);
      if (octets > MAX_ANSWER) outcome ??= { what: 'expired', why: `an answer of more than ${MAX_ANSWER} octets` };
      return outcome;
    },
    end() {
      if (outcome === null) reader.end();
      return outcome ?? broken('the server closed the connection without an answer');
    },
  };
}

/**
 * An error in a server's words. RIPE says `ERROR:401: invalid range: Not within OLDEST-NEWEST`, also when there is nothing
 * new; IRRd says `ERROR: Serials A - B do not exist`, with ours first when it is too old and last when it is too new.
 */
function meaningOf(why: string, from: number): NrtmOutcome {
  const within = /Not within (\d+)-(\d+)/i.exec(why);
  const missing = /Serials (\d+) - (\d+) do not exist/i.exec(why);
  if (within !== null) {
    const newest = Number(within[2]);
    if (newest === from - 1) return { what: 'nothing-new' };
    return { what: newest < from - 1 ? 'behind' : 'expired', why };
  }
  if (missing !== null) return { what: Number(missing[1]) < from ? 'behind' : 'expired', why };
  return { what: 'refused', why };
}
