/** The NRTMv4 part of `itctl decode nrtm FILE`: notifications, signed or bare, snapshots and deltas, record by record. */
import { nrtm4FileReader, wordsOf } from '../registry/irr/nrtm4-file.ts';
import {
  decodeNotification,
  type FileReference,
  MAX_NOTIFICATION,
  unverifiedPayload,
} from '../registry/irr/nrtm4-notification.ts';
import { readRpslObject } from '../registry/rpsl.ts';
import { type NrtmDecoding, type Tell, tellObject } from './decode-operation.ts';

/**
 * A decoding of the file that begins with these octets; null when it is none of NRTMv4. Each thing found goes to `tell`, as
 * data and in words. No signature is checked: that takes the publisher's key.
 */
export function decodeNrtm4(first: Uint8Array, tell: Tell): NrtmDecoding | null {
  if (first[0] === 0x1e) return decodeRecords(tell);
  // A JWS begins with the base64 of `{"`; a publisher without a key serves the JSON itself.
  const text = Buffer.from(first.subarray(0, 64)).toString('latin1');
  return /^\s*(eyJ|\{)/.test(text) ? decodeWhole(tell) : null;
}

function decodeRecords(tell: Tell): NrtmDecoding {
  let wrong = 0;
  const bad = (record: number, found: object, why: string) => {
    wrong++;
    tell({ record, ...found, error: why }, `record ${record}: refused: ${why}`);
  };
  const reader = nrtm4FileReader(
    head => {
      const { type, source, session, version } = head;
      tell({ record: 1, ...head }, `${type} of ${source}, version ${version}, session ${session}`);
      return null;
    },
    (change, record) => {
      if (change.op === 'del') {
        const { op, class: objectClass, key } = change;
        tell({ record, op, class: objectClass, key }, `record ${record}: del ${objectClass} ${key}`);
        return;
      }
      const object = readRpslObject(Buffer.from(change.text));
      if (object === null) return bad(record, { op: 'add' }, 'there is no attribute in the object');
      if (!tellObject({ record, op: 'add' }, `record ${record}: add`, object, tell)) wrong++;
    },
    ({ record, offset, why }) => bad(record, { offset }, why),
  );
  return {
    push: chunk => void reader.push(chunk),
    end() {
      reader.end();
      return wrong;
    },
  };
}

function decodeWhole(tell: Tell): NrtmDecoding {
  const chunks: Buffer[] = [];
  let held = 0;
  return {
    push(chunk) {
      // What is beyond is not held, but enough of it that it is seen to be too long.
      if (held <= 2 * MAX_NOTIFICATION) chunks.push(Buffer.from(chunk));
      held += chunk.length;
    },
    end() {
      const octets = Buffer.concat(chunks);
      const payload = unverifiedPayload(octets);
      const decoded = decodeNotification(payload ?? octets);
      if (!decoded.ok) {
        const { where, why } = decoded.problem;
        tell({ error: why, at: where }, `refused: ${wordsOf(decoded.problem)}`);
        return 1;
      }
      const { nextKey, timestamp, deltas, snapshot, ...head } = decoded.value;
      const made = new Date(timestamp).toISOString();
      const signature = payload === null ? 'none' : 'not checked';
      tell(
        { type: 'notification', ...head, timestamp: made, signature, nextKey: nextKey?.spki ?? null, snapshot, deltas },
        [
          `notification of ${head.source}, version ${head.version}, session ${head.session}, made ${made}`,
          `signature: ${signature}${nextKey === null ? '' : `; next key ${nextKey.spki}`}`,
          ...[lineOf('snapshot', snapshot), ...deltas.map(delta => lineOf('delta', delta))],
        ].join('\n'),
      );
      return 0;
    },
  };
}

const lineOf = (type: string, { version, url, hash }: FileReference): string =>
  `${type} ${version}: ${url} sha256 ${hash}`;
