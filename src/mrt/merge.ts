/**
 * Several MRT files as one, in the order of their times. Only the files whose times overlap are open at once: of each the
 * first record is looked at before, so that it is known when its turn comes.
 */
import type { Readable } from 'node:stream';
import { TABLE_DUMP, TABLE_DUMP_V2 } from './record-types.ts';
import { type MrtGap, type MrtReader, type MrtRecord, mrtReader } from './records.ts';
import { openMrt } from './source.ts';

/** What is found; `file` is the position in the list that was given. */
export interface MergeEvents {
  /** A record, valid until the call returns. Its time may be before that of the last one where its file goes back. */
  record(file: number, record: MrtRecord): void;
  /** Octets of a file that are no record. They are told when they are met, which may be before their time. */
  gap(file: number, gap: MrtGap): void;
  /** The file is over; with an error, what came before that was read. */
  end(file: number, error: unknown): void;
  /** Called now and then: what it waits for, the reading waits for. */
  drained?(): Promise<void> | undefined;
}

/** A file that is being read, its next record in sight. */
interface Source {
  readonly number: number;
  readonly reader: MrtReader;
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Seconds since the epoch of the next record. */
  time: number;
  /** Of equal times the lowest goes first. */
  readonly rank: number;
  error: unknown;
}

/** A file whose turn has not come. */
interface Waiting {
  readonly number: number;
  readonly time: number;
  readonly rank: number;
  /** It cannot be opened twice. */
  readonly source: Source | null;
}

const timeOf = ({ seconds, microseconds }: MrtRecord): number => seconds + microseconds / 1e6;
const isTable = ({ type }: MrtRecord): boolean => type === TABLE_DUMP || type === TABLE_DUMP_V2;
const before = (a: Pick<Source, 'time' | 'rank'>, b: Pick<Source, 'time' | 'rank'>): boolean =>
  a.time < b.time || (a.time === b.time && a.rank < b.rank);

/** Reads all files, `-` being `stdin`. Of equal times tables go first, then the order of `files` counts. */
export async function mergeMrt(files: readonly string[], stdin: Readable | null, events: MergeEvents): Promise<void> {
  const open = (number: number, rank: number): Source => ({
    number,
    reader: mrtReader(),
    chunks: openMrt(files[number]!, stdin),
    time: Number.NEGATIVE_INFINITY,
    rank,
    error: null,
  });

  /** Goes to the next record as far as it is there. */
  function step(source: Source, onGap: MergeEvents['gap']): 'record' | 'more' | 'end' {
    for (;;) {
      const found = source.reader.next();
      if (found === 'record') source.time = timeOf(source.reader.record);
      if (typeof found === 'string') return found;
      onGap(source.number, found);
    }
  }

  /** Reads until the next record is there; false when there is none. */
  async function find(source: Source, onGap: MergeEvents['gap']): Promise<boolean> {
    for (;;) {
      const found = step(source, onGap);
      if (found !== 'more') return found === 'record';
      try {
        const next = await source.chunks.next();
        if (next.done === true) source.reader.finish();
        else source.reader.feed(next.value);
      } catch (error) {
        source.error = error ?? new Error('unreadable');
        source.reader.finish();
      }
    }
  }

  async function look(number: number): Promise<Waiting> {
    const source = open(number, number);
    const once = files[number] === '-';
    const found = await find(source, once ? events.gap : () => {});
    const rank = found && isTable(source.reader.record) ? number - files.length : number;
    if (!once) await source.chunks.return?.();
    return { number, time: source.time, rank, source: once ? { ...source, rank } : null };
  }

  const waiting: Waiting[] = [];
  for (const number of files.keys()) waiting.push(await look(number));
  waiting.sort((a, b) => (before(a, b) ? -1 : 1));
  const reading: Source[] = [];

  async function goOn(source: Source): Promise<void> {
    if (await find(source, events.gap)) return;
    reading.splice(reading.indexOf(source), 1);
    events.end(source.number, source.error);
  }

  while (waiting.length > 0 || reading.length > 0) {
    let first: Source | null = null;
    let second: Pick<Source, 'time' | 'rank'> | null = null;
    for (const source of reading)
      if (first === null || before(source, first)) [first, second] = [source, first];
      else if (second === null || before(source, second)) second = source;
    const [next] = waiting;
    if (next !== undefined && (first === null || before(next, first))) {
      waiting.shift();
      const source = next.source ?? open(next.number, next.rank);
      reading.push(source);
      if (next.source === null || next.time === Number.NEGATIVE_INFINITY) await goOn(source);
      continue;
    }
    if (next !== undefined && (second === null || before(next, second))) second = next;
    let found: 'record' | 'more' | 'end';
    do {
      events.record(first!.number, first!.reader.record);
      found = step(first!, events.gap);
    } while (found === 'record' && (second === null || before(first!, second)));
    if (found === 'record') continue;
    const wait = events.drained?.();
    if (wait !== undefined) await wait;
    await goOn(first!);
  }
  await events.drained?.();
}
