/**
 * What is written of a delivery under way: each a statement of its own beside the transactions of its scope, whose turn would
 * be waited for while nobody knows whether a notice was taken.
 */
import type { OutboxRecord } from '../records.ts';
import type { Database, Lease } from './database.ts';

export interface Deliveries {
  /**
   * Writes that the other end may have the notice from now on. False: it has been sent by another machine, or the lease is over
   * by the database's time. Rejects when it is not known whether that was written.
   */
  begin(id: string, time: number): Promise<boolean>;
  /** Writes that the other end has taken it, which is so whoever has the lease by now. */
  sent(record: Pick<OutboxRecord, 'id' | 'attempts' | 'due' | 'doubt'>): Promise<void>;
}

const BEGIN = `UPDATE outbox SET doubt = $3 WHERE scope = $1 AND id = $2 AND state = 'pending' AND EXISTS
  (SELECT 1 FROM leases WHERE scope = $1 AND fence = $4 AND until > clock_timestamp())`;
const SENT = `UPDATE outbox SET state = 'sent', attempts = $3, due = $4, doubt = $5, last_error = ''
  WHERE scope = $1 AND id = $2 AND state = 'pending'`;

export const openDeliveries = ({ pool }: Pick<Database, 'pool'>, { scope, fence }: Lease): Deliveries => ({
  async begin(id, time) {
    const { rowCount } = await pool.query({
      name: 'delivery.begin',
      text: BEGIN,
      values: [scope, id, time, fence],
    });
    return rowCount === 1;
  },
  async sent({ id, attempts, due, doubt }) {
    await pool.query({ name: 'delivery.sent', text: SENT, values: [scope, id, attempts, due, doubt] });
  },
});
