/** Rows of `show irr` in all its forms. Plain data; times are ms since the epoch. */
import type { ObjectDates } from '../registry/dates.ts';
import type { Expiring } from '../registry/expiring.ts';
import type { DumpProgress } from '../registry/irr/feed.ts';
import type { RouteObject } from '../registry/objects.ts';
import type { Due, RegisteredObject } from '../registry/registered.ts';

/** Row of `show irr`. */
export interface IrrStatusRow {
  readonly source: string;
  readonly objects: number;
  /** Objects refused because they could not be read. */
  readonly refused: number;
  readonly authoritative: boolean;
  /** How it comes: `file`, `https`, `http`, `ftp`, `nrtm`, `nrtm4`, or `none`; and from where. */
  readonly transport: string;
  readonly place: string;
  /** Null where the source has no serials. */
  readonly serial: number | null;
  /** When the copy in force was loaded, and changed last; null when there is none. */
  readonly loaded: number | null;
  readonly changed: number | null;
  /** When the source answered last, with something new or that there is nothing new. */
  readonly checked: number | null;
  /** Milliseconds since what is in force was certainly the newest; null when nothing is. */
  readonly age: number | null;
  /** Operations of NRTM taken, and those of old serials that were left out. */
  readonly operations: number;
  readonly replayed: number;
  readonly stale: boolean;
  /** Things that are over but that a person should know, the oldest first. */
  readonly alarms: readonly { readonly time: number; readonly why: string }[];
  /** Why the last attempt failed; empty when it did not. */
  readonly lastError: string;
  /** How much of a whole copy is read that is being read now. */
  readonly reading?: DumpProgress;
}

/** How new an object's source is. Null: the source has no serials; it is not known, or nothing is in force. */
export interface IrrFreshness {
  readonly serial: number | null;
  readonly age: number | null;
}

/** A route object with its dates, and when it is due to be removed. */
export interface IrrObject extends RouteObject, ObjectDates, IrrFreshness {
  /** When its registry removes it; null: it does not. */
  readonly due: Due | null;
}

/** Row of `show irr PREFIX`: an IrrObject with its prefixes as texts. */
export interface IrrObjectRow extends Omit<IrrObject, 'prefix' | 'holes'> {
  readonly prefix: string;
  /** Space inside the prefix of which the object says nothing (RFC 2622 section 8.2). */
  readonly holes: readonly string[];
}

/** Row of `show irr NAME`. */
export type IrrNamedRow = IrrNamedObject | IrrSourceRow;

export interface IrrNamedObject extends RegisteredObject, IrrFreshness {
  /** An object that is registered. */
  readonly what: 'object';
  /** `mirror`, or the server that was asked: `whois.example.net port 43, RADB`. */
  readonly from: string;
}

export interface IrrSourceRow extends IrrStatusRow {
  /** Nothing is registered there: what the source is like. */
  readonly what: 'source';
  /** Objects by class, those of route and route6 together. */
  readonly classes: Readonly<Record<string, number>>;
  /** Null without `expiry`. */
  readonly expiring: Expiring | null;
}
