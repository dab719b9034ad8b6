import type { Outbox } from '../notify/outbox.ts';
import type { OutboxFace } from './case-house.ts';

/** Several outboxes, as many as there are at a time, as one. */
export function outboxFace(all: () => readonly Outbox[]): OutboxFace {
  return {
    start: async () => {}, // each is started where it is opened
    configure(notify) {
      for (const one of all()) one.configure(notify);
    },
    status() {
      const each = all().map(one => one.status());
      const sum = (of: 'waiting' | 'sending' | 'sent' | 'failed' | 'deferred') =>
        each.reduce((total, one) => total + one[of], 0);
      const oldest = each.flatMap(one => (one.oldest === null ? [] : [one.oldest]));
      return {
        ...{ waiting: sum('waiting'), sending: sum('sending'), sent: sum('sent') },
        ...{ failed: sum('failed'), deferred: sum('deferred') },
        more: each.some(one => one.more),
        oldest: oldest.length === 0 ? null : Math.min(...oldest),
        lastError: each.map(one => one.lastError).find(words => words !== '') ?? '',
      };
    },
  };
}
