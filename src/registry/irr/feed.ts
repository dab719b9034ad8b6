/**
 * What brings the objects of one IRR source: a dump file, a dump that is fetched, NRTM behind either, NRTMv4. A feed has
 * its own timers and sockets; what it brings goes to a listener, which takes or refuses it, one thing after the other.
 */
import { type RpslObject, type RpslProblem, readRpslObject } from '../rpsl.ts';
import type { SourceBook } from '../source-book.ts';

/** One change of a source, in the order of its serials. */
export interface Operation {
  readonly op: 'add' | 'del';
  readonly serial: number;
  /** Those of its object. */
  readonly bytes: Uint8Array;
  /** Read of the octets each time it is asked for: 200,000 objects that are read take a gigabyte. */
  readonly object: RpslObject;
}

/** `object` has at least one attribute; its octets are the operation's from now on. */
export const operationOf = (op: Operation['op'], serial: number, { bytes }: RpslObject): Operation => ({
  op,
  serial,
  bytes,
  get object() {
    return readRpslObject(bytes)!;
  },
});

/** What was read on the way to a whole copy. */
export interface DumpReading {
  readonly book: SourceBook;
  /** Objects of classes that are not kept, and objects deleted in place. */
  readonly skipped: number;
  readonly dead: number;
  /** Problems, and mail addresses that were refused; the first of them with their line. */
  readonly problems: number;
  readonly refusedAddresses: number;
  readonly firstProblems: readonly RpslProblem[];
  /** It ends in the mark that many registries end a dump with, `# EOF`; left out where there is no such thing. */
  readonly eof?: boolean;
}

/** Where a whole copy comes from. */
export interface CopyOrigin {
  /** File name or URL. */
  readonly place: string;
  /** The serial it is at; null when the source told none. */
  readonly serial: number | null;
  /** When the source wrote it, or else when it was fetched; ms since the epoch. */
  readonly written: number;
  /** It was taken in an earlier run, or by this one before it was changed: it is not held against another once more. */
  readonly kept: boolean;
}

/** How much of a whole copy is read: octets, unpacked, and route objects. */
export interface DumpProgress {
  readonly octets: number;
  readonly objects: number;
}

export interface FeedListener {
  /** A whole copy. Resolves to null when it is in use, else to why it was refused; the feed goes on trying. */
  whole(reading: DumpReading, origin: CopyOrigin): Promise<string | null>;
  /**
   * One transaction: operations in order, all or nothing, after which the source is at `serial`. Resolves to null when it
   * is in use, else to why it was refused.
   */
  changes(operations: readonly Operation[], serial: number): Promise<string | null>;
  /** What is wrong with the source, in words; '' when it is well. */
  trouble(why: string): void;
  /** Something that is over but that a person should know: serials that went back, a new session. */
  alarm(why: string): void;
}

/** What a feed tells of itself when asked. Times are ms since the epoch. */
export interface FeedStatus {
  /** `file`, `https`, `http`, `ftp`, `nrtm`, `nrtm4`. */
  readonly transport: string;
  /** Where the copy in use stands; null when it has no serial. */
  readonly serial: number | null;
  /** When the source last answered with something new, or that there is nothing new; null when it never did. */
  readonly succeeded: number | null;
  /** By a clock that nobody sets: ms since that, or since the feed began. */
  readonly silence: number;
  /** Operations taken, and operations of old serials that were sent again and left out. */
  readonly operations: number;
  readonly replayed: number;
  /** Of a whole copy that is being read now; not there when none is. */
  readonly reading?: DumpProgress;
}

export interface Feed {
  readonly status: FeedStatus;
  /** Resolves when what lies on this machine is in use: a file, a copy of an earlier run. Never rejects. */
  readonly started: Promise<void>;
  /**
   * Asks the source now, outside of its turn, and resolves when that is done, well or not. `whole`: for a whole copy,
   * even when it is the one that is in use or was refused.
   */
  look(whole: boolean): Promise<void>;
  /** Ends it: no timer, no socket, and nothing more to the listener. */
  stop(): void;
}
