import type { OutboxRecord, Store, StoreWrite } from '../store/records.ts';
import type { OutboxOptions } from './outbox.ts';

/** Where it is written down what nobody could know after a crash: that a notice may be taken, and that it was. */
export interface Ledger {
  /** From now on the other end may have it. False: it must not be sent from here. Never rejects. */
  begin(record: OutboxRecord, time: number): Promise<boolean>;
  /** The other end has taken it. Rejects when that is not written. */
  sent(record: OutboxRecord): Promise<void>;
}

/** How a store is told what has become of a notice. */
export const updateOf = ({ id, state, attempts, due, lastError, doubt }: OutboxRecord): StoreWrite => ({
  ...{ op: 'outbox.update', id, state, attempts, due, lastError, doubt },
});

/** That of a daemon alone. What cannot be written down is sent all the same: nobody else will. */
export const ledgerOf = (store: Pick<Store, 'write'>, log: OutboxOptions['log']): Ledger => {
  const write = (record: OutboxRecord) => store.write([updateOf(record)]);
  return {
    async begin(record, time) {
      await write({ ...record, doubt: time }).catch((error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        log('error', `outbox: cannot record that ${record.id} is being sent`, { error: words });
      });
      return true;
    },
    sent: write,
  };
};
