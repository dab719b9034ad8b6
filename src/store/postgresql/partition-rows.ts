/** The partitions of the cases as the database knows them, whichever machine has them. */
import { type Database, LEFT } from './database.ts';

export interface StoredCursor {
  /** A collector's name on the bus, when its life began (ms by its clock), and the last message of it that was taken in. */
  readonly collector: string;
  readonly life: number;
  readonly sequence: number;
}

export interface StoredPartition {
  readonly partition: number;
  /** Who has the lease, or had it last. */
  readonly holder: string;
  readonly fence: number;
  /** Milliseconds that the lease lasts on, by the database's clock; 0 and below: it is over. */
  readonly left: number;
  /** Cases that are not over; notices that wait, and when the oldest of them was written, ms since the epoch. */
  readonly openCases: number;
  readonly pending: number;
  readonly oldestPending: number | null;
  readonly cursors: readonly StoredCursor[];
}

const SQL = `SELECT CAST(substr(scope, 7) AS integer) AS partition, holder, fence,
    ${LEFT} AS left,
    (SELECT count(*) FROM cases WHERE cases.scope = leases.scope AND state <> 'resolved') AS "openCases",
    (SELECT count(*) FROM outbox WHERE outbox.scope = leases.scope AND state = 'pending') AS pending,
    (SELECT min(created) FROM outbox WHERE outbox.scope = leases.scope AND state = 'pending') AS "oldestPending",
    coalesce((SELECT json_agg(json_build_object('collector', collector, 'life', life, 'sequence', sequence)
      ORDER BY collector) FROM cursors WHERE cursors.scope = leases.scope), '[]') AS cursors
  FROM leases WHERE scope ~ '^cases/[0-9]{1,4}$' ORDER BY 1`;

/** Those that a machine ever had, by number; rejects with the database's words. */
export const readPartitions = ({ rows }: Pick<Database, 'rows'>): Promise<readonly StoredPartition[]> =>
  rows<StoredPartition & Record<string, unknown>>(SQL);
