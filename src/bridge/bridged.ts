/** What bridges need of the daemon, and what they tell of themselves. */
import type { Trace, TraceRequester } from '../traceback/trace.ts';
import type { EntryContacts } from './conclusion.ts';
import type { DigestRecord, RawRecord } from './packet-record.ts';

/** Who wants a trace, and why. */
export interface BridgedReason {
  readonly requester: TraceRequester;
  readonly purpose: 'attack' | 'misuse' | 'fault' | 'test';
}

export interface TraceGate {
  /** Traces packets by digests that are known. Rejects, in words, when that cannot be. */
  digests(records: readonly Omit<DigestRecord, 'kind' | 'federation'>[], why: BridgedReason): Promise<Trace>;
  /** Traces packets themselves: inside one's own organisation. */
  packets(records: readonly RawRecord[], why: BridgedReason): Promise<Trace>;
  /** Digests of packets by which they can be traced later. Rejects, in words, when there is no key, or none has one. */
  digestsOf(records: readonly RawRecord[]): Promise<readonly Omit<DigestRecord, 'kind' | 'federation'>[]>;
  /** Traces packets of the last minutes by hashes that PACKTER made of them, 32 hex digits each. */
  hashes(hashes: readonly string[], why: BridgedReason): Promise<Trace>;
  /** A trace that has ended; null: there is none of this name. */
  find(id: string): Promise<Trace | null>;
  contacts(trace: Trace, signal: AbortSignal | null): Promise<readonly EntryContacts[]>;
}

/** Whom a daemon is to others. */
export interface BridgeSelf {
  readonly as: number;
  /** Empty: none. */
  readonly federation: string;
  readonly creator: { readonly name: string; readonly contact: string | null };
}

/** A line for the audit log. */
export type BridgeAudit = (what: string, body: Readonly<Record<string, unknown>>) => void;
export type BridgeLog = (level: 'info' | 'warn', line: string) => void;

/** Counted up as requests come. */
export interface BridgeCounts {
  received: number;
  traced: number;
  refused: number;
  lastError: string;
}

/** Row of `show traceback bridges`. */
export interface BridgeRow {
  /** The outside protocol that it speaks. */
  readonly bridge: 'rid' | 'packter' | 'intertrack-2010';
  /** Addresses and ports. */
  readonly listens: readonly string[];
  readonly received: number;
  /** Traces that came of it. */
  readonly traced: number;
  /** Not permitted, too many, or not understood. */
  readonly refused: number;
  readonly lastError: string;
}
