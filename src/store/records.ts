/**
 * What the store is asked: named operations with plain values, so that no SQL stands outside `store/` and another
 * database can take SQLite's place. A batch is one transaction: all or nothing.
 */
import type { ChainedEntry } from './audit-chain.ts';

/** A case, whole; `body` is the case as JSON, the other fields are what is searched by. */
export interface CaseRecord {
  readonly id: string;
  readonly state: string;
  readonly prefix: string;
  readonly opened: number;
  readonly changed: number;
  /** The incident that it is part of; empty for a case of an older version. */
  readonly incident: string;
  readonly body: string;
}

/** What the books that share the cases are asked: which incident a case is of (hijack/incident.ts). */
export interface IncidentAsk {
  /** Its name until that is known: `I` and the case's id. */
  readonly incident: string;
  /** What it is to be when no book knows of another case that it belongs to. */
  readonly otherwise: string;
  /** What links it, of what counts most first: its offender `o64666`, upstream `u64510` and victims `v64496`. At least one. */
  readonly keys: readonly string[];
  readonly offender: number | null;
  readonly opened: number;
  /** A case of the offender is not over in the asking book. */
  readonly runs: boolean;
}

/** A link of a case's chain of evidence (hijack/evidence-chain.ts). */
export interface EvidenceRecord {
  readonly caseId: string;
  /** From 1 on, without a gap. */
  readonly number: number;
  readonly time: number;
  readonly hash: string;
  /** The record as canonical JSON: the octets that were hashed. */
  readonly body: string;
}

/** One message to one recipient through one channel. */
export interface OutboxRecord {
  /** Also the local part of the Message-ID: `CASE.begin.N` and the like; unique. */
  readonly id: string;
  readonly channel: 'mail' | 'webhook' | 'syslog' | 'exec' | 'xmpp';
  /** A mail address, or the name of the channel (config/notify.ts, channelName). */
  readonly recipient: string;
  readonly caseId: string;
  /** `begin`, `change`, `reminder`, `end`. */
  readonly event: string;
  /**
   * Message as JSON (notify/notices.ts, StoredMail; notify/notice.ts, Notice): frozen, so that a retry says what was meant.
   */
  readonly body: string;
  /** `pending`: on the way; `sent`: taken; `failed`: given up. */
  readonly state: 'pending' | 'sent' | 'failed';
  readonly attempts: number;
  /** Next attempt, ms since the epoch. */
  readonly due: number;
  readonly created: number;
  readonly lastError: string;
  /**
   * When the other end may last have got it whole without an answer that is known here, ms since the epoch: what was sent or
   * is sent after that may reach it twice. Null: never.
   */
  readonly doubt: number | null;
}

/** What is still to be told of a case in a summary. */
export interface OwedRecord {
  readonly caseId: string;
  readonly event: 'begin' | 'end';
  readonly time: number;
}

/** What was told of a case by an event's notices; `ordinal`: of the last of them, where they are counted. */
export interface ToldRecord {
  readonly caseId: string;
  readonly event: string;
  readonly first: number;
  readonly last: number;
  readonly ordinal: number;
}

export interface TraceRecord {
  readonly id: string;
  readonly asked: number;
  /** The trace as JSON. */
  readonly body: string;
}

/** One line of the audit log: every query asked or answered, with purpose and decision. */
export interface AuditRecord {
  readonly time: number;
  /** One word. */
  readonly what: string;
  /** JSON, on one line. */
  readonly body: string;
}

/** Which lines of the audit log are wanted; null: whatever it is. */
export type AuditFilter = {
  /** An AS that it is about, or that asked. */
  readonly as: number | null;
  /** A trace of this AS by its number, or of any AS by its name in hex. */
  readonly trace: string | null;
  /** 1: only what was refused. */
  readonly denied: 0 | 1;
};

/** The last whole copy of a registry source. */
export interface SourceRecord {
  readonly name: string;
  readonly file: string;
  /** Route objects in it. */
  readonly objects: number;
}

/** An announcement against a hijack, whole; `body` is the mitigation as JSON. */
export interface MitigationRecord {
  readonly caseId: string;
  readonly peer: string;
  readonly since: number;
  readonly body: string;
}

/** When a registered route was held by some peer, first and last. */
export interface SightingRecord {
  readonly prefix: string;
  readonly origin: number;
  readonly first: number;
  readonly last: number;
}

/** What an AS has committed to for ten seconds (intertrack-protocol(7), COMMIT), and when that came; ms. */
export interface RootRecord {
  readonly origin: number;
  /** Tens of seconds since 1970. */
  readonly window: number;
  /** Hex. */
  readonly root: string;
  readonly received: number;
}

/** A question of another AS that needs approval; `hash` says which it is, `body` is what is shown of it, as JSON. */
export interface ApprovalRecord {
  readonly id: string;
  readonly hash: string;
  readonly until: number;
  readonly body: string;
}

/** What this AS has committed to; `body` is the list of roots of windows under it, as JSON. */
export interface OwnRootRecord {
  readonly window: number;
  readonly root: string;
  readonly body: string;
}

/** Where the chain of a probe's commitments was when it was told, and the latest window that it had sealed then. */
export interface CommitmentRecord {
  readonly probe: string;
  /** Hash of the chain's last line, hex. */
  readonly head: string;
  /** When it was told, and when the window began, ms since the epoch; null before the first window. */
  readonly told: number;
  readonly window: number | null;
  /** Root of the window, hex. */
  readonly root: string | null;
}

/** What proves that an AS has said yes to packets that never were; `body` is JSON. */
export interface FalseYesRecord {
  readonly asn: number;
  readonly time: number;
  /** Name of the request. */
  readonly trace: string;
  readonly body: string;
}

/** A prefix that our own routers originate, and when it was seen last. */
export interface OriginatedRecord {
  readonly prefix: string;
  readonly origin: number;
  readonly last: number;
}

/** How far what a collector told of a partition's routes has been taken in. */
export interface CursorRecord {
  /** Name of the collector. */
  readonly collector: string;
  /** Which of its lives: when it started, ms since the epoch. */
  readonly life: number;
  /** Of the last message that was taken in. */
  readonly sequence: number;
}

export type StoreWrite =
  /** `offender`: for what links the cases of several books; it is not kept where there is one book. */
  | { readonly op: 'case.put'; readonly record: CaseRecord; readonly offender?: number | null }
  | { readonly op: 'evidence.add'; readonly record: EvidenceRecord }
  /** Does nothing when the id is there already. */
  | { readonly op: 'outbox.add'; readonly record: OutboxRecord }
  | {
      readonly op: 'outbox.update';
      readonly id: string;
      readonly state: OutboxRecord['state'];
      readonly attempts: number;
      readonly due: number;
      readonly lastError: string;
      readonly doubt: number | null;
    }
  /** Something is to be told of a case in a summary; it is there once. `owner`: the scope of a shared database that tells it. */
  | {
      readonly op: 'owed.add';
      readonly caseId: string;
      readonly event: OwedRecord['event'];
      readonly time: number;
      readonly owner?: string;
    }
  | { readonly op: 'owed.done'; readonly caseId: string; readonly event: OwedRecord['event'] }
  /** A notice of the outbox speaks of this case too. */
  | { readonly op: 'told.add'; readonly caseId: string; readonly notice: string }
  /** Stands in one transaction with what it stands for. */
  | { readonly op: 'cursor.put'; readonly record: CursorRecord }
  /** A collector comes back no more. */
  | { readonly op: 'cursor.forget'; readonly collector: string }
  | { readonly op: 'trace.put'; readonly record: TraceRecord }
  /** A trace is in work; `body`: what is asked for, as JSON. And it is over. */
  | { readonly op: 'trace.begun'; readonly id: string; readonly body: string }
  | { readonly op: 'trace.over'; readonly id: string }
  /** What a trace rests on, as JSON. */
  | { readonly op: 'trace.rests-on'; readonly id: string; readonly body: string }
  /** Goes to the end of the chain (store/audit-chain.ts). */
  | { readonly op: 'audit.add'; readonly record: AuditRecord }
  /** Lines before a time are forgotten, if there are any, and a line says so. */
  | { readonly op: 'audit.forget'; readonly before: number; readonly time: number }
  | { readonly op: 'source.put'; readonly record: SourceRecord }
  /** The packets of a case are traced as they come, as JSON; and no more. */
  | { readonly op: 'standing.put'; readonly caseId: string; readonly body: string }
  | { readonly op: 'standing.forget'; readonly caseId: string }
  | { readonly op: 'mitigation.put'; readonly record: MitigationRecord }
  /** What machines that share a database have agreed on, as one of them remembers it. */
  | { readonly op: 'agreed.put'; readonly name: string; readonly value: string }
  /** A time that is kept by the first who writes it. */
  | { readonly op: 'mark.put'; readonly name: string; readonly time: number }
  /** A registered route was held by a peer at this time. */
  | { readonly op: 'sighting.put'; readonly prefix: string; readonly origin: number; readonly time: number }
  /** What a probe has committed to; those told before a time are forgotten. */
  | { readonly op: 'commitment.put'; readonly record: CommitmentRecord }
  | { readonly op: 'commitment.forget'; readonly told: number }
  /** What another AS has committed to, and this one; those of old are forgotten. */
  | { readonly op: 'root.put'; readonly record: RootRecord }
  | { readonly op: 'root.forget'; readonly received: number }
  | { readonly op: 'own-root.put'; readonly record: OwnRootRecord }
  | { readonly op: 'own-root.forget'; readonly window: number }
  /** What waits for a person, or one has said: questions of other ASes, by their names; those that end by a time go. */
  | ({ readonly op: 'approval.put' } & ApprovalRecord)
  | { readonly op: 'approval.forget'; readonly until: number }
  | { readonly op: 'rid-waiting.put'; readonly number: number; readonly body: string }
  | { readonly op: 'rid-waiting.forget'; readonly number: number }
  /** What was measured of an AS, as JSON. */
  | { readonly op: 'honesty.put'; readonly asn: number; readonly body: string }
  | { readonly op: 'honesty.forget'; readonly asn: number }
  /** What proves a false yes of an AS; of each AS so many stay. */
  | { readonly op: 'false-yes.add'; readonly record: FalseYesRecord }
  | { readonly op: 'false-yes.trim'; readonly asn: number; readonly keep: number }
  | ({ readonly op: 'originated.put' } & OriginatedRecord)
  | { readonly op: 'originated.forget'; readonly prefix: string; readonly origin: number }
  /** Something of another was seen in watched space; the first time counts. */
  | { readonly op: 'stranger.put'; readonly key: string; readonly time: number };

export interface StoreReads {
  /** In the order of their opening. */
  'case.all': { readonly args: Record<never, never>; readonly row: CaseRecord };
  /** Those that are not resolved. */
  'case.open': { readonly args: Record<never, never>; readonly row: CaseRecord };
  'case.get': { readonly args: { readonly id: string }; readonly row: CaseRecord };
  /** Those before the one of this opening and id, the latest first. */
  'case.before': {
    readonly args: { readonly opened: number; readonly id: string; readonly limit: number };
    readonly row: CaseRecord;
  };
  'case.of-incident': { readonly args: { readonly incident: string }; readonly row: CaseRecord };
  /** The highest id of each day of opening. */
  'case.last-ids': { readonly args: Record<never, never>; readonly row: { readonly id: string } };
  /** Incidents of a time and since, where several books share the cases. */
  'incident.names': { readonly args: { readonly since: number }; readonly row: { readonly incident: string } };
  'cursor.all': { readonly args: Record<never, never>; readonly row: CursorRecord };
  'evidence.of-case': { readonly args: { readonly caseId: string }; readonly row: EvidenceRecord };
  /** The last link of the chain of every case that is not resolved. */
  'evidence.heads': {
    readonly args: Record<never, never>;
    readonly row: Pick<EvidenceRecord, 'caseId' | 'number' | 'hash'>;
  };
  /** The earliest due first; all of them without `limit`. Of one lane alone when it is given. */
  'outbox.pending': {
    readonly args: { readonly limit?: number; readonly channel?: string; readonly recipient?: string };
    readonly row: OutboxRecord;
  };
  /** The channels, and of all but mail the recipients, for which something is pending. */
  'outbox.lanes': {
    readonly args: Record<never, never>;
    readonly row: { readonly channel: OutboxRecord['channel']; readonly recipient: string | null };
  };
  /** Of cases that are not over. */
  'outbox.told': { readonly args: Record<never, never>; readonly row: ToldRecord };
  /** The cases of these. */
  'owed.cases': { readonly args: Record<never, never>; readonly row: CaseRecord };
  'owed.all': { readonly args: Record<never, never>; readonly row: OwedRecord };
  /** Cases that are not over and that a summary has told of, or, of another scope, will. */
  'told.open': { readonly args: Record<never, never>; readonly row: { readonly caseId: string } };
  'outbox.of-case': { readonly args: { readonly caseId: string }; readonly row: OutboxRecord };
  /** Traces in work, the latest first. */
  'trace.work': { readonly args: Record<never, never>; readonly row: TraceRecord & { readonly work: string } };
  'trace.get': { readonly args: { readonly id: string }; readonly row: TraceRecord };
  'trace.evidence': {
    readonly args: { readonly id: string };
    readonly row: { readonly id: string; readonly body: string };
  };
  'standing.all': {
    readonly args: Record<never, never>;
    readonly row: { readonly caseId: string; readonly body: string };
  };
  /** Traces of a case, the latest first. */
  'trace.of-case': { readonly args: { readonly caseId: string; readonly limit: number }; readonly row: TraceRecord };
  'mitigation.all': { readonly args: Record<never, never>; readonly row: MitigationRecord };
  'source.all': { readonly args: Record<never, never>; readonly row: SourceRecord };
  'agreed.get': {
    readonly args: { readonly name: string };
    readonly row: { readonly name: string; readonly value: string };
  };
  'mark.get': {
    readonly args: { readonly name: string };
    readonly row: { readonly name: string; readonly time: number };
  };
  'sighting.all': { readonly args: Record<never, never>; readonly row: SightingRecord };
  /** In the order in which they were told. */
  'root.of': { readonly args: { readonly origin: number; readonly window: number }; readonly row: RootRecord };
  'own-root.of': { readonly args: { readonly window: number }; readonly row: OwnRootRecord };
  'commitment.since': { readonly args: { readonly told: number }; readonly row: CommitmentRecord };
  'honesty.all': {
    readonly args: Record<never, never>;
    readonly row: { readonly asn: number; readonly body: string };
  };
  'approval.all': { readonly args: Record<never, never>; readonly row: ApprovalRecord };
  'rid-waiting.all': {
    readonly args: Record<never, never>;
    readonly row: { readonly number: number; readonly body: string };
  };
  /** The newest first. */
  'false-yes.of': { readonly args: { readonly asn: number }; readonly row: FalseYesRecord };
  'originated.all': { readonly args: Record<never, never>; readonly row: OriginatedRecord };
  'stranger.all': {
    readonly args: Record<never, never>;
    readonly row: { readonly key: string; readonly time: number };
  };
  /** The last line; none when there is none yet. */
  'audit.head': { readonly args: Record<never, never>; readonly row: ChainedEntry };
  /** The number of the first line from a time on; null without one. */
  'audit.first': { readonly args: { readonly since: number }; readonly row: { readonly number: number | null } };
  /** Those of a filter among the lines from one number up to another, which is not one of them. */
  'audit.among': {
    readonly args: AuditFilter & { readonly from: number; readonly to: number };
    readonly row: ChainedEntry;
  };
  'trace.latest': { readonly args: { readonly limit: number }; readonly row: TraceRecord };
}

/** The database behind its worker thread. */
export interface Store {
  /** One transaction. Rejects with the database's own words (disk full, …) and nothing of it is written. */
  write(batch: readonly StoreWrite[]): Promise<void>;
  read<K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']): Promise<StoreReads[K]['row'][]>;
  /** Finishes what was asked, then closes the database. */
  close(): Promise<void>;
}
