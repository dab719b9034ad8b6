import { crc32 } from 'node:zlib';
import type { FileContents } from './archive-file.ts';
import { openMrt, readMrt } from './source.ts';
import { createWalker, type MrtVisitor } from './walk.ts';

/**
 * Reads a closed file as any reader would and compares it with what was given to be written. Null, or the difference in
 * words. `visitor` is shown what stands in it.
 */
export async function readContents(path: string, given: FileContents, visitor: MrtVisitor): Promise<string | null> {
  let octets = 0;
  let crc = 0;
  let records = 0;
  let wrong: string | null = null;
  const walker = createWalker(visitor);
  async function* counted() {
    for await (const chunk of openMrt(path)) {
      octets += chunk.length;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  }
  try {
    await readMrt(counted(), {
      record(record) {
        records++;
        const fault = walker.walk(record);
        if (fault !== null) wrong ??= `record ${record.number} at octet ${record.offset}: ${fault}`;
      },
      gap({ offset, octets: lost, reason }) {
        wrong ??= `octet ${offset}: ${reason}; ${lost} octets`;
      },
    });
  } catch (error) {
    return `it cannot be read again: ${(error as Error).message}`;
  }
  if (records !== given.records) return `${given.records} records were written, ${records} are read`;
  if (octets !== given.octets) return `${given.octets} octets were written, ${octets} are read`;
  return crc === given.crc ? wrong : 'other octets are read than were written';
}
