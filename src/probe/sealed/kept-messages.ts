/** The parts of messages on the probe socket that are about windows: how they are kept, and what was committed to. */
import type { Span } from '../covered-time.ts';
import { type Fields, type Finding, fail, fields, integer, interval, list, share, text } from '../message-fields.ts';
import type { EpochRecord } from '../proof/epoch-records.ts';

/** How a probe keeps its windows. Octets; times are ms since the epoch. */
export interface KeptStatus {
  /** Of sealed and of live windows, octets. */
  readonly memory: number;
  /** Of window files; null when it keeps none. */
  readonly disk: number | null;
  /** Files that are still to be read back, and windows that could not be written yet. */
  readonly unread: number;
  /** Windows that could not be written yet. */
  readonly unsaved: number;
  /** Windows dropped before their time for lack of room, and windows lost for lack of memory to seal them. */
  readonly dropped: number;
  /** Windows lost for lack of memory to seal them. */
  readonly unsealed: number;
  /** What is wrong with the disk, in words; empty when nothing is. */
  readonly trouble: string;
  /** Share of the digests that is kept now. */
  readonly sampling: number;
  /** Fill of the fullest ring, from 0 to 1. */
  readonly fill: number;
  /** What within the time that is held can't be spoken for; the latest of many. */
  readonly holes: readonly Span[];
  /** Of the window that was sealed last; null before the first. */
  readonly latest: SealedFacts | null;
  /** Hash of the latest commitment. */
  readonly head: string;
}

/** What was made of a window. */
export interface SealedFacts {
  /** When it began, ms since the epoch. */
  readonly from: number;
  /** Vantages that saw packets in it. */
  readonly vantages: number;
  /** Packets that were seen, and octets of the filters. */
  readonly packets: number;
  readonly octets: number;
  /** `each`: a filter a vantage; `one`: one that returns the vantage. */
  readonly kind: 'each' | 'one';
  /** Bits of certainty: a digest that was not seen is found with the chance of one in two to this power. */
  readonly bits: number;
  readonly sampling: number;
  /** Hex. */
  readonly root: string;
}

/** What a probe has committed to. */
export interface ProbeEpochs {
  readonly epochs: readonly EpochRecord[];
  /** Hash of the chain's last line, hex. */
  readonly head: string;
}

/** Holes in a status. */
export const MOST_HOLES = 16;
/** Hours that are told of. */
export const MOST_EPOCHS = 2000;

const hash = (f: Finding, from: Fields, name: string): string => {
  const value = text(f, from, name, 64);
  return /^[0-9a-f]{64}$/.test(value) ? value : fail(f, `${name} is no hash`, '');
};
const orNull = (f: Finding, from: Fields, name: string): number | null =>
  from[name] === null ? null : integer(f, from, name);

export function keptStatus(f: Finding, value: unknown): KeptStatus {
  const from = fields(f, value, 'kept');
  const count = (name: string) => integer(f, from, name);
  return {
    memory: count('memory'),
    disk: orNull(f, from, 'disk'),
    unread: count('unread'),
    unsaved: count('unsaved'),
    dropped: count('dropped'),
    unsealed: count('unsealed'),
    trouble: text(f, from, 'trouble', 1024),
    sampling: share(f, from, 'sampling'),
    fill: share(f, from, 'fill'),
    holes: list(f, from, 'holes', MOST_HOLES).map(one => interval(f, fields(f, one, 'hole'))),
    latest: from.latest === null ? null : sealedFacts(f, from.latest),
    head: hash(f, from, 'head'),
  };
}

function sealedFacts(f: Finding, value: unknown): SealedFacts {
  const from = fields(f, value, 'latest');
  const { kind } = from;
  return {
    from: integer(f, from, 'from'),
    vantages: integer(f, from, 'vantages'),
    packets: integer(f, from, 'packets'),
    octets: integer(f, from, 'octets'),
    kind: kind === 'each' || kind === 'one' ? kind : fail(f, 'kind is neither each nor one', 'each'),
    bits: integer(f, from, 'bits', 64),
    sampling: share(f, from, 'sampling'),
    root: hash(f, from, 'root'),
  };
}

export function probeEpochs(f: Finding, value: unknown): ProbeEpochs {
  const from = fields(f, value, 'epochs');
  return { epochs: list(f, from, 'epochs', MOST_EPOCHS).map(one => epochRecord(f, one)), head: hash(f, from, 'head') };
}

function epochRecord(f: Finding, value: unknown): EpochRecord {
  const from = fields(f, value, 'epoch');
  return {
    epoch: integer(f, from, 'epoch', 0xffffffff),
    key: from.key === null ? null : text(f, from, 'key', 16),
    created: orNull(f, from, 'created'),
    destroyed: orNull(f, from, 'destroyed'),
    windows: integer(f, from, 'windows'),
    first: orNull(f, from, 'first'),
    last: orNull(f, from, 'last'),
    root: hash(f, from, 'root'),
    chain: hash(f, from, 'chain'),
  };
}
