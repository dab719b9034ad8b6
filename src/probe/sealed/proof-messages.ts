/** The parts of messages on the probe socket that are about proofs of sight, and about what they lead to. */
import { type Fields, type Finding, fail, fields, integer, list, text } from '../message-fields.ts';
import { LONGEST_PATH, LONGEST_ROWS, MOST_TABLES, type SightProof } from '../proof/sight-proof.ts';
import type { CommittedWindow, ProvenQuestion } from './prove-sealed.ts';

/** Windows of one message. */
const MOST_COMMITTED = 64;

export function committedWindows(f: Finding, from: Fields): CommittedWindow[] {
  return list(f, from, 'windows', MOST_COMMITTED).map(value => {
    const window = fields(f, value, 'window');
    const root = text(f, window, 'root', 64);
    if (!/^[0-9a-f]{64}$/.test(root)) fail(f, 'root is no hash', null);
    return { number: integer(f, window, 'number', 0xffffffff), part: integer(f, window, 'part', 0xffff), root };
  });
}

/** Proofs of `most` questions, whose fields are of the right kinds; what they prove is another matter. */
export function provenQuestions(f: Finding, from: Fields, most: number): ProvenQuestion[] {
  return list(f, from, 'proofs', most).map(value => {
    const proven = fields(f, value, 'proof');
    return {
      question: integer(f, proven, 'question', most - 1),
      proof: sightProof(f, fields(f, proven.proof, 'proof')),
    };
  });
}

function sightProof(f: Finding, from: Fields): SightProof {
  const number = (name: string) => integer(f, from, name, 0xffffffff);
  return {
    ...{ number: number('number'), part: number('part') },
    key: octets(f, from, 'key', 16),
    filters: number('filters'),
    kind: from.kind === 'each' || from.kind === 'one' ? from.kind : fail(f, 'kind is neither each nor one', 'each'),
    ...{ tables: integer(f, from, 'tables', MOST_TABLES), table: number('table') },
    ...{ values: number('values'), shardBits: number('shardBits'), width: number('width'), wide: number('wide') },
    ...{ blocks: number('blocks'), seed: number('seed') },
    rows: octets(f, from, 'rows', LONGEST_ROWS),
    path: octets(f, from, 'path', LONGEST_PATH),
  };
}

function octets(f: Finding, from: Fields, name: string, most: number): Uint8Array {
  const value = from[name];
  return value instanceof Uint8Array && value.length <= most
    ? new Uint8Array(value)
    : fail(f, `${name} is not at most ${most} octets`, new Uint8Array(0));
}
