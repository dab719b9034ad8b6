/** Keeps over restarts which questions of other ASes wait for a person, and what one has said. */
import type { Store } from '../store/records.ts';
import type { Approval, KeptApproval, KeptApprovals } from '../traceback/approval.ts';
import { CLASSES, PURPOSES } from '../traceback/request.ts';

/** Reads what was kept. What cannot be read is left out, and told: it waits again when it is asked again. */
export async function openApprovals(
  store: Pick<Store, 'read' | 'write'>,
  log: (level: 'error' | 'warn' | 'info', text: string) => void,
  clock: () => number = Date.now,
): Promise<KeptApprovals> {
  const held = new Map<string, KeptApproval>();
  for (const { id, hash, until, body } of await store.read('approval.all', {})) {
    if (until <= clock()) continue;
    const approval = readApproval(body);
    if (approval?.id === id && approval.until === until && /^[0-9a-f]{64}$/.test(hash))
      held.set(id, { hash, approval });
    else log('warn', `question ${id}, which waited for a person, cannot be read, and is left out`);
  }
  const waiting = [...held.values()].filter(({ approval }) => approval.state === 'pending').length;
  if (waiting > 0)
    log(
      'info',
      `traceback: ${waiting} question${waiting === 1 ? ' waits' : 's wait'} for a person: \`show traceback pending\``,
    );
  return {
    all: () => [...held.values()].filter(({ approval }) => approval.until > clock()),
    keep(one) {
      const { id, until } = one.approval;
      held.set(id, one);
      for (const [name, { approval }] of held) if (approval.until <= clock()) held.delete(name);
      store
        .write([
          { op: 'approval.forget', until: clock() },
          { op: 'approval.put', id, hash: one.hash, until, body: JSON.stringify(one.approval) },
        ])
        .catch((e: Error) => log('error', `question ${id}, which needs approval: ${e.message}`));
    },
  };
}

/** Null for what is no such thing. */
function readApproval(text: string): Approval | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const from = (typeof value === 'object' && value !== null ? value : {}) as Record<keyof Approval, unknown>;
  const numbers = ['origin', 'peer', 'packets', 'from', 'to', 'first', 'last', 'asked', 'until'] as const;
  const words = ['id', 'reference', 'by', 'reason'] as const;
  const good =
    numbers.every(name => Number.isSafeInteger(from[name]) && Number(from[name]) >= 0) &&
    words.every(name => typeof from[name] === 'string') &&
    CLASSES.some(one => one === from.entropy) &&
    PURPOSES.some(one => one === from.purpose) &&
    ['pending', 'approved', 'denied'].some(one => one === from.state);
  return good ? (from as unknown as Approval) : null;
}
