/** Answers of NRTM 1 and 3: the stream, what it means to who asked, and its operations in a book. */
import { nrtmAnswer } from '../../src/registry/irr/nrtm-answer.ts';
import { nrtmReader } from '../../src/registry/irr/nrtm3.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const ROUTE = 'route: 192.0.2.0/24\norigin: AS64500\nmnt-by: M\nsource: TEST\n';

const SEEDS: readonly Uint8Array[] = [
  `% terms\n\n%START Version: 3 TEST 3-9 FILTERED\n\nADD 3\n\n${ROUTE}\nDEL 5\n\n${ROUTE}\nADD 9\n\nas-set: AS-X\nmembers: AS1\n\n%END TEST\n`,
  `%START Version: 1 TEST 3-4\n\nADD\n\n${ROUTE}\nDEL\n\nroute6: 2001:db8::/32\norigin: AS1\n\n%END TEST\n`,
  '%% ERROR: Serials 3 - 9 do not exist\n\n',
  '%ERROR:401: invalid range: Not within 1-2\n',
  '% Warning: there are no newer updates available\n',
].map(text => Buffer.from(text));

/** Reads a stream in pieces of so many octets; returns what was told of it. */
function read(stream: Uint8Array, piece: number): string {
  const told: string[] = [];
  let last = 0;
  const reader = nrtmReader(event => {
    if (event.line < last) throw new Error('an event before the last one');
    // What an operation is told by is the line of its own word, which is before the end of its object.
    if (event.kind !== 'operation' && event.kind !== 'unreadable') last = event.line;
    if (event.kind === 'end' && event.octets > stream.length) throw new Error('an end behind the end');
    told.push(event.kind === 'operation' ? `${event.op} ${event.serial} ${event.object.text}` : event.kind);
  });
  for (let at = 0; at < stream.length; at += piece) reader.push(stream.slice(at, at + piece));
  reader.end();
  return told.join();
}

/** What it means to who has everything before serial 3, and that no more is applied than the serials allow. */
function judge(stream: Uint8Array, version: 1 | 3): string {
  const answer = nrtmAnswer({ source: 'TEST', version, from: 3 });
  const outcome = answer.push(stream) ?? answer.end();
  if (outcome.what !== 'changes') return outcome.what;
  const book = sourceBook('TEST');
  let before = 2;
  for (const { op, object, serial } of outcome.operations) {
    if (serial <= before || serial > outcome.serial) throw new Error(`serial ${serial} after ${before}`);
    before = serial;
    book.apply(op, object);
  }
  return `changes ${outcome.operations.length} ${outcome.unreadable}`;
}

export function nrtm3Target(): Target {
  return {
    name: 'NRTM 1 and 3 streams',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const whole = read(input, input.length + 1);
      if (read(input, 3) !== whole) throw new Error('in pieces it is another stream');
      return `${judge(input, 1)}; ${judge(input, 3)}; ${whole.slice(0, 200)}`;
    },
    begin() {},
  };
}
