/** NRTMv4: notifications, snapshots and deltas, and the objects in them. */
import { nrtm4FileReader } from '../../src/registry/irr/nrtm4-file.ts';
import { decodeNotification, unverifiedPayload, urlOfFile } from '../../src/registry/irr/nrtm4-notification.ts';
import { objectOf } from '../../src/registry/irr/nrtm4-objects.ts';
import { planUpdate } from '../../src/registry/irr/nrtm4-plan.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SESSION = 'ca128382-78d9-41d1-8927-1ecef15275be';
const PLACE = new URL('https://nrtm.example/irr/update-notification-file.jose');

const head = (type: string) => ({ nrtm_version: 4, type, source: 'TEST', session_id: SESSION, version: 3 });
const sequence = (...records: object[]) =>
  Buffer.from(records.map(record => `\x1e${JSON.stringify(record)}\n`).join(''));

const SEEDS: readonly Uint8Array[] = [
  Buffer.from(
    JSON.stringify({
      ...head('notification'),
      timestamp: '2026-11-29T00:00:00Z',
      snapshot: { version: 2, url: 'a/s.2.json.gz', hash: 'a'.repeat(64) },
      deltas: [{ version: 3, url: 'a/d.3.json', hash: 'b'.repeat(64) }],
      next_signing_key: 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    }),
  ),
  sequence(
    head('snapshot'),
    { object: 'route: 192.0.2.0/24\norigin: AS64500\nmnt-by: M\nsource: TEST\n' },
    { object: 'as-set: AS-X\nmembers: AS1, AS2\nsource: TEST' },
    { object: '*xxte6: 2001:db8::/32\norigin: AS1' },
  ),
  sequence(
    head('delta'),
    { action: 'delete', object_class: 'route', primary_key: '192.0.2.0/24AS64500' },
    { action: 'delete', object_class: 'as-set', primary_key: 'AS-X' },
    { action: 'add_modify', object: 'route6: 2001:db8::/32\norigin: AS1\nsource: TEST' },
  ),
];

/** Reads a file in pieces of so many octets; returns how it was judged, and leaves its objects in a book. */
function read(file: Uint8Array, piece: number): string {
  const book = sourceBook('TEST');
  const told: string[] = [];
  const reader = nrtm4FileReader(
    ({ type }) => {
      told.push(type);
      return null;
    },
    (change, record) => {
      const reading = objectOf(change, 'TEST');
      const applied = reading.what === 'object' ? book.apply(change.op, reading.object) : null;
      told.push(`${record} ${change.op} ${reading.what} ${applied?.ok ?? ''}`);
    },
    ({ record, offset, why }) => {
      if (offset > file.length) throw new Error('a problem behind the end');
      told.push(`${record} ${why.replace(/\d+/g, '#')}`);
    },
  );
  for (let at = 0; at < file.length; at += piece) reader.push(file.slice(at, at + piece));
  reader.end();
  return told.join();
}

function judgeNotification(payload: Uint8Array): string {
  const decoded = decodeNotification(payload);
  if (!decoded.ok) return `${decoded.problem.where.replace(/\d+/g, '#')} ${decoded.problem.why.replace(/\d+/g, '#')}`;
  const { value } = decoded;
  for (const file of [value.snapshot, ...value.deltas]) {
    const place = urlOfFile(PLACE, file);
    if (place !== null && !place.href.startsWith('https://nrtm.example/irr/')) throw new Error(`it leads to ${place}`);
  }
  return planUpdate('TEST', null, value).what;
}

export function nrtm4Target(): Target {
  return {
    name: 'NRTMv4 files',
    seeds: SEEDS,
    mutate,
    judge(input) {
      unverifiedPayload(input);
      const whole = read(input, input.length + 1);
      if (read(input, 3) !== whole) throw new Error('in pieces it is another file');
      return `${judgeNotification(input)}; ${whole}`;
    },
    begin() {},
  };
}
