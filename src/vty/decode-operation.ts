/** What the decoding of NRTM, of whichever version, has in common. */
import { CLASSES, plainObject } from '../registry/plain-object.ts';
import type { RpslObject } from '../registry/rpsl.ts';

/** Takes one thing that was found, as data and in words. */
export type Tell = (found: object, words: string) => void;

/** Takes the octets of one file. */
export interface NrtmDecoding {
  push(chunk: Uint8Array): void;
  /** The file ends here. Returns how much of it is wrong. */
  end(): number;
}

/** An operation's object behind what `found` and `words` say of the operation. False when it cannot be read. */
export function tellObject(found: object, words: string, object: RpslObject, tell: Tell): boolean {
  const { class: objectClass } = object;
  const dead = /^\*xx[^:\s]*/i.exec(object.text)?.[0].toLowerCase();
  if (dead !== undefined) {
    tell({ ...found, class: dead, skipped: 'deleted in place' }, `${words} ${dead}: deleted in place`);
    return true;
  }
  if (!CLASSES.has(objectClass)) {
    tell({ ...found, class: objectClass, skipped: 'a class that is not read' }, `${words} ${objectClass}: skipped`);
    return true;
  }
  const reading = plainObject(object);
  if (reading.ok) {
    const { key } = reading.object;
    tell({ ...found, ...reading.object, problems: reading.problems }, `${words} ${objectClass} ${key}`);
    return true;
  }
  const { line: at, why } = reading.problem;
  tell({ ...found, class: objectClass, error: why, at }, `${words} ${objectClass}: refused: line ${at}: ${why}`);
  return false;
}
