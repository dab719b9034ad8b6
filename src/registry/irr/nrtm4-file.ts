/**
 * Snapshot and delta files of NRTMv4 (draft-ietf-grow-nrtm-v4-11, "Snapshot File" and "Delta File"): JSON text sequences
 * whose first record says what the file is, and whose others are objects, or changes of objects.
 */
import { type SequenceProblem, type SequenceReader, sequenceReader } from './json-sequence.ts';
import { bad, type Decoded, decodeHead, isRecord, type Nrtm4Head, type Nrtm4Problem } from './nrtm4-notification.ts';

/** One record after the first. The text of an object and the key of a deleted one are as they stand in the file. */
export type Nrtm4Change =
  | { readonly op: 'add'; readonly text: string }
  | { readonly op: 'del'; readonly class: string; readonly key: string };

export type FileType = 'snapshot' | 'delta';

export interface FileHead extends Nrtm4Head {
  readonly type: FileType;
}

/** Letters of the key of a deleted object; the longest hierarchical set name in use has some 80. */
const MAX_KEY = 512;

/** The first record of a file of either type. */
export function decodeFileHead(value: unknown): Decoded<FileHead> {
  const type = isRecord(value) && value.type === 'snapshot' ? 'snapshot' : 'delta';
  const head = decodeHead(value, type);
  return head.ok ? { ok: true, value: { type, ...head.value } } : head;
}

/** A record of a snapshot: an object's text. */
export function decodeSnapshotRecord(value: unknown): Decoded<Nrtm4Change> {
  if (!isRecord(value)) return bad('', 'it is no JSON object');
  const { object: text } = value;
  return typeof text === 'string' ? { ok: true, value: { op: 'add', text } } : bad('object', 'it is no string');
}

/** A record of a delta: the new text of an object, or the class and key of one that is gone. */
export function decodeDeltaRecord(value: unknown): Decoded<Nrtm4Change> {
  if (!isRecord(value)) return bad('', 'it is no JSON object');
  const { action, object_class: objectClass, primary_key: key } = value;
  if (action === 'add_modify') return decodeSnapshotRecord(value);
  if (action !== 'delete') return bad('action', 'it is neither "add_modify" nor "delete"');
  if (typeof objectClass !== 'string' || !/^[A-Za-z][\w-]{0,63}$/.test(objectClass))
    return bad('object_class', 'it is no name of a class');
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY || /\p{Cc}/u.test(key))
    return bad('primary_key', 'it is no key of an object');
  return { ok: true, value: { op: 'del', class: objectClass.toLowerCase(), key } };
}

/**
 * A reader of a file, plain (no gzip). `onHead` may refuse what the file says it is by returning why in words. Changes go
 * to `onChange` in the order of the file, with their record; the first thing that is wrong goes to `onProblem` and ends
 * the reading. A delta without a change is wrong, a snapshot without an object is not.
 */
export function nrtm4FileReader(
  onHead: (head: FileHead) => string | null,
  onChange: (change: Nrtm4Change, record: number) => void,
  onProblem: (problem: SequenceProblem) => void,
): SequenceReader {
  let type: FileType | null = null;
  const reader = sequenceReader((value, record) => {
    if (type === null) {
      const head = decodeFileHead(value);
      if (!head.ok) return wordsOf(head.problem);
      type = head.value.type;
      return onHead(head.value);
    }
    const change = type === 'snapshot' ? decodeSnapshotRecord(value) : decodeDeltaRecord(value);
    if (!change.ok) return wordsOf(change.problem);
    onChange(change.value, record);
    return null;
  }, onProblem);
  return {
    push: reader.push,
    end() {
      if (!reader.end()) return false;
      if (type !== 'delta' || reader.records > 1) return true;
      onProblem({ record: 1, offset: 0, why: 'a delta without any change' });
      return false;
    },
    get records() {
      return reader.records;
    },
  };
}

/** `deltas[3].hash: it is no SHA-256 in hex`. */
export function wordsOf({ where, why }: Nrtm4Problem): string {
  return where === '' ? why : `${where}: ${why}`;
}
