import type { AuditRow } from '../../control/audit-rows.ts';
import { instant } from './time.ts';

/** What stands at the begin of a line; the rest of a body behind it. */
const FIRST = ['kind', 'peer', 'as', 'by', 'reason', 'id', 'verdict', 'origin', 'purpose', 'reference', 'case'];
/** Said by others of the same line, or of no use to a person. */
const LEFT_OUT = ['request', 'questions', 'proofs', 'federation'];

/** `show audit`: a line each. */
export function renderAudit(rows: readonly AuditRow[]): string[] {
  return rows.map(({ number, time, what, body }) => `${instant(time)} ${number} ${what} ${wordsOf(body)}`.trimEnd());
}

/** `show audit head`: the head as it is kept, and when it was. */
export function renderAuditHead({ number, time, hash }: AuditRow): string[] {
  return [`${number}:${hash}`, `of ${instant(time)}; keep it elsewhere, for \`itctl audit verify FILE --head\``];
}

function wordsOf(body: AuditRow['body']): string {
  const keys = [...FIRST.filter(key => key in body), ...Object.keys(body).filter(key => !FIRST.includes(key))];
  return keys
    .filter(key => !LEFT_OUT.includes(key) && body[key] !== null && body[key] !== '')
    .map(key => `${key}=${shown(body[key], key)}`)
    .join(' ');
}

function shown(value: unknown, key: string): string {
  if (typeof value === 'number' && /^(from|to|deadline|issued|expires|until)$/.test(key))
    return instant(value).replace(' ', 'T');
  if (Array.isArray(value) && value.every(one => typeof one !== 'object')) return value.join(',');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text;
}
