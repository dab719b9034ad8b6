/** What `show audit` asks of the store. */
import type { AuditQuestion, AuditRow, Daemon } from '../control/daemon.ts';
import type { ChainedEntry } from '../store/audit-chain.ts';
import type { Store } from '../store/records.ts';
import type { AuditLog } from './audit.ts';

/** Lines that the store looks through at once: it has other work. */
const AT_ONCE = 5000;

export function createAuditAnswers(store: Store, audit: AuditLog): Pick<Daemon, 'audit' | 'auditHead'> {
  return {
    async audit({ since, as, trace, denied }: AuditQuestion, take, signal) {
      const head = await audit.head();
      const [first] = await store.read('audit.first', { since });
      if (head === null || first?.number == null) return;
      for (let from = first.number; from <= head.number && !signal.aborted; from += AT_ONCE) {
        const to = Math.min(from + AT_ONCE, head.number + 1);
        const found = await store.read('audit.among', { as, trace, denied: denied ? 1 : 0, from, to });
        await take(found.map(rowOf));
      }
    },
    async auditHead() {
      const head = await audit.head();
      return head === null ? null : rowOf(head);
    },
  };
}

function rowOf({ number, time, what, body, hash }: ChainedEntry): AuditRow {
  return { number, time, what, body: JSON.parse(body) as AuditRow['body'], hash };
}
