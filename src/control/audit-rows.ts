/** Rows of `show audit`. */

/** A line of the audit log (store/audit-chain.ts). */
export interface AuditRow {
  readonly number: number;
  readonly time: number;
  readonly what: string;
  /** What the line says, by its kind (intertrackd(8), AUDIT LOG). */
  readonly body: Readonly<Record<string, unknown>>;
  /** 64 hexadecimal digits: the chain's up to this line. */
  readonly hash: string;
}

/** Which lines are wanted; null: whatever it is. */
export interface AuditQuestion {
  readonly since: number;
  readonly as: number | null;
  readonly trace: string | null;
  readonly denied: boolean;
}
