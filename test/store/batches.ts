import type { CaseRecord, OutboxRecord, StoreWrite } from '../../src/store/records.ts';

export function caseRecord(id: string, body = '{}'): CaseRecord {
  const times = { opened: 1_700_000_000_000, changed: 1_700_000_000_001 };
  return { id, state: 'ongoing', prefix: '192.0.2.0/24', ...times, incident: '', body };
}

export function outboxRecord(id: string, caseId: string, due = 5): OutboxRecord {
  return {
    id,
    channel: 'mail',
    recipient: 'noc@example.jp',
    caseId,
    event: 'begin',
    body: '{}',
    state: 'pending',
    attempts: 0,
    due,
    created: 1,
    lastError: '',
    doubt: null,
  };
}

/** A case and its notice, as one batch. */
export function caseWithNotice(id: string, body = '{}'): StoreWrite[] {
  return [
    { op: 'case.put', record: caseRecord(id, body) },
    { op: 'outbox.add', record: outboxRecord(`${id}.begin.1`, id) },
  ];
}
