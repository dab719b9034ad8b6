/** The outbox of a scope that several machines may come to hold, while its lease is held here. */
import { createOutbox, type Outbox, type OutboxOptions } from '../notify/outbox.ts';
import type { Deliveries } from '../store/postgresql/deliveries.ts';
import type { Tenure } from './partitions.ts';

/** How long a conversation under way may go on when the scope is given up. Milliseconds. */
const GRACE = 1_000;

export interface LeasedOutboxParts
  extends Pick<OutboxOptions, 'store' | 'notify' | 'log'>,
    Required<Pick<OutboxOptions, 'told' | 'again'>> {
  readonly deliveries: Deliveries;
  readonly tenure: Tenure;
}

export const leasedOutbox = ({ deliveries, tenure, ...parts }: LeasedOutboxParts): Outbox =>
  createOutbox({
    ...{ ...parts, grace: GRACE, may: tenure.sure },
    ledger: {
      // Only the holder of the lease can write this, and it may have taken so long that there is another one by now.
      begin: async ({ id }, time) =>
        tenure.sure() && (await deliveries.begin(id, time).catch(() => false)) && tenure.sure(),
      sent: deliveries.sent,
    },
  });
